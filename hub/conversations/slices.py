"""Work in slices: a peer that sends a hundred thousand calls at once does not hold up everybody else's turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hub.core.hub import Hub
from hub.core.ports import Sink

SLICE_SECONDS = 0.01


class Slices:
    """Lines of one connection, taken for some milliseconds a turn; while any wait, the peer is not read."""

    __slots__ = ("_do", "_hub", "_lines", "_scheduled", "_sink")

    def __init__(self, hub: Hub, sink: Sink, do: Callable[[bytes], None]) -> None:
        self._hub = hub
        self._sink = sink
        self._do = do
        self._lines: deque[bytes] = deque()
        self._scheduled = False

    @property
    def waiting(self) -> bool:
        """Whether there is more to do."""
        return bool(self._lines)

    def add(self, lines: list[bytes]) -> None:
        """Do lines now, and the rest in later turns if that takes long."""
        self._lines.extend(line for line in lines if line)
        if not self._scheduled:
            self._work()

    def clear(self) -> None:
        """Forget what was not done."""
        self._lines.clear()

    def _work(self) -> None:
        clock = self._hub.clock
        until = clock.monotonic() + SLICE_SECONDS
        while self._lines:
            self._do(self._lines.popleft())
            if self._lines and clock.monotonic() >= until:
                self._scheduled = True
                self._sink.pause_reading()
                clock.call_later(0, self._go_on)
                return

    def _go_on(self) -> None:
        self._scheduled = False
        try:
            self._work()
        except Exception:  # ours, and of one call: the others are done all the same
            self._hub.failures.report("in a call")
            self._scheduled = bool(self._lines)
            if self._scheduled:
                self._hub.clock.call_later(0, self._go_on)
        if not self._lines and self._sink.open:
            self._sink.resume_reading()
