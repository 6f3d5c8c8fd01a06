"""`stream.series`: what came when, from the tail and the store together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conversations.command_line import CommandLine, request
from fakes.world import World
from hub.model.chunk import Chunk
from hub.model.problem import Problem


def filled(**options: Any) -> tuple[World, int]:
    """Return a world in which a stream got n lines in its n-th second, and when that began."""
    world = World(**options)
    world.clock.advance(1.0 - world.clock.now_ms() % 1000 / 1000)
    start = world.clock.now_ms()
    writer = world.writer("a")
    for number in range(1, 21):
        world.write(writer, *[b"%05d\n" % number] * number)
        world.clock.advance((start + 1000 * number - world.clock.now_ms()) / 1000)
    return world, start


@pytest.mark.parametrize("tail", [600, 1 << 20])
def test_lines_and_bytes_over_the_whole_life(tail: int) -> None:
    world, start = filled(tail_stream_bytes=tail)
    line = CommandLine(world)
    answer = line.call("stream.series", stream="a", field="lines")
    assert (answer["step_ms"], answer["stream"], answer["field"]) == (1000, "a", "lines")
    assert answer["since"] == start - start % 1000
    assert start + 20_000 < answer["until"] <= world.clock.now_ms() + 1
    assert len(answer["values"]) in (21, 22)
    assert answer["values"][:20] == list(range(1, 21))
    size = line.call("stream.series", stream="a", field="bytes")
    assert (answer["total"], size["total"]) == (210, 6 * 210)
    assert size["values"] == [6 * lines for lines in answer["values"]]


def test_a_part_of_it_in_so_many_points() -> None:
    world, start = filled()
    line = CommandLine(world)
    second = start - start % 1000
    part = {"from": second + 5000, "to": second + 15_000}
    assert line.call("stream.series", stream="a", field="lines", **part)["values"] == list(range(6, 16))
    few = line.call("stream.series", stream="a", field="lines", points=3)
    assert len(few["values"]) <= 3
    assert sum(few["values"]) == 210
    nothing = line.call("stream.series", stream="a", field="lines", **{"from": 0, "to": 0})
    assert nothing["values"] == []


def test_an_ended_stream_ends_where_it_ended() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    at = world.clock.now_ms()
    writer.end("eof")
    world.clock.advance(1000)
    answer = CommandLine(world).call("stream.series", stream="a", field="lines")
    assert answer["values"] == [1]
    assert answer["until"] <= at + 1


def test_a_stream_without_output_has_none() -> None:
    world = World()
    world.writer("a")
    assert CommandLine(world).call("stream.series", stream="a", field="lines")["values"] in ([], [0])


def test_it_begins_where_what_is_kept_begins() -> None:
    world, start = filled(tail_stream_bytes=600, memory_store_stream_bytes=50 * 262)
    answer = CommandLine(world).call("stream.series", stream="a", field="lines")
    assert answer["since"] > start + 10_000
    assert (sum(answer["values"]), answer["total"]) == (50, 210)
    assert answer["values"][0] > 0


def test_what_comes_while_the_store_counts_is_counted_once() -> None:
    world, _ = filled(tail_stream_bytes=600)
    line = CommandLine(world)
    world.store.slow = True
    line.say(request(1, "stream.series", stream="a", field="lines"))
    assert world.store.waiting == 1
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert stream.writer is not None
    stream.writer.append(b"late\n" * 1000, world.clock.now_ms())
    world.store.finish()
    world.settle()
    world.store.finish()
    world.settle()
    (answer,) = line.answers()
    assert sum(answer["result"]["values"]) in (210, 1210)
    world.assert_no_failures()


def test_a_stream_that_is_deleted_meanwhile_is_not_found() -> None:
    world, _ = filled()
    line = CommandLine(world)
    world.store.slow = True
    line.say(
        request(1, "stream.series", stream="a", field="lines"), request(2, "stream.delete", stream="a", force=True)
    )
    world.store.finish()
    world.settle()
    answers = {answer["id"]: answer for answer in line.answers()}
    assert answers[1]["error"]["data"]["code"] == "NOTFOUND"


def test_what_cannot_be_asked() -> None:
    world, _ = filled()
    line = CommandLine(world)
    unknown = line.error("stream.series", stream="a", field="loss")
    assert unknown["data"]["code"] == "PROTO"
    assert "lines" in unknown["message"]
    backwards = line.error("stream.series", stream="a", field="lines", **{"from": 5, "to": 4})
    assert backwards["data"]["code"] == "PROTO"
    assert line.error("stream.series", stream="a", field="lines", points=2001)["data"]["code"] == "PROTO"
    assert line.error("stream.series", stream="b", field="lines")["data"]["code"] == "NOTFOUND"


class FakeAnalyzer:
    """Answers what the test says; remembers what it was given and asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.given: list[tuple[str, bytes]] = []
        self.forgotten: list[str] = []
        self.counts: dict[str, int] = {}
        self.found: list[str] = []

    def offer(self, stream: str, chunk: Chunk) -> None:
        self.given.append((stream, chunk.data))

    def tick(self) -> None:
        """Nothing waits."""

    def forget(self, stream: str) -> None:
        self.forgotten.append(stream)

    def errors(self, stream: str) -> int | None:
        return self.counts.get(stream)

    def take_found(self) -> list[str]:
        found, self.found = self.found, []
        return found

    async def ask(self, method: str, stream: str, params: Mapping[str, object]) -> Any:
        self.asked.append((method, stream, params))
        if method not in self.answers:
            raise Problem("BUSY", "not now", retry_after=1000)
        return dict(self.answers[method])


