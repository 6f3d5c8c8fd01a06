"""A reader that comes back to much: it takes what it is given, and counts it."""

from __future__ import annotations

from random import Random

from faults.frames import Frame, printed
from storm.clients import Client
from storm.loop import Loop

LIFE_SECONDS = 10.0


class Hungry(Client):
    """Follows a stream by session from its start, and acknowledges nothing: when it comes back it gets all of it."""

    def __init__(self, loop: Loop, port: int, luck: Random, token: str, stream: str) -> None:
        super().__init__(loop, port, luck)
        self.heard = 0
        """Bytes that came since it was in."""
        self.resumed = False
        self._token, self._stream = token, stream
        self._key: str | None = None
        self._away = False

    def come_back(self, within: float) -> None:
        self._away = False
        self.busies = self.most_busies = 0
        self.loop.later(self.luck.random() * within, self.come)

    def leave(self) -> None:
        """Lose the connection, and stay away."""
        self._away = True
        if self.link is not None:
            self.link.cut()
        self.link = self.in_since = None

    def hello(self, more: dict[str, str]) -> None:
        who = {"token": self._token} if self._key is None else {"session": self._key}
        self.send(printed("HELLO", "HUB/1", **who, **more))

    def received(self, data: bytes) -> None:
        if self.in_since is None:
            super().received(data)
        else:
            self.heard += len(data)

    def frame(self, frame: Frame) -> None:
        if frame.verb != "OK" or self.in_since is not None:
            return
        self.heard = 0
        self.resumed = frame.keys["resumed"] == "1"
        if self._key is None:
            self._key = frame.keys["session"]
            self.send(printed("SUB", "1", self._stream, **{"from": "start"}))
        self.is_in()
        self._live_on()

    def lost(self) -> None:
        if not self._away:
            super().lost()

    def _live_on(self) -> None:
        if self.in_since is not None:
            self.send(printed("PING", "life"))
            self.loop.later(LIFE_SECONDS, self._live_on)
