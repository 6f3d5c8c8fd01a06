"""Whoever has much to do with the hub takes a part of each turn, and no line waits for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.commander import Commander
from hub.conversations.framed_producer import FramedProducer
from hub.conversations.reader import ReaderConversation
from hub.core.listing import STRIDE
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
