"""Names, owners, runs, and room for new streams."""

from __future__ import annotations

import pytest

from fakes.world import EPOCH, World
from hub.model.chunk import Chunk
from hub.model.cursor import Cursor, judge
from hub.model.pattern import Pattern
from hub.model.principal import ANONYMOUS, Principal, Role
from hub.model.problem import Problem

OTHER = Principal("other", Role.NONE)


def word(raised: pytest.ExceptionInfo[Problem]) -> str:
    return raised.value.word


def ended(world: World, name: str, data: bytes, principal: Principal = ANONYMOUS) -> None:
    """Make a stream whose run is over, all of it durable."""
    world.stream_of(name, data, principal=principal).end("eof")
    world.settle()


def test_a_name_with_a_writer_gets_a_sibling() -> None:
    streams = World().hub.streams
    names = [streams.open_beside("ci/a", ANONYMOUS, {}).stream.name for _ in range(4)]
    assert names == ["ci/a", "ci/a~2", "ci/a~3", "ci/a~4"]


def test_an_ended_stream_gets_its_next_run_and_siblings_only_names_that_never_were() -> None:
    world = World()
    streams = world.hub.streams
    first = streams.open_beside("a", ANONYMOUS, {})
    second = streams.open_beside("a", ANONYMOUS, {})
    second.end("eof")
    assert streams.open_beside("a", ANONYMOUS, {}).stream.name == "a~3", "a~2 was, though it ended"
    first.end("eof")
    again = streams.open_beside("a", ANONYMOUS, {"n": 2})
    assert (again.stream.name, again.stream.run.number, again.stream.run.meta) == ("a", 2, {"n": 2})


def test_another_owners_stream_is_never_written() -> None:
    streams = World().hub.streams
    streams.open_beside("a", ANONYMOUS, {}).end("eof")
    assert streams.open_beside("a", OTHER, {}).stream.name == "a~2"
    with pytest.raises(Problem) as denied:
        streams.open_exact("a", OTHER, {})
    assert word(denied) == "DENIED"


def test_an_exact_name_that_has_a_writer_is_a_conflict() -> None:
    streams = World().hub.streams
    streams.open_exact("a", ANONYMOUS, {})
    with pytest.raises(Problem) as conflict:
        streams.open_exact("a", ANONYMOUS, {})
    assert word(conflict) == "CONFLICT"
    assert conflict.value.retry_after


def test_numbers_are_the_first_that_make_an_unused_name() -> None:
    streams = World().hub.streams
    streams.open_exact("raw/x/t-2", ANONYMOUS, {})
    names = [streams.open_numbered("raw/x/t-", ANONYMOUS, {}).stream.name for _ in range(3)]
    assert names == ["raw/x/t-1", "raw/x/t-3", "raw/x/t-4"]


def test_offsets_and_lines_go_on_from_run_to_run() -> None:
    world = World()
    world.stream_of("a", b"one\ntw").end("eof")
    writer = world.stream_of("a", b"o\n")
    writer.end("reset", "exit:1")
    stream = writer.stream
    assert [(run.number, run.start, run.end, run.cause, run.lines, run.bytes) for run in stream.runs] == [
        (1, 0, 6, "eof", 1, 6),
        (2, 6, 8, "reset", 1, 2),
    ]
    assert (stream.end, stream.lines, stream.received, stream.partial) == (8, 2, 8, False)
    assert [piece.first_line for piece in stream.tail if isinstance(piece, Chunk)] == [0, 1]


def test_an_ended_run_stays_as_it_was() -> None:
    world = World()
    writer = world.stream_of("a", b"x")
    writer.end("eof")
    writer.end("reset")
    world.writer("a")
    writer.end("timeout")
    stream = writer.stream
    assert [run.cause for run in stream.runs] == ["eof", None]
    assert stream.state == "live"


def test_an_unfinished_line_is_counted_as_one() -> None:
    stream = World().stream_of("a", b"one\ntwo").stream
    assert (stream.lines, stream.line_count) == (1, 2)


def test_runs_are_remembered_up_to_a_bound() -> None:
    world = World(runs_per_stream=3)
    for _ in range(5):
        writer = world.stream_of("a", b"x")
        writer.end("eof")
    stream = writer.stream
    assert [run.number for run in stream.runs] == [3, 4, 5]
    assert stream.runs_dropped == 2
    assert stream.run_numbered(2) is None
    assert stream.run_numbered(3) is stream.runs[0]
    assert stream.run_at(0).number == 3
    assert stream.run_at(4).number == 4


