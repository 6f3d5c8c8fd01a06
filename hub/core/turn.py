"""What is to be done once, at the end of this turn of the reactor."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.ports import Clock, Failures
from hub.core.turn_share import TurnShare

GATHER_SECONDS = 0.0005
"""Turns come no closer than this. A lone line goes out at once; ten thousand lines a second share their writes, which
is where most of their cost is. It is half of what a busy loop's latency is anyway."""


class Turn:
    """Gathers work of one turn: a reader that was offered fifty chunks writes once, a batch is committed once."""

    def __init__(self, clock: Clock, failures: Failures) -> None:
        self._clock = clock
        self._failures = failures
        self._calls: list[Callable[[], None]] = []
        self._last = clock.monotonic() - GATHER_SECONDS
        self.share = TurnShare(clock, failures)
        """What of a turn goes to calls."""
        self.frames = TurnShare(clock, failures)
        """What of it goes to the many frames that one read brought. Those who make calls do not hold up those who
        stream."""
        self.ends = TurnShare(clock, failures)
        """What of it goes to deadlines: to heartbeats, and to ending those who said nothing. It has to be one of its
        own: no calls, however many, keep the hub from them."""

    def add(self, call: Callable[[], None]) -> None:
        """Run `call` at the end of this turn, after what was added before."""
        if not self._calls:
            wait = self._last + GATHER_SECONDS - self._clock.monotonic()
            self._clock.call_later(max(wait, 0.0), self._run)
        self._calls.append(call)

    def _run(self) -> None:
        # What is added meanwhile belongs to the next turn, so that sockets are looked at in between.
        calls, self._calls = self._calls, []
        self._last = self._clock.monotonic()
        for call in calls:
            try:
                call()
            except Exception:  # one conversation's fault must not cost the others their turn
                self._failures.report("at the end of a turn")
