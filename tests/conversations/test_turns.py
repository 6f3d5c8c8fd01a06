"""Whoever has much to do with the hub takes a part of each turn, and no line waits for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from conversations.producer_line import ProducerLine, hello
from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.commander import Commander
from hub.conversations.framed_producer import FramedProducer
from hub.conversations.frames_in import LOOK_EVERY
from hub.conversations.reader import ReaderConversation
from hub.core.listing import STRIDE
from hub.core.stream import Stream
from hub.core.turn_share import SHARE_SECONDS
from hub.model.problem import Problem
from hub.model.record import Facts


def test_a_crowd_that_says_nothing_is_let_go_over_many_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    ends: list[str] = []

    def close(sink: RecordingSink, problem: Problem | None = None) -> None:
        ends.append("end")
        world.clock.now += SHARE_SECONDS

    def turn() -> None:
        ends.append("turn")
        if len(ends) < 60:
            world.clock.call_later(0, turn)

    monkeypatch.setattr(RecordingSink, "close", close)
    for _ in range(5):
        ReaderConversation(world.hub, LOOPBACK, world.sink())
        Commander(world.hub, LOOPBACK, world.sink(), METHODS)
        FramedProducer(world.hub, LOOPBACK, world.sink())
    gone = ReaderConversation(world.hub, LOOPBACK, world.sink())
    world.clock.call_later(world.hub.limits.first_frame_seconds, turn)
    world.clock.call_later(world.hub.limits.first_frame_seconds, lambda: gone.lost("reset"))
    world.clock.advance(world.hub.limits.first_frame_seconds + 1)
    assert ends.count("end") == 15, "and none for the one that left while it waited"
    assert "end end" not in " ".join(ends), "each used up a turn's share"
    world.assert_no_failures()


class Busy:
    """Calls that each take longer than a turn's share, one after the other without end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._go_on()

    def _go_on(self) -> None:
        self.world.hub.turn.share.wait(self._call, again=False)

    def _call(self) -> None:
        self.world.clock.now += 0.09
        self._go_on()


def test_calls_without_end_keep_the_hub_from_no_heartbeat() -> None:
    world = World()
    lines = [DataLine(world) for _ in range(300)]
    Busy(world)
    world.pass_seconds(24)
    assert {tuple(frame.verb for frame in line.sink.frames()) for line in lines} == {("PING",)}
    for line in lines:
        line.conversation.received(b"PONG x\n")
    world.pass_seconds(24)
    assert not any(line.sink.closed for line in lines)


def test_calls_without_end_keep_the_hub_from_letting_nobody_go() -> None:
    world = World()
    sinks = [world.sink() for _ in range(100)]
    for sink in sinks:
        ReaderConversation(world.hub, LOOPBACK, sink)
    Busy(world)
    world.pass_seconds(world.limits.first_frame_seconds + 1)
    assert all(sink.closed for sink in sinks)


def test_nobody_is_dead_who_was_not_asked_however_late_the_hub_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    watches: list[Callable[[float], float | None]] = []
    monkeypatch.setattr(world.hub.deadlines, "add", lambda watch, when: watches.append(watch))
    line = DataLine(world)
    (watch,) = watches
    world.clock.now += 60
    asked = world.clock.now
    assert watch(asked) is not None
    assert [frame.split()[0] for frame in line.heard()] == ["PING"]
    assert watch(asked + 24) is not None
    assert not line.sink.closed
    assert watch(asked + 25) is None
    assert line.heard() == ["ERR IDLE"]


def test_a_list_of_many_streams_is_looked_for_over_many_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for number in range(1, 301):
        world.stream_of(f"s/{number:03}", b"x\n" * number)
    line = CommandLine(world)
    facts, looked = world.hub.streams.facts, [0]

    def slow(name: str) -> Facts | None:
        looked[-1] += 1
        world.clock.now += SHARE_SECONDS / 20
        return facts(name)

    def next_turn() -> None:
        looked.append(0)
        if len(looked) < 100:
            world.clock.call_later(0, next_turn)

    monkeypatch.setattr(world.hub.streams, "facts", slow)
    next_turn()
    line.commander.received(json.dumps(request(1, "stream.list", sort="lines", limit=2)).encode() + b"\n")
    assert line.answers() == []
    # Meanwhile one is begun, which is none of those that were there.
    world.stream_of("new", b"x\n" * 1000)
    world.clock.advance(1)
    (answer,) = line.answers()
    assert [row["stream"] for row in answer["result"]["streams"]] == ["s/300", "s/299"]
    assert sum(looked) >= 300
    assert max(looked) <= STRIDE, "they fit into one look at the clock"


def test_frames_that_come_at_once_are_taken_over_many_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    line = DataLine(world)
    answers = _slow(monkeypatch, RecordingSink, "send", world)
    asked = [f"PING {number}" for number in range(1000)]
    left = line.conversation.received("".join(f"{each}\n" for each in asked).encode())
    turns = 1
    while left:
        assert len(answers) <= turns * 2 * LOOK_EVERY, "the first look of a turn begins its share"
        assert world.hub.queue_memory.bytes > 0, "what waits is counted"
        world.clock.advance(1)
        left = line.conversation.received(b"")
        turns += 1
    assert line.heard() == [f"PONG {number}" for number in range(1000)]
    assert turns >= 1000 // (2 * LOOK_EVERY)
    assert world.hub.queue_memory.bytes == 0


def test_a_first_frame_is_not_too_long_because_much_comes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    answers = _slow(monkeypatch, RecordingSink, "send", world)
    line, producer = DataLine(world, hello=None), ProducerLine(world)
    flood = b"PING x\n" * world.limits.first_frame_bytes
    assert line.conversation.received(b"HELLO HUB/1 token=admin-token\n" + flood)
    assert producer.conversation.received(f"HELLO HUB/1 {hello()}\n".encode() + flood)
    assert len(answers) <= 2 * 2 * LOOK_EVERY
    assert not line.sink.closed
    assert not producer.sink.closed


def test_a_frame_that_ends_the_connection_ends_what_came_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    line = DataLine(world)
    _slow(monkeypatch, RecordingSink, "send", world)
    left = line.conversation.received(b"PING x\n" * 100 + b"BYE\n" + b"PING y\n" * 100_000)
    while left:
        world.clock.advance(1)
        left = line.conversation.received(b"")
    assert line.heard() == ["PONG x"] * 100
    assert line.sink.closed
    assert world.hub.queue_memory.bytes == 0


def test_of_a_producer_that_is_held_only_what_was_taken_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    producer = ProducerLine(world, hello())
    _slow(monkeypatch, Stream, "append", world)
    assert producer.conversation.received(b"".join(b"DATA %d {1}\nx\n" % offset for offset in range(1000)))
    producer.conversation.hold()
    assert not producer.conversation.received(b""), "what was not taken comes again, to the hub that is there then"
    world.clock.advance(1)
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert 0 < stream.end <= 2 * LOOK_EVERY
    assert producer.told()[-1].startswith(f"ACK {stream.end} ")
    assert world.hub.queue_memory.bytes == 0


def _slow(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, world: World) -> list[None]:
    """Let each call of a method take a turn's share; return a list that grows with them."""
    method, calls = getattr(kind, name), list[None]()

    def slow(*args: object) -> object:
        calls.append(None)
        world.clock.now += SHARE_SECONDS
        return method(*args)

    monkeypatch.setattr(kind, name, slow)
    return calls
