"""Who lives through a storm: framed producers, readers, and connections that only are there."""

from __future__ import annotations

import secrets
from random import Random
from time import monotonic

from faults.checker import Writing
from faults.frames import Frame, FrameReader, printed
from faults.held import Held
from faults.script import Script, written_line
from storm.loop import Link, Loop

FIRST_SECONDS, MOST_SECONDS = 0.25, 8.0
LIVE, KEPT = b"L", b"K"
"""The first letter of a line's padding: said while the producer was in, or kept until it was."""


class Client:
    """Somebody who comes back: at the time that the hub gave, else after a while that grows, by full jitter."""

    def __init__(self, loop: Loop, port: int, luck: Random) -> None:
        self.loop, self.port, self.luck = loop, port, luck
        self.link: Link | None = None
        self.in_since: float | None = None
        """When it was let in last; None while it is not."""
        self.busies = 0
        """How often it was told BUSY since it was in."""
        self.most_busies = 0
        self.refused: dict[str, int] = {}
        """By code, what else it was told."""
        self._slot: str | None = None
        self._wait: float | None = None
        self._failures = 0
        self._frames = FrameReader()

    def come(self) -> None:
        self._frames = FrameReader()
        self.link = self.loop.connect(self.port, self)
        if self.link is None:
            self.lost()

    def cut(self) -> None:
        """Lose the connection, and come back soon after."""
        if self.link is not None:
            self.link.cut()
        self.busies = 0
        self.lost()

    def connected(self) -> None:
        slot, self._slot = self._slot, None
        self.hello({} if slot is None else {"slot": slot})

    def hello(self, more: dict[str, str]) -> None:
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        for frame in self._frames.feed(data):
            if frame.verb == "ERR" and not {"id", "alias"} & set(frame.keys):
                self.error(frame)
            elif frame.verb == "PING":
                self.send(printed("PONG", *frame.args))
            else:
                self.frame(frame)

    def frame(self, frame: Frame) -> None:
        raise NotImplementedError

    def error(self, frame: Frame) -> None:
        code = frame.args[0]
        if code == "BUSY":
            self.busies += 1
            self.most_busies = max(self.most_busies, self.busies)
            self._slot = frame.keys.get("slot")
        else:
            self.refused[code] = self.refused.get(code, 0) + 1
        if "retry_after" in frame.keys:
            self._wait = frame.key("retry_after") / 1000

    def lost(self) -> None:
        if self.in_since is not None:
            self.busies = 0
        self.link, self.in_since = None, None
        wait, self._wait = self._wait, None
        if wait is None:
            wait = self.luck.random() * min(FIRST_SECONDS * 2**self._failures, MOST_SECONDS)
            self._failures += 1
        self.loop.later(wait, self.come)

    def is_in(self) -> None:
        self.in_since, self._failures = monotonic(), 0

    def send(self, data: bytes) -> None:
        if self.link is not None:
            self.link.send(data)


class Said(Script):
    """A script that is written while it is sent: each line says when."""

    def grow(self, length: int) -> None:
        assert length <= len(self.data), "nothing is made up"

    def say(self, kind: bytes) -> None:
        self.starts.append(len(self.data))
        self.data += written_line(self.name, len(self.starts) - 1, kind + letters(monotonic()))


def letters(seconds: float) -> bytes:
    """Return a time in letters, to the microsecond."""
    number, said = int(seconds * 1_000_000), bytearray()
    while number:
        number, digit = divmod(number, 26)
        said.append(65 + digit)
    return bytes(said)


def seconds_of(said: bytes) -> float:
    number = 0
    for letter in reversed(said):
        number = number * 26 + letter - 65
    return number / 1_000_000


