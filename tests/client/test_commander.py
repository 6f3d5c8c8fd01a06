"""The commander against a scripted command port."""

from __future__ import annotations

import json

import pytest

from hub.client.commander import Commander, Notification
from hub.client.connection import HubLost
from hub.client.reader import Reader
from hub.model.account import new_secret
from hub.model.problem import Problem
from scripted_hub import Peer, ScriptedHub


def hello(peer: Peer) -> None:
    request = peer.request()
    assert request["method"] == "hub.hello"
    assert request["params"] == {"protocol": "HUB/1", "token": "t0ken"}
    peer.answer(request, {"session": "s", "principal": "admin", "role": "admin"})


def test_says_hello_and_calls() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        request = peer.request()
        assert (request["method"], request["params"]) == ("stream.lines", {"stream": "a", "from": "end"})
        peer.answer(request, {"lines": []})

    with ScriptedHub(dialogue) as script, Commander.connect(script.hub) as commander:
        assert commander.session["role"] == "admin"
        assert commander.call("stream.lines", stream="a", from_="end", count=None) == {"lines": []}


def test_notifications_wait_beside_the_answers() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        request = peer.request()
        peer.say(b'{"jsonrpc":"2.0","method":"hub.goaway"}\n')
        peer.say(b'{"jsonrpc":"2.0","method":"event","params":{"topic":"stats","seq":1}}\n')
        peer.answer(request, 1)

    with ScriptedHub(dialogue) as script, Commander.connect(script.hub) as commander:
        assert commander.call("hub.stats") == 1
        assert commander.next_notification(0) == Notification("hub.goaway", {})
        assert commander.next_notification(0) == Notification("event", {"topic": "stats", "seq": 1})
        assert commander.next_notification(0) is None


def test_who_waits_for_an_answer_is_alive_to_the_hub() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        request = peer.request()
        peer.say(b'{"jsonrpc":"2.0","method":"hub.ping","params":{"at":1}}\n')
        assert peer.request() == {"jsonrpc": "2.0", "method": "hub.pong"}
        peer.answer(request, {"fence": 1})

    with ScriptedHub(dialogue) as script, Commander.connect(script.hub) as commander:
        assert commander.call_within(600, "lease.acquire", name="printer") == {"fence": 1}
        assert commander.next_notification(0) is None


def test_lists_over_as_many_answers_as_it_takes() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        first = peer.request()
        assert first["params"] == {"pattern": "ci/**"}
        peer.answer(first, {"streams": [{"stream": "a"}], "next": "x"})
        second = peer.request()
        assert second["params"] == {"pattern": "ci/**", "after": "x"}
        peer.answer(second, {"streams": [{"stream": "b"}], "next": None})

    with ScriptedHub(dialogue) as script, Commander.connect(script.hub) as commander:
        assert [row["stream"] for row in commander.each_stream(pattern="ci/**")] == ["a", "b"]


def refused(request_id: int) -> bytes:
    error = {"code": -32001, "message": "this token is not valid", "data": {"code": "AUTH"}}
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error}).encode() + b"\n"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("producer", "this is a producer's token, which sends output and can neither read nor give commands: set"),
        ("guest", "this is the code of a guest's link, which opens a stream on the page and can do nothing else: set"),
        ("admin", "this token is not valid"),
    ],
)
def test_a_token_that_cannot_ask_is_told_by_its_kind(kind: str, told: str) -> None:
    token = new_secret(kind)

    def commands(peer: Peer) -> None:
        peer.say(refused(peer.request()["id"]))

    def data(peer: Peer) -> None:
        assert peer.line().startswith(b"HELLO ")
        peer.say(b"ERR AUTH :this token is not valid\n")

    with ScriptedHub(commands) as script, pytest.raises(Problem) as from_commands:
        Commander.connect(script.hub._replace(token=token))
    with ScriptedHub(data) as script, pytest.raises(Problem) as from_data:
        Reader.connect(script.hub._replace(token=token))
    for problem in (from_commands.value, from_data.value):
        assert (problem.word, problem.text.startswith(told)) == ("AUTH", True)
        assert token not in problem.text
        assert ("hub token create --kind admin" in problem.text) == (kind != "admin")


def test_an_error_is_the_hubs_problem() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        peer.request()
        peer.say(
            b'{"jsonrpc":"2.0","id":2,"error":{"code":-32004,"message":"no stream a","data":{"code":"NOTFOUND"}}}\n'
        )

    with ScriptedHub(dialogue) as script:
        commander = Commander.connect(script.hub)
        with pytest.raises(Problem) as caught:
            commander.call("stream.runs", stream="a")
        commander.close()
    assert (caught.value.word, caught.value.text) == ("NOTFOUND", "no stream a")


@pytest.mark.parametrize("line", [b"ERR PROTO :this is not an HTTP port\n", b"\x15\x03\x01 nonsense\n", b"[1]\n"])
def test_a_port_that_speaks_otherwise_is_told(line: bytes) -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(line)

    with ScriptedHub(dialogue) as script, pytest.raises((Problem, HubLost)) as caught:
        Commander.connect(script.hub)
    assert "not an HTTP port" in str(caught.value) or "does not speak JSON-RPC" in str(caught.value)


def test_no_token_says_how_to_give_one() -> None:
    with ScriptedHub() as script:
        hub = script.hub._replace(token=None)
    with pytest.raises(Problem, match="hub login"):
        Commander.connect(hub)
