"""What time it is for retention when the wall clock jumps."""

from __future__ import annotations

from hub.adapters.store.sqlite.patient_clock import PatientClock

DAY = 86_400_000


class Clocks:
    def __init__(self) -> None:
        self.wall, self.monotonic = 1_000_000, 50.0
        self.patient = PatientClock(lambda: self.wall, lambda: self.monotonic)

    def passes(self, seconds: int) -> int:
        self.wall += seconds * 1000
        self.monotonic += seconds
        return self.patient()


def test_it_goes_with_the_wall_clock() -> None:
    clocks = Clocks()
    assert [clocks.passes(10), clocks.passes(3600)] == [1_010_000, 4_610_000]


def test_a_jump_forward_is_followed_slowly_and_forgotten_when_it_is_taken_back() -> None:
    clocks = Clocks()
    clocks.wall += DAY
    assert clocks.passes(10) == 1_020_000
    clocks.wall -= DAY
    assert clocks.passes(10) == 1_020_000


def test_a_clock_that_stays_ahead_is_caught_up_with() -> None:
    clocks = Clocks()
    clocks.wall += 60_000
    assert clocks.passes(60) == clocks.wall


def test_a_jump_back_is_followed_at_once() -> None:
    clocks = Clocks()
    clocks.wall -= DAY
    assert clocks.passes(10) == 1_010_000 - DAY
