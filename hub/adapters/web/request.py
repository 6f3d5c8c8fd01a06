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

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.web.server import Request

from hub.adapters.web.answer import answer_json, answer_problem
from hub.conversations.body_producer import BodyProducer
from hub.core.ports import Sink
from hub.model.problem import Problem

STREAMS = b"/streams/"
SMALL_BODY = 16 * 1024
"""What any other request may carry."""
DISCARD_SECONDS = 2.0
"""How long the rest of a refused body is read and thrown away, so that the client sees why."""

OpenBody = Callable[["HubRequest", str, Sink, Mapping[str, Any]], BodyProducer]


class UploadSite(Protocol):
    """What a request needs of its site."""

    open_body: OpenBody


class _Tap:
    """The tap of a request's body as a `Sink`; the answer is the request's own matter."""

    def __init__(self, transport: Any) -> None:
        self.open = True
        self._transport = transport

    def taken(self) -> int:
        """Nothing is written here."""
        return 0

    def send(self, frames: object) -> None:
        """Nothing is written here."""

    def pause_reading(self) -> None:
        """Stop reading the body."""
        self._transport.pauseProducing()

    def resume_reading(self) -> None:
        """Read the body again."""
        self._transport.resumeProducing()

    def close(self, problem: Problem | None = None) -> None:
        """Close the connection."""
        self._transport.loseConnection()

    def abort(self) -> None:
        """Close the connection now."""
        self._transport.abortConnection()


class HubRequest(Request):
    """A request that may be an upload."""

    _upload: BodyProducer | None = None
    _refused: Problem | None = None
    _answered = False
    _too_big = False
    _time_out: float | None = None

    def gotLength(self, length: int | None) -> None:
        """Decide what to do with the body, when the headers are in and before `100 Continue`."""
        self._small = self.content = BytesIO()
        channel: Any = self.channel
        self.method, self.uri = channel._command, channel._path
        self.path = self.uri.split(b"?", 1)[0]
        if self.method not in (b"PUT", b"POST") or not self.path.startswith(STREAMS):
            self._too_big = length is not None and length > SMALL_BODY
            return
        self._time_out = channel.setTimeout(None)
        try:
            self._upload = self._open()
        except Problem as problem:
            self._refused = problem
            if length != 0:
                self._refuse_now(problem)

    def handleContentChunk(self, data: bytes) -> None:
        """Take a piece of the body as it arrives."""
        if self._upload is not None:
            self._upload.received(data)
        elif self._refused is None and not self._too_big:
            self._small.write(data)
            self._too_big = self._small.tell() > SMALL_BODY

    @property
    def body(self) -> bytes:
        """The body of a request that is no upload."""
        return self._small.getvalue()

    def process(self) -> None:
        """The body is whole."""
        if self._answered:
            self.channel.loseConnection()
            return
        if self._time_out is not None:
            self.channel.setTimeout(self._time_out)
            self._time_out = None
        if self._upload is not None:
            upload, self._upload = self._upload, None
            result = upload.complete()
            upload.when_durable(lambda: self._finish(result))
        elif self._refused is not None or self._too_big:
            problem = self._refused or Problem("TOOBIG", f"a body is at most {SMALL_BODY} bytes here")
            self.write(answer_problem(self, problem))
            self.finish()
        else:
            super().process()

    def connectionLost(self, reason: Failure) -> None:
        """End the run of a body that broke off."""
        if self._upload is not None:
            self._upload.lost("eof" if reason.check(ConnectionDone) else "reset")
            self._upload = None
        super().connectionLost(reason)

    def dismiss(self, problem: Problem) -> None:
        """End an upload because the hub stops."""
        if self._upload is not None:
            self._upload.dismiss(problem)
            self._upload = None

    def _open(self) -> BodyProducer:
        channel: Any = self.channel
        site: UploadSite = channel.site
        try:
            name = unquote_to_bytes(self.path[len(STREAMS) :]).decode("ascii")
            meta = json.loads((self.requestHeaders.getRawHeaders(b"hub-meta") or [b"{}"])[0])
        except (UnicodeDecodeError, ValueError, RecursionError):
            raise Problem("PROTO", "the stream's name is not ASCII, or Hub-Meta is not JSON") from None
        if not isinstance(meta, dict):
            raise Problem("PROTO", "Hub-Meta is a JSON object")
        return site.open_body(self, name, _Tap(self.channel.transport), meta)

    def _refuse_now(self, problem: Problem) -> None:
        """Answer at once; a client that waits for `100 Continue` never sends its body."""
        self._answered = True
        self.requestHeaders.removeHeader(b"expect")
        body = json.dumps({"code": problem.word, "text": problem.text, **problem.keys}).encode() + b"\n"
        head = (
            f"HTTP/1.1 {problem.code.http} {problem.word}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        transport: Any = self.channel.transport
        transport.write(head.encode() + body)
        self.channel.callLater(DISCARD_SECONDS, transport.loseConnection)

    def _finish(self, result: Mapping[str, object]) -> None:
        if not self._disconnected:
            self.write(answer_json(self, dict(result)))
            self.finish()


