"""Work in slices: a peer that sends a hundred thousand calls at once does not hold up everybody else's turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hub.core.ports import Sink
from hub.core.turn_share import TurnShare


class Slices:
    """Lines of one connection, taken as far as the turn's share for calls goes; while any wait, the peer is not read.

    A peer that does not take the answers has nothing more done for it until it does.
    """

    __slots__ = ("_do", "_lines", "_queued", "_share", "_sink", "_stopped")

    def __init__(self, share: TurnShare, sink: Sink, do: Callable[[bytes], None]) -> None:
        self._share = share
        self._sink = sink
        self._do = do
        self._lines: deque[bytes] = deque()
        self._queued = False
        self._stopped = False

    def add(self, lines: list[bytes]) -> None:
        """Do lines now, and the rest later if that takes long."""
        self._lines.extend(line for line in lines if line)
        self.go_on()

    def go_on(self) -> None:
        """Do what waits, as far as this turn's share goes and the peer takes the answers."""
        if not self._queued and not self._share.used_up:
            self._some()
        self._put_off(again=False)

    def stop(self) -> None:
        """Do nothing more until `start`: what comes next needs the end of what was begun."""
        self._stopped = True
        self._read_or_not()

    def start(self) -> None:
        """Go on after `stop`."""
        self._stopped = False
        self.go_on()

    def clear(self) -> None:
        """Forget what was not done."""
        self._lines.clear()

    @property
    def _can_go_on(self) -> bool:
        return bool(self._lines) and self._sink.open and not self._stopped

    def _some(self) -> None:
        while self._can_go_on:
            self._do(self._lines.popleft())
            if self._share.used_up:
                return

    def _later(self) -> None:
        self._queued = False
        try:
            self._some()
        finally:
            self._put_off(again=True)

    def _put_off(self, *, again: bool) -> None:
        """Leave what is left to a later turn, or to when the peer takes something."""
        if self._can_go_on and not self._queued:
            self._queued = True
            self._share.wait(self._later, again=again)
        self._read_or_not()

    def _read_or_not(self) -> None:
        # The only place that decides it for a commander: while anything waits nothing more is read.
        if self._lines or self._stopped or not self._sink.open:
            self._sink.pause_reading()
        else:
            self._sink.resume_reading()