def test_a_stream_that_one_may_not_see_looks_as_if_it_were_not_there() -> None:
    world = World()
    world.stream_of("secret", b"x")
    bound = Principal("ci", Role.VIEWER, patterns=(Pattern("ci/**"),))
    problems = []
    for name in ("secret", "nothing"):
        with pytest.raises(Problem) as raised:
            world.hub.streams.find(name, bound)
        problems.append((raised.value.word, raised.value.text))
    assert problems[0] == problems[1]
    assert list(world.hub.streams.matching(Pattern("**"), bound)) == []
    assert list(world.hub.streams.matching(Pattern("secret"), bound)) == []


def test_streams_are_listed_newest_run_first() -> None:
    world = World()
    for name in ("a", "b", "c", "a"):
        world.stream_of(name, b"x").end("eof")
    everybody = Principal("admin", Role.ADMIN)
    assert list(world.hub.streams.matching(Pattern("*"), everybody)) == ["a", "c", "b"]


def test_room_is_made_by_retiring_ended_streams_anonymous_ones_first() -> None:
    world = World(streams=3)
    ended(world, "own", b"x", principal=OTHER)
    ended(world, "anonymous", b"x")
    world.stream_of("live", b"x")
    world.stream_of("new", b"x")
    assert {each.name for each in world.hub.streams.awake} == {"own", "live", "new"}
    assert world.store.calls.count("delete") == 1


def test_without_room_a_new_stream_is_refused_by_the_name_of_the_setting() -> None:
    world = World(streams=2)
    world.stream_of("a", b"x")
    world.stream_of("b", b"x")
    with pytest.raises(Problem, match=r"limits\.streams \(2\)") as refused:
        world.writer("c")
    assert word(refused) == "LIMIT"


def test_a_stream_that_is_made_again_takes_a_new_epoch() -> None:
    world = World(streams=1)
    ended(world, "a", b"x" * 90)
    ended(world, "b", b"x")
    again = world.stream_of("a", b"y" * 100).stream
    assert again.epoch > EPOCH
    verdict = judge(Cursor(EPOCH, 90), again.epochs, again.end)
    assert verdict == (0, 90), "a reader of the former life is told to drop what it has"


def test_a_stream_that_is_not_durable_yet_is_not_retired() -> None:
    world = World(streams=1, slow_store=True)
    world.stream_of("a", b"x").end("eof")
    with pytest.raises(Problem):
        world.writer("b")
    world.store.finish()
    world.settle()
    world.store.finish()
    assert world.writer("b").stream.name == "b"


def test_a_retired_stream_leaves_nothing_in_memory() -> None:
    world = World(streams=1)
    ended(world, "a", b"x" * 1000)
    world.stream_of("b", b"y")
    assert world.hub.log.tails.bytes == world.hub.streams.get("b").tail.bytes  # type: ignore[union-attr]
    assert not list(world.memory._kept.get("a", ()))
    world.assert_no_failures()


def test_streams_that_get_a_run_while_they_are_gone_through_come_once() -> None:
    for newest in (False, True):
        world = World()
        for name in "abcdac":
            ended(world, name, b"x")
        way = world.hub.streams.in_order(newest=newest, latest=world.hub.streams.ordinal)
        first = next(way)[1]
        for name in ("b", first, "b"):
            ended(world, name, b"y")
        order = [first, *(name for _, name in way)]
        assert order == list("cadb" if newest else "bdac")


def test_news_are_told_of_each_step() -> None:
    world = World(streams=1)
    heard: list[str] = []

    class Listener:
        def hears(self, topic: str, stream: str | None, may_hear: object) -> bool:
            return topic.startswith("stream.")

        def event(self, topic: str, event: dict[str, object]) -> None:
            heard.append(f"{topic} {event['stream']}")

    world.hub.events.add(Listener())
    ended(world, "a", b"x")
    ended(world, "a", b"x")
    world.stream_of("b", b"x")
    assert heard == [
        "stream.created a",
        "stream.ended a",
        "stream.run a",
        "stream.ended a",
        "stream.retired a",
        "stream.created b",
    ]
