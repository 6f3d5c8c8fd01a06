"""Which gaps a stream remembers."""

from __future__ import annotations

import pytest

from fakes.tasks import at_once
from fakes.world import World
from hub.core.gaps import Gaps
from hub.model.chunk import Gap


def test_gaps_that_touch_and_say_the_same_are_one() -> None:
    stream = World().writer("s").stream
    for _ in range(1000):
        stream.append_gap(stream.end + 1, "producer_skip")
    stream.append_gap(stream.end + 1, "store_loss")
    assert list(stream.gaps) == [Gap(0, 1000, "producer_skip"), Gap(1000, 1001, "store_loss")]


def test_a_run_begins_between_two() -> None:
    world = World()
    first = world.writer("s")
    first.stream.append_gap(5, "producer_skip")
    first.end("eof")
    second = world.writer("s")
    second.stream.append_gap(8, "producer_skip")
    world.settle()
    assert list(second.stream.gaps) == [Gap(0, 5, "producer_skip"), Gap(5, 8, "producer_skip")]
    assert at_once(world.memory.read("s", 0, 1 << 20)) == list(second.stream.gaps)


def test_what_touches_is_handed_to_the_store_as_one() -> None:
    world = World(slow_store=True)
    stream = world.writer("s").stream
    world.settle()
    for _ in range(1000):
        stream.append_gap(stream.end + 1, "producer_skip")
    assert world.hub.log.committer.waiting_bytes < 1000
    while world.store.waiting:
        world.store.finish()
        world.settle()
    assert (stream.durable, world.hub.log.committer.waiting_bytes) == (1000, 0)
    assert at_once(world.memory.read("s", 0, 1 << 20)) == [Gap(0, 1000, "producer_skip")]


def test_the_oldest_that_are_durable_give_way() -> None:
    gaps = Gaps(3)
    for start in range(0, 50, 10):
        gaps.add(Gap(start, start + 1, "x"), begins_run=False, kept_from=0, durable=11)
    assert [gap.offset for gap in gaps] == [20, 30, 40]
    assert gaps.known_from == 11
    gaps.add(Gap(50, 51, "x"), begins_run=False, kept_from=0, durable=11)
    assert [gap.offset for gap in gaps] == [20, 30, 40, 50]
    gaps.add(Gap(60, 61, "x"), begins_run=False, kept_from=45, durable=11)
    assert [gap.offset for gap in gaps] == [50, 60]


@pytest.mark.parametrize(
    ("start", "end", "found"), [(0, 10, None), (0, 11, 10), (10, 11, 10), (14, 30, 10), (15, 30, 20), (25, 99, None)]
)
def test_the_first_that_touches_is_found(start: int, end: int, found: int | None) -> None:
    gap = Gaps(9, [Gap(10, 15, "x"), Gap(20, 25, "x")]).first(start, end)
    assert (gap and gap.offset) == found


def test_a_stream_that_slept_knows_which_it_remembers() -> None:
    world = World(gaps_per_stream=3)
    stream = world.writer("s").stream
    for _ in range(5):
        stream.append(b"x", 0)
        stream.append_gap(stream.end + 1, "producer_skip")
        world.settle()
    before = [at_once(world.hub.history.first_gap(stream, offset, 10)) for offset in range(10)]
    assert before[0] == before[1] == Gap(1, 2, "producer_skip")
    assert stream.writer is not None
    stream.writer.end("eof")
    world.pass_seconds(400)
    assert not world.hub.streams.is_awake("s")
    again = world.hub.streams.get("s")
    assert again is not None
    assert [at_once(world.hub.history.first_gap(again, offset, 10)) for offset in range(10)] == before


def test_many_gaps_are_told_a_little_at_a_time() -> None:
    world = World()
    stream = world.writer("s").stream
    for _ in range(3000):
        stream.append(b"x", 0)
        stream.append_gap(stream.end + 1, "producer_skip")
    world.settle()
    pieces = at_once(world.hub.history.read(stream, 0, 6500))
    assert 100 <= len(pieces) <= 203