def test_a_row_has_the_errors_that_were_found_and_comes_again_when_there_are_more() -> None:
    world = World()
    world.stream_of("a", b"ERROR\n").end("end", "exit:0")
    world.stream_of("b", b"fine\n")
    line = CommandLine(world)
    assert [row["errors"] for row in line.call("stream.list")["streams"]] == [None, None], "nobody looks"
    analyzer = world.hub.log.analyzer = FakeAnalyzer()
    stream = world.hub.streams.get("a")
    assert stream is not None
    analyzer.counts[stream.life] = 1
    told = {row["stream"]: row["errors"] for row in line.call("stream.list")["streams"]}
    assert told == {"a": 1, "b": None}
    # It came to rest, and sleeps: what is found later is told all the same, and wakes it not.
    world.pass_seconds(400)
    assert not world.hub.streams.is_awake("a")
    line = CommandLine(world)
    line.call("hub.subscribe", topics=["streams"])
    analyzer.counts[stream.life], analyzer.found = 7, [stream.life, "gone#99"]
    world.pass_seconds(1)
    rows = [row for said in line.answers() for row in said["params"].get("rows", [])]
    assert [(row["stream"], row["state"], row["errors"]) for row in rows] == [("a", "ended", 7)]
    assert not world.hub.streams.is_awake("a")


def test_what_was_found_inside_lines_is_told_with_the_part_that_was_looked_at() -> None:
    world = World()
    analyzer = world.hub.log.analyzer = FakeAnalyzer()
    world.stream_of("a", b"ERROR\n", b"fine\n")
    line = CommandLine(world)
    life = world.hub.streams.get("a").life  # type: ignore[union-attr]
    assert analyzer.given == [(life, b"ERROR\n"), (life, b"fine\n")]
    analyzer.answers["stats"] = {"seen": 6, "levels": {"error": 1}, "line_bytes": {}, "fields": {}}
    stats = line.call("stream.stats", stream="a")
    assert (stats["sampled"], stats["levels"], stats["lines"]) == (round(6 / 11, 4), {"error": 1}, 2)
    del analyzer.answers["stats"]
    assert "sampled" not in line.call("stream.stats", stream="a")


def test_a_field_over_time_is_asked_of_the_analyzer() -> None:
    world = World()
    line = CommandLine(world)
    world.stream_of("a", b"loss=1\n")
    assert line.error("stream.series", stream="a", field="loss")["data"]["code"] == "PROTO"
    analyzer = world.hub.log.analyzer = FakeAnalyzer()
    assert line.error("stream.series", stream="a", field="loss")["data"]["code"] == "BUSY"
    analyzer.answers["series"] = {"since": 1000, "step_ms": 1000, "values": [None, 0.5]}
    answer = line.call("stream.series", stream="a", field="loss", **{"from": 1000, "to": 3000})
    assert (answer["values"], answer["since"], answer["until"], answer["field"]) == ([None, 0.5], 1000, 3000, "loss")
    method, stream, params = analyzer.asked[-1]
    assert (method, stream.split("#")[0]) == ("series", "a")
    assert params == {"field": "loss", "since": 1000, "until": 3000, "points": 300}
    backwards = line.error("stream.series", stream="a", field="loss", **{"from": 5, "to": 4})
    assert backwards["data"]["code"] == "PROTO"


def test_the_analyzer_forgets_a_deleted_stream_and_tells_its_next_life_apart() -> None:
    world = World()
    analyzer = world.hub.log.analyzer = FakeAnalyzer()
    world.stream_of("a", b"one\n").end("eof")
    CommandLine(world).call("stream.delete", stream="a")
    world.stream_of("a", b"two\n")
    (first, _), (second, _) = analyzer.given
    assert analyzer.forgotten == [first]
    assert first != second
