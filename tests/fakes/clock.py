"""Time that moves when told to."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

START_MS = 1_793_880_000_000
MOST_TURNS = 100_000


class FakeCall:
    """A call that was put off."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        self.call = None


class FakeClock:
    """`Clock` without a reactor. Calls put off run in the order of their times, those of a call not before the next."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wall_shift_ms = 0
        self._later: list[tuple[float, int, FakeCall]] = []
        self._count = count()

    def now_ms(self) -> int:
        return START_MS + int((self.now - 1000.0) * 1000) + self.wall_shift_ms

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], object]) -> FakeCall:
        put_off = FakeCall(call)
        heappush(self._later, (self.now + seconds, next(self._count), put_off))
        return put_off

    @property
    def waiting(self) -> int:
        """Calls that are still to come."""
        return sum(1 for _, _, put_off in self._later if put_off.call is not None)

    def settle(self) -> None:
        """Run everything that is due now, and what comes of it; fails where that never ends."""
        self._run_until(self.now)

    def advance(self, seconds: float) -> None:
        """Let time pass, running each call at its time."""
        end = self.now + seconds
        self._run_until(end)
        self.now = max(self.now, end)
        self.settle()

    def _run_until(self, end: float) -> None:
        for _ in range(MOST_TURNS):
            if not self._later or self._later[0][0] > end:
                return
            when, _, put_off = heappop(self._later)
            self.now = max(self.now, when)
            call, put_off.call = put_off.call, None
            if call is not None:
                call()
        raise AssertionError("the hub never comes to rest")
