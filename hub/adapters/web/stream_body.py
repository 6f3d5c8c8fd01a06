"""`GET /streams/<name>`: a stream's bytes, as far as they go or as long as they come."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from hub.adapters.reactor.flow import ResponseSink
from hub.adapters.web.answer import answer_json
from hub.adapters.web.guard import Guard, header
from hub.adapters.web.ranges import parse_range
from hub.adapters.web.request import STREAMS, HubRequest
from hub.conversations.follower import Follower
from hub.conversations.life import Life
from hub.core.hub import Hub
from hub.core.stream import Stream
from hub.model.chunk import Gap
from hub.model.cursor import Cursor
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.run import Run
from hub.model.stream_name import check_stream_name
from hub.wire.data_port import parse_cursor

SLICE_BYTES = 256 * 1024
_FORMATS = {"text/event-stream": "sse", "application/x-ndjson": "ndjson"}
_KINDS = {"plain": b"text/plain; charset=utf-8", "sse": b"text/event-stream", "ndjson": b"application/x-ndjson"}


class Span(NamedTuple):
    """What is answered, in stream offsets; `gap` is what made it end early."""

    start: int
    end: int
    ranged: bool
    gap: Gap | None


class StreamBody:
    """Answers GET and HEAD."""

    def __init__(self, hub: Hub, guard: Guard) -> None:
        self._hub = hub
        self._guard = guard

    def answer(self, request: HubRequest) -> bytes | int:
        """Answer, or begin to; raise Problem AUTH or NOTFOUND."""
        principal = self._guard.reader(request)
        stream, run = self._find(request, principal)
        request.setHeader(b"Content-Security-Policy", b"sandbox")
        request.setHeader(b"Cache-Control", b"no-store")
        request.setHeader(b"ETag", b'"%d"' % stream.epoch)
        request.setHeader(b"Accept-Ranges", b"bytes")
        if request.args.get(b"follow", [b""])[0] == b"1":
            return self._follow(request, principal, stream, run)
        span = _span(request, stream, run)
        if span.ranged and span.start >= span.end:
            return _not_satisfiable(request, stream, span)
        _announce(request, stream, span)
        if request.method == b"HEAD" or span.start == span.end:
            return b""
        self._hub.tasks.spawn(_Copy(self._hub, request, stream, span).run())
        return NOT_DONE_YET

    def _find(self, request: HubRequest, principal: Principal) -> tuple[Stream, Run | None]:
        try:
            name = check_stream_name(unquote_to_bytes(request.path[len(STREAMS) :]).decode("ascii"))
        except (UnicodeDecodeError, Problem):
            raise Problem("NOTFOUND", "there is no such stream") from None
        stream = self._hub.streams.find(name, principal)
        wanted = request.args.get(b"run", [None])[0]
        if wanted is None:
            return stream, None
        run = stream.run_numbered(int(wanted)) if wanted.isdigit() and len(wanted) < 16 else None
        if run is None:
            raise Problem("NOTFOUND", "there is no such run of this stream")
        return stream, run

    def _follow(self, request: HubRequest, principal: Principal, stream: Stream, run: Run | None) -> bytes | int:
        accept = header(request, b"accept")
        kind = next((name for media, name in _FORMATS.items() if media in accept), "plain")
        cursor = _follow_from(request, stream, run)
        request.setHeader(b"Content-Type", _KINDS[kind])
        request.setHeader(b"X-Accel-Buffering", b"no")
        if cursor.offset:
            request.setHeader(b"Hub-Offset", b"%d" % cursor.offset)
        if request.method == b"HEAD":
            return b""
        body = _Following(request)
        body.follower = Follower(self._hub, principal, stream, cursor, body.sink, kind, body.finish)
        # Headers go out at once: a stream may be silent for a long time.
        request.write(b"")
        return NOT_DONE_YET


class _Following:
    """Ties a follower to its request."""

    def __init__(self, request: HubRequest) -> None:
        self.follower: Follower | None = None
        self.sink = ResponseSink(request, self._writable)
        request.notifyFinish().addErrback(self._lost)

    def finish(self, complete: bool) -> None:
        """End the body, whole or broken off."""
        if complete:
            self.sink.close()
        else:
            self.sink.break_off()

    def _writable(self) -> None:
        if self.follower is not None:
            self.follower.writable()

    def _lost(self, _: Failure) -> None:
        self.sink.lost()
        if self.follower is not None:
            self.follower.lost("reset")


class _Copy:
    """Copies a span to a response, in slices and no faster than it is taken."""

    def __init__(self, hub: Hub, request: HubRequest, stream: Stream, span: Span) -> None:
        self._hub = hub
        self._stream = stream
        self._span = span
        self._wait: Deferred[None] | None = None
        self._sink = ResponseSink(request, self._go_on)
        self._life = Life(hub, self._sink, self._die, None)
        request.notifyFinish().addErrback(self._lost)

    async def run(self) -> None:
        """Copy until the end, or until nobody is there any more."""
        sink, offset, end = self._sink, self._span.start, self._span.end
        try:
            while offset < end and not sink.closed:
                for piece in await self._hub.history.read(self._stream, offset, min(SLICE_BYTES, end - offset)):
                    if isinstance(piece, Gap):
                        # It came to be after the headers had promised these bytes.
                        sink.break_off()
                        return
                    part = piece.cut(offset, end)
                    sink.send([(part.data,)])
                    self._hub.counters.delivered_bytes += len(part.data)
                    offset = part.end
                    if offset >= end:
                        break
                if not sink.open and not sink.closed:
                    self._wait = Deferred()
                    await self._wait
        finally:
            self._life.end()
        sink.close()

    def _go_on(self) -> None:
        wait, self._wait = self._wait, None
        if wait is not None:
            wait.callback(None)

    def _lost(self, _: Failure) -> None:
        self._sink.lost()
        self._go_on()

    def _die(self, problem: Problem) -> None:
        self._hub.counters.problem(problem.word)
        self._sink.abort()
        self._go_on()


def _span(request: HubRequest, stream: Stream, run: Run | None) -> Span:
    first = 0 if run is None else run.start
    last = stream.end if run is None or run.end is None else run.end
    ranged = None
    if_range = header(request, b"if-range")
    if not if_range or if_range == f'"{stream.epoch}"':
        ranged = parse_range(header(request, b"range"), first, last)
    if ranged is None:
        start = max(first, min(stream.start, last))
        while (gap := stream.gap_after(start, last)) is not None and gap.offset <= start:
            start = min(gap.end, last)
        return Span(start, last if gap is None else gap.offset, False, gap)
    start, end = ranged
    gap = stream.gap_after(start, end)
    return Span(start, end if gap is None else max(gap.offset, start), True, gap)


def _announce(request: HubRequest, stream: Stream, span: Span) -> None:
    request.setHeader(b"Content-Type", _KINDS["plain"])
    request.setHeader(b"Content-Length", b"%d" % (span.end - span.start))
    _announce_gap(request, stream, span)
    if span.ranged:
        total = b"%d" % stream.end if stream.state == "ended" else b"*"
        request.setResponseCode(206)
        request.setHeader(b"Content-Range", b"bytes %d-%d/%s" % (span.start, span.end - 1, total))
    elif span.start:
        request.setHeader(b"Hub-Offset", b"%d" % span.start)


def _announce_gap(request: HubRequest, stream: Stream, span: Span) -> None:
    if span.gap is not None:
        gap = span.gap
        request.setHeader(b"Hub-Next", b"%d:%d" % (stream.epoch, gap.end))
        request.setHeader(b"Hub-Gap", b"%d-%d %s" % (gap.offset, gap.end, gap.reason.encode()))


def _not_satisfiable(request: HubRequest, stream: Stream, span: Span) -> bytes:
    _announce_gap(request, stream, span)
    request.setHeader(b"Content-Range", b"bytes */%d" % stream.end)
    text = "these bytes are a gap" if span.gap is not None else f"the stream ends at {stream.end}"
    return answer_json(request, {"code": "OFFSET", "text": text, "expected": stream.end}, 416)


def _follow_from(request: HubRequest, stream: Stream, run: Run | None) -> Cursor:
    """Return where following begins: after the last event that the client got, its range, or the first kept byte."""
    last_event = header(request, b"last-event-id")
    if last_event:
        try:
            return parse_cursor(last_event)
        except Problem:
            raise Problem("PROTO", "Last-Event-ID is <epoch>:<offset>") from None
    ranged = parse_range(header(request, b"range"), 0, 1 << 53)
    if ranged is not None:
        return Cursor(stream.epoch, ranged[0])
    first = 0 if run is None else run.start
    return Cursor(stream.epoch, max(first, stream.start))
