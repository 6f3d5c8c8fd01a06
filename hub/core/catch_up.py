"""Slices of the past, handed out in turn: a thousand readers that come back starve nobody."""

from __future__ import annotations

from collections import deque

from hub.core.delivery import Delivery, State
from hub.core.history import READ_AGAIN_SECONDS, History
from hub.core.ports import Clock, Failures, Tasks
from hub.model.chunk import Gap

AT_ONCE = 2
RETRY_SECONDS = 1.0
"""When to ask again after all tries of `READ_AGAIN_SECONDS`: what is lost has been told by then, the store is away."""


class CatchUp:
    """A queue of deliveries that need the store. Each gets one slice, then it is the next one's turn.

    Reads start at the end of a turn, so that what is live goes first; `AT_ONCE` of them are under way at a time.
    """

    def __init__(self, history: History, clock: Clock, tasks: Tasks, failures: Failures, slice_bytes: int) -> None:
        self._history = history
        self._clock = clock
        self._tasks = tasks
        self._failures = failures
        self._slice_bytes = slice_bytes
        self._waiting: deque[Delivery] = deque()
        self._under_way = 0
        self._scheduled = False
        self.slices = 0
        self.bytes = 0

    @property
    def waiting(self) -> int:
        """Deliveries that wait for their turn."""
        return len(self._waiting)

    def ask(self, delivery: Delivery) -> None:
        """Read the next slice for a delivery when its turn comes."""
        self._waiting.append(delivery)
        self._schedule()

    def _schedule(self, seconds: float = 0) -> None:
        if not self._scheduled and self._waiting:
            self._scheduled = True
            self._clock.call_later(seconds, self._start)

    def _start(self) -> None:
        self._scheduled = False
        while self._waiting and self._under_way < AT_ONCE:
            delivery = self._waiting.popleft()
            if delivery.state is State.READING:
                self._under_way += 1
                self._tasks.spawn(self._read(delivery))

    async def _read(self, delivery: Delivery) -> None:
        sure = delivery.tries >= len(READ_AGAIN_SECONDS)
        try:
            pieces = await self._history.read_once(delivery.stream, delivery.next, self._slice_bytes, sure=sure)
        except Exception:  # reported and asked again: a failing disk is not the end of a reader
            self._failures.report("while reading the past")
            # It waits without a place among those at once, so that others are served meanwhile.
            self._clock.call_later(
                RETRY_SECONDS if sure else READ_AGAIN_SECONDS[delivery.tries], lambda: self.ask(delivery)
            )
            delivery.tries += not sure
            return
        finally:
            self._under_way -= 1
            self._schedule()
        self.slices += 1
        self.bytes += sum(piece.end - piece.offset for piece in pieces if not isinstance(piece, Gap))
        if not any(isinstance(piece, Gap) and piece.reason == "store_loss" for piece in pieces):
            # Else what follows is likely lost as well, and nobody waits some seconds for each block of it.
            delivery.tries = 0
        delivery.queue.slice_arrived(delivery, pieces)
