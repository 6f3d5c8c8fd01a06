"""When to try again: full jitter, a budget of retries, and the hub's own word where it gives one."""

from __future__ import annotations

import random
from collections.abc import Callable

from hub.model.problem import Problem

FIRST_SECONDS = 0.25
MOST_SECONDS = 30.0
BUDGET = 10
REFILL_SECONDS = 6.0


class Backoff:
    """Delays for one client. A budget bounds how often it knocks however short the delays are told to be."""

    def __init__(self, clock: Callable[[], float], random_: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._random = random_
        self._failures = 0
        self._budget = float(BUDGET)
        self._filled_at = clock()

    def succeeded(self) -> None:
        """Take note that a connection was of use."""
        self._failures = 0

    def delay(self, problem: Problem | None) -> float:
        """Return the seconds to wait before the next try; `problem` is what the hub said, if it said anything."""
        now = self._clock()
        self._budget = min(self._budget + (now - self._filled_at) / REFILL_SECONDS, BUDGET)
        self._filled_at = now
        most = min(FIRST_SECONDS * 2.0 ** min(self._failures, 20), MOST_SECONDS)
        self._failures += 1
        if self._budget < 1.0:
            return MOST_SECONDS * (0.5 + self._random() / 2)
        self._budget -= 1.0
        told = None if problem is None else problem.retry_after
        if told is None:
            return self._random() * most
        if problem is not None and "slot" in problem.keys:
            return told / 1000  # a time of one's own: to come at another one would waste it
        return told / 1000 + self._random() * most
