"""`GET /streams/<name>`: a stream's bytes, as far as they go or as long as they come."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from hub.adapters.reactor.flow import ResponseSink
from hub.adapters.web.answer import answer_problem
from hub.adapters.web.guard import Guard, header
from hub.adapters.web.ranges import Span, bounds, choose_span, parse_range
from hub.adapters.web.request import STREAMS, HubRequest
from hub.conversations.follower import Follower
from hub.conversations.life import Life
from hub.core.history import History
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
NOT_SATISFIABLE = 416
_FORMATS = {"text/event-stream": "sse", "application/x-ndjson": "ndjson"}
_KINDS = {"plain": b"text/plain; charset=utf-8", "sse": b"text/event-stream", "ndjson": b"application/x-ndjson"}


class StreamBody:
    """Answers GET and HEAD."""

    def __init__(self, hub: Hub, guard: Guard) -> None:
        self._hub = hub
        self._guard = guard

    def answer(self, request: HubRequest) -> int:
        """Begin to answer; raise Problem AUTH, DENIED or NOTFOUND."""
        principal = self._guard.reader(request)
        stream, run = self._find(request, principal)
        request.setHeader(b"Content-Security-Policy", b"sandbox")
        request.setHeader(b"Cache-Control", b"no-store")
        request.setHeader(b"ETag", _etag(stream))
        request.setHeader(b"Accept-Ranges", b"bytes")
        # An If-Range that fails asks for the whole instead.
        changed = header(request, b"if-range") not in ("", _etag(stream).decode())
        asked = "" if changed else header(request, b"range")
        self._hub.tasks.spawn(self._answer(request, principal, stream, run, asked))
        return NOT_DONE_YET

    async def _answer(
        self, request: HubRequest, principal: Principal, stream: Stream, run: Run | None, asked: str
    ) -> None:
        """Answer; it takes turns only where the stream has more gaps than are remembered."""
        follows = request.args.get(b"follow", [b""])[0] == b"1"
        try:
            body = await (self._follow if follows else self._bytes)(request, principal, stream, run, asked)
        except Problem as problem:
            self._hub.counters.problem(problem.word)
            body = answer_problem(request, problem)
        except Exception:
            self._hub.failures.report("while answering with a stream")
            body = answer_problem(request, Problem("INTERNAL"))
        if body is not None and not request.gone:
            request.write(body)
            request.finish()

    async def _bytes(
        self, request: HubRequest, principal: Principal, stream: Stream, run: Run | None, asked: str
    ) -> bytes | None:
        """Return the answer; None where it is a copy, which goes on."""
        span = await choose_span(self._hub.history, stream, run, asked)
        if request.gone:
            return None
        if not span.satisfiable:
            return _not_satisfiable(request, stream, span.gap)
        _announce(request, stream, run, span)
        if request.method == b"HEAD" or span.start == span.end:
            return b""
        copy = _Copy(self._hub, request, stream, span, principal)
        request.answering = copy
        self._hub.tasks.spawn(copy.run())
        return None

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

    async def _follow(
        self, request: HubRequest, principal: Principal, stream: Stream, run: Run | None, asked: str
    ) -> bytes | None:
        """Return the answer; None where it goes on."""
        accept = header(request, b"accept")
        kind = next((name for media, name in _FORMATS.items() if media in accept), "plain")
        cursor = await _follow_from(self._hub.history, request, stream, run, asked)
        if kind == "plain" and cursor.epoch == stream.epoch:
            gap = await self._hub.history.first_gap(stream, cursor.offset, cursor.offset + 1)
            if gap is not None or cursor.offset > stream.end:
                return _not_satisfiable(request, stream, gap)
        if request.gone:
            return None
        request.setHeader(b"Content-Type", _KINDS[kind])
        request.setHeader(b"X-Accel-Buffering", b"no")
        if cursor.offset:
            request.setHeader(b"Hub-Offset", b"%d" % cursor.offset)
        if request.method == b"HEAD":
            return b""
        self._hub.check_reader_room(principal)
        # Headers go out at once: a stream may be silent for a long time.
        request.write(b"")
        request.answering = _Following(self._hub, request, principal, stream, cursor, kind, run)
        return None


class _Following:
    """Ties a follower to its request."""

    def __init__(
        self,
        hub: Hub,
        request: HubRequest,
        principal: Principal,
        stream: Stream,
        cursor: Cursor,
        kind: str,
        run: Run | None,
    ) -> None:
        self._follower: Follower | None = None
        self._chunked = bool(request.chunked)
        self._sink = _sink_of(request, self._writable)
        request.notifyFinish().addErrback(self._lost)
        number = None if run is None else run.number
        self._follower = Follower(hub, principal, stream, cursor, self._sink, kind, self._finish, run=number)

    def dismiss(self, problem: Problem) -> None:
        """Break the body off because the hub stops."""
        if self._follower is not None:
            self._follower.dismiss(problem)

    def _finish(self, complete: bool) -> None:
        if complete:
            self._sink.close()
        elif self._chunked:
            self._sink.break_off()
        else:
            # An end of the connection would be the end of the body; a reset is not.
            self._sink.abort()

    def _writable(self) -> None:
        if self._follower is not None:
            self._follower.writable()

    def _lost(self, _: Failure) -> None:
        self._sink.lost()
        if self._follower is not None:
            self._follower.lost("reset")


class _Copy:
    """Copies a span to a response, in slices and no faster than it is taken."""

    def __init__(self, hub: Hub, request: HubRequest, stream: Stream, span: Span, principal: Principal) -> None:
        self._hub = hub
        self._stream = stream
        self._span = span
        self._request = request
        self._principal = principal
        hub.standing.enter(principal, self)
        self._wait: Deferred[None] | None = None
        self._sink = _sink_of(request, self._go_on)
        self._life = Life(hub, self._sink, self._die, None)
        request.notifyFinish().addErrback(self._lost)

    async def run(self) -> None:
        """Copy until the end, or until nobody is there any more; what cannot be read breaks the body off."""
        try:
            await self._copy()
        except Exception:
            self._hub.failures.report("while reading a stream for a response")
            self._break_off()
        finally:
            self._life.end()
            self._hub.standing.leave(self._principal, self)

    async def _copy(self) -> None:
        sink, offset, end = self._sink, self._span.start, self._span.end
        while not sink.closed:
            if not sink.open:
                self._wait = Deferred()
                await self._wait
                continue
            if offset >= end:
                sink.close()
                return
            pieces = await self._hub.history.read(self._stream, offset, min(SLICE_BYTES, end - offset))
            parts: list[bytes] = []
            for piece in pieces:
                if isinstance(piece, Gap) or offset >= end:
                    break
                part = piece.cut(offset, end)
                parts.append(part.data)
                offset = part.end
            if not parts:
                # These bytes were promised, and are not there any more.
                self._break_off()
                return
            sink.send([tuple(parts)])
            self._hub.counters.delivered_bytes += sum(map(len, parts))

    def _break_off(self) -> None:
        request = self._request
        if request.startedWriting or self._sink.closed:
            self._sink.break_off()
            return
        for name in (b"Content-Range", b"Hub-Offset", b"Hub-Gap", b"Hub-Next"):
            request.responseHeaders.removeHeader(name)
        problem = Problem("STORE", "these bytes cannot be read now", retry_after=1000)
        self._sink.send([(answer_problem(request, problem),)])
        self._sink.close()

    def dismiss(self, problem: Problem) -> None:
        """Break the body off because the hub stops."""
        self._sink.break_off()
        self._go_on()

    def revoked(self, problem: Problem) -> None:
        """Break the body off: the token or login is over."""
        self.dismiss(problem)

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


def _sink_of(request: HubRequest, writable: Callable[[], None]) -> ResponseSink:
    sink = ResponseSink(request, writable)
    # The transport tells only changes: what still waits of earlier answers is to be taken first.
    sink.open = not request.channel.crowded
    return sink


def _etag(stream: Stream) -> bytes:
    return b'"%d"' % stream.epoch


def _announce(request: HubRequest, stream: Stream, run: Run | None, span: Span) -> None:
    request.setHeader(b"Content-Type", _KINDS["plain"])
    request.setHeader(b"Content-Length", b"%d" % (span.end - span.start))
    _announce_gap(request, stream, span.gap)
    if span.ranged:
        ended = stream.state == "ended" if run is None else run.ended
        total = b"%d" % bounds(stream, run)[1] if ended else b"*"
        request.setResponseCode(206)
        request.setHeader(b"Content-Range", b"bytes %d-%d/%s" % (span.start, span.end - 1, total))
    elif span.start:
        request.setHeader(b"Hub-Offset", b"%d" % span.start)


def _announce_gap(request: HubRequest, stream: Stream, gap: Gap | None) -> None:
    """Say where the bytes stop and where they go on; a client asks for those next."""
    if gap is not None:
        request.setHeader(b"Hub-Next", b"%d:%d" % (stream.epoch, gap.end))
        request.setHeader(b"Hub-Gap", b"%d-%d %s" % (gap.offset, gap.end, gap.reason.encode()))


def _not_satisfiable(request: HubRequest, stream: Stream, gap: Gap | None) -> bytes:
    _announce_gap(request, stream, gap)
    request.setHeader(b"Content-Range", b"bytes */%d" % stream.end)
    if gap is None:
        text = f"there are no such bytes; the stream ends at {stream.end}"
    else:
        text = f"these bytes are a gap ({gap.reason}); Hub-Next says where they go on"
    return answer_problem(request, Problem("OFFSET", text, expected=stream.end), NOT_SATISFIABLE)


async def _follow_from(history: History, request: HubRequest, stream: Stream, run: Run | None, asked: str) -> Cursor:
    """Return where following begins: after the last event that the client got, its range, or the first kept byte."""
    last_event = header(request, b"last-event-id")
    if last_event:
        try:
            return parse_cursor(last_event)
        except Problem:
            raise Problem("PROTO", "Last-Event-ID is <epoch>:<offset>") from None
    first, last = bounds(stream, run)
    ranged = parse_range(asked, max(first, min(stream.start, last)), last)
    start = (await choose_span(history, stream, run, "")).start if ranged is None else ranged[0]
    return Cursor(stream.epoch, start)
