"""Who is here, what is told of it, and how it is ended (PROTOCOL 6: session.list, session.kick)."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.command_line import CommandLine
from conversations.data_line import DataLine
from conversations.producer_line import KEY, ProducerLine, hello
from fakes.world import World
from hub.model.problem import Problem
from hub.model.session_key import public_id


def rows(line: CommandLine, kind: str) -> list[dict[str, Any]]:
    return [row for row in line.call("session.list")["sessions"] if row["kind"] == kind]


def test_clients_and_framed_producers_are_listed() -> None:
    world = World()
    reader = DataLine(world)
    reader.say("SUB 1 a")
    ProducerLine(world, hello())
    world.stream_of("raw", b"x")
    line = CommandLine(world, hello="operator-token")
    (producer,) = rows(line, "producer")
    assert producer == {
        "session": public_id(KEY),
        "kind": "producer",
        "principal": "anonymous",
        "role": "none",
        "attached": True,
        "slots": [],
        "peer": "127.0.0.1:40000",
        "via": "tcp",
        "since": producer["since"],
        "detached_at": None,
        "stream": "a",
        "subscriptions": 0,
    }
    clients = {row["session"]: row for row in rows(line, "client")}
    assert {row["principal"]: (row["slots"], row["subscriptions"]) for row in clients.values()} == {
        "admin": (["data"], 1),
        "op": (["command"], 0),
    }
    reader.conversation.lost("reset")
    row = next(row for row in rows(line, "client") if row["principal"] == "admin")
    assert (row["attached"], row["slots"], row["peer"], row["via"]) == (False, [], None, None)
    assert row["detached_at"] <= world.clock.now_ms()


def test_it_is_for_operators_and_within_their_patterns() -> None:
    world = World()
    assert CommandLine(world, hello="viewer-token").error("session.list")["data"]["code"] == "DENIED"
    ProducerLine(world, hello("ci/a"))
    ProducerLine(world, hello("b", "p" * 22))
    reader = DataLine(world)
    line = CommandLine(world, hello="ci-operator-token")
    assert [row["stream"] for row in rows(line, "producer")] == ["ci/a"]
    assert [row["principal"] for row in rows(line, "client")] == ["ci-op"]
    for session in (public_id("p" * 22), public_id(reader.key), "0" * 16):
        assert line.error("session.kick", session=session)["data"]["code"] == "NOTFOUND"
    assert line.call("session.kick", session=public_id(KEY))["stream"] == "ci/a"


def test_a_kicked_client_is_told_why_and_its_key_is_dead() -> None:
    world = World()
    reader = DataLine(world)
    reader.say("SUB 1 a")
    line = CommandLine(world, hello="operator-token")
    answer = line.call("session.kick", session=public_id(reader.key), reason="you flood us")
    assert answer == {"session": public_id(reader.key), "kind": "client", "principal": "admin", "stream": None}
    assert reader.heard() == ["ERR EXPIRED cause=kicked"]
    assert reader.sink.closed
    assert len(world.hub.readers) == 0
    again = DataLine(world, hello=None)
    assert again.ask(f"HELLO HUB/1 session={reader.key}") == ["ERR EXPIRED cause=unknown"]
    assert line.error("session.kick", session=public_id(reader.key))["data"]["code"] == "NOTFOUND"


def test_a_kick_ends_a_detached_session_also_over_a_restart() -> None:
    world = World()
    reader = DataLine(world)
    reader.say("SUB 1 a")
    reader.conversation.lost("reset")
    world.pass_seconds(6)
    CommandLine(world).call("session.kick", session=public_id(reader.key))
    world.restart()
    assert DataLine(world, hello=None).ask(f"HELLO HUB/1 session={reader.key}") == ["ERR EXPIRED cause=unknown"]


def test_a_session_that_ends_while_it_is_stored_is_forgotten() -> None:
    world = World()
    reader = DataLine(world)
    reader.say("SUB 1 a")
    world.store.slow = True
    world.tasks.spawn(world.hub.kept_sessions.save())
    line = CommandLine(world)
    line.say({"jsonrpc": "2.0", "id": 1, "method": "session.kick", "params": {"session": public_id(reader.key)}})
    assert line.answers() == [], "it is not durable yet"
    world.store.finish()
    world.store.finish()
    assert "result" in line.answers()[0]
    world.restart()
    assert DataLine(world, hello=None).ask(f"HELLO HUB/1 session={reader.key}") == ["ERR EXPIRED cause=unknown"]


def test_a_store_that_fails_says_so_and_forgets_later() -> None:
    world = World()
    reader = DataLine(world)
    reader.say("SUB 1 a")
    world.pass_seconds(6)
    line = CommandLine(world)
    world.store.fail_next(Problem("STORE", "the disk is full"))
    assert line.error("session.kick", session=public_id(reader.key))["data"]["code"] == "STORE"
    world.pass_seconds(6)
    world.restart()
    assert DataLine(world, hello=None).ask(f"HELLO HUB/1 session={reader.key}") == ["ERR EXPIRED cause=unknown"]


def test_a_kicked_producer_loses_its_run_and_its_key() -> None:
    world = World()
    producer = ProducerLine(world, hello())
    producer.data(0, b"one\n")
    line = CommandLine(world)
    answer = line.call("session.kick", session=public_id(KEY), reason="enough")
    assert answer == {"session": public_id(KEY), "kind": "producer", "principal": "anonymous", "stream": "a"}
    assert producer.told() == ["ERR EXPIRED cause=kicked offset=4"]
    assert producer.sink.closed
    assert line.call("stream.runs", stream="a")["runs"][0]["cause"] == "kicked"
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}") == ["ERR EXPIRED cause=kicked offset=4"]


@pytest.mark.parametrize("wrong", [{}, {"session": "short"}, {"session": "0" * 16, "reason": "x" * 201}])
def test_wrong_parameters_are_named(wrong: dict[str, str]) -> None:
    assert CommandLine(World()).error("session.kick", **wrong)["code"] == -32602


def test_each_step_is_told_to_those_who_may_list_it() -> None:
    world = World()
    lines = {
        token: CommandLine(world, hello=token) for token in ("operator-token", "viewer-token", "ci-operator-token")
    }
    for line in lines.values():
        line.call("hub.subscribe", topics=["session.*"])
    reader = DataLine(world)
    reader.say("SUB 1 a")
    reader.conversation.lost("reset")
    producer = ProducerLine(world, hello("ci/a"))
    producer.lose()
    CommandLine(world).call("session.kick", session=public_id(KEY))
    told = {
        token: [(each["params"]["topic"], each["params"]["kind"], each["params"]["cause"]) for each in line.answers()]
        for token, line in lines.items()
    }
    producers = [
        ("session.attached", "producer", None),
        ("session.detached", "producer", None),
        ("session.ended", "producer", "kicked"),
    ]
    assert told["viewer-token"] == []
    assert told["ci-operator-token"] == producers
    assert [each for each in told["operator-token"] if each[1] == "producer"] == producers
    assert [each for each in told["operator-token"] if each[1] == "client"][:2] == [
        ("session.attached", "client", None),
        ("session.detached", "client", None),
    ]
