"""Connections that end because of somebody else: a takeover at the limit, a hub that stops."""

from __future__ import annotations

import json

import pytest

from conversations.command_line import CommandLine
from conversations.data_line import DataLine
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.web_socket import WebSocketConversation
from hub.model.problem import Problem

GOODBYE = Problem("DRAIN", "the hub is shutting down", retry_after=1000)


def test_a_takeover_takes_the_place_of_the_one_before() -> None:
    world = World(readers_per_principal=1)
    old = DataLine(world)
    new = DataLine(world, hello=f"HELLO HUB/1 session={old.key}")
    assert [frame.split()[:2] for frame in old.heard()][-1] == ["ERR", "FENCED"]
    assert new.ask("PING x") == ["PONG x"]


def test_commands_are_told_to_go_away_once() -> None:
    world = World()
    line = CommandLine(world)
    line.commander.dismiss(GOODBYE)
    (told,) = line.answers()
    assert told["params"] == {"code": "DRAIN", "deadline_s": 0, "retry_after": 1000}


def test_a_web_socket_is_told_before_it_is_closed() -> None:
    world = World()
    text, binary = world.sink(), world.sink()
    socket = WebSocketConversation(world.hub, LOOPBACK, text, binary, METHODS, None)
    hello = {"protocol": "HUB/1", "token": "admin-token", "window": 65536}
    socket.text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hub.hello", "params": hello}).encode())
    socket.dismiss(GOODBYE)
    answers = [json.loads(line) for line in text.lines()]
    assert [answer.get("method") for answer in answers] == [None, "hub.goaway"]
    assert [frame.verb for frame in binary.frames()] == ["ERR"]


def test_peers_get_their_time_anew_when_the_process_had_stood_still() -> None:
    world = World()
    line = DataLine(world)
    world.clock.advance(60)  # as a laptop that sleeps: no tick, and nobody could be heard
    world.hub.tick()
    world.pass_seconds(6)
    assert [frame.split()[0] for frame in line.heard() if not frame.startswith("PING")] == []
    world.pass_seconds(60)
    assert line.heard()[-1].startswith("ERR IDLE")


def test_a_fault_of_ours_while_writing_ends_that_connection_alone() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    broken, sound = DataLine(world), DataLine(world)
    for line in (broken, sound):
        line.ask("SUB 1 a")
    broken.sink.breaks = True
    world.write(writer, b"two\n")
    assert "DATA 1 4 'two\\n'" in sound.heard()
    assert broken.heard()[-1].startswith("ERR INTERNAL")
    assert broken.sink.closed
    assert [what for what, _ in world.failures.take()] == ["while writing to a reader"]


def slow_clock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look at the clock take a while, as calls on very many streams do."""
    inside = world.clock.monotonic

    def slow() -> float:
        world.clock.now += 0.0005
        return inside()

    monkeypatch.setattr(world.clock, "monotonic", slow)


def test_many_calls_at_once_are_done_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    line = CommandLine(world)
    slow_clock(world, monkeypatch)
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hub.info"}).encode() + b"\n"
    line.commander.received(request * 20)
    done = len(line.answers())
    assert 0 < done < 20
    assert not line.sink.reading
    monkeypatch.undo()
    world.settle()
    assert done + len(line.answers()) == 20
    assert line.sink.reading


def test_all_who_call_at_once_share_one_part_of_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lines = [CommandLine(world) for _ in range(10)]
    slow_clock(world, monkeypatch)
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hub.info"}).encode() + b"\n"
    for line in lines:
        line.commander.received(request * 20)
    done = [len(line.answers()) for line in lines]
    assert 0 < sum(done) < 20, "one line's calls fill it already"
    assert done[-1] == 0
    monkeypatch.undo()
    world.settle()
    assert [before + len(line.answers()) for before, line in zip(done, lines, strict=True)] == [20] * 10
    assert all(line.sink.reading for line in lines)


def test_nothing_is_done_for_who_does_not_take_the_answers() -> None:
    world = World()
    line = CommandLine(world)
    line.sink.stall()
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hub.info"}).encode() + b"\n"
    line.commander.received(request * 20)
    world.settle()
    assert line.answers() == []
    assert not line.sink.reading
    line.sink.drain()
    world.settle()
    assert len(line.answers()) == 20
    assert line.sink.reading
