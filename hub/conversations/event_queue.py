"""Events that wait for a command connection which takes nothing at the moment."""

from __future__ import annotations

from collections import deque

from hub.core.events import Event

LOST = "lost"
STATS = "stats"


class EventQueue:
    """Bounded: past the bound all give way to one `lost`, and the client lists again. A waiting `stats` is replaced."""

    __slots__ = ("_bound", "_waiting")

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._waiting: deque[tuple[str, Event]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, topic: str, event: Event) -> None:
        """Keep an event."""
        if topic == STATS and self._replace(event):
            return
        if len(self._waiting) >= self._bound:
            self._waiting.clear()
            self._waiting.append((LOST, {}))
        elif topic == STATS or not self._waiting or self._waiting[-1][0] != LOST:
            self._waiting.append((topic, event))

    def pop(self) -> tuple[str, Event]:
        """Return the oldest one."""
        return self._waiting.popleft()

    def clear(self) -> None:
        """Forget all."""
        self._waiting.clear()

    def _replace(self, event: Event) -> bool:
        for index, (waiting, _) in enumerate(self._waiting):
            if waiting == STATS:
                self._waiting[index] = (STATS, event)
                return True
        return False
