"""Calls of which none may stop what comes after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from hub.core.counters import Counters
from hub.core.ports import Clock, Failures

P = ParamSpec("P")
QUIET_SECONDS = 60.0
"""What fails again within this time is counted, and not told again."""


class Guarded:
    """Runs calls and reports what they raise: once a minute for each kind, counted always."""

    def __init__(self, clock: Clock, failures: Failures, counters: Counters) -> None:
        self._clock = clock
        self._failures = failures
        self._counters = counters
        self._told: dict[str, float] = {}

    def run(self, what: str, call: Callable[P, object], *args: P.args, **named: P.kwargs) -> None:
        """Call; `what` says what is being done, and is one of a few."""
        try:
            call(*args, **named)
        except Exception:
            now = self._clock.monotonic()
            if now - self._told.get(what, now - QUIET_SECONDS) >= QUIET_SECONDS:
                self._told[what] = now
                self._failures.report(what)
            else:
                self._counters.failures += 1
