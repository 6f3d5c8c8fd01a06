"""The time by which retention judges ages: the wall clock, but no jump of it drops what people want to keep."""

from __future__ import annotations

import time
from collections.abc import Callable

RATE = 2
"""It follows a wall clock that is ahead at so many times its own pace: late after a jump, never sudden."""


class PatientClock:
    """Unix ms. Follows a clock that was set back at once, and one that was set forward by and by.

    A clock that is wrong for an hour costs an hour's output at most, not all of it. One that stood still, as in a
    machine that slept, is caught up with in as long as it slept.
    """

    def __init__(
        self,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall_ms, self._monotonic = wall_ms, monotonic
        self._now, self._asked = wall_ms(), monotonic()

    def __call__(self) -> int:
        """Return what time it is at least."""
        asked = self._monotonic()
        furthest = self._now + int((asked - self._asked) * 1000 * RATE)
        self._now, self._asked = min(self._wall_ms(), furthest), asked
        return self._now
