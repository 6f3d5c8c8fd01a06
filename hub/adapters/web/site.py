"""The web listener as one object, and which path goes where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from twisted.internet.interfaces import IAddress, IReactorCore
from twisted.web.resource import Resource
from twisted.web.server import Site

from hub.adapters.metrics import Metrics
from hub.adapters.reactor.flow import keep_alive
from hub.adapters.web.answer import SECURITY_HEADERS, answer_json, answer_problem
from hub.adapters.web.guard import Guard, header
from hub.adapters.web.login import Logins
from hub.adapters.web.operations import Operations
from hub.adapters.web.page import Page
from hub.adapters.web.request import STREAMS, HubRequest
from hub.adapters.web.stream_body import StreamBody
from hub.adapters.web.websocket import HubSocket, HubSocketFactory, SocketRoute
from hub.conversations.body_producer import BodyProducer
from hub.conversations.method import Method
from hub.conversations.web_socket import WebSocketConversation
from hub.core.hub import Hub
from hub.core.ports import Failures, Sink
from hub.core.report import hub_stats
from hub.model.peer import Peer
from hub.model.problem import Problem

IDLE_SECONDS = 60
Route = Callable[[HubRequest], bytes | int]


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
    ) -> None:
        self._hub = hub
        self._failures = failures
        self._methods = dict(methods)
        self._logins = Logins(hub)
        self._guard = Guard(hub, self._logins, hosts)
        self._page = Page(page_dir)
        self._bodies = StreamBody(hub, self._guard)
        self._open: dict[Any, tuple[Peer, Any]] = {}
        self._sockets: dict[HubSocket, None] = {}
        factory = HubSocketFactory(reactor, hub.limits, failures, self._socket_lost)
        factory.converse = self._converse
        self._socket_route = SocketRoute(factory)
        operations = Operations(hub, self._guard, Metrics(lambda: hub_stats(hub)))
        self._routes: dict[tuple[bytes, bytes], Route] = {
            (b"GET", b"/livez"): operations.live,
            (b"GET", b"/readyz"): operations.ready,
            (b"GET", b"/metrics"): operations.metrics,
            (b"GET", b"/.well-known/hub"): operations.well_known,
            (b"GET", b"/login"): lambda request: answer_json(request, self._logins.current(request)),
            (b"POST", b"/login"): self._log_in,
            (b"POST", b"/login/link"): self._link,
            (b"POST", b"/logout"): self._log_out,
            (b"GET", b"/ws"): self._socket,
        }
        self.site: Any = _HubSite(self)

    def bound(self, address: IAddress) -> None:
        """Answer to the address that the listener is bound to."""
        self._guard.bound(str(getattr(address, "host", "localhost")))
        self._logins.cookie_name = f"hub_session_{getattr(address, 'port', 0)}"

    async def stop(self) -> None:
        """Tell everybody that the hub stops, and close."""
        goodbye = Problem("DRAIN", "the hub is shutting down", retry_after=1000)
        for socket in list(self._sockets):
            socket.dismiss(goodbye)
        for _, channel in list(self._open.values()):
            # Behind the protocol that picks HTTP's version is the channel that speaks it.
            for request in list(channel._channel.requests):
                request.dismiss(goodbye)
        for transport in list(self._open):
            transport.loseConnection()

    # Connections, counted with all others.

    def entered(self, transport: Any, channel: Any) -> bool:
        """Count a connection in; return False where there is no room."""
        address = transport.getPeer()
        host = getattr(address, "host", None)
        peer = Peer(host if isinstance(host, str) else None, getattr(address, "port", 0))
        try:
            self._hub.admission.enter(peer)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            transport.write(b"HTTP/1.1 503 BUSY\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            transport.loseConnection()
            return False
        keep_alive(transport)
        self._open[transport] = (peer, channel)
        return True

    def left(self, transport: Any) -> None:
        """Count a connection out, once."""
        peer, _ = self._open.pop(transport, (None, None))
        if peer is not None:
            self._hub.admission.leave(peer)

    # Requests.

    def render(self, request: HubRequest) -> bytes | int:
        """Answer a request, or begin to; a Problem is told, a fault of ours is reported and told as 500."""
        for name, value in SECURITY_HEADERS.items():
            request.setHeader(name, value)
        request.setHeader(b"Server", b"hub")
        try:
            self._guard.check(request)
            return self._route(request)(request)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            return answer_problem(request, problem)
        except Exception:
            self._failures.report("in a web request")
            return answer_problem(request, Problem("INTERNAL", "the hub made a mistake; its log has it"))

    def open_body(self, request: HubRequest, name: str, sink: Sink, meta: Mapping[str, Any]) -> BodyProducer:
        """Open the writer for an upload; raise Problem, counted, when it may not be."""
        try:
            self._guard.check(request)
            principal = self._guard.writer(request)
            return BodyProducer(self._hub, self._peer(request), sink, name, principal, meta)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            raise

    def _route(self, request: HubRequest) -> Route:
        method = b"GET" if request.method == b"HEAD" else request.method
        if request.path.startswith(STREAMS) and method == b"GET":
            return self._bodies.answer
        route = self._routes.get((method, request.path))
        if route is not None:
            return route
        if method == b"GET":
            return self._page.answer
        if any(path == request.path for _, path in self._routes) or request.path.startswith(STREAMS):
            raise Problem("PROTO", f"{request.path.decode('ascii', 'replace')} does not take this method")
        raise Problem("NOTFOUND", "there is nothing here")

    def _log_in(self, request: HubRequest) -> bytes:
        asked = _json_object(request)
        code, token = asked.get("code"), asked.get("token")
        if not isinstance(code, str):
            code = None
        return answer_json(request, self._logins.log_in(request, code, token if isinstance(token, str) else None))

    def _link(self, request: HubRequest) -> bytes:
        code = self._logins.new_code(self._guard.reader(request))
        scheme = "https" if request.isSecure() else "http"
        return answer_json(request, {"url": f"{scheme}://{header(request, b'host')}/#code={code}", "expires_s": 60})

    def _log_out(self, request: HubRequest) -> bytes:
        self._logins.log_out(request)
        return answer_json(request, {})

    # WebSockets.

    def _socket(self, request: HubRequest) -> bytes | int:
        principal = self._guard.principal(request)
        if principal is None and header(request, b"origin") and request.getCookie(self._logins.cookie_name.encode()):
            raise Problem("AUTH", "this login is over; log in again")
        if self._hub.draining:
            raise Problem("DRAIN", "the hub is shutting down", retry_after=1000)
        return self._socket_route.upgrade(request, (self._peer(request), principal))

    def _converse(self, socket: HubSocket, text: Sink, binary: Sink) -> WebSocketConversation:
        peer, principal = socket.request
        self._sockets[socket] = None
        return WebSocketConversation(self._hub, peer, text, binary, self._methods, principal)

    def _socket_lost(self, socket: HubSocket) -> None:
        self._sockets.pop(socket, None)
        self.left(socket.transport)

    @staticmethod
    def _peer(request: HubRequest) -> Peer:
        address: Any = request.getClientAddress()
        host = getattr(address, "host", None)
        return Peer(host if isinstance(host, str) else None, getattr(address, "port", 0))


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
    """Counts connections, and hands uploads to the listener."""

    displayTracebacks = False
    noisy = False

    def __init__(self, listener: WebListener) -> None:
        super().__init__(_Root(listener), requestFactory=HubRequest, timeout=IDLE_SECONDS, parsePOSTFormSubmission=False)
        self._listener = listener
        self.open_body = listener.open_body

    def log(self, request: Any) -> None:
        """Say nothing per request: the counters do."""

    def buildProtocol(self, addr: Any) -> Any:
        """Make a channel that is counted in and out."""
        channel: Any = super().buildProtocol(addr)
        make, lose, listener = channel.makeConnection, channel.connectionLost, self._listener

        carried: list[Any] = []

        def make_connection(transport: Any) -> None:
            if listener.entered(transport, channel):
                carried.append(transport)
                make(transport)

        def connection_lost(reason: Any) -> None:
            if carried:
                listener.left(carried[0])
                lose(reason)

        channel.makeConnection, channel.connectionLost = make_connection, connection_lost
        return channel


def make_site(
    hub: Hub,
    *,
    reactor: IReactorCore,
    failures: Failures,
    methods: Mapping[str, Method],
    hosts: Sequence[str],
    page_dir: Path | None,
) -> WebListener:
    """Return the web listener of a hub; its `site` is the factory to listen with."""
    return WebListener(hub, reactor, failures, methods, hosts, page_dir)


def _json_object(request: HubRequest) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Problem("PROTO", "the body is a JSON object")
    return value
