"""History that the disk does not give: asked for again for some seconds, then told as lost; others do not wait."""

from __future__ import annotations

import pytest

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from fakes.world import World
from hub.core.history import READ_AGAIN_SECONDS

TEXT = b"x" * 99 + b"\n"


@pytest.fixture
def world() -> World:
    """A hub with two streams, whose beginnings only the store has."""
    world = World(tail_stream_bytes=600, catch_up_slice_bytes=100)
    for name in "ab":
        world.stream_of(name, *[TEXT] * 20)
    return world


def told(heard: list[str], alias: int = 1) -> tuple[int, list[str]]:
    """Return how many bytes came of a stream, and its gaps."""
    data = [line for line in heard if line.startswith(f"DATA {alias} ")]
    return len(data) * len(TEXT), [line for line in heard if line.startswith(f"GAP {alias} ")]


def test_a_read_error_that_passes_costs_nobody_a_byte(world: World) -> None:
    world.store.unreadable.add("a")
    line = DataLine(world)
    line.say("SUB 1 a from=start")
    world.pass_seconds(2)
    assert told(line.heard()) == (0, []), "nothing is told as lost yet"
    world.store.unreadable.clear()
    world.pass_seconds(3)
    assert told(line.heard()) == (2000, [])


def test_what_stays_unreadable_is_told_as_lost_after_some_seconds(world: World) -> None:
    world.store.unreadable.add("a")
    line = DataLine(world)
    line.say("SUB 1 a from=start")
    world.pass_seconds(int(sum(READ_AGAIN_SECONDS)) - 1)
    assert told(line.heard()) == (0, [])
    world.pass_seconds(3)
    size, gaps = told(line.heard())
    assert gaps == [f"GAP 1 0 {2000 - size} reason=store_loss"]
    assert 0 < size <= 600, "what is in memory comes"


def test_others_are_served_while_one_waits_for_the_disk(world: World) -> None:
    world.store.unreadable.add("a")
    waiting = [DataLine(world) for _ in range(5)]
    for line in waiting:
        line.say("SUB 1 a from=start")
    other = DataLine(world)
    other.say("SUB 1 b from=start")
    world.settle()
    world.settle()
    assert told(other.heard()) == (2000, [])
    assert [told(line.heard()) for line in waiting] == [(0, [])] * 5


def test_calls_wait_as_well(world: World) -> None:
    line = CommandLine(world)

    def read_while(passing: int, *, heals: bool) -> list[object]:
        world.store.unreadable.add("a")
        line.say(request(7, "stream.read", stream="a", offset=0, max=100))
        world.pass_seconds(passing)
        assert line.answers() == []
        if heals:
            world.store.unreadable.clear()
        world.pass_seconds(4)
        return [sorted(chunk) for chunk in line.answers()[0]["result"]["chunks"]]

    assert read_while(1, heals=True) == [["at", "data", "offset"]]
    assert read_while(2, heals=False) == [["gap", "reason"], ["at", "data", "offset"]], "what is in memory comes"
