"""What is to be done once, at the end of this turn of the reactor."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.ports import Clock, Failures


class Turn:
    """Gathers work of one turn: a reader that was offered fifty chunks writes once, a batch is committed once."""

    def __init__(self, clock: Clock, failures: Failures) -> None:
        self._clock = clock
        self._failures = failures
        self._calls: list[Callable[[], None]] = []

    def add(self, call: Callable[[], None]) -> None:
        """Run `call` at the end of this turn, after what was added before."""
        if not self._calls:
            self._clock.call_later(0, self._run)
        self._calls.append(call)

    def _run(self) -> None:
        # What is added meanwhile belongs to the next turn, so that sockets are looked at in between.
        calls, self._calls = self._calls, []
        for call in calls:
            try:
                call()
            except Exception:  # one conversation's fault must not cost the others their turn
                self._failures.report("at the end of a turn")
