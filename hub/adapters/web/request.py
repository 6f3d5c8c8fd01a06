"""A request whose body goes into a stream while it arrives (PUT and POST to /streams/…).

By default twisted.web gathers the whole body in a temporary file before anybody may look, sends `100 Continue`
unasked, and closes a connection that is silent for a minute. A build that streams for an hour needs the opposite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from twisted.internet import error
from twisted.python.failure import Failure
from twisted.web.server import Request

from hub.adapters.reactor.far_end import Proxies
from hub.adapters.web.answer import SECURITY_HEADERS, answer_json, answer_problem
from hub.adapters.web.connection import HubChannel
from hub.conversations.body_producer import BodyProducer
from hub.core.ports import Failures, Sink
from hub.model.peer import Peer
from hub.model.problem import Problem

STREAMS = b"/streams/"
SMALL_BODY = 16 * 1024
"""What any other request may carry."""

OpenBody = Callable[["HubRequest", str, Sink, Mapping[str, Any]], BodyProducer]


class UploadSite(Protocol):
    """What a request needs of its site."""

    open_body: OpenBody
    failures: Failures
    meta_bytes: int
    proxies: Proxies


class Answering(Protocol):
    """What writes a response that takes its time."""

    def dismiss(self, problem: Problem) -> None:
        """Break it off."""


class _Tap:
    """The tap of a request's body as a `Sink`; the answer is the request's own matter."""

    def __init__(self, channel: HubChannel) -> None:
        self.open = True
        self._channel = channel

    def taken(self) -> int:
        """Nothing is written here."""
        return 0

    def send(self, frames: object) -> None:
        """Nothing is written here."""

    def pause_reading(self) -> None:
        """Stop reading the body."""
        self._channel.read_body(wanted=False)

    def resume_reading(self) -> None:
        """Read the body again."""
        self._channel.read_body(wanted=True)

    def close(self, problem: Problem | None = None) -> None:
        """Close the connection."""
        self._channel.loseConnection()

    def abort(self) -> None:
        """Close the connection now."""
        self._channel.abort()


class HubRequest(Request):
    """A request that may be an upload, or have an answer that takes its time."""

    channel: HubChannel
    answering: Answering | None = None
    """What writes the response, while it does."""
    _length = _came = 0
    _upload: BodyProducer | None = None
    _refused: Problem | None = None
    _answered = False

    def __init__(self, *args: Any, **more: Any) -> None:
        """The arguments are twisted.web's."""
        super().__init__(*args, **more)
        self._gathered: list[bytes] = []
        """What came of an upload and is not appended yet."""

    def gotLength(self, length: int | None) -> None:
        """Decide what to do with the body, when the headers are in and before `100 Continue`."""
        self._small = self.content = BytesIO()
        self._length = length or 0
        self.method, self.uri = self.channel.head
        self.path = self.uri.split(b"?", 1)[0]
        try:
            self.channel.asks(self.peer)
        except Problem as problem:
            self._refused = problem
            if length != 0:
                self._refuse(problem)
            return
        if self.method not in (b"PUT", b"POST") or not self.path.startswith(STREAMS):
            if length is not None and length > SMALL_BODY:
                self._refuse(_too_big())
            return
        self.channel.hold_open()
        try:
            self._upload = self._open()
        except Problem as problem:
            self._refused = problem
            if length != 0:
                self._refuse(problem)

    @property
    def missing(self) -> int:
        """Bytes of the body that are still to come, where its length was said; else 0."""
        return max(self._length - self._came, 0)

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body as it arrives: a chunk of HTTP, which is not what is appended by."""
        self._came += len(data)
        if self._upload is not None:
            self._gathered.append(data)
        elif not self._answered:
            self._small.write(data)
            if self._small.tell() > SMALL_BODY:
                self._refuse(_too_big())

    def take_gathered(self) -> None:
        """Append what came of the body to its stream."""
        data, self._gathered = b"".join(self._gathered), []
        if self._upload is None or not data:
            return
        try:
            self._upload.received(data)
        except Problem as problem:
            self._upload.lost("reset")
            self._upload = None
            self._refuse(problem)
        except Exception:
            self._site.failures.report("in an upload")
            self._upload.dismiss(Problem("INTERNAL"))
            self._upload, self._answered = None, True

    @property
    def body(self) -> bytes:
        """The body of a request that is no upload."""
        return self._small.getvalue()

    @property
    def gone(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return bool(self._disconnected)

    @property
    def peer(self) -> Peer:
        """Who asks, behind the proxies that are believed."""
        return self._site.proxies.origin(self.channel.far, self._said(b"x-forwarded-for"))

    @property
    def from_proxy(self) -> bool:
        """Whether a proxy that is believed passes the request on."""
        return self._site.proxies.believes_peer(self.channel.far)

    def isSecure(self) -> bool:
        """Tell whether the browser speaks TLS, to the hub or to a proxy that is believed."""
        if self.from_proxy and (said := self._said(b"x-forwarded-proto")):
            return said.lower() == "https"
        return bool(super().isSecure())

    def _said(self, name: bytes) -> str:
        return ",".join(each.decode("latin-1") for each in self.requestHeaders.getRawHeaders(name) or []).strip()

    def process(self) -> None:
        """Answer; the body is whole."""
        self.take_gathered()
        if self._answered:
            self.channel.loseConnection()
            return
        for name, value in SECURITY_HEADERS.items():
            self.setHeader(name, value)
        if self._upload is not None:
            upload, self._upload = self._upload, None
            result = upload.complete()
            upload.when_durable(lambda: self._finish(upload, result))
        elif self._refused is not None:
            self.write(answer_problem(self, self._refused))
            self.finish()
        else:
            super().process()

    def processingFailed(self, reason: Failure) -> Failure:
        """Report a fault of ours that nobody caught; what was not answered is answered with 500."""
        try:
            reason.raiseException()
        except Exception:
            self._site.failures.report("in a web request")
        if self.startedWriting:
            self.channel.abort()
        else:
            self.write(answer_problem(self, Problem("INTERNAL", "the hub made a mistake; its log has it")))
            self.finish()
        return reason

    def connectionLost(self, reason: Failure) -> None:
        """End the run of a body that broke off."""
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.lost(_cause_of(reason))
        super().connectionLost(reason)

    def hold(self) -> None:
        """Break an upload off because the hub stops; what came of it is kept."""
        upload, self._upload = self._upload, None
        if upload is not None:
            upload.dismiss(Problem("DRAIN", "the hub is shutting down", retry_after=1000))

    def dismiss(self, problem: Problem) -> None:
        """End what is under way because the hub stops."""
        self.hold()
        if self.answering is not None:
            self.answering.dismiss(problem)

    @property
    def _site(self) -> UploadSite:
        site: UploadSite = self.channel.site
        return site

    def _open(self) -> BodyProducer:
        if not any(self.requestHeaders.hasHeader(name) for name in (b"content-length", b"transfer-encoding")):
            raise Problem("PROTO", "an upload says Content-Length, or Transfer-Encoding: chunked")
        meta = (self.requestHeaders.getRawHeaders(b"hub-meta") or [b"{}"])[0]
        if len(meta) > self._site.meta_bytes:
            raise Problem("TOOBIG", f"Hub-Meta is longer than limits.meta_bytes ({self._site.meta_bytes})")
        try:
            name = unquote_to_bytes(self.path[len(STREAMS) :]).decode("ascii")
            value = json.loads(meta)
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Problem("PROTO", "the stream's name is not ASCII, or Hub-Meta is not JSON") from None
        if not isinstance(value, dict):
            raise Problem("PROTO", "Hub-Meta is a JSON object")
        return self._site.open_body(self, name, _Tap(self.channel), value)

    def _refuse(self, problem: Problem) -> None:
        """Answer at once; a client that waits for `100 Continue` never sends its body."""
        self._answered = True
        self.requestHeaders.removeHeader(b"expect")
        self.channel.refuse(problem)

    def _finish(self, upload: BodyProducer, result: Mapping[str, object]) -> None:
        if self._disconnected:
            return
        if upload.deleted:
            self.write(answer_problem(self, Problem("NOTFOUND", "the stream was deleted before it was durable")))
        else:
            self.write(answer_json(self, dict(result)))
        self.finish()


def _too_big() -> Problem:
    return Problem("TOOBIG", f"a body is at most {SMALL_BODY} bytes here")


def _cause_of(reason: Failure) -> str:
    if reason.check(error.ConnectionDone):
        return "eof"
    return "timeout" if reason.check(error.TimeoutError) else "reset"
