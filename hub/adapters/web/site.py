"""The web listener as one object, and which path goes where."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.interfaces import IAddress, IReactorCore
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.util import redirectTo

from hub.adapters.metrics import Metrics
from hub.adapters.reactor.far_end import Proxies
from hub.adapters.web.answer import answer_json, answer_problem
from hub.adapters.web.connection import IDLE_SECONDS, Connections, HubChannel
from hub.adapters.web.guard import Guard, header
from hub.adapters.web.login import CODE_SECONDS, Logins
from hub.adapters.web.operations import Operations
from hub.adapters.web.page import Page
from hub.adapters.web.request import STREAMS, HubRequest
from hub.adapters.web.stream_body import StreamBody
from hub.adapters.web.websocket import (
    PRODUCER_PROTOCOL,
    HubSocket,
    HubSocketFactory,
    SocketConversation,
    SocketRoute,
    offers_producer,
)
from hub.conversations.body_producer import BodyProducer
from hub.conversations.method import Method
from hub.conversations.web_socket import ProducerSocket, WebSocketConversation
from hub.core.hub import Hub
from hub.core.ports import Failures, Sink
from hub.core.report import hub_stats
from hub.model.principal import Principal
from hub.model.problem import Problem

NOT_ALLOWED = 405
Route = Callable[[HubRequest], Any]
"""Answers a request with its body, or with NOT_DONE_YET."""


@dataclass(frozen=True)
class Front:
    """What stands in front of the hub."""

    proxies: Proxies = field(default_factory=Proxies)
    base_path: str = ""
    """The path under which a proxy has the hub, such as `/hub`; empty for none."""
    user_header: str = ""
    """The header in which a proxy names the user that it has authenticated; empty for none."""


class WebListener:
    """A Site on a hub. `bound` is to be told the address that it listens on, `stop` ends what is open."""

    def __init__(
        self,
        hub: Hub,
        reactor: IReactorCore,
        failures: Failures,
        methods: Mapping[str, Method],
        hosts: Sequence[str],
        page_dir: Path | None,
        front: Front,
    ) -> None:
        self.front = front
        self.connections = Connections(hub, front.proxies)
        self._hub = hub
        self.failures = failures
        self._methods = dict(methods)
        self._logins = Logins(hub)
        self._logins.cookie_path = f"{front.base_path}/"
        self._guard = Guard(hub, self._logins, hosts, front.user_header)
        self._page = Page(page_dir)
        self._bodies = StreamBody(hub, self._guard)
        leave, count = self.connections.leave, hub.counters.problem
        factory = HubSocketFactory(reactor, hub.limits, failures, self._converse, leave, count, hub.turn.frames)
        self._sockets = SocketRoute(factory, self.connections.taken_over)
        operations = Operations(hub, self._guard, Metrics(lambda: hub_stats(hub)))
        self._routes: dict[bytes, dict[bytes, Route]] = {
            b"/livez": {b"GET": operations.live},
            b"/readyz": {b"GET": operations.ready},
            b"/metrics": {b"GET": operations.metrics},
            b"/.well-known/hub": {b"GET": operations.well_known},
            b"/login": {b"GET": self._who, b"POST": self._log_in},
            b"/login/link": {b"POST": self._link},
            b"/logout": {b"POST": self._log_out},
            b"/ws": {b"GET": self._socket},
        }
        self._stream_routes: dict[bytes, Route] = {b"GET": self._bodies.answer}
        self._page_routes: dict[bytes, Route] = {b"GET": self._page.answer}
        self.site: Any = _HubSite(self, reactor)

    def bound(self, address: IAddress) -> None:
        """Answer to the address that the listener is bound to."""
        self._guard.bound(str(getattr(address, "host", "localhost")))
        self._logins.cookie_name = f"hub_session_{getattr(address, 'port', 0)}"

    def new_link(self, base_url: str, principal: Principal) -> str:
        """Return a link that logs a browser in as `principal`, once and within a minute; `base_url` is the page's."""
        return f"{base_url.rstrip('/')}{self.front.base_path}/#code={self._logins.new_code(principal)}"

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell everybody that the hub closes soon."""
        self.connections.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Take nothing more from producers."""
        self.connections.hold()

    async def stop(self) -> None:
        """Tell everybody that the hub stops, and wait until they are gone, `limits.close_seconds` at most."""
        await self.connections.dismiss_all(Problem("DRAIN", "the hub is shutting down", retry_after=1000))

    # Requests.

    def render(self, request: HubRequest) -> Any:
        """Answer a request, or begin to; a Problem is told."""
        request.setHeader(b"Server", b"hub")
        try:
            self._guard.check(request)
            if self.front.base_path and request.path == self.front.base_path.encode():
                return redirectTo(request.path + b"/", request)
            return self._route(request)(request)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            return answer_problem(request, problem)

    def open_body(self, request: HubRequest, name: str, sink: Sink, meta: Mapping[str, Any]) -> BodyProducer:
        """Open the writer for an upload; raise Problem, counted, when it may not be."""
        try:
            self._guard.check(request)
            principal = self._guard.writer(request)
            if self._hub.draining:
                raise _draining()
            return BodyProducer(self._hub, request.peer, sink, name, principal, meta)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            raise

    def _route(self, request: HubRequest) -> Route:
        method = b"GET" if request.method == b"HEAD" else request.method
        if request.path.startswith(STREAMS):
            routes, more = self._stream_routes, [b"PUT", b"POST"]
        else:
            routes, more = self._routes.get(request.path, self._page_routes), []
        route = routes.get(method)
        if route is not None:
            return route
        allowed = b", ".join([*routes, *([b"HEAD"] if b"GET" in routes else []), *more])
        return lambda request: _not_allowed(request, allowed)

    def _who(self, request: HubRequest) -> bytes:
        named = self._guard.named_by_proxy(request)
        if named is not None and self._guard.principal(request) is None:
            self._hub.credentials.logged_in(named, request.peer, "proxy")
            return answer_json(request, self._logins.let_in(request, named))
        return answer_json(request, self._logins.current(request))

    def _log_in(self, request: HubRequest) -> bytes | int:
        asked = {key: value for key, value in _json_object(request).items() if isinstance(value, str)}
        if "user" in asked:
            self._hub.tasks.spawn(self._check_password(request, asked["user"], asked.get("password", "")))
            return NOT_DONE_YET
        peer = replace(request.peer, via="http")
        return answer_json(request, self._logins.log_in(request, peer, asked.get("code"), asked.get("token")))

    async def _check_password(self, request: HubRequest, user: str, password: str) -> None:
        try:
            principal = await self._hub.credentials.log_in(user, password, replace(request.peer, via="http"))
            body = answer_json(request, self._logins.let_in(request, principal))
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            body = answer_problem(request, problem)
        if not request.gone:
            request.write(body)
            request.finish()

    def _link(self, request: HubRequest) -> bytes:
        scheme = "https" if request.isSecure() else "http"
        url = self.new_link(f"{scheme}://{header(request, b'host')}", self._guard.link_maker(request))
        return answer_json(request, {"url": url, "expires_s": int(CODE_SECONDS)})

    def _log_out(self, request: HubRequest) -> bytes | int:
        ending = self._logins.log_out(request)
        body = answer_json(request, {})
        if ending is None:
            return body
        self._hub.tasks.spawn(self._answer_after(ending, request, body))
        return NOT_DONE_YET

    async def _answer_after(self, ending: Coroutine[Any, Any, None], request: HubRequest, body: bytes) -> None:
        await ending
        if not request.gone:
            request.write(body)
            request.finish()

    # WebSockets.

    def _socket(self, request: HubRequest) -> Any:
        streams = offers_producer(header(request, b"sec-websocket-protocol"))
        principal = self._guard.producer_socket(request) if streams else self._guard.socket(request)
        if self._hub.draining:
            raise _draining()
        return self._sockets.upgrade(request, principal)

    def _converse(
        self, principal: Principal | None, socket: HubSocket, spoken: str, text: Sink, binary: Sink
    ) -> SocketConversation:
        peer = socket.asker
        if spoken == PRODUCER_PROTOCOL:
            return ProducerSocket(self._hub, peer, binary, principal)
        return WebSocketConversation(self._hub, peer, text, binary, self._methods, principal)


