"""One stream as a body that goes on while the stream does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.sink import RecordingSink
from fakes.world import EPOCH, World
from hub.conversations.follower import Follower
from hub.core.stream import Stream
from hub.model.cursor import Cursor
from hub.model.principal import Principal, Role

ADMIN = Principal("admin", Role.ADMIN)


class Body:
    """A response that follows a stream."""

    def __init__(self, world: World, stream: Stream, format_: str, offset: int = 0, epoch: int = EPOCH) -> None:
        self.world = world
        self.sink = RecordingSink()
        self.finished: list[bool] = []
        cursor = Cursor(epoch, offset)
        self.follower = Follower(world.hub, ADMIN, stream, cursor, self.sink, format_, self.finished.append)
        self.sink.conversation = self.follower
        world.settle()

    def events(self) -> list[tuple[str, Any]]:
        """Return the NDJSON events since the last look."""
        rows = [json.loads(line) for line in self.sink.lines()]
        return [(row["event"], row) for row in rows]


@pytest.fixture
def world() -> World:
    return World()


def nothing_is_left(world: World) -> None:
    assert not world.hub.readers
    assert world.hub.queue_memory.bytes == 0
    assert world.clock.waiting == 0
    world.assert_no_failures()


def test_plain_bytes_end_with_the_run(world: World) -> None:
    writer = world.stream_of("a", b"\x00one\n")
    body = Body(world, writer.stream, "plain", offset=1)
    world.write(writer, b"two")
    assert body.sink.bytes() == b"one\ntwo"
    assert body.finished == []
    writer.end("eof")
    world.settle()
    assert body.finished == [True]
    nothing_is_left(world)


def test_plain_bytes_break_off_at_a_gap(world: World) -> None:
    writer = world.stream_of("a", b"one")
    body = Body(world, writer.stream, "plain")
    writer.stream.append_gap(9, "producer_skip")
    world.write(writer, b"after")
    assert body.sink.bytes() == b"one"
    assert body.finished == [False]
    nothing_is_left(world)


def test_plain_bytes_break_off_where_a_reader_has_to_drop_something(world: World) -> None:
    body = Body(world, world.stream_of("a", b"one").stream, "plain", offset=9)
    assert body.finished == [False]
    assert body.sink.bytes() == b""


def test_lines_with_their_offsets(world: World) -> None:
    writer = world.stream_of("a", b"one\ntw")
    body = Body(world, writer.stream, "ndjson")
    world.write(writer, b"o\nhal")
    writer.stream.append_gap(20, "producer_skip")
    world.write(writer, b"f")
    writer.end("eof")
    world.settle()
    events = body.events()
    lines = [(row["text"], row["offset"], row["next"]) for kind, row in events if kind == "line"]
    assert lines == [
        ("one", 0, f"{EPOCH}:4"),
        ("two", 4, f"{EPOCH}:8"),
        ("hal", 8, f"{EPOCH}:11"),
        ("f", 20, f"{EPOCH}:21"),
    ]
    others = [kind for kind, _ in events if kind != "line"]
    assert others == ["stream", "live", "gap", "end"]
    gap, end = (next(row for kind, row in events if kind == wanted) for wanted in ("gap", "end"))
    assert (gap["from"], gap["to"], gap["reason"]) == (11, 20, "producer_skip")
    assert (end["offset"], end["run"], end["cause"]) == (21, 1, "eof")
    assert body.finished == [True]


def test_server_sent_events_carry_cursors_and_stay_alive(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    body = Body(world, writer.stream, "sse")
    text = body.sink.bytes().decode()
    assert f"id: {EPOCH}:4\nevent: line\ndata: " in text
    world.pass_seconds(16)
    assert body.sink.bytes() == b": alive\n\n"
    body.follower.lost("eof")
    nothing_is_left(world)


def test_a_body_that_is_not_taken_waits_and_is_cut_in_the_end(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    body = Body(world, writer.stream, "plain")
    body.sink.bytes()
    body.sink.stall()
    world.write(writer, b"two\n")
    assert body.sink.bytes() == b""
    world.pass_seconds(20)
    body.sink.drain()
    assert body.sink.bytes() == b"two\n"
    body.sink.stall()
    world.pass_seconds(40)
    assert body.sink.aborted
    assert world.hub.counters.slow == 1


def test_silence_is_no_death_for_a_body(world: World) -> None:
    body = Body(world, world.stream_of("a", b"one\n").stream, "plain")
    world.pass_seconds(600)
    assert not body.sink.closed


def test_a_billion_lines_later_lines_still_come(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    body = Body(world, writer.stream, "ndjson")
    world.write(writer, b"x\n" * 1000)
    assert body.follower._lines.weight == 0
    body.events()
    world.write(writer, b"last\n")
    assert [row["text"] for _, row in body.events()] == ["last"]
