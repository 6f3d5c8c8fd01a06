"""A socket that speaks frames, for peers that wait for one thing at a time."""

from __future__ import annotations

import select
import socket
from time import monotonic

from faults.frames import Frame, FrameReader, printed

READ_BYTES = 1 << 18
_OWN_WORD = "there"


class LinkLost(Exception):
    """The other side is gone, or was silent for too long."""


class Link:
    """A connection. `wait` is the only place where anything is sent, received or waited for."""

    def __init__(self, port: int, *, dead_seconds: float = 10.0, read_bytes: int = READ_BYTES) -> None:
        """Connect to a port of loopback; raise LinkLost where nobody listens. A silent hub is asked, then given up."""
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), dead_seconds)
        except OSError as error:
            raise LinkLost(str(error)) from None
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._frames = FrameReader()
        self.answered = ""
        """What the other side's last PONG said, of those that were asked for from outside."""
        self._unsent = bytearray()
        self._dead_seconds = dead_seconds
        self._read_bytes = read_bytes
        self._life = self._asked = monotonic()

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    def say(self, verb: str, *args: object, payload: bytes | None = None, **keys: object) -> None:
        self._unsent += printed(verb, *args, payload=payload, **keys)

    def wait(self, seconds: float, *more: int) -> list[Frame]:
        """Send and receive for at most that long; return as soon as there are frames or one of `more` is readable.

        PING is answered here. Raise LinkLost when the connection is over, WireError when what came is no frame.
        """
        deadline = monotonic() + seconds
        while True:
            now = monotonic()
            self._ask(now)
            readable, writable, _ = select.select(
                [self._socket, *more], [self._socket] if self._unsent else [], [], max(min(deadline - now, 0.5), 0)
            )
            if writable:
                self._send()
            if self._socket in readable and (frames := self._receive()):
                return frames
            if any(each in readable for each in more) or monotonic() >= deadline:
                return []

    def close(self) -> None:
        self._socket.close()

    def _ask(self, now: float) -> None:
        if now - self._life > self._dead_seconds:
            raise LinkLost(f"silent for {self._dead_seconds} s")
        if now - max(self._life, self._asked) > self._dead_seconds / 3:
            self._asked = now
            self.say("PING", _OWN_WORD)

    def _send(self) -> None:
        try:
            del self._unsent[: self._socket.send(self._unsent[:READ_BYTES])]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()  # what was said before, an ERR perhaps, is still to be read

    def _receive(self) -> list[Frame]:
        try:
            data = self._socket.recv(self._read_bytes)
        except BlockingIOError:
            return []
        except OSError as error:
            raise LinkLost(str(error)) from None
        if not data:
            raise LinkLost("closed by the other side")
        self._life = monotonic()
        frames = []
        for frame in self._frames.feed(data):
            if frame.verb == "PING":
                self.say("PONG", *frame.args)
            elif frame.verb == "PONG":
                if frame.args[0] != _OWN_WORD:
                    self.answered = frame.args[0]
            else:
                frames.append(frame)
        return frames
