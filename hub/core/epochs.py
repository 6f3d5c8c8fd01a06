"""The counter of epochs: each one is given out once, whatever becomes of the hub."""

from __future__ import annotations

from hub.core.ports import Clock, Opened, Store, Tasks
from hub.model.problem import Problem

RESERVE = 1_000_000
"""Epochs that a store makes durable ahead, so that a name can be used again at once."""
RETRY_SECONDS = 1.0


class Epochs:
    """Gives out epochs above all former ones, out of a reserve that the store has made durable."""

    def __init__(self, store: Store, clock: Clock, tasks: Tasks, opened: Opened) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self.current = opened.epoch
        """The epoch under which streams are written now."""
        self._end = opened.epochs_end
        self._asking = False

    def advance(self) -> int:
        """Begin a new epoch; raise Problem STORE when none is reserved (a store that was failing for long)."""
        if self.current + 1 >= self._end:
            raise Problem("STORE", "the store could not reserve epochs; try again", retry_after=1000)
        self.current += 1
        if self._end - self.current < RESERVE // 2 and not self._asking:
            self._asking = True
            self._tasks.spawn(self._reserve(self._end + RESERVE))
        return self.current

    async def _reserve(self, end: int) -> None:
        try:
            await self._store.reserve_epochs(end)
        except Problem:
            self._clock.call_later(RETRY_SECONDS, lambda: self._tasks.spawn(self._reserve(end)))
            return
        self._end = end
        self._asking = False
