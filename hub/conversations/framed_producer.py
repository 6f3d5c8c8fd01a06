"""Frames into a stream (PROTOCOL 4): a session that outlives its sockets, acknowledged once its bytes are held."""

from __future__ import annotations

from collections.abc import Callable

from hub.conversations.life import Life
from hub.conversations.meta import parse_meta
from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.writer import Writer
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.run import Run
from hub.wire import data_port, producer_port
from hub.wire.error_line import encode_error
from hub.wire.frame import Frame, Pieces
from hub.wire.frame_reader import FrameReader


class FramedProducer:
    """One framed connection, on the producer port or on a WebSocket.

    What comes is appended at once and relayed to readers; ACK follows when the store holds it. Twice a window that is
    not durable yet, or a store that is behind in all, and the peer is not read until there is room again.
    """

    __slots__ = (
        "_acked",
        "_frames",
        "_greeting",
        "_held",
        "_held_up",
        "_hub",
        "_known",
        "_life",
        "_over",
        "_paused",
        "_principal",
        "_repeat",
        "_run",
        "_said_window",
        "_sink",
        "_unsaid",
        "_watched",
        "_writer",
        "commands",
        "peer",
    )

    def __init__(self, hub: Hub, peer: Peer, sink: Sink, principal: Principal | None = None) -> None:
        """`principal` is whom the way in speaks for already, such as a request's token; HELLO's token goes first."""
        self._hub = hub
        self.peer = peer
        self._sink = sink
        self._known = principal
        self._frames = FrameReader(hub.limits.header_bytes, hub.limits.payload_bytes)
        self._greeting = hub.clock.call_later(hub.limits.first_frame_seconds, self._no_hello)
        self._principal: Principal | None = None
        self._run: Run | None = None
        self._writer: Writer | None = None
        self._life: Life | None = None
        self.commands: tuple[str, ...] = ()
        self._acked = 0
        self._said_window = 0
        self._unsaid = False
        """Whether an ACK waits until the peer takes bytes again: it is cumulative, so one stands for all."""
        self._watched = False
        self._held = 0
        self._paused = False
        self._repeat: Cancellable | None = None
        self._held_up = False
        self._over = False

    # What the adapter calls.

    def received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._over:
            return
        try:
            for frame in self._frames.feed(data):
                self._frame(frame)
                if self._over:
                    return
            held = self._frames.held
            if self._run is None and held > self._hub.limits.first_frame_bytes:
                bound = self._hub.limits.first_frame_bytes
                raise Problem("TOOBIG", f"the first frame is longer than limits.first_frame_bytes ({bound})")
        except Problem as problem:
            self.fail(problem)
            return
        self._count_held(held)

    def message(self, frame: Frame) -> None:
        """Take one whole frame, as a WebSocket brings it."""
        if self._over:
            return
        try:
            self._frame(frame)
        except Problem as problem:
            self.fail(problem)

    def writable(self) -> None:
        """Go on: an ACK may have waited, and reading if answers had piled up."""
        if self._over:
            return
        if not (self._paused or self._held_up):
            self._sink.resume_reading()
        if self._unsaid:
            self._ack()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell that the hub is about to close."""
        if not self._over and self._run is not None:
            self._send(data_port.goaway_frame(deadline, retry_after))

    def hold(self) -> None:
        """Read no more; what came is acknowledged when it is durable."""
        self._held_up = True
        self._sink.pause_reading()

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection; the session goes on without it."""
        if self._writer is not None:
            self._ack()
        self.fail(problem)

    revoked = dismiss  # the session stays, for whoever comes with another token of the same name

    def lost(self, cause: str) -> None:
        """Leave the session detached."""
        self._end()

    def fail(self, problem: Problem) -> None:
        """Tell an error that ends the connection, and close it."""
        if self._over:
            return
        self._hub.counters.problem(problem.word)
        self._sink.send([encode_error(problem)])
        self._end()
        self._sink.close(problem)

    # What the core calls.

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the session, or it is over."""
        self._writer = None
        self.fail(problem)

    def committed(self) -> None:
        """Acknowledge what is durable now, and read on if that was waited for."""
        if self._over or self._writer is None:
            return
        self._ack()
        self._go_on()

    def watched(self, watchers: int) -> None:
        """Tell the producer when somebody begins to watch, and when nobody does any more."""
        if self._over or (watchers > 0) == self._watched:
            return
        self._watched = watchers > 0
        self._send(producer_port.demand_frame(watchers))

    def command(self, command_id: str, name: str, arguments: bytes) -> None:
        """Pass on a command; raise Problem NOTFOUND if the producer did not offer it."""
        if name not in self.commands:
            offered = ", ".join(self.commands) or "none"
            raise Problem("NOTFOUND", f"the producer does not offer this command (it offers: {offered})")
        self._send(producer_port.cmd_frame(command_id, name, arguments))

    # Frames from the peer.

    def _frame(self, frame: Frame) -> None:
        if self._life is not None:
            self._life.heard()
        if self._run is None:
            self._hello(frame)
            return
        act = _VERBS.get(frame.verb)
        if act is None:
            self._hub.counters.unknown_verbs += 1
            return
        act(self, frame)

    def _hello(self, frame: Frame) -> None:
        hub, hello = self._hub, producer_port.parse_hello(frame)
        principal = self._known if hello.token is None else None
        if principal is None:
            principal = hub.producer_principal(self.peer, hello.token, raw=False)
        elif not principal.may_produce:
            raise Problem("DENIED", "these credentials are not for producers")
        if not principal.may_see(hello.stream):
            raise Problem("DENIED", "this token is not for a stream of that name")
        resumes = hello.resume and hub.producer_sessions.knows(hello.session)
        hub.admit("producers", self.peer, resumes=resumes, slot=hello.slot)
        meta = parse_meta(hello.meta, hub.limits.meta_bytes)
        attached = hub.producer_sessions.attach(
            hello.session, hello.stream, principal, meta, self, resume=hello.resume, take=hello.take
        )
        self._principal = principal
        hub.standing.enter(principal, self)
        self._greeting.cancel()
        self._run, self._writer, self.commands = attached.run, attached.writer, hello.commands
        self._life = Life(hub, self._sink, self.fail, self._ping)
        stream = hub.streams.get(hello.stream)
        self._acked = self._expected if stream is None or attached.writer is None else min(stream.durable, stream.end)
        self._said_window = hub.log.committer.window(hub.limits.producer_window_bytes)
        ok: dict[str, object] = {
            "stream": hello.stream,
            "session": (attached.run.session or "")[:16],
            "resumed": int(attached.resumed),
            "run": attached.run.number,
            "epoch": hub.epochs.current if stream is None else stream.epoch,
            "offset": self._expected,
            "fence": attached.run.fence,
            "durability": hub.store.durability,
            "window": self._said_window,
            "max": hub.limits.payload_bytes,
            "heartbeat": hub.limits.heartbeat_seconds,
            "ended": 1 if attached.writer is None else None,
        }
        self._send(producer_port.ok_frame(ok))
        if stream is not None and attached.writer is not None:
            self.watched(stream.watchers)

    @property
    def _expected(self) -> int:
        """The offset of the next byte."""
        if self._writer is not None:
            return self._writer.stream.end
        return 0 if self._run is None or self._run.end is None else self._run.end

    def _new(self, start: int, end: int) -> Writer | None:
        """Return the writer if some of what came is new; None for a duplicate. Raise Problem OFFSET for a hole."""
        expected = self._expected
        if start > expected or (self._writer is None and end > expected):
            raise Problem("OFFSET", "these bytes do not follow what is there", expected=expected)
        if end <= expected:
            self._ack()
            return None
        return self._writer

    def _data(self, frame: Frame) -> None:
        data = producer_port.parse_data(frame)
        writer = self._new(data.offset, data.offset + len(data.data))
        if writer is None:
            return
        known = writer.stream.end - data.offset
        content = data.data[known:] if known else data.data
        writer.append(content, self._hub.clock.now_ms(), data.at, data.channel)
        self._pause_if_behind(writer)

    def _skip(self, frame: Frame) -> None:
        skip = producer_port.parse_skip(frame)
        writer = self._new(skip.start, skip.end)
        if writer is not None:
            writer.lose(skip.end, "producer_skip")
            self._pause_if_behind(writer)

    def _end_run(self, frame: Frame) -> None:
        end = producer_port.parse_end(frame)
        if end.offset != self._expected:
            raise Problem("OFFSET", "END is not where the stream ends", expected=self._expected)
        writer, self._writer = self._writer, None
        if writer is None:
            self._say_bye()
            return
        self._hub.producer_sessions.end(writer, "end", end.status)
        self._hub.log.committer.when_durable(writer.stream, self._say_bye)

    def _say_bye(self) -> None:
        if self._over:
            return
        offset = self._expected
        self._sink.send([producer_port.ack_frame(offset, self._window), producer_port.bye_frame(offset)])
        self._end()
        self._sink.close()

    def _reply(self, frame: Frame) -> None:
        reply = producer_port.parse_reply(frame)
        self._hub.replies.answer(reply.id, self, reply.payload)

    def _pong_back(self, frame: Frame) -> None:
        self._send(data_port.pong_frame(frame.arg(0, "nonce")))

    def _heard_pong(self, frame: Frame) -> None:
        """Nothing to do: any frame is life."""

    # Flow.

    @property
    def _window(self) -> int:
        return self._hub.log.committer.window(self._hub.limits.producer_window_bytes)

    def _pause_if_behind(self, writer: Writer) -> None:
        behind = writer.stream.end - writer.stream.durable
        if self._paused or not (writer.full or behind > 2 * self._hub.limits.producer_window_bytes):
            return
        self._paused = True
        self._sink.pause_reading()
        if writer.full:
            self._hub.log.committer.when_free(self._go_on)
        self._repeat_ack()

    def _go_on(self) -> None:
        writer = self._writer
        if self._over or writer is None:
            return
        if self._said_window == 0 and not writer.full:
            self._ack()
        behind = writer.stream.end - writer.stream.durable
        if self._held_up:
            return
        if self._paused and not writer.full and behind <= self._hub.limits.producer_window_bytes:
            self._paused = False
            self._stop_repeating()
            self._sink.resume_reading()

    def _repeat_ack(self) -> None:
        """While the peer is not read it cannot be heard; the last ACK, again and again, is its sign of life."""
        self._repeat = self._hub.clock.call_later(self._hub.limits.heartbeat_seconds, self._repeat_now)

    def _repeat_now(self) -> None:
        self._repeat = None
        if self._over or not self._paused:
            return
        if self._life is not None:
            self._life.heard()
        self._ack()
        self._go_on()
        if self._paused:
            self._repeat_ack()

    def _stop_repeating(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None

    def _ack(self) -> None:
        if not self._sink.open:
            self._unsaid = True
            return
        self._unsaid = False
        if self._writer is not None:
            self._acked = max(self._acked, self._writer.stream.durable)
        self._said_window = self._window
        if self._said_window == 0 and self._writer is not None:
            self._hub.log.committer.when_free(self._go_on)
        self._sink.send([producer_port.ack_frame(self._acked, self._said_window)])

    def _send(self, frame: Pieces) -> None:
        """Send an answer. A peer that asks without taking the answers is not read until it does."""
        if self._over:
            return
        self._sink.send([frame])
        if not self._sink.open:
            self._sink.pause_reading()

    def _ping(self) -> int:
        frame = data_port.ping_frame(f"{self._hub.clock.now_ms() & 0xFFFFFFFF:x}")
        self._send(frame)
        return len(frame[0])

    def _no_hello(self) -> None:
        if self._run is None:
            seconds = self._hub.limits.first_frame_seconds
            self.fail(Problem("IDLE", f"no HELLO within limits.first_frame_seconds ({seconds})"))

    def _end(self) -> None:
        self._over = True
        self._greeting.cancel()
        self._stop_repeating()
        self._count_held(0)
        if self._life is not None:
            self._life.end()
        self._hub.replies.gone(self)
        if self._principal is not None:
            self._hub.standing.leave(self._principal, self)
        writer, self._writer = self._writer, None
        if writer is not None:
            self._hub.producer_sessions.detach(writer, self)

    def _count_held(self, held: int) -> None:
        if held != self._held:
            self._hub.queue_memory.grow(held - self._held)
            self._held = held


_VERBS: dict[str, Callable[[FramedProducer, Frame], None]] = {
    "DATA": FramedProducer._data,
    "SKIP": FramedProducer._skip,
    "END": FramedProducer._end_run,
    "REPLY": FramedProducer._reply,
    "PING": FramedProducer._pong_back,
    "PONG": FramedProducer._heard_pong,
}
