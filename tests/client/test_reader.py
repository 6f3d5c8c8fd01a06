"""The reader against a scripted data port."""

from __future__ import annotations

import pytest

from hub.client.connection import Connection, HubLost
from hub.client.data_events import (
    Data,
    Event,
    GoAway,
    Live,
    Missing,
    Refused,
    RunBegan,
    RunEnded,
    StreamAt,
    Unsubscribed,
)
from hub.client.reader import DEAD_SECONDS, Reader
from hub.model.cursor import Cursor
from hub.model.problem import Problem
from scripted_hub import Peer, ScriptedHub

OK = b"OK session=0123456789abcdef012345 resumed=0 heartbeat=20 max=1048576\n"

EVERYTHING = (
    b"STREAM 5 ci/a epoch=7 offset=90 run=3 state=live truncate=95 was=4\n"
    b"DATA 5 90 1793880000123 {5}\none\n\x00\n"
    b"DATA 5 95 1793880000124 at=1793880000001 ch=err {0}\n\n"
    b"GAP 5 95 100 reason=lag\n"
    b"LIVE 5 100\n"
    b"END 5 100 run=3 status=exit:0 cause=end\n"
    b'RUN 5 4 100 {7}\n{"a":1}\n'
    b"FUTURE 5 what=ever {3}\nabc\n"
    b"UNSUB 1\n"
    b"ERR LIMIT id=2 :too many\n"
    b"GOAWAY deadline=10 retry_after=1500\n"
)

EVENTS: list[Event] = [
    StreamAt(5, "ci/a", Cursor(7, 90), 3, "live", 95, 4),
    Data(5, 90, 1793880000123, b"one\n\x00", None, None),
    Data(5, 95, 1793880000124, b"", 1793880000001, "err"),
    Missing(5, 95, 100, "lag"),
    Live(5, 100),
    RunEnded(5, 100, 3, "exit:0", "end"),
    RunBegan(5, 4, 100, {"a": 1}),
    Unsubscribed("1"),
]


def read_all(reader: Reader, count: int) -> list[Event]:
    """Read until `count` events came; a read may bring none when it ends within a frame."""
    events: list[Event] = []
    for _ in range(5000):
        if len(events) >= count:
            return events
        events += reader.receive(5)
    raise AssertionError(f"only {events} came")


@pytest.mark.parametrize("slice_bytes", [1, 7, len(EVERYTHING)])
def test_every_frame_is_an_event_however_it_is_sliced(slice_bytes: int) -> None:
    def dialogue(peer: Peer) -> None:
        peer.expect(b"HELLO HUB/1 token=t0ken")
        peer.say(OK)
        for start in range(0, len(EVERYTHING), slice_bytes):
            peer.say(EVERYTHING[start : start + slice_bytes])
        peer.rest()

    with ScriptedHub(dialogue) as script, Reader.connect(script.hub) as reader:
        events = read_all(reader, len(EVENTS) + 2)
    assert events[:-2] == EVENTS
    refused, away = events[-2:]
    assert isinstance(refused, Refused)
    assert (refused.id, refused.problem.word, refused.problem.text) == ("2", "LIMIT", "too many")
    assert away == GoAway(1500)


def test_subscribes_unsubscribes_and_acknowledges() -> None:
    def dialogue(peer: Peer) -> None:
        peer.expect(b"HELLO HUB/1 token=t0ken window=65536 slot=s7")
        peer.say(OK)
        peer.expect(b"SUB 1 ci/** from=-10 on_lag=skip match=a%20b {25}")
        assert peer.bytes(26) == b"ci/a 7:90\nci/b 8:1793880\n\n"
        peer.expect(b"SUB 2 x from=end")
        peer.expect(b"ACK 5 100")
        peer.expect(b"UNSUB 1")

    with ScriptedHub(dialogue) as script, Reader.connect(script.hub, window=65536, slot="s7") as reader:
        cursors = {"ci/a": Cursor(7, 90), "ci/b": Cursor(8, 1793880)}
        reader.subscribe("1", "ci/**", "-10", on_lag="skip", match="a b", cursors=cursors)
        reader.subscribe("2", "x")
        reader.ack(5, 100)
        reader.unsubscribe("1")


def test_answers_ping_without_being_asked_to() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(OK, b"PING abc\nLIVE 1 0\n")
        peer.expect(b"PONG abc")

    with ScriptedHub(dialogue) as script, Reader.connect(script.hub) as reader:
        assert read_all(reader, 1) == [Live(1, 0)]


def test_what_came_before_a_fatal_error_is_handed_out_first() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(OK, b"LIVE 1 0\nERR SLOW retry_after=100 :took nothing\n")

    with ScriptedHub(dialogue) as script, Reader.connect(script.hub) as reader:
        assert read_all(reader, 1) == [Live(1, 0)]
        with pytest.raises(Problem) as caught:
            reader.receive(5)
    assert (caught.value.word, caught.value.retry_after) == ("SLOW", 100)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"ERR AUTH :unknown token\n", "AUTH"),
        (b"ERR BUSY retry_after=250 slot=s1\n", "BUSY"),
        (b"HTTP/1.1 400 Bad\n", "PROTO"),
        (b"WHAT 1\n", "PROTO"),
    ],
)
def test_a_refused_hello_is_a_problem(answer: bytes, error: str) -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(answer)

    with ScriptedHub(dialogue) as script, pytest.raises(Problem) as caught:
        Reader.connect(script.hub)
    assert caught.value.word == error


def test_the_end_of_the_connection_is_a_loss() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(OK)

    with ScriptedHub(dialogue) as script:
        reader = Reader.connect(script.hub)
        with pytest.raises(HubLost, match="closed"):
            reader.receive(5)
        reader.close()


def test_silence_beyond_the_deadline_is_a_loss() -> None:
    now = 0.0
    with ScriptedHub(lambda peer: peer.expect(b"")) as script:
        reader = Reader(Connection.open(script.address), clock=lambda: now)
        assert reader.receive(0.01) == []
        now = DEAD_SECONDS + 1
        with pytest.raises(HubLost, match="said nothing"):
            reader.receive(0.01)
        reader.close()
