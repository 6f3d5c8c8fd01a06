"""Frames into a stream (PROTOCOL 4): a session that outlives its sockets, acknowledged once its bytes are held."""

from __future__ import annotations

from collections.abc import Callable

from hub.conversations.acknowledgement import Acknowledgement
from hub.conversations.commands_out import CommandsOut
from hub.conversations.frames_in import FramesIn
from hub.conversations.life import Life
from hub.conversations.meta import parse_meta
from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.producer_sessions import Attached
from hub.core.stream import Stream
from hub.core.writer import Writer
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.wire import data_port, producer_port
from hub.wire.error_line import encode_error
from hub.wire.frame import Frame, Pieces

SETTLE_SECONDS = 10.0
"""How long a producer whose session is over waits for the store, before it is told to ask again."""
ASK_AGAIN_MS = 1000


class FramedProducer:
    """One framed connection, on the producer port or on a WebSocket.

    What comes is appended at once and relayed to readers; ACK follows when the store holds it, and so do BYE and the
    news that the session is over: whoever is told how far it came lets go of its copy.
    """

    __slots__ = (
        "_ack",
        "_awaited",
        "_commands",
        "_frames",
        "_greeting",
        "_hub",
        "_known",
        "_leaving",
        "_life",
        "_over",
        "_patience",
        "_principal",
        "_sink",
        "_watched",
        "_writer",
        "peer",
    )

    def __init__(self, hub: Hub, peer: Peer, sink: Sink, principal: Principal | None = None) -> None:
        """`principal` is whom the way in speaks for already, such as a request's token; HELLO's token goes first."""
        self._hub = hub
        self.peer = peer
        self._sink = sink
        self._known = principal
        self._frames = FramesIn(hub, self._frame)
        self._greeting = hub.first_frame_timeout(self._no_hello)
        self._principal: Principal | None = None
        self._ack: Acknowledgement | None = None
        """What is said of the run, once there is one."""
        self._writer: Writer | None = None
        self._life: Life | None = None
        self._commands = CommandsOut(sink, hub.limits.producer_commands_bytes)
        self._watched = False
        self._leaving = False
        """Whether nothing is taken any more: the session is over, and that is told once all of it is held."""
        self._awaited: tuple[Stream, Callable[[], None]] | None = None
        """What the store is to hold, and what is done then."""
        self._patience: Cancellable | None = None
        self._over = False

    # What the adapter calls.

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer; return whether `received(b"")` is to go on in another turn."""
        try:
            return self._frames.feed(data)
        except Problem as problem:
            self.fail(problem)
            return False

    def message(self, frame: Frame) -> None:
        """Take one whole frame, as a WebSocket brings it."""
        if self._frames.over:
            return
        try:
            self._frame(frame)
        except Problem as problem:
            self.fail(problem)

    def writable(self) -> None:
        """Go on: an ACK may have waited, and reading if answers had piled up."""
        if self._over or self._leaving:
            return
        if self._ack is None:
            self._sink.resume_reading()
        else:
            self._ack.writable()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell that the hub is about to close."""
        if not self._over and self._ack is not None:
            self._send(data_port.goaway_frame(deadline, retry_after))

    def hold(self) -> None:
        """Read no more; what was taken is acknowledged when it is durable, what was not comes again."""
        self._frames.stop()
        if self._ack is None:
            self._sink.pause_reading()
        else:
            self._ack.hold()

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection; the session goes on without it."""
        if self._ack is not None and not self._over:
            self._ack.say()
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

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that the producer offered."""
        return self._commands.offered

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the session, or it is over."""
        writer, self._writer = self._writer, None
        if problem.word == "EXPIRED" and writer is not None:
            self._leave(writer.stream, problem)
        else:
            self.fail(problem)

    def committed(self) -> None:
        """Acknowledge what is durable now, and read on if that was waited for."""
        if not self._over and self._writer is not None and self._ack is not None:
            self._ack.committed()

    def watched(self, watchers: int) -> None:
        """Tell the producer when somebody begins to watch, and when nobody does any more."""
        if self._over or (watchers > 0) == self._watched:
            return
        self._watched = watchers > 0
        self._send(producer_port.demand_frame(watchers))

    def command(self, command_id: str, name: str, arguments: bytes, idem: str | None) -> None:
        """Pass on a command; raise Problem NOTFOUND if the producer did not offer it, BUSY if it reads none."""
        self._send(self._commands.frame(command_id, name, arguments, idem))

    # Frames from the peer.

    def _frame(self, frame: Frame) -> None:
        if self._life is not None:
            self._life.heard()
        if self._ack is None:
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
            principal = hub.credentials.producer(self.peer, hello.token, raw=False)
        elif not principal.may_produce:
            raise Problem("DENIED", "these credentials are not for producers")
        if not principal.may_see(hello.stream):
            raise Problem("DENIED", "this token is not for a stream of that name")
        resumes = hello.resume and hub.producer_sessions.knows(hello.session)
        hub.admit("producers", self.peer, resumes=resumes, slot=hello.slot)
        meta = parse_meta(hello.meta, hub.limits.meta_bytes)
        try:
            attached = hub.producer_sessions.attach(
                hello.session, hello.stream, principal, meta, self, resume=hello.resume, take=hello.take
            )
        except Problem as problem:
            stream = hub.streams.get(hello.stream)
            if problem.word != "EXPIRED" or stream is None:
                raise
            self._leave(stream, problem)
            return
        self._principal = principal
        hub.standing.enter(principal, self)
        self._greeting.cancel()
        self._writer, self._commands.offered = attached.writer, hello.commands
        self._life = Life(hub, self._sink, self.fail, self._ping)
        self._ack = Acknowledgement(hub, self._sink, attached.stream, attached.run, self._life.heard)
        self._say_ok(attached, self._ack)
        self._ack.begin()
        if attached.writer is not None:
            self.watched(attached.stream.watchers)

    def _say_ok(self, attached: Attached, ack: Acknowledgement) -> None:
        hub, run = self._hub, attached.run
        ok: dict[str, object] = {
            "stream": attached.stream.name,
            "session": (run.session or "")[:16],
            "resumed": int(attached.resumed),
            "run": run.number,
            "epoch": attached.stream.epoch,
            "offset": ack.expected,
            "fence": run.fence,
            "durability": hub.store.durability,
            "window": ack.window,
            "max": hub.limits.payload_bytes,
            "heartbeat": hub.limits.heartbeat_seconds,
            "ended": 1 if attached.writer is None else None,
        }
        self._send(producer_port.ok_frame(ok))

    def _again(self, frame: Frame) -> None:
        raise Problem("PROTO", "HELLO comes once, at the beginning of a connection")

    def _new(self, ack: Acknowledgement, start: int, end: int) -> Writer | None:
        """Return the writer if some of what came is new; None for a duplicate. Raise Problem OFFSET for a hole."""
        expected = ack.expected
        if start > expected or (self._writer is None and end > expected):
            raise Problem("OFFSET", "these bytes do not follow what is there", expected=expected)
        if end <= expected:
            ack.say()
            return None
        return self._writer

    def _data(self, frame: Frame) -> None:
        data, ack = producer_port.parse_data(frame), self._begun()
        writer = self._new(ack, data.offset, data.offset + len(data.data))
        if writer is None:
            return
        known = writer.stream.end - data.offset
        content = data.data[known:] if known else data.data
        writer.append(content, self._hub.clock.now_ms(), data.at, data.channel)
        ack.pause_if_behind()

    def _skip(self, frame: Frame) -> None:
        skip, ack = producer_port.parse_skip(frame), self._begun()
        writer = self._new(ack, skip.start, skip.end)
        if writer is not None:
            writer.lose(skip.end, "producer_skip")
            ack.pause_if_behind()

    def _end_run(self, frame: Frame) -> None:
        end, ack = producer_port.parse_end(frame), self._begun()
        if end.offset != ack.expected:
            raise Problem("OFFSET", "END is not where the stream ends", expected=ack.expected)
        writer, self._writer = self._writer, None
        if writer is not None:
            self._hub.producer_sessions.end(writer, "end", end.status)
        # Also one that is over already: it may have ended a moment ago, on a connection that is gone.
        self._when_held(ack.stream, lambda: self._say_bye(ack))

    def _say_bye(self, ack: Acknowledgement) -> None:
        ack.say()
        self._sink.send([producer_port.bye_frame(ack.expected)])
        self._end()
        self._sink.close()

    def _leave(self, stream: Stream, problem: Problem) -> None:
        """Tell EXPIRED once the run is held up to where it ended: whoever is told that lets go of what is below."""
        if problem.keys.get("cause") == "deleted" or "offset" not in problem.keys:
            self.fail(problem)  # nothing of it is to be had, in memory or on disk
            return
        self._leaving = True
        self._frames.stop()
        self._greeting.cancel()
        self._sink.pause_reading()
        self._patience = self._hub.clock.call_later(SETTLE_SECONDS, self._not_held)
        self._when_held(stream, lambda: self.fail(problem))

    def _not_held(self) -> None:
        text = "the session is over, and the store has not taken the end of it yet; ask again"
        self.fail(Problem("BUSY", text, retry_after=ASK_AGAIN_MS))

    def _when_held(self, stream: Stream, call: Callable[[], None]) -> None:
        """Call once all that is known of the stream now is durable, unless the connection is over by then."""
        if self._awaited is None:
            self._awaited = stream, call
            self._hub.log.committer.when_durable(stream, call)

    def _reply(self, frame: Frame) -> None:
        reply = producer_port.parse_reply(frame)
        self._hub.replies.answer(reply.id, self, reply.payload)

    def _pong_back(self, frame: Frame) -> None:
        self._send(data_port.pong_frame(frame.arg(0, "nonce")))

    def _heard_pong(self, frame: Frame) -> None:
        """Nothing to do: any frame is life."""

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
        if self._ack is None:
            seconds = self._hub.limits.first_frame_seconds
            self.fail(Problem("IDLE", f"no HELLO within limits.first_frame_seconds ({seconds})"))

    def _end(self) -> None:
        self._over = True
        self._greeting.cancel()
        if self._patience is not None:
            self._patience.cancel()
        awaited, self._awaited = self._awaited, None
        if awaited is not None:
            self._hub.log.committer.wait_no_more(*awaited)
        if self._ack is not None:
            self._ack.end()
        self._frames.stop()
        if self._life is not None:
            self._life.end()
        self._hub.replies.gone(self)
        if self._principal is not None:
            self._hub.standing.leave(self._principal, self)
        writer, self._writer = self._writer, None
        if writer is not None:
            self._hub.producer_sessions.detach(writer, self)

    def _begun(self) -> Acknowledgement:
        if self._ack is None:
            raise Problem("PROTO", "HELLO comes first")
        return self._ack


_VERBS: dict[str, Callable[[FramedProducer, Frame], None]] = {
    "HELLO": FramedProducer._again,
    "DATA": FramedProducer._data,
    "SKIP": FramedProducer._skip,
    "END": FramedProducer._end_run,
    "REPLY": FramedProducer._reply,
    "PING": FramedProducer._pong_back,
    "PONG": FramedProducer._heard_pong,
}
