"""Every frame of the data and producer ports, and raw output, against everybody."""

from __future__ import annotations

import pytest

from conversations.data_line import DataLine
from conversations.producer_line import KEY, ProducerLine
from fakes.sink import RecordingSink
from fakes.world import FAR, LOOPBACK, World
from hub.conversations import framed_producer, reader
from hub.conversations.producer import ProducerConversation
from hub.core.credentials import Policy
from hub.model.peer import Peer
from rights.people import EVERYBODY, WITH_ROLE, WITHOUT_ROLE, Somebody, named

INSIDE, OUTSIDE, MISSING = "ci/a", "other", "missing"

READER_FRAMES = {
    "HELLO": "HELLO HUB/1",
    "SUB": "SUB 1 **",
    "UNSUB": "UNSUB 1",
    "ACK": "ACK 1 0",
    "PING": "PING x",
    "PONG": "PONG x",
    "BYE": "BYE",
}
PRODUCER_FRAMES = {
    "HELLO": "HELLO HUB/1",
    "DATA": "DATA 0 {1}\nx",
    "SKIP": "SKIP 0 5 reason=x",
    "END": "END 0",
    "REPLY": "REPLY 1 {2}\n{}",
    "PING": "PING x",
    "PONG": "PONG x",
}


def world_with_streams(policy: Policy | None = None) -> World:
    world = World(policy=policy)
    for name in (INSIDE, OUTSIDE):
        world.stream_of(name, b"x\n").end("eof")
    world.settle()
    return world


def token_of(somebody: Somebody) -> str:
    return "" if somebody.token is None else f" token={somebody.token}"


def test_every_verb_has_a_row() -> None:
    assert sorted(reader._VERBS) == sorted(READER_FRAMES)
    assert sorted(framed_producer._VERBS) == sorted(PRODUCER_FRAMES)


# The data port.


@pytest.mark.parametrize("somebody", EVERYBODY, ids=named)
def test_reading_is_for_roles(somebody: Somebody) -> None:
    line = DataLine(world_with_streams(), hello=None)
    (answer,) = line.ask(f"HELLO HUB/1{token_of(somebody) or ' token='}")
    assert answer.split(" ")[0] == ("OK" if somebody.role else "ERR")
    assert line.sink.closed is not bool(somebody.role)
    if not somebody.role:
        assert answer.startswith("ERR AUTH")


@pytest.mark.parametrize("verb", READER_FRAMES)
def test_before_a_hello_no_frame_is_taken(verb: str) -> None:
    line = DataLine(world_with_streams(), hello=None)
    (answer,) = line.ask(READER_FRAMES[verb])
    assert answer.startswith("ERR PROTO")
    assert line.sink.closed


@pytest.mark.parametrize("somebody", WITH_ROLE, ids=named)
def test_a_reader_is_told_of_what_they_may_see_alone(somebody: Somebody) -> None:
    world = world_with_streams()
    line = DataLine(world, f"HELLO HUB/1 token={somebody.token}")
    told = " ".join(line.ask("SUB 1 ** from=start"))
    assert INSIDE in told
    assert (OUTSIDE in told) is not somebody.bound
    world.stream_of("other2", b"later")
    assert ("other2" in " ".join(line.heard())) is not somebody.bound


@pytest.mark.parametrize("words", ["from=start", "from=end", "from=-1", "from=#1", "from=@0", "from=17:0"])
@pytest.mark.parametrize("somebody", [each for each in WITH_ROLE if each.bound], ids=named)
def test_a_stream_out_of_bounds_is_followed_as_one_that_is_not_there(somebody: Somebody, words: str) -> None:
    heard = {}
    for name in (OUTSIDE, MISSING):
        line = DataLine(world_with_streams(), f"HELLO HUB/1 token={somebody.token}")
        heard[name] = line.ask(f"SUB 1 {name} {words}") + line.ask("SUB 2 ** from=end", payload=f"{name} 17:0\n")
    assert heard[OUTSIDE] == heard[MISSING]


