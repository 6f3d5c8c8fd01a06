"""Dialogues on the command port."""

from __future__ import annotations

import json

import pytest

from conversations.command_line import CommandLine, request
from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.commander import Commander


@pytest.fixture
def world() -> World:
    return World()


def slow_world(**limits: int) -> World:
    """A hub with a stream whose beginning is in the store alone, which answers when told."""
    world = World(tail_stream_bytes=600, **limits)
    world.stream_of("a", *[b"x" * 99 + b"\n"] * 20)
    world.store.slow = True
    return world


READ = {"stream": "a", "offset": 0, "max": 10}


def test_hello_tells_who_one_is(world: World) -> None:
    line = CommandLine(world, hello=None)
    result = line.call("hub.hello", protocol="HUB/1", token="admin-token")
    assert (result["principal"], result["role"], result["resumed"]) == ("admin", "admin", False)
    assert len(result["session"]) >= 22
    assert len(result["id"]) == 16
    assert result["limits"]["requests_at_once"] == 64


def test_a_session_is_resumed_and_the_old_connection_fenced(world: World) -> None:
    old = CommandLine(world)
    new = CommandLine(world, hello=None)
    result = new.call("hub.hello", protocol="HUB/1", token="admin-token", session=old.key)
    assert result["resumed"] is True
    assert result["session"] == old.key
    (told,) = old.answers()
    assert told["error"]["data"]["code"] == "FENCED"
    assert old.sink.closed
    assert world.hub.counters.takeovers == 1
    new.call("hub.info")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"protocol": "HUB/2", "token": "admin-token"}, "VERSION"),
        ({"protocol": "HUB/1", "token": "wrong"}, "AUTH"),
        ({"protocol": "HUB/1"}, "AUTH"),
        ({"protocol": "HUB/1", "user": "u", "password": "p"}, "AUTH"),
        ({"protocol": "HUB/1", "token": "maker-token"}, "AUTH"),
        ({"protocol": "HUB/1", "token": "admin-token", "session": "k" * 22}, "EXPIRED"),
        ({"token": "admin-token"}, "PROTO"),
        ({"protocol": "HUB/1", "token": 5}, "PROTO"),
        ({"protocol": "HUB/1", "token": "admin-token", "extra": 1}, "PROTO"),
    ],
)
def test_a_wrong_hello_closes(world: World, params: dict[str, object], code: str) -> None:
    line = CommandLine(world, hello=None)
    assert line.error("hub.hello", **params)["data"]["code"] == code
    assert line.sink.closed
    assert len(world.hub.sessions) == 0


def test_anothers_session_is_denied(world: World) -> None:
    key = CommandLine(world).key
    line = CommandLine(world, hello=None)
    error = line.error("hub.hello", protocol="HUB/1", token="viewer-token", session=key)
    assert error["data"]["code"] == "DENIED"


def test_hello_comes_first_and_alone(world: World) -> None:
    for message in (request(1, "hub.info"), [request(1, "hub.hello", protocol="HUB/1", token="admin-token")], 5, [5]):
        line = CommandLine(world, hello=None)
        line.say(message)
        assert len(line.answers()) == 1, "it is told why"
        assert line.sink.closed


def test_hello_again_is_refused_and_survived(world: World) -> None:
    line = CommandLine(world)
    assert line.error("hub.hello", protocol="HUB/1", token="admin-token")["data"]["code"] == "PROTO"
    line.call("hub.info")


def test_no_hello_in_time(world: World) -> None:
    line = CommandLine(world, hello=None)
    world.clock.advance(4.9)
    assert not line.sink.closed
    world.clock.advance(0.2)
    assert line.answers()[0]["error"]["message"].startswith("no hub.hello within limits.first_frame_seconds")
    assert line.sink.closed


def test_nothing_is_taken_from_a_connection_that_is_over(world: World) -> None:
    line = CommandLine(world, hello=None)
    line.say(request(1, "hub.info"))
    line.answers()
    line.say(request(1, "hub.hello", protocol="HUB/1", token="admin-token"))
    assert line.answers() == []
    assert len(world.hub.sessions) == 0


@pytest.mark.parametrize(("data", "kind"), [(b"GET / HTTP/1.1\r\n", "http"), (b"\x16\x03\x01\x02\x00", "tls")])
def test_strangers(world: World, data: bytes, kind: str) -> None:
    line = CommandLine(world, hello=None)
    line.commander.received(data)
    assert line.sink.closed
    assert line.sink.bytes() == (b"ERR PROTO :this is not an HTTP port\n" if kind == "http" else b"")
    assert getattr(world.hub.counters, f"{kind}_on_plain") == 1


