"""Sessions on the data port: takeover, detaching, coming back, and their bounds."""

from __future__ import annotations

import pytest

from conversations.data_line import DataLine
from fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def ended(line: DataLine) -> str:
    """Return the error that closed the connection."""
    assert line.sink.closed
    return line.heard()[-1]


class DataLineThatFails(DataLine):
    """Comes with a key that is worth nothing."""

    def __init__(self, world: World, key: str) -> None:
        super().__init__(world, hello=None)
        self.say(f"HELLO HUB/1 session={key}")


def test_a_takeover_fences_the_old_socket(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    old = DataLine(world)
    old.ask("SUB 1 a from=start")
    new = DataLine(world, hello=None)
    assert new.ask(f"HELLO HUB/1 session={old.key}")[1:] == [
        "STREAM 1 a offset=0 run=1 state=live",
        "DATA 1 0 'one\\n'",
        "LIVE 1 4",
    ]
    assert ended(old) == "ERR FENCED"
    world.write(writer, b"two\n")
    assert new.heard() == ["DATA 1 4 'two\\n'"]
    old.conversation.lost("eof")
    world.write(writer, b"three\n")
    assert new.heard() == ["DATA 1 8 'three\\n'"], "the old socket's end costs the new one nothing"
    assert len(world.hub.readers) == 1


def test_bye_ends_the_session(world: World) -> None:
    world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a")
    line.say("BYE")
    assert line.sink.closed
    assert len(world.hub.sessions) == 0
    assert ended(DataLineThatFails(world, line.key)) == "ERR EXPIRED cause=unknown"


def test_a_session_lives_for_its_ttl_and_no_longer() -> None:
    world = World(reader_session_seconds=100)
    world.stream_of("a", b"one\n")
    first = DataLine(world)
    first.ask("SUB 1 a")
    first.conversation.lost("reset")
    world.pass_seconds(99)
    second = DataLine(world, hello=f"HELLO HUB/1 session={first.key}")
    second.conversation.lost("reset")
    world.pass_seconds(102)
    assert ended(DataLineThatFails(world, first.key)) == "ERR EXPIRED cause=unknown"


def test_detached_sessions_of_a_principal_are_bounded() -> None:
    world = World(detached_per_principal=2)
    world.stream_of("a", b"x")
    keys = []
    for _ in range(3):
        line = DataLine(world)
        line.ask("SUB 1 a")
        line.conversation.lost("eof")
        world.clock.advance(1)
        keys.append(line.key)
    assert len(world.hub.sessions) == 2
    assert ended(DataLineThatFails(world, keys[0])) == "ERR EXPIRED cause=unknown"
    DataLine(world, hello=f"HELLO HUB/1 session={keys[2]}")


def test_attached_readers_of_a_principal_are_bounded() -> None:
    world = World(readers_per_principal=1)
    DataLine(world)
    line = DataLine(world, hello=None)
    line.say("HELLO HUB/1 token=admin-token")
    assert ended(line) == "ERR LIMIT"
    DataLine(world, hello="HELLO HUB/1 token=viewer-token")
    assert len(world.hub.sessions) == 2


def test_taking_over_needs_no_room_for_another_reader() -> None:
    world = World(readers_per_principal=1)
    old = DataLine(world)
    new = DataLine(world, hello=f"HELLO HUB/1 session={old.key}")
    assert ended(old) == "ERR FENCED"
    assert not new.sink.closed


def test_a_second_hello_is_out_of_place(world: World) -> None:
    line = DataLine(world)
    assert line.ask("HELLO HUB/1 token=admin-token") == ["ERR PROTO"]
    assert line.sink.closed