# The producer port.


def sent(world: World, somebody: Somebody, name: str, peer: Peer) -> str:
    """Return what a framed producer's HELLO is answered."""
    return ProducerLine(world, peer=peer).say(f"HELLO HUB/1 stream={name} session={KEY}{token_of(somebody)}")[0]


def raw(world: World, somebody: Somebody, name: str, peer: Peer) -> str:
    """Return what raw output with a header line is answered: nothing, or an error."""
    sink = RecordingSink()
    ProducerConversation(world.hub, peer, sink).received(f"HUB/1 RAW stream={name}{token_of(somebody)}\nx".encode())
    return sink.bytes().decode()


@pytest.mark.parametrize("peer", [LOOPBACK, FAR], ids=["loopback", "far"])
@pytest.mark.parametrize("somebody", EVERYBODY, ids=named)
def test_sending_is_for_those_who_may_and_for_anonymous_ones_nearby(somebody: Somebody, peer: Peer) -> None:
    anonymous = somebody.token is None and peer is LOOPBACK
    allowed = somebody.produces or anonymous
    framed = sent(World(), somebody, "ci/new", peer)
    assert framed.split(" ")[0] == ("OK" if allowed else "ERR")
    assert (raw(World(), somebody, "ci/new", peer) == "") is allowed
    if not allowed:
        known = somebody.role or somebody.produces
        assert framed.startswith("ERR DENIED" if known else "ERR AUTH")
        assert raw(World(), somebody, "ci/new", peer).startswith("ERR DENIED" if known else "ERR AUTH")


@pytest.mark.parametrize("somebody", [each for each in EVERYBODY if each.bound and each.produces], ids=named)
def test_names_out_of_bounds_are_refused_whether_they_are_there_or_not(somebody: Somebody) -> None:
    for send in (sent, raw):
        there, missing = (send(world_with_streams(), somebody, name, FAR) for name in (OUTSIDE, MISSING))
        assert there == missing
        assert there.startswith("ERR DENIED")


@pytest.mark.parametrize("somebody", [each for each in EVERYBODY if each.produces], ids=named)
def test_a_stream_belongs_to_who_made_it(somebody: Somebody) -> None:
    world = world_with_streams()  # made without a token
    assert sent(world, somebody, INSIDE, FAR).startswith("ERR DENIED")
    assert raw(world, somebody, INSIDE, FAR) == ""
    assert f"{INSIDE}~2" in world.hub.streams


@pytest.mark.parametrize("somebody", EVERYBODY, ids=named)
def test_where_everybody_needs_a_token_nobody_is_anonymous(somebody: Somebody) -> None:
    world = World(policy=Policy(producer_auth="always"))
    assert sent(world, somebody, "ci/a", LOOPBACK).startswith("OK") is somebody.produces
    assert (raw(world, somebody, "ci/b", LOOPBACK) == "") is somebody.produces


@pytest.mark.parametrize("somebody", WITHOUT_ROLE, ids=named)
def test_raw_allow_lets_raw_output_in_and_no_frames(somebody: Somebody) -> None:
    world = World(policy=Policy(raw_allow=("192.0.2.0/24",)))
    assert (raw(world, somebody, "ci/a", FAR) == "") is (somebody.token is None or somebody.produces)
    assert sent(world, somebody, "ci/b", FAR).startswith("OK") is somebody.produces


@pytest.mark.parametrize("verb", [verb for verb in PRODUCER_FRAMES if verb != "HELLO"])
def test_before_a_hello_a_frame_is_raw_output_or_nothing(verb: str) -> None:
    """Nothing but HELLO begins frames: anything else is output, and far away that needs a token."""
    world = World()
    sink = RecordingSink()
    conversation = ProducerConversation(world.hub, FAR, sink)
    conversation.received(PRODUCER_FRAMES[verb].encode() + b"\n")
    world.settle()
    assert sink.bytes().startswith(b"ERR AUTH")
    assert sink.closed
    assert len(world.hub.streams) == 0
