"""The conversation of a framed producer, sans I/O: bytes from the hub in, events and bytes for the hub out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from hub.client.framed.buffer import Buffer
from hub.client.framed.commands_done import CommandsDone
from hub.model.problem import Problem
from hub.model.session_key import new_key
from hub.wire.error_line import parse_error
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader

FRAME_BYTES = 256 * 1024
UNWATCHED_MS = 250
"""For so long bytes are gathered while nobody watches: fewer frames, acknowledgements and syncs, for all of us."""
GATHERED_BYTES = 64 * 1024
"""Where so many wait they go at once."""
OLD_MS = 1000
"""What was written longer ago than this is sent with its own time: the hub's would say nothing."""
_MOST_HEADER = 4096
_MOST_PAYLOAD = 1 << 20
RETRIED = frozenset({"BUSY", "DRAIN", "SLOW", "IDLE", "STORE", "OFFSET", "CONFLICT", "INTERNAL", "EXPIRED"})


class Opened(NamedTuple):
    """The hub took the session."""

    stream: str
    run: int
    resumed: bool
    durability: str


class Asked(NamedTuple):
    """The hub passes on a command; it waits for `Machine.reply`."""

    id: str
    name: str
    arguments: bytes


class Watched(NamedTuple):
    """How many readers follow the stream now."""

    watchers: int


class GoingAway(NamedTuple):
    """The hub closes within `deadline` seconds."""

    deadline: int


class Refused(NamedTuple):
    """The hub ended the connection with an error; `fatal` says that it makes no sense to try again."""

    problem: Problem
    fatal: bool


class Lost(NamedTuple):
    """Bytes that the hub will never get: it is told, and so are its readers."""

    bytes: int


class Finished(NamedTuple):
    """All is held, and the run is over."""


Event = Opened | Asked | Watched | GoingAway | Refused | Lost | Finished


