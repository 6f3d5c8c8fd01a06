"""The data port: frames in both directions (PROTOCOL 5)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from hub.conversations.frames_in import FramesIn
from hub.conversations.life import Life
from hub.core.delivery import Delivery, Item, Live, Place, RunBegan, RunEnded
from hub.core.hub import Hub
from hub.core.matcher import Matcher
from hub.core.ports import Sink
from hub.core.reader import Reader
from hub.core.sessions import DATA, Session
from hub.core.subscription import Subscription
from hub.model.chunk import Chunk, Gap
from hub.model.peer import Peer
from hub.model.problem import Problem
from hub.wire import data_port
from hub.wire.error_line import encode_error
from hub.wire.first_bytes import Mistake, PortFirstBytes
from hub.wire.frame import Frame, Pieces

WRITE_BUDGET = 128 * 1024
"""About how much is taken from the queue for one write: what a socket takes, so that a stalled peer holds little."""


class ReaderConversation:
    """One reader. On the data port it begins with HELLO; on a WebSocket the commander's hello calls `attach`."""

    __slots__ = (
        "_first",
        "_frames",
        "_greeting",
        "_hub",
        "_life",
        "_over",
        "_reader",
        "_scheduled",
        "_session",
        "_sink",
        "peer",
    )

    def __init__(self, hub: Hub, peer: Peer, sink: Sink, *, greets: bool = True) -> None:
        """`greets` tells whether a HELLO has to come here, in time."""
        self._hub = hub
        self.peer = peer
        self._sink = sink
        self._first: PortFirstBytes | None = PortFirstBytes(hub.limits.first_frame_bytes)
        self._frames = FramesIn(hub, self._frame)
        self._reader: Reader | None = None
        self._session: Session | None = None
        self._scheduled = False
        self._over = False
        self._life: Life | None = None
        self._greeting = hub.first_frame_timeout(self._no_hello) if greets else None

    # What the adapter calls.

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer; return whether `received(b"")` is to go on in another turn."""
        if self._over:
            return False  # TLS hands on what it had decrypted when the connection was closed
        if self._first is not None:
            first = self._first.feed(data)
            if first is None:
                return False
            self._first = None
            if isinstance(first, Mistake):
                self._mistake(first)
                return False
            data = first
        try:
            return self._frames.feed(data)
        except Problem as problem:
            self.fail(problem)
            return False

    def message(self, frame: Frame) -> None:
        """Take one whole frame, as a WebSocket brings it."""
        try:
            self._frame(frame)
        except Problem as problem:
            self.fail(problem)

    def writable(self) -> None:
        """Go on writing, and reading if answers had piled up."""
        if not self._over:
            self._sink.resume_reading()
            self._flush()

    def lost(self, cause: str) -> None:
        """Keep the session, let go of the rest."""
        self._end(keep_session=True)

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the slot, or the session is over."""
        self.fail(problem)

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the reader that the hub is about to close."""
        if self._reader is not None:
            self._send(data_port.goaway_frame(deadline, retry_after))

    def hold(self) -> None:
        """A reader sends nothing that is kept."""

    def kept(self) -> Sequence[Subscription]:
        """Return what the session would go on with if the connection were lost now."""
        return () if self._reader is None else self._reader.kept()

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection, after what can be written of what waits."""
        self._flush()
        self.fail(problem)

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        """Frames have no words for what concerns the session alone."""

    def attach(self, session: Session, window: int) -> bool:
        """Take the session's data slot; return whether subscriptions were restored. Raise Problem LIMIT."""
        hub = self._hub
        if not session.is_held(DATA):
            # Who takes a slot over takes the place of the one that had it, too.
            hub.check_reader_room(session.principal)
        if self._greeting is not None:
            self._greeting.cancel()
        hub.sessions.take(session, DATA, self)
        self._session = session
        self._reader = Reader(
            hub, session.principal, self._wake, self._tell_problem, window, session=session, via=self.peer.via
        )
        self._life = Life(hub, self._sink, self._die, self._ping)
        resumed = bool(session.subscriptions)
        for subscription in session.subscriptions:
            self._reader.subscribe(subscription)
        session.subscriptions = ()
        return resumed

    def fail(self, problem: Problem) -> None:
        """Tell an error that ends the connection, and close it."""
        if self._over:
            return
        self._hub.counters.problem(problem.word)
        self._sink.send([encode_error(problem)])
        self._end(keep_session=True)
        self._sink.close(problem)

    # Frames from the peer.

    def _frame(self, frame: Frame) -> None:
        if self._life is not None:
            self._life.heard()
        if self._reader is None:
            self._hello(frame)
            return
        act = _VERBS.get(frame.verb)
        if act is None:
            self._hub.counters.unknown_verbs += 1
            return
        try:
            act(self, frame)
        except Problem as problem:
            if "id" not in problem.keys and "alias" not in problem.keys:
                raise
            self._tell_problem(problem)

    def _hello(self, frame: Frame) -> None:
        hello = data_port.parse_hello(frame)
        sessions, limits = self._hub.sessions, self._hub.limits
        key = None
        if hello.session is not None:
            session = sessions.find(hello.session)
            self._hub.admit("data", self.peer, resumes=True, slot=hello.slot)
        else:
            principal = self._hub.credentials.admin(hello.token or "", self.peer)
            self._hub.admit("data", self.peer, resumes=False, slot=hello.slot)
            key, session = sessions.begin(principal)
        try:
            resumed = self.attach(session, hello.window)
        except Problem:
            if key is not None:
                sessions.end(session)
            raise
        self._send(
            data_port.ok_frame(
                session=key or session.id,
                resumed=resumed,
                heartbeat=limits.heartbeat_seconds,
                payload_bytes=limits.payload_bytes,
            )
        )

    def _again(self, frame: Frame) -> None:
        raise Problem("PROTO", "HELLO comes once, at the beginning of a connection")

    def _sub(self, frame: Frame) -> None:
        sub = data_port.parse_sub(frame)
        if sub.match is not None:
            check_query(sub.match, sub.id)
        ordinal = self._hub.streams.ordinal
        subscription = Subscription(sub.id, sub.pattern, sub.begin, sub.skip, sub.cursors, ordinal, match=sub.match)
        self._attached().subscribe(subscription)
        self._follows_something_else()

    def _unsub(self, frame: Frame) -> None:
        sub_id = frame.arg(0, "id")
        self._attached().unsubscribe(sub_id)
        self._follows_something_else()
        self._send(data_port.unsub_frame(sub_id))

    def _follows_something_else(self) -> None:
        if self._session is not None:
            self._hub.kept_sessions.soon(self._session)

    def _ack(self, frame: Frame) -> None:
        ack = data_port.parse_ack(frame)
        self._attached().acknowledge(ack.alias, ack.offset)

    def _pong_back(self, frame: Frame) -> None:
        self._send(data_port.pong_frame(frame.arg(0, "nonce")))

    def _heard_pong(self, frame: Frame) -> None:
        """Nothing to do: any frame is life."""

    def _bye(self, frame: Frame) -> None:
        self._end(keep_session=False)
        self._sink.close()

    # Frames to the peer.

    def _wake(self) -> None:
        if not self._scheduled and not self._over:
            self._scheduled = True
            self._hub.turn.add(self._turn)

    def _turn(self) -> None:
        try:
            self._flush()
        except Exception:  # ours: reported, and it costs this connection alone
            self._hub.failures.report("while writing to a reader")
            self.fail(Problem("INTERNAL", "the hub made a mistake; its log has it"))

    def _flush(self) -> None:
        self._scheduled = False
        reader, sink = self._reader, self._sink
        while reader is not None and sink.open and not self._over:
            told = reader.take(WRITE_BUDGET)
            if not told:
                return
            sink.send([frame_of(delivery, item) for delivery, item in told])

    def _send(self, frame: Pieces) -> None:
        """Send an answer. A peer that asks without taking the answers is not read until it does."""
        if self._over:
            return
        self._sink.send([frame])
        if not self._sink.open:
            self._sink.pause_reading()

    def _tell_problem(self, problem: Problem) -> None:
        self._hub.counters.problem(problem.word)
        self._send(encode_error(problem))

    def _ping(self) -> int:
        frame = data_port.ping_frame(secrets.token_hex(4))
        self._send(frame)
        return len(frame[0])

    # Ends.

    def _die(self, problem: Problem) -> None:
        if problem.word == "SLOW":
            # It takes nothing, so it will not take an error either.
            self._hub.counters.problem(problem.word)
            self._end(keep_session=True)
            self._sink.abort()
        else:
            self.fail(problem)

    def _no_hello(self) -> None:
        if self._reader is None:
            seconds = self._hub.limits.first_frame_seconds
            self.fail(Problem("IDLE", f"no HELLO within limits.first_frame_seconds ({seconds})"))

    def _mistake(self, mistake: Mistake) -> None:
        self._hub.counters.mistake(mistake.kind)
        if mistake.problem is not None:
            self.fail(mistake.problem)
        else:
            self._end(keep_session=True)
            self._sink.abort()

    def _end(self, *, keep_session: bool) -> None:
        self._over = True
        if self._greeting is not None:
            self._greeting.cancel()
        self._frames.stop()
        if self._life is not None:
            self._life.end()
        reader, session = self._reader, self._session
        self._reader = None
        if reader is None or session is None:
            return
        kept = reader.close()
        if keep_session:
            session.subscriptions = tuple(kept)
            self._hub.sessions.leave(session, DATA, self)
        else:
            self._hub.sessions.end(session, by=self)

    def _attached(self) -> Reader:
        if self._reader is None:
            raise Problem("PROTO", "HELLO comes first")
        return self._reader