class Producer(Client):
    """Says a line now and then, and sends it until it is acknowledged."""

    def __init__(self, loop: Loop, port: int, luck: Random, stream: str, name: str, period: float) -> None:
        super().__init__(loop, port, luck)
        self.writing = Writing(stream, Said(0, name))
        self.script = self.writing.script
        self.key = secrets.token_urlsafe(24)
        self.acked = self.sent = self._base = 0
        self._known = self._opened = False
        self.quiet = False
        self._period = period
        loop.later(luck.random() * period, self._speak)

    @property
    def done(self) -> bool:
        return self._opened and self.acked == len(self.script.data)

    def hello(self, more: dict[str, str]) -> None:
        resume = {"resume": 1} if self._known else {}
        self.send(printed("HELLO", "HUB/1", stream=self.writing.stream, session=self.key, **resume, **more))

    def frame(self, frame: Frame) -> None:
        if frame.verb == "OK":
            self._opened_at(frame.key("offset"), frame.key("epoch"), frame.key("fence"))
        elif frame.verb == "ACK":
            offset = frame.number(0)
            self.writing.take([Frame("ACKED", (str(offset),))])
            self.acked = max(self.acked, offset - self._base)

    def error(self, frame: Frame) -> None:
        super().error(frame)
        if frame.args[0] == "EXPIRED":
            self.key, self._known = secrets.token_urlsafe(24), False

    def _opened_at(self, offset: int, epoch: int, fence: int) -> None:
        if self._known:
            self.writing.take([Frame("RESUMED", (str(offset), str(epoch), str(fence)))])
        else:
            self._base, self._known = offset - self.acked, True
            self.writing.take([Frame("OPENED", tuple(map(str, (self.acked, offset, epoch, fence))))])
        self._opened = True
        self.sent = offset - self._base
        self.is_in()
        self._send_rest()

    def _speak(self) -> None:
        if self.quiet:
            return
        if isinstance(self.script, Said):
            self.script.say(KEPT if self.in_since is None else LIVE)
        if self.in_since is not None:
            self._send_rest()
        self.loop.later(self._period, self._speak)

    def _send_rest(self) -> None:
        end = len(self.script.data)
        if self.sent < end:
            self.writing.take([Frame("SENT", (str(end),))])
            self.send(printed("DATA", self._base + self.sent, payload=self.script.part(self.sent, end)))
            self.sent = end


class Reader(Client):
    """Follows a few streams by session, and notes how old a line is when it comes."""

    def __init__(self, loop: Loop, port: int, luck: Random, token: str, pattern: str, who: str) -> None:
        super().__init__(loop, port, luck)
        self.held = Held(who)
        self.latencies: list[tuple[float, float]] = []
        """When a line was said by somebody who was in, and how long it took to this reader, caught up by then."""
        self._token, self._pattern = token, pattern
        self._key: str | None = None
        self._to_ack: dict[int, int] = {}
        self._live: dict[int, float] = {}
        """When each stream was caught up with, by alias: from then on what is said is live."""
        self.heard = 0
        self.last_live = 0.0

    def hello(self, more: dict[str, str]) -> None:
        who = {"token": self._token} if self._key is None else {"session": self._key}
        self.send(printed("HELLO", "HUB/1", **who, **more))

    def frame(self, frame: Frame) -> None:
        if frame.verb == "OK":
            self._ok(frame)
            return
        self.held.take(frame)
        if frame.verb == "DATA":
            self._data(frame)
        elif frame.verb == "LIVE":
            self.last_live = monotonic()
            self._live.setdefault(frame.number(0), self.last_live)

    def error(self, frame: Frame) -> None:
        super().error(frame)
        if frame.args[0] == "EXPIRED":
            self._key = None

    def _ok(self, frame: Frame) -> None:
        resumed = frame.keys["resumed"] == "1"
        self.held.take(Frame("CONNECTED", keys={"by": "session" if resumed else "cursor"}))
        self._to_ack.clear()
        self._live.clear()
        if self._key is None:
            self._key = frame.keys["session"]
        if not resumed:
            cursors = [f"{name} {holding.epoch}:{holding.end}" for name, holding in self.held.streams.items()]
            payload = "\n".join(cursors).encode() if cursors else None
            self.send(printed("SUB", "1", self._pattern, payload=payload, **{"from": "start"}))
        self.is_in()
        self.loop.later(1.0, self._ack)

    def _data(self, frame: Frame) -> None:
        now, data = monotonic(), frame.payload or b""
        self.heard += len(data)
        self._to_ack[frame.number(0)] = frame.number(1) + len(data)
        live_since = self._live.get(frame.number(0))
        if live_since is None:
            return
        for line in data.split(b"\n"):
            said = line.rpartition(b"-")[2]
            if said[:1] == LIVE and (at := seconds_of(said[1:])) >= live_since:
                self.latencies.append((at, now - at))

    def _ack(self) -> None:
        if self.in_since is None:
            return
        acks, self._to_ack = self._to_ack, {}
        self.send(b"".join(printed("ACK", alias, offset) for alias, offset in acks.items()))
        self.loop.later(1.0, self._ack)


class Idle:
    """A connection to the producer port that says nothing."""

    def __init__(self, loop: Loop, port: int, luck: Random) -> None:
        self._loop, self._port, self._luck = loop, port, luck
        self._link: Link | None = None
        self.up = False
        self.losses = 0

    def come(self) -> None:
        self._link = self._loop.connect(self._port, self)
        if self._link is None:
            self._again()

    def connected(self) -> None:
        self.up = True

    def received(self, data: bytes) -> None:
        raise AssertionError(f"nothing is said to raw output, but {data!r}")

    def lost(self) -> None:
        self.losses += self.up
        self._again()

    def _again(self) -> None:
        self.up = False
        self._loop.later(self._luck.random() * 3, self.come)