class Machine:
    """One producer's session over any number of connections.

    `hello` begins a connection; then `feed` takes what the hub says, and `outgoing` tells what may be sent now.
    """

    def __init__(
        self,
        stream: str,
        buffer: Buffer,
        *,
        token: str | None = None,
        meta: Mapping[str, object] | None = None,
        commands: tuple[str, ...] = (),
        key: str | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        unwatched_ms: int = 0,
    ) -> None:
        """`key` is that of a session which a former process began over the same buffer.

        `unwatched_ms`: bytes are gathered for so long while nobody watches; `patience` says when they are to go.
        """
        self.stream = stream
        self.token = token
        self.key = key or new_key()
        self.acknowledged = buffer.first
        """Every byte below this position is held."""
        self.open = False
        """Whether the hub took the session on this connection."""
        self.finished = False
        self.watchers = 0
        """Readers that follow the stream now, as far as the hub has said."""
        self._buffer = buffer
        self._unwatched_ms = unwatched_ms
        self._meta = dict(meta or {})
        self._commands = commands
        self._now_ms = now_ms
        self._known = False
        self._base: int | None = None
        self._sent = buffer.first
        self._window = 0
        self._ended = False
        self._status: str | None = None
        self._end_sent = False
        self._slot: str | None = None
        self._frames = FrameReader(_MOST_HEADER, _MOST_PAYLOAD)
        self._replies: list[bytes] = []
        self._done = CommandsDone()

    @property
    def was_open(self) -> bool:
        """Whether the hub ever took this session: from then on its name is settled."""
        return self._known

    @property
    def base(self) -> int | None:
        """The stream's offset of the producer's first byte, once it is known."""
        return self._base

    def continue_at(self, base: int) -> None:
        """Set what a former process had learned of this session: the hub took it."""
        self._base = base
        self._known = True

    def end(self, status: str | None = None) -> None:
        """Say that nothing more will be written."""
        self._ended, self._status = True, status

    def hello(self) -> bytes:
        """Return what begins a new connection."""
        self.open = False
        self.watchers = 0
        self._end_sent = False
        self._frames = FrameReader(_MOST_HEADER, _MOST_PAYLOAD)
        self._replies.clear()
        resumes = self._known and self._base is not None
        slot, self._slot = self._slot, None
        return b"".join(
            encode(
                "HELLO",
                "HUB/1",
                stream=self.stream,
                session=self.key,
                resume=1 if resumes else None,
                token=self.token,
                meta=json.dumps(self._meta, separators=(",", ":")) if self._meta else None,
                commands=",".join(self._commands) or None,
                slot=slot,
            )
        )

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.open = False

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes from the hub; return what they say."""
        events: list[Event] = []
        try:
            for frame in self._frames.feed(data):
                self._frame(frame, events)
        except Problem as problem:
            # Not a hub, or one that makes no sense: another try leads nowhere.
            events.append(Refused(Problem("PROTO", f"the hub speaks in a way that is not understood: {problem}"), True))
        return events

    def reply(self, command_id: str, payload: bytes) -> None:
        """Answer a command; on a connection that is gone meanwhile nobody waits for it."""
        for each in self._done.replied(command_id, payload):
            self._reply(each, payload)

    def _reply(self, command_id: str, payload: bytes) -> None:
        self._replies.append(b"".join(encode("REPLY", command_id, payload=payload)))

    def ping(self) -> bytes:
        """Return a question that any hub answers."""
        return b"PING alive\n"

    def outgoing(self) -> bytes:
        """Return the next bytes to send, one frame or a few small ones; none when nothing may be sent now."""
        if not self.open or self._base is None:
            return b""
        parts, self._replies = self._replies, []
        if (upto := self._buffer.next(self._sent)) > self._sent:
            parts.extend(encode("SKIP", self._base + self._sent, self._base + upto, reason="dropped"))
            self._sent = upto
        if (frame := self._data()) is not None:
            parts.extend(frame)
        elif self._ended and not self._end_sent and self._sent >= self._buffer.end:
            self._end_sent = True
            parts.extend(encode("END", self._base + self._sent, status=self._status))
        return b"".join(parts)

    def patience(self) -> float | None:
        """Return the seconds for which what waits is still gathered; None where nothing is."""
        first = self._buffer.read(self._sent, 1) if self._gathers() else None
        return None if first is None else max(first.at + self._unwatched_ms - self._now_ms(), 0) / 1000

    def _gathers(self) -> bool:
        """Tell whether bytes may wait for more: nobody watches, few wait, and more may come."""
        if not self._unwatched_ms or self.watchers or self._ended or not self.open or self._sent == 0:
            return False  # the first bytes go at once: whoever looks for the stream finds it begun
        return 0 < self._buffer.end - self._sent < GATHERED_BYTES

    def _data(self) -> tuple[bytes, ...] | None:
        if self.patience():
            return None
        in_flight = self._sent - self.acknowledged
        room = self._window - in_flight
        if in_flight > 0 and room <= 0:
            return None
        piece = self._buffer.read(self._sent, min(max(room, 1), FRAME_BYTES) if in_flight > 0 else FRAME_BYTES)
        if piece is None:
            return None
        self._sent = piece.end
        at = piece.at if self._now_ms() - piece.at > OLD_MS else None
        return encode("DATA", (self._base or 0) + piece.position, payload=piece.data, at=at, ch=piece.channel)

    # What the hub says.

    def _frame(self, frame: Frame, events: list[Event]) -> None:
        verb = frame.verb
        if verb == "ACK":
            self._ack(frame)
        elif verb == "OK":
            self._opened(frame, events)
        elif verb == "PING":
            self._replies.append(b"".join(encode("PONG", frame.arg(0, "nonce"))))
        elif verb == "BYE":
            self.finished = True
            self.open = False
            self._acknowledge(self._buffer.end)
            events.append(Finished())
        elif verb == "CMD":
            self._command(frame, events)
        elif verb == "DEMAND":
            self.watchers = frame.number(0, "watchers")
            events.append(Watched(self.watchers))
        elif verb == "GOAWAY":
            events.append(GoingAway(int(frame.keys.get("deadline", "0"))))
        elif verb == "ERR":
            events.append(self._refused(parse_error(frame)))

    def _command(self, frame: Frame, events: list[Event]) -> None:
        asked = Asked(frame.arg(0, "id"), frame.arg(1, "name"), frame.payload or b"")
        idem = frame.keys.get("idem")
        if idem is None or self._done.begin(asked.id, idem):
            events.append(asked)
        elif (reply := self._done.reply_to(idem)) is not None:
            self._reply(asked.id, reply)

    def _opened(self, frame: Frame, events: list[Event]) -> None:
        offset = int(frame.keys.get("offset", "0"))
        self._window = int(frame.keys.get("window", "0"))
        resumed = self._known and self._base is not None
        if not resumed:
            # The first byte that is not held yet is the stream's next one.
            self._base = offset - self.acknowledged
        position = offset - (self._base or 0)
        if position > self._buffer.end or position < 0:
            raise Problem("PROTO", f"the hub says that {position} bytes were written, of {self._buffer.end}")
        self._known = self.open = True
        # Where to go on, not what is held: a hub that is killed now may come back with less, and ask for it again.
        self._sent = position
        if position < self.acknowledged:
            # An older state of the hub came back: what it acknowledged and lost cannot be had again.
            events.append(Lost(self.acknowledged - position))
            self.acknowledged = position
        keys = frame.keys
        events.append(
            Opened(
                keys.get("stream", self.stream), int(keys.get("run", "0")), resumed, keys.get("durability", "memory")
            )
        )

    def _ack(self, frame: Frame) -> None:
        self._window = int(frame.keys.get("window", "0"))
        if self._base is not None:
            self._acknowledge(min(frame.number(0, "offset") - self._base, self._sent))

    def _acknowledge(self, position: int) -> None:
        if position > self.acknowledged:
            self.acknowledged = position
            self._buffer.release(position)

    def _refused(self, problem: Problem) -> Refused:
        self.open = False
        self._slot = str(problem.keys["slot"]) if "slot" in problem.keys else None
        if problem.word == "EXPIRED":
            self._begin_anew(problem)
        # Whoever was sent away does not come back by itself; what is left may be sent later, under the new key.
        kicked = problem.keys.get("cause") == "kicked"
        return Refused(problem, kicked or problem.word not in RETRIED)

    def _begin_anew(self, problem: Problem) -> None:
        """Go on under a new key with what the old one did not bring over."""
        held = problem.keys.get("offset")
        if held is not None and self._base is not None:
            self._acknowledge(max(min(int(str(held)) - self._base, self._buffer.end), 0))
        self.key = new_key()
        self._known = False
        self._base = None