class _Root(Resource):
    """The only resource: routing is a table, not a tree."""

    isLeaf = True

    def __init__(self, listener: WebListener) -> None:
        super().__init__()
        self._listener = listener

    def render(self, request: Any) -> Any:
        """Answer a request."""
        return self._listener.render(request)


class _HubSite(Site):
    """Makes channels that are counted and have deadlines; says nothing per request, the counters do."""

    protocol: Any = HubChannel
    displayTracebacks = False
    noisy = False

    def __init__(self, listener: WebListener, reactor: IReactorCore) -> None:
        super().__init__(
            _Root(listener),
            requestFactory=HubRequest,
            timeout=IDLE_SECONDS,
            reactor=reactor,
            parsePOSTFormSubmission=False,
        )
        self.connections = listener.connections
        self.open_body = listener.open_body
        self.failures = listener.failures
        self.proxies = listener.front.proxies
        self.base_path = listener.front.base_path.encode()
        self.meta_bytes = listener.connections.hub.limits.meta_bytes

    def startFactory(self) -> None:
        """Open no access log, and no clock for it."""

    def stopFactory(self) -> None:
        """There is nothing to close."""

    def log(self, request: Any) -> None:
        """Say nothing."""

    def acceptableProtocols(self) -> list[bytes]:
        """Speak HTTP/1.1 over TLS, whatever else is installed."""
        return [b"http/1.1"]


def make_site(
    hub: Hub,
    *,
    reactor: IReactorCore,
    failures: Failures,
    methods: Mapping[str, Method],
    hosts: Sequence[str],
    page_dir: Path | None,
    front: Front | None = None,
) -> WebListener:
    """Return the web listener of a hub; its `site` is the factory to listen with."""
    return WebListener(hub, reactor, failures, methods, hosts, page_dir, front or Front())


def _json_object(request: HubRequest) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Problem("PROTO", "the body is a JSON object")
    return value


def _draining() -> Problem:
    return Problem("DRAIN", "the hub is shutting down", retry_after=1000)


def _not_allowed(request: HubRequest, allowed: bytes) -> bytes:
    request.setHeader(b"Allow", allowed)
    text = f"{request.path.decode('ascii', 'replace')} takes {allowed.decode()}"
    return answer_problem(request, Problem("PROTO", text), NOT_ALLOWED)