def test_errors_of_calls_are_survived(world: World) -> None:
    line = CommandLine(world)
    assert line.error("no.such")["code"] == -32601
    assert line.error("stream.runs")["code"] == -32602
    assert line.error("stream.runs", stream="a", extra=1)["code"] == -32602
    assert line.error("stream.runs", stream="a")["data"]["code"] == "NOTFOUND"
    assert line.error("stream.lines", stream="a", **{"from": {"line": "x"}})["data"]["code"] == "PROTO"
    line.call("hub.info")


def test_a_notification_gets_no_answer(world: World) -> None:
    line = CommandLine(world)
    line.say({"jsonrpc": "2.0", "method": "hub.info"}, {"jsonrpc": "2.0", "method": "no.such"})
    assert line.answers() == []


def test_a_batch_is_answered_as_one(world: World) -> None:
    line = CommandLine(world)
    line.say([request(1, "hub.info"), 5, {"jsonrpc": "2.0", "method": "hub.info"}, request(2, "no.such")])
    (answers,) = line.answers()
    assert [answer["id"] for answer in answers] == [1, None, 2]


def test_a_batch_of_notifications_gets_nothing(world: World) -> None:
    line = CommandLine(world)
    line.say([{"jsonrpc": "2.0", "method": "hub.info"}] * 3)
    assert line.answers() == []


def test_a_batch_waits_for_its_slowest_call() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say([request(1, "stream.read", **READ), request(2, "hub.info")])
    assert line.answers() == []
    world.store.finish()
    (answers,) = line.answers()
    assert {answer["id"] for answer in answers} == {1, 2}


def test_three_malformed_lines_in_a_row_close() -> None:
    for kinds, closed in (("xxx", True), ("xx.xx", False), ("[[[", True), (["xx", "[12]"], False)):
        line = CommandLine(World())
        for kind in kinds:
            line.say(request(1, "hub.info") if kind == "." else [1, 2, 3, 4] if kind == "[" else kind)
        assert line.sink.closed is closed, kinds


def test_each_of_many_mistakes_in_a_batch_is_answered() -> None:
    line = CommandLine(World())
    line.say([1, 2, 3, 4])
    (answers,) = line.answers()
    assert [answer["error"]["code"] for answer in answers] == [-32600] * 4
    assert not line.sink.closed


def test_the_65th_call_at_once_is_busy() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say(*[request(number, "stream.read", **READ) for number in range(65)])
    (busy,) = line.answers()
    assert busy["id"] == 64
    assert (busy["error"]["code"], busy["error"]["data"]["code"]) == (-32005, "BUSY")
    assert busy["error"]["data"]["retry_after"] > 0
    assert line.sink.reading
    world.store.finish()
    assert sorted(answer["id"] for answer in line.answers()) == list(range(64))
    line.call("hub.info")


def test_an_id_that_is_under_way_is_refused() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say(request(7, "stream.read", **READ), request(7, "stream.read", **READ))
    (answer,) = line.answers()
    assert answer["error"]["code"] == -32600
    world.store.finish()
    assert "result" in line.answers()[0]


def test_a_call_is_cancelled() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say(request(7, "stream.read", **READ), request(8, "$/cancel", id=7))
    assert [(answer["id"], answer.get("error", {}).get("code")) for answer in line.answers()] == [
        (7, -32800),
        (8, None),
    ]
    world.store.finish()
    assert line.answers() == []
    world.assert_no_failures()


def test_cancelling_within_batches_completes_them() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say([request(1, "stream.read", **READ), request(2, "hub.info")])
    line.say([request(3, "$/cancel", id=1), request(4, "hub.info")])
    first, second = line.answers()
    assert {answer["id"] for answer in first} == {1, 2}
    assert {answer["id"] for answer in second} == {3, 4}


def test_what_is_not_under_way_may_be_cancelled(world: World) -> None:
    line = CommandLine(world)
    assert line.call("$/cancel", id="nothing") is None
    assert line.error("$/cancel")["code"] == -32602


def test_a_lost_connection_cancels_what_is_under_way() -> None:
    world = slow_world()
    line = CommandLine(world)
    line.say(request(7, "stream.read", **READ))
    line.commander.lost("reset")
    world.store.finish()
    world.settle()
    world.assert_no_failures()
    assert len(world.hub.sessions) == 0


def test_a_failing_store_is_an_internal_error_and_the_hub_lives() -> None:
    world = slow_world()
    world.store.slow = False
    world.store.fail_next(OSError("disk"))
    line = CommandLine(world)
    assert line.error("stream.read", **READ)["data"]["code"] == "INTERNAL"
    assert [what for what, _ in world.failures.take()] == ["in stream.read"]
    assert line.call("stream.read", **READ)["chunks"]


