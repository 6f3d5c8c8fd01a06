"""Whoever has much to do with the hub takes a part of each turn, and no line waits for all of them."""

from __future__ import annotations

import pytest

from conversations.data_line import DataLine
from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.commander import Commander
from hub.conversations.framed_producer import FramedProducer
from hub.conversations.reader import ReaderConversation
from hub.core.turn import BULK_SECONDS
from hub.core.turn_share import SHARE_SECONDS
from hub.model.problem import Problem


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


def test_readers_that_are_behind_are_written_to_by_some_a_turn_and_a_lone_line_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    written: list[str] = []
    behind = [DataLine(world) for _ in range(4)]
    for line in behind:
        line.say("SUB 1 noise from=start")
        line.sink.stall()
    lone = DataLine(world)
    lone.say("SUB 1 quiet from=start")
    noise = world.stream_of("noise", b"n\n")
    for _ in range(10):
        noise.append(b"n" * 65536, 0)
    world.settle()
    send = RecordingSink.send

    def costly(sink: RecordingSink, frames: list[tuple[bytes, ...]]) -> None:
        send(sink, frames)
        written.append("lone" if sink is lone.sink else "behind")
        world.clock.now += BULK_SECONDS
        sink.open = sink is lone.sink  # what is behind has a full socket after each write

    monkeypatch.setattr(RecordingSink, "send", costly)
    for line in behind:
        line.sink.drain()
    assert written == ["behind"], "the others have their share in later turns"
    world.stream_of("quiet", b"line\n")
    world.clock.advance(BULK_SECONDS)
    assert written.index("lone") < 3
    world.clock.advance(1)
    assert written.count("behind") == 4
    world.assert_no_failures()
