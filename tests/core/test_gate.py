"""The gate: who comes in at once, and when the others do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.clock import FakeClock
from hub.core.counters import Counters
from hub.core.gate import HONOURED_SECONDS, Gate
from hub.model.limits import Limits
from hub.model.problem import Problem


class Door:
    """A gate, and what somebody who comes is told."""

    def __init__(self, **limits: int) -> None:
        self.clock = FakeClock()
        self.counters = Counters()
        rates = {"hellos_per_second": 10, "hellos_at_once": 5, "resumes_per_second": 10, "resumes_at_once": 5}
        self.gate = Gate(self.clock, Limits(**{**rates, **limits}), self.counters)

    def come(self, *, resumes: bool = False, slot: str | None = None) -> Problem | None:
        try:
            self.gate.admit(resumes=resumes, slot=slot)
        except Problem as problem:
            return problem
        return None


def test_some_come_in_at_once_and_the_others_one_after_the_other() -> None:
    door = Door()
    told = [door.come() for _ in range(8)]
    assert told[:5] == [None] * 5
    waits = [problem.retry_after for problem in told[5:] if problem is not None]
    assert waits == [101, 201, 301]
    assert door.gate.waiting == 3
    assert len({problem.keys["slot"] for problem in told[5:] if problem is not None}) == 3


def test_a_word_is_honoured_at_its_time_and_once() -> None:
    door = Door()
    told = [door.come() for _ in range(6)]
    last = told[-1]
    assert last is not None
    word = str(last.keys["slot"])
    door.clock.advance((last.retry_after or 0) / 1000)
    assert door.come(slot=word) is None
    assert (door.counters.slots_honoured, door.counters.admitted) == (1, 6)
    assert door.come(slot=word) is not None


def test_a_word_is_good_for_five_seconds_and_not_before_its_time() -> None:
    door = Door(hellos_per_second=1, hellos_at_once=1)
    for _ in range(10):
        door.come()
    late = door.come()
    assert late is not None
    assert late.retry_after == 10_001
    word = str(late.keys["slot"])
    door.clock.advance(4)
    early = door.come(slot=word)
    assert early is not None
    assert (early.keys["slot"], early.retry_after) == (word, 6001), "who comes too early has its own place still"
    assert door.gate.waiting == 10
    door.clock.advance(11.1)
    again = door.come(slot=word)
    assert again is None or again.keys["slot"] != word
    assert door.counters.slots_honoured == 0


def test_newcomers_keep_nobody_out_who_comes_back() -> None:
    door = Door()
    for _ in range(100):
        door.come()
    assert [door.come(resumes=True) for _ in range(5)] == [None] * 5
    sixth = door.come(resumes=True)
    assert sixth is not None
    assert sixth.retry_after == 101


def test_who_comes_back_has_both_lanes() -> None:
    door = Door()
    assert [door.come(resumes=True) for _ in range(10)] == [None] * 10
    assert [problem.retry_after for problem in (door.come(resumes=True), door.come(resumes=True)) if problem] == [
        101
    ] * 2


def test_too_many_who_wait_get_a_time_and_no_word() -> None:
    door = Door(slots=2)
    told = [door.come() for _ in range(8)]
    assert told[-1] is not None
    assert "slot" not in told[-1].keys
    assert "limits.slots" in told[-1].text
    door.clock.advance(10)
    assert door.gate.waiting == 0
    assert door.come() is None


def test_the_place_of_one_who_never_comes_is_the_next_ones() -> None:
    door = Door(hellos_per_second=1, hellos_at_once=1)
    told = [door.come() for _ in range(31)]
    faithful = told[20]
    assert faithful is not None
    door.clock.advance(5.9)
    late = door.come()
    assert late is not None
    assert late.retry_after == 25_101, "until somebody's time has passed unused nobody's place is free"
    for second in range(10):
        door.clock.advance(1.0)
        assert door.come() is None, f"second {second}: the place of one who did not come"
        again = door.come()
        assert again is not None
        assert "slot" in again.keys, "and of one alone"
    assert door.counters.slots_missed == 10
    door.clock.advance(20.0 - 15.9)
    assert door.come(slot=str(faithful.keys["slot"])) is None, "who comes at the time that it was told is in"


def test_places_of_those_who_did_not_come_are_not_saved_up() -> None:
    door = Door(hellos_per_second=10, hellos_at_once=5)
    for _ in range(105):
        door.come()
    door.clock.advance(9.0)
    assert [door.come() is None for _ in range(8)] == [True] * 5 + [False] * 3, "no more than come in at once"
    door.clock.advance(60)
    assert [door.come() is None for _ in range(8)] == [True] * 5 + [False] * 3, "nor with the room of a quiet minute"


def test_a_time_is_good_for_five_seconds_though_another_lane_has_a_longer_queue() -> None:
    door = Door(hellos_per_second=1, hellos_at_once=1, resumes_per_second=1, resumes_at_once=1)
    for _ in range(60):
        door.come()
    assert door.come(resumes=True) is None
    back = door.come(resumes=True)
    assert back is not None
    assert back.retry_after == 1001
    door.clock.advance(6.1)
    waiting = door.gate.waiting
    assert door.come(slot=str(back.keys["slot"])) is None, "there are free places now"
    assert (door.counters.slots_honoured, door.gate.waiting) == (0, waiting)


def test_who_comes_in_sooner_waits_no_more_and_has_missed_nothing() -> None:
    """There is room in the lane of those who come back; the word was for the other one."""
    door = Door(hellos_per_second=1, hellos_at_once=1, resumes_per_second=1, resumes_at_once=1, slots=20)
    assert door.come() is None
    told = [door.come() for _ in range(20)]
    assert told[0] is not None
    word = str(told[0].keys["slot"])
    assert door.come(resumes=True, slot=word) is None
    assert door.gate.waiting == 19
    other = door.come()
    assert other is not None
    assert "slot" in other.keys, "limits.slots has room again"
    again = door.come(slot=word)
    assert again is not None
    assert again.keys.get("slot") != word, "a word is good once"
    door.clock.advance(1 + HONOURED_SECONDS + 0.1)
    assert door.come() is None, "the place that was left is the next one's"
    assert door.come() is not None, "and of one alone"
    assert door.counters.slots_missed == 0
    door.clock.advance(60)
    assert door.gate.waiting == 0
    assert (door.counters.slots_honoured, door.counters.slots_missed) == (0, 20), "the others never came"


@given(st.lists(st.tuples(st.floats(0, 2), st.booleans(), st.booleans()), min_size=30, max_size=300))
def test_whoever_comes_in_time_hears_busy_once_whoever_else_does_not(comers: list[tuple[float, bool, bool]]) -> None:
    rate, at_once = 10, 5
    door = Door(hellos_per_second=rate, hellos_at_once=at_once, resumes_per_second=rate, resumes_at_once=at_once)
    coming: list[tuple[float, int, str | None]] = []
    at = door.clock.now
    for number, (pause, _, _) in enumerate(comers):
        at += pause / rate
        coming.append((at, number, None))
    let_in: list[float] = []
    words = 0
    while coming:
        coming.sort(key=lambda each: each[:2])
        at, number, slot = coming.pop(0)
        door.clock.advance(max(at - door.clock.now, 0))
        _, resumes, faithful = comers[number]
        problem = door.come(resumes=resumes, slot=slot)
        if problem is None:
            let_in.append(door.clock.now)
            continue
        assert slot is None, "a second BUSY"
        words += 1
        if faithful:
            wait = (problem.retry_after or 0) / 1000
            coming.append((door.clock.now + wait, number, str(problem.keys["slot"])))
    # Each place is used once, and up to HONOURED_SECONDS after its time.
    for start in let_in:
        most = 2 * (rate * (1 + HONOURED_SECONDS) + 2 * at_once)
        assert sum(1 for at in let_in if start <= at < start + 1) <= most
    seconds = let_in[-1] - let_in[0]
    assert len(let_in) <= 2 * (rate * seconds + at_once) + 2, "over all no more than the lanes have places"
    door.clock.advance(3600)
    assert door.gate.waiting == 0
    assert door.counters.slots_honoured + door.counters.slots_missed == words


@given(st.lists(st.booleans(), min_size=50, max_size=400))
def test_everybody_is_in_after_one_word_at_most_and_never_too_many_in_a_second(resumes: list[bool]) -> None:
    door = Door(hellos_per_second=50, hellos_at_once=20, resumes_per_second=50, resumes_at_once=20)
    let_in: list[float] = []
    coming: list[tuple[float, int, str | None]] = [(door.clock.now, number, None) for number in range(len(resumes))]
    while coming:
        coming.sort(key=lambda each: each[:2])
        at, number, slot = coming.pop(0)
        door.clock.advance(max(at - door.clock.now, 0))
        problem = door.come(resumes=resumes[number], slot=slot)
        if problem is None:
            let_in.append(door.clock.now)
            continue
        assert slot is None, "a second BUSY"
        coming.append((door.clock.now + (problem.retry_after or 0) / 1000, number, str(problem.keys["slot"])))
    assert len(let_in) == len(resumes)
    for start in let_in:
        assert sum(1 for at in let_in if start <= at < start + 1) <= 2 * (50 + 20) + 2


@pytest.mark.parametrize("listener", ["producers", "commands", "data"])
def test_each_listener_has_a_gate_of_its_own(listener: str) -> None:
    from conversations.command_line import CommandLine
    from conversations.data_line import DataLine
    from conversations.producer_line import ProducerLine, hello
    from fakes.world import World

    world = World(hellos_at_once=1, hellos_per_second=1)

    def say() -> list[str]:
        if listener == "producers":
            return ProducerLine(world).say(f"HELLO HUB/1 {hello('a', 'k' * 22 + str(len(world.hub.streams)))}")
        if listener == "data":
            return DataLine(world, hello=None).ask("HELLO HUB/1 token=admin-token")
        answer = CommandLine(world, hello=None).ask("hub.hello", protocol="HUB/1", token="admin-token")
        return [str(answer.get("error", {}).get("data", {}).get("code", "OK"))]

    assert say()[0].startswith("OK")
    busy = say()[0]
    assert "BUSY" in busy
    others = {"producers", "commands", "data"} - {listener}
    assert all(world.hub.gates[other].waiting == 0 for other in others)
    assert world.hub.gates[listener].waiting == 1
    assert world.hub.counters.busy == 1