def test_a_peer_that_takes_no_answers_is_not_read(world: World) -> None:
    line = CommandLine(world)
    line.sink.stall()
    line.say(request(1, "hub.info"))
    assert not line.sink.reading
    line.sink.drain()
    assert line.sink.reading


def test_a_line_over_the_bound_is_told_and_closes(world: World) -> None:
    line = CommandLine(world)
    line.commander.received(b'{"a":"' + b"x" * (256 * 1024))
    assert "limits.request_bytes" in line.answers()[0]["error"]["message"]
    assert line.sink.closed


def test_a_hundred_thousand_calls_in_one_read_are_all_answered(world: World) -> None:
    line = CommandLine(world)
    line.commander.received(b'{"jsonrpc":"2.0","id":1,"method":"$/cancel","params":{"id":0}}\n' * 20_000)
    assert len(line.sink.lines()) == 20_000


def test_bye_is_answered_and_ends_the_session(world: World) -> None:
    line = CommandLine(world)
    assert line.call("hub.bye") == {}
    assert line.sink.closed
    assert len(world.hub.sessions) == 0


def test_a_silent_peer_is_pinged_and_then_let_go(world: World) -> None:
    line = CommandLine(world)
    world.pass_seconds(21)
    assert [message["method"] for message in line.answers()] == ["hub.ping"]
    world.pass_seconds(23)
    assert not line.sink.closed
    world.pass_seconds(3)
    assert line.answers()[-1]["error"]["message"].startswith("nothing was heard for limits.dead_seconds")
    assert line.sink.closed


def test_any_line_is_life(world: World) -> None:
    line = CommandLine(world)
    for _ in range(6):
        world.pass_seconds(18)
        line.say({"jsonrpc": "2.0", "method": "hub.info"})
    assert line.answers() == []
    assert not line.sink.closed


def test_roles(world: World) -> None:
    world.stream_of("ci/a", b"x")
    world.stream_of("secret", b"x")
    line = CommandLine(world, hello="ci-token")
    assert [row["stream"] for row in line.call("stream.list")["streams"]] == ["ci/a"]
    assert line.error("stream.runs", stream="secret") == line.error("stream.runs", stream="missing")


def test_a_cookie_stands_for_the_token(world: World) -> None:
    sink = world.sink()
    principal = world.accounts.principals["viewer-token"]
    commander = Commander(world.hub, LOOPBACK, sink, METHODS, principal)
    commander.message(json.dumps(request(1, "hub.hello", protocol="HUB/1")).encode())
    assert json.loads(sink.lines()[0])["result"]["principal"] == "viewer"


# Events.


def test_events_by_topic_and_pattern(world: World) -> None:
    line = CommandLine(world)
    line.call("hub.subscribe", topics=["stream.*"], pattern="ci/*")
    world.stream_of("other", b"x")
    world.stream_of("ci/a", b"x").end("eof")
    heard = [message["params"] for message in line.answers()]
    assert [(each["topic"], each["seq"], each["stream"]) for each in heard] == [
        ("stream.created", 1, "ci/a"),
        ("stream.ended", 2, "ci/a"),
    ]


def test_stats_come_each_second_and_rows_when_they_change(world: World) -> None:
    line = CommandLine(world)
    line.call("hub.subscribe", topics=["stats", "streams"])
    world.stream_of("a", b"x\n")
    world.pass_seconds(1)
    heard = [message["params"] for message in line.answers()]
    assert [each["topic"] for each in heard] == ["stats", "streams"]
    assert heard[0]["lines"] == 1
    assert [row["stream"] for row in heard[1]["rows"]] == ["a"]
    line.call("hub.subscribe", topics=[])
    world.pass_seconds(2)
    assert line.answers() == []


def test_events_that_must_wait_give_way_to_lost_and_stats_are_replaced() -> None:
    world = World(events_waiting=5)
    line = CommandLine(world)
    line.call("hub.subscribe", topics=["stream.*", "stats"])
    line.sink.stall()
    world.pass_seconds(3)
    for number in range(10):
        world.writer(f"s{number}")
    world.pass_seconds(3)
    line.sink.drain()
    heard = [message["params"] for message in line.answers() if message.get("method") == "event"]
    assert heard[0]["topic"] == "lost"
    assert [each["topic"] for each in heard].count("stats") == 1
    assert [each["seq"] for each in heard] == list(range(1, len(heard) + 1))
    world.writer("later")
    assert line.answers()[-1]["params"]["stream"] == "later"


def test_events_of_streams_one_may_not_see_are_not_told(world: World) -> None:
    line = CommandLine(world, hello="ci-token")
    line.call("hub.subscribe", topics=["stream.*", "streams"])
    world.stream_of("secret", b"x")
    world.pass_seconds(1)
    assert line.answers() == []
