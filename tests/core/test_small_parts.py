"""Turns, deadlines, events, admission, counters."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fakes.clock import FakeClock
from fakes.tasks import FakeFailures
from fakes.world import FAR, LOOPBACK
from hub.core.admission import Admission
from hub.core.counters import Counters
from hub.core.deadlines import Deadlines
from hub.core.events import Events
from hub.core.timeout import Timeout
from hub.core.turn import Turn
from hub.core.turn_share import SHARE_SECONDS, TurnShare
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.problem import Problem


def test_what_is_added_in_a_turn_runs_once_and_in_order() -> None:
    clock, failures = FakeClock(), FakeFailures()
    turn = Turn(clock, failures)
    done: list[str] = []

    def first() -> None:
        done.append("first")
        turn.add(lambda: done.append("next turn"))

    def broken() -> None:
        raise ZeroDivisionError

    turn.add(first)
    turn.add(broken)
    turn.add(lambda: done.append("last"))
    assert done == []
    clock.advance(0.01)
    assert done == ["first", "last", "next turn"]
    assert [what for what, _ in failures.take()] == ["at the end of a turn"]
    assert clock.waiting == 0


def test_turns_come_no_closer_than_they_should() -> None:
    clock = FakeClock()
    turn = Turn(clock, FakeFailures())
    times: list[float] = []
    for _ in range(20):
        turn.add(lambda: times.append(clock.now))
        clock.advance(0.0001)
    clock.advance(0.01)
    gaps = [after - before for before, after in pairwise(times) if after != before]
    assert min(gaps) >= 0.00049


class Watched:
    """A watch that asks for its next deadlines in turn."""

    def __init__(self, clock: FakeClock, *again: float | None) -> None:
        self.clock = clock
        self.again = list(again)
        self.called: list[float] = []

    def __call__(self, now: float) -> float | None:
        self.called.append(now)
        return self.again.pop(0) if self.again else None


def a_wheel(clock: FakeClock, failures: FakeFailures | None = None) -> Deadlines:
    failures = failures or FakeFailures()
    return Deadlines(clock, failures, TurnShare(clock, failures))


def test_watches_are_called_at_most_a_second_late_and_never_early() -> None:
    clock = FakeClock()
    wheel = a_wheel(clock)
    watches = {when: Watched(clock) for when in (1000.0, 1000.5, 1001.0, 1003.7, 1050.2)}
    for when, watch in watches.items():
        wheel.add(watch, when)
    for _ in range(60):
        clock.advance(1)
        wheel.advance()
    for when, watch in watches.items():
        (called,) = watch.called
        assert when <= called <= when + 1.0 or called == 1001.0


def test_a_watch_goes_on_until_it_says_none_and_a_broken_one_stops_nobody() -> None:
    clock, failures = FakeClock(), FakeFailures()
    wheel = a_wheel(clock, failures)
    steady = Watched(clock, 1004.0, 1006.0, None)

    def broken(now: float) -> float | None:
        raise ZeroDivisionError

    wheel.add(broken, 1001.0)
    wheel.add(steady, 1001.0)
    for _ in range(20):
        clock.advance(1)
        wheel.advance()
    assert steady.called == [1002.0, 1005.0, 1007.0]
    assert len(failures.take()) == 1


def test_a_wheel_that_stood_still_calls_everything_once() -> None:
    clock = FakeClock()
    wheel = a_wheel(clock)
    watches = [Watched(clock) for _ in range(50)]
    for number, watch in enumerate(watches):
        wheel.add(watch, 1000.0 + number)
    clock.advance(500)
    wheel.advance()
    assert all(watch.called == [1500.0] for watch in watches)


def test_a_thousand_deadlines_at_once_are_spread_over_turns() -> None:
    clock = FakeClock()
    wheel = a_wheel(clock)
    turns: list[int] = [0]

    def takes_its_time(now: float) -> None:
        turns[-1] += 1
        clock.now += SHARE_SECONDS / 10

    def next_turn() -> None:
        turns.append(0)
        if len(turns) < 200:
            clock.call_later(0, next_turn)

    for _ in range(1000):
        wheel.add(takes_its_time, 1000.5)
    clock.advance(1)
    wheel.advance()
    next_turn()
    clock.advance(1)
    assert sum(turns) == 1000
    assert max(turns) <= 12, "what a share holds, and the one that used it up"


def test_who_is_in_time_or_just_in_time_is_not_ended() -> None:
    clock = FakeClock()
    share = TurnShare(clock, FakeFailures())
    late: list[str] = []
    early, just_in_time, never = (
        Timeout(clock.call_later, share, 5, lambda name=name: late.append(name)) for name in ("early", "just", "never")
    )
    clock.advance(4)
    early.cancel()
    clock.call_later(1, just_in_time.cancel)  # in the very turn in which its time is up
    clock.advance(1)
    assert late == ["never"]
    never.cancel()
    early.cancel()


def test_an_event_is_made_once_and_only_for_somebody() -> None:
    events = Events()
    made: list[int] = []
    heard: list[tuple[str, str]] = []

    class Listener:
        def __init__(self, topic: str) -> None:
            self.topic = topic

        def hears(self, topic: str, stream: str | None, may_hear: object) -> bool:
            return topic == self.topic

        def event(self, topic: str, event: dict[str, object]) -> None:
            heard.append((self.topic, topic))
            events.remove(self)

    def make() -> dict[str, object]:
        made.append(1)
        return {}

    events.tell("a", make)
    listeners = [Listener("a"), Listener("a"), Listener("b")]
    for listener in listeners:
        events.add(listener)
    events.tell("a", make)
    assert (made, heard) == ([1], [("a", "a")] * 2)
    events.tell("a", make)
    assert made == [1]


def test_connections_are_counted_in_and_out() -> None:
    counters = Counters()
    admission = Admission(Limits(connections=3, connections_per_address=1), counters)
    admission.enter(LOOPBACK)
    admission.enter(LOOPBACK)
    admission.enter(FAR)
    with pytest.raises(Problem) as busy:
        admission.enter(FAR)
    assert (busy.value.word, busy.value.retry_after is not None) == ("BUSY", True)
    assert "limits.connections (3)" in busy.value.text
    admission.leave(LOOPBACK)
    with pytest.raises(Problem) as limit:
        admission.enter(FAR)
    assert limit.value.word == "LIMIT"
    assert "limits.connections_per_address (1)" in limit.value.text
    admission.leave(FAR)
    admission.enter(FAR)
    admission.enter(Peer(None))
    assert (admission.connections, counters.connections_refused) == (3, 2)


def test_tls_handshakes_are_bounded() -> None:
    counters = Counters()
    admission = Admission(Limits(handshakes=2), counters)
    admission.begin_handshake()
    admission.begin_handshake()
    with pytest.raises(Problem) as busy:
        admission.begin_handshake()
    assert "limits.handshakes (2)" in busy.value.text
    assert counters.handshakes_refused == 1
    admission.end_handshake()
    admission.begin_handshake()
    assert admission.handshakes == 2


def test_problems_are_counted_by_their_word() -> None:
    counters = Counters()
    for word in ("BUSY", "SLOW", "IDLE", "AUTH", "LIMIT", "PROTO", "BUSY"):
        counters.problem(word)
    assert (counters.busy, counters.slow, counters.idle, counters.refused) == (2, 1, 1, 2)
    assert counters.problems["BUSY"] == 2


def test_the_addresses_of_an_ipv6_network_have_their_connections_together() -> None:
    admission = Admission(Limits(connections_per_address=2), Counters())
    first, second, third = (Peer(f"2001:db8::{number}", 40000) for number in (1, 2, 3))
    admission.enter(first)
    admission.enter(second)
    with pytest.raises(Problem, match="connections_per_address"):
        admission.enter(third)
    admission.enter(Peer("2001:db8:0:1::1", 40000))
    admission.leave(first)
    admission.enter(third)
