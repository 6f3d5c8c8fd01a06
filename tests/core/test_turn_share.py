"""What of a turn goes to calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.clock import FakeCall
from fakes.tasks import FakeFailures
from hub.core.turn_share import SHARE_SECONDS, TurnShare


class TurnClock:
    """Calls put off are done in the next turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.later: list[Callable[[], object]] = []

    def now_ms(self) -> int:
        return 0

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], object]) -> FakeCall:
        self.later.append(call)
        return FakeCall(call)


class Calls:
    """A share, and works that each fill it."""

    def __init__(self) -> None:
        self.clock = TurnClock()
        self.failures = FakeFailures()
        self.share = TurnShare(self.clock, self.failures)
        self.done: list[str] = []

    def wait(self, name: str, *, again: bool = False) -> None:
        self.share.wait(lambda: self.do(name), again=again)

    def do(self, name: str) -> None:
        self.done.append(name)
        assert not self.share.used_up
        self.clock.now += SHARE_SECONDS

    def turn(self) -> list[str]:
        later, self.clock.later = self.clock.later, []
        for call in later:
            call()
        done, self.done = self.done, []
        return done


@pytest.fixture
def calls() -> Calls:
    return Calls()


def test_the_share_is_used_up_for_all_until_the_next_turn(calls: Calls) -> None:
    assert not calls.share.used_up
    calls.clock.now += SHARE_SECONDS
    assert calls.share.used_up
    calls.turn()
    assert not calls.share.used_up


def test_who_waits_gets_on_one_a_turn(calls: Calls) -> None:
    for name in "abc":
        calls.wait(name)
    assert [calls.turn() for _ in range(4)] == [["a"], ["b"], ["c"], []]


def test_a_call_now_and_then_does_not_wait_for_those_who_make_many(calls: Calls) -> None:
    for number in range(60):
        calls.wait(f"flood {number}", again=True)
    calls.wait("fresh")
    assert calls.turn() == ["fresh", "flood 0"], "the others get on all the same"
    assert calls.turn() == ["flood 1"]


def test_a_fault_in_one_costs_the_others_nothing(calls: Calls) -> None:
    def breaks() -> None:
        raise RuntimeError("broken on purpose")

    calls.share.wait(breaks, again=False)
    calls.wait("sound")
    assert calls.turn() == ["sound"]
    assert [what for what, _ in calls.failures.take()] == ["in a turn's share"]
