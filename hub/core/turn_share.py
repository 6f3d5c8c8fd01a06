"""A part of each turn, for what may be much: whoever asks for a hundred thousand things delays no line by that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hub.core.ports import Clock, Failures

SHARE_SECONDS = 0.002
"""In all, however many ask. A line waits for about two turns: one in which it is read, one in which it is written."""


class TurnShare:
    """Shared by all who have much to do; what does not fit is done in later turns, by one after the other."""

    def __init__(self, clock: Clock, failures: Failures) -> None:
        self._clock = clock
        self._failures = failures
        self._fresh: deque[Callable[[], None]] = deque()
        self._again: deque[Callable[[], None]] = deque()
        self._until: float | None = None
        """When this turn's share is used up; None while nobody has asked for some of it."""

    @property
    def used_up(self) -> bool:
        """Whether what is left to do is for another turn."""
        if self._until is None:
            self._begin()
            return False
        return self._clock.monotonic() >= self._until

    def wait(self, work: Callable[[], None], *, again: bool) -> None:
        """Call `work` once, in a later turn. It does something in any case, and stops when the share is used up.

        `again`: it had its turn and has more to do. Who asks for the first time comes before those, so that a call
        now and then does not wait for all who make many.
        """
        (self._again if again else self._fresh).append(work)
        if self._until is None:
            self._begin()

    def _begin(self) -> None:
        self._until = self._clock.monotonic() + SHARE_SECONDS
        self._clock.call_later(0, self._next_turn)

    def _next_turn(self) -> None:
        self._until = None
        if not self._fresh and not self._again:
            return
        self._begin()
        for _ in range(len(self._fresh)):
            self._run(self._fresh.popleft())
            if self.used_up:
                break
        # One of these in any case, however many are fresh.
        for _ in range(len(self._again)):
            self._run(self._again.popleft())
            if self.used_up:
                break

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # ours, and of one conversation: the others get their turn all the same
            self._failures.report("in a turn's share")
