"""Both languages on one socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import request
from conversations.data_line import short
from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.web_socket import WebSocketConversation


class Socket:
    """A browser's end: text and binary messages."""

    def __init__(self, world: World, **hello: Any) -> None:
        self.world = world
        self.lanes = {"text": RecordingSink(), "binary": RecordingSink()}
        principal = world.accounts.principals["viewer-token"]
        self.conversation = WebSocketConversation(
            world.hub, LOOPBACK, self.lanes["text"], self.lanes["binary"], METHODS, principal
        )
        self.welcome = self.ask("hub.hello", protocol="HUB/1", **hello) if hello else {}

    def ask(self, method: str, **params: Any) -> Any:
        self.conversation.text(json.dumps(request(1, method, **params)).encode())
        self.world.settle()
        return json.loads(self.lanes["text"].lines()[0])

    def say(self, *frames: str) -> list[str]:
        for frame in frames:
            self.conversation.binary(frame.encode())
        self.world.settle()
        return [short(frame) for frame in self.lanes["binary"].frames()]


@pytest.fixture
def world() -> World:
    return World()


def test_one_hello_opens_both_lanes(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    socket = Socket(world, window=1000)
    assert socket.welcome["result"]["principal"] == "viewer"
    assert socket.say("SUB 1 a from=start") == ["STREAM 1 a offset=0 run=1 state=live", "DATA 1 0 'one\\n'", "LIVE 1 4"]
    world.write(writer, b"two\n")
    assert socket.say("ACK 1 4\n") == ["DATA 1 4 'two\\n'"]
    assert socket.ask("hub.info")["result"]["protocol"] == "HUB/1"


def test_a_session_comes_back_with_its_subscriptions(world: World) -> None:
    world.stream_of("a", b"one\n")
    first = Socket(world, window=1000)
    assert first.welcome["result"]["resumed"] is False
    first.say("SUB 1 a from=start")
    first.conversation.lost("reset")
    assert len(world.hub.sessions) == 1
    second = Socket(world, window=1000, session=first.welcome["result"]["session"])
    assert second.welcome["result"]["resumed"] is True
    assert second.say()[0] == "STREAM 1 a offset=0 run=1 state=live"


@pytest.mark.parametrize("window", [None, 0, (4 << 20) + 1])
def test_a_window_is_required_and_bounded(world: World, window: int | None) -> None:
    socket = Socket(world)
    answer = socket.ask("hub.hello", protocol="HUB/1", **({} if window is None else {"window": window}))
    assert answer["error"]["data"]["code"] == "PROTO"
    assert "limits.window_bytes" in answer["error"]["message"]
    assert len(world.hub.sessions) == 0
    assert not world.hub.readers


@pytest.mark.parametrize("message", ["SUB 1 a", "nonsense", "PING 1\nPING 2\n", "HELLO HUB/1 token=admin-token"])
def test_data_before_hello_closes(world: World, message: str) -> None:
    socket = Socket(world)
    assert socket.say(message)[0].startswith("ERR ")
    assert socket.lanes["binary"].closed
    assert not world.hub.readers


@pytest.mark.parametrize("message", ["HELLO HUB/1 token=admin-token", "PING 1\nPING 2\n", "SUB 1 a {9}\nx\n"])
def test_a_message_is_one_frame_and_no_hello(world: World, message: str) -> None:
    socket = Socket(world, window=1000)
    assert socket.say(message) == ["ERR PROTO"]
    assert socket.say("PING 1") == []


def test_a_takeover_fences_both_lanes(world: World) -> None:
    old = Socket(world, window=1000)
    Socket(world, window=1000, session=old.welcome["result"]["session"])
    assert json.loads(old.lanes["text"].lines()[-1])["error"]["data"]["code"] == "FENCED"
    assert old.say() == ["ERR FENCED"]
    assert len(world.hub.readers) == 1


def test_who_says_nothing_is_one_peer_that_did(world: World) -> None:
    socket = Socket(world)
    world.pass_seconds(6)
    assert json.loads(socket.lanes["text"].lines()[-1])["error"]["data"]["code"] == "IDLE"
    assert world.hub.counters.problems == {"IDLE": 1}


def test_leaving_frees_everything(world: World) -> None:
    world.stream_of("a", b"x" * 1000)
    socket = Socket(world, window=10)
    socket.conversation.lost("eof")
    assert (len(world.hub.sessions), len(world.hub.readers), world.hub.queue_memory.bytes) == (0, 0, 0)
    world.assert_no_failures()