def check_query(query: str, sub_id: str) -> None:
    """Raise Problem PROTO with `id=` where a subscription's match= is no RE2."""
    try:
        Matcher(query)
    except Problem as problem:
        raise problem.about(id=sub_id) from None


def frame_of(delivery: Delivery, item: Item) -> Pieces:
    """Return the frame that tells an item of a delivery."""
    alias = delivery.alias
    if isinstance(item, Chunk):
        return data_port.data_frame(alias, item.offset, item.data, item.at, item.sent_at, item.channel)
    if isinstance(item, Gap):
        return data_port.gap_frame(alias, item.offset, item.end, item.reason)
    if isinstance(item, Place):
        name = delivery.stream.name
        return data_port.stream_frame(alias, name, item.cursor, item.run, item.state, item.truncate, None)
    if isinstance(item, Live):
        return data_port.live_frame(alias, item.offset)
    if isinstance(item, RunBegan):
        return data_port.run_frame(alias, item.run.number, item.run.start, item.run.meta)
    if isinstance(item, RunEnded):
        return data_port.end_frame(alias, item.offset, item.run.number, item.run.status, item.run.cause)
    raise TypeError(f"no frame for {item!r}")


_VERBS = {
    "HELLO": ReaderConversation._again,
    "SUB": ReaderConversation._sub,
    "UNSUB": ReaderConversation._unsub,
    "ACK": ReaderConversation._ack,
    "PING": ReaderConversation._pong_back,
    "PONG": ReaderConversation._heard_pong,
    "BYE": ReaderConversation._bye,
}
