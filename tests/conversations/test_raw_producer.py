"""Dialogues on the producer port."""

from __future__ import annotations

import json

import pytest

from conversations.data_line import DataLine
from fakes.sink import RecordingSink
from fakes.world import FAR, LOOPBACK, World
from hub.conversations.producer import ProducerConversation
from hub.core.credentials import Policy
from hub.core.stream import Stream
from hub.model.chunk import Chunk, Gap
from hub.model.peer import Peer
from hub.model.problem import Problem


@pytest.fixture
def world() -> World:
    return World()


class RawLine:
    """One producer."""

    def __init__(self, world: World, *said: bytes, peer: Peer = LOOPBACK) -> None:
        self.world = world
        self.sink = RecordingSink()
        self.producer = ProducerConversation(world.hub, peer, self.sink)
        self.say(*said)

    def say(self, *said: bytes) -> None:
        for data in said:
            self.producer.received(data)
            self.world.settle()

    def refusal(self) -> str:
        """Return the error line before the close, without its text."""
        (line,) = self.sink.lines()
        assert self.sink.closed
        return line.decode().partition(" :")[0]


def streams(world: World) -> dict[str, bytes]:
    return {stream.name: text(stream) for stream in world.hub.streams.awake}


def text(stream: Stream) -> bytes:
    return b"".join(piece.data for piece in stream.tail if isinstance(piece, Chunk))


RAW = "raw/127.0.0.1/20261105T120000Z-"


def test_every_byte_is_stream(world: World) -> None:
    data = b"\x00\xff broken \xc3( and \r lone\r\n\x1b[31m" + b"x" * 100_000
    RawLine(world, b"one\n", data, b"\n")
    assert streams(world) == {RAW + "1": b"one\n" + data + b"\n"}


def test_names_are_numbered(world: World) -> None:
    for _ in range(3):
        RawLine(world, b"x\n")
    world.clock.advance(1)
    RawLine(world, b"x\n")
    assert list(streams(world)) == [RAW + "1", RAW + "2", RAW + "3", "raw/127.0.0.1/20261105T120001Z-1"]
    RawLine(world, b"x\n", peer=Peer(None))
    assert "raw/local/20261105T120001Z-1" in streams(world)


def test_an_empty_connection_leaves_nothing(world: World) -> None:
    line = RawLine(world)
    world.pass_seconds(3600)
    assert not line.sink.closed, "it may stay silent for ever before its first byte"
    line.producer.lost("eof")
    assert streams(world) == {}
    assert world.hub.streams.live == 0


def test_silence_after_the_first_byte_is_no_death(world: World) -> None:
    line = RawLine(world, b"first\n")
    world.pass_seconds(3600)
    line.say(b"second\n")
    assert streams(world) == {RAW + "1": b"first\nsecond\n"}
    assert not line.sink.closed


@pytest.mark.parametrize("cause", ["eof", "reset", "timeout"])
def test_the_run_ends_with_its_connection(world: World, cause: str) -> None:
    line = RawLine(world, b"x\n")
    line.producer.lost(cause)
    (stream,) = world.hub.streams.awake
    assert (stream.state, stream.run.cause, stream.run.end) == ("ended", cause, 2)
    world.settle()
    assert world.clock.waiting == 0


def test_output_that_begins_like_a_request_is_a_stream(world: World) -> None:
    RawLine(world, *[b"%c" % byte for byte in b"GET /users 200\n"])
    assert streams(world) == {RAW + "1": b"GET /users 200\n"}


def test_held_bytes_are_let_go_after_five_seconds(world: World) -> None:
    line = RawLine(world, b"HELP")
    assert streams(world) == {}
    world.clock.advance(4.9)
    assert streams(world) == {}
    world.clock.advance(0.2)
    assert list(streams(world).values()) == [b"HELP"]
    line.say(b" me\n")
    assert list(streams(world).values()) == [b"HELP me\n"]
    assert world.clock.waiting == 0


def test_a_trickle_that_may_still_become_special_is_held_for_five_seconds_in_all(world: World) -> None:
    line = RawLine(world)
    for byte in b"HELLO HU":
        line.say(bytes([byte]))
        world.clock.advance(1)
    assert list(streams(world).values()) == [b"HELLO HU"]


def test_held_bytes_are_kept_when_the_connection_ends(world: World) -> None:
    RawLine(world, b"word").producer.lost("eof")
    (stream,) = world.hub.streams.awake
    assert (text(stream), stream.run.cause) == (b"word", "eof")


@pytest.mark.parametrize(
    ("said", "refusal", "counter"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "ERR PROTO", "http_on_plain"),
        (b"HELLO HUB/2 stream=a\n", "ERR VERSION supported=1", None),
        (b"HUB/9\n", "ERR VERSION supported=1", None),
        (b"HUB/1 RAW strem=a\n", "ERR PROTO", None),
        (b"HUB/1 RAW stream=../etc\n", "ERR PROTO", None),
        (b"HUB/1 RAW stream=a token=wrong\n", "ERR AUTH", None),
        (b"HUB/1 RAW stream=a token=viewer-token\n", "ERR DENIED", None),
        (b"HUB/1 RAW stream=a token=ci-token\n", "ERR DENIED", None),
        (b"HUB/1 RAW stream=a meta=x\n", "ERR PROTO", None),
        (b"HUB/1 RAW stream=a meta=[1]\n", "ERR PROTO", None),
        (b'HUB/1 RAW stream=a meta=%7B"a":NaN%7D\n', "ERR PROTO", None),
        (b'HUB/1 RAW stream=a meta=%7B"a":1e999%7D\n', "ERR PROTO", None),
        (b'HUB/1 RAW stream=a meta=%7B"a":"\\ud800"%7D\n', "ERR PROTO", None),
        (b'HUB/1 RAW stream=a meta=%7B"a":' + b"[" * 100 + b"]" * 100 + b"%7D\n", "ERR PROTO", None),
    ],
)
def test_refusals_leave_no_stream(world: World, said: bytes, refusal: str, counter: str | None) -> None:
    line = RawLine(world, said)
    assert line.refusal() == refusal
    line.say(b"more\n")
    line.producer.lost("eof")
    assert streams(world) == {}
    assert counter is None or getattr(world.hub.counters, counter) == 1
    assert world.clock.waiting == 0


def test_a_tls_hello_is_met_with_silence(world: World) -> None:
    line = RawLine(world, b"\x16\x03\x01", b"\x02\x00")
    assert line.sink.aborted
    assert line.sink.bytes() == b""
    assert world.hub.counters.tls_on_plain == 1


def test_an_unfinished_header_is_refused_in_time(world: World) -> None:
    line = RawLine(world, b"HUB/1 RAW stream=a")
    world.clock.advance(5.1)
    assert line.refusal() == "ERR PROTO"
    assert streams(world) == {}


def test_a_header_names_the_stream_and_its_meta(world: World) -> None:
    line = RawLine(world, b'HUB/1 RAW stream=ci/a token=maker-token meta=%7B"job":7%7D\nfirst', b" line\n")
    assert streams(world) == {"ci/a": b"first line\n"}
    stream = world.hub.streams.get("ci/a")
    assert stream is not None
    assert (stream.owner, stream.run.meta) == ("maker", {"job": 7})
    assert line.sink.bytes() == b"", "nothing is answered"


def test_meta_reads_back_everywhere(world: World) -> None:
    from conversations.command_line import CommandLine

    meta = {"a": [1, "é\u2028", None, 1 << 70], "b": {"c": 1.5}}
    RawLine(world, b"HUB/1 RAW stream=a meta=" + json.dumps(meta).replace(" ", "%20").encode() + b"\nx")
    assert CommandLine(world).call("stream.list")["streams"][0]["meta"] == meta


def test_a_header_alone_leaves_nothing(world: World) -> None:
    RawLine(world, b"HUB/1 RAW stream=a\n").producer.lost("eof")
    assert streams(world) == {}


def test_a_name_with_a_writer_gets_a_sibling(world: World) -> None:
    for data in (b"1", b"2"):
        RawLine(world, b"HUB/1 RAW stream=a\n" + data)
    assert streams(world) == {"a": b"1", "a~2": b"2"}


def test_a_name_of_somebody_else_gets_a_sibling(world: World) -> None:
    RawLine(world, b"HUB/1 RAW stream=a token=maker-token\n1").producer.lost("eof")
    RawLine(world, b"HUB/1 RAW stream=a\n2")
    assert streams(world) == {"a": b"1", "a~2": b"2"}


def test_who_may_send_raw() -> None:
    policy = Policy(raw_allow=("192.0.2.0/28",))
    assert RawLine(World(), b"x\n", peer=FAR).refusal() == "ERR AUTH"
    assert RawLine(World(policy=Policy(producer_auth="always")), b"x\n").refusal() == "ERR AUTH"
    assert RawLine(World(policy=policy), b"x\n", peer=Peer("192.0.2.99", 1)).refusal() == "ERR AUTH"
    world = World(policy=policy)
    RawLine(world, b"x\n", peer=FAR)
    RawLine(world, b"HUB/1 RAW stream=a token=maker-token\nx\n", peer=Peer("198.51.100.1", 1))
    assert len(streams(world)) == 2


def test_a_producer_waits_unread_while_the_store_is_behind() -> None:
    world = World(slow_store=True, not_durable_bytes=1000)
    line = RawLine(world, b"x" * 600)
    assert line.sink.reading
    line.say(b"y" * 600)
    assert not line.sink.reading
    other = RawLine(world, b"z\n")
    assert not other.sink.reading, "a bound of all producers together"
    world.store.finish()
    world.settle()
    world.store.finish()
    assert line.sink.reading
    assert other.sink.reading
    assert not line.sink.closed, "raw is never refused for rate"


def test_what_was_sent_before_the_end_is_all_kept_though_the_store_fails_for_a_while() -> None:
    world = World()
    reader = DataLine(world)
    reader.ask("SUB 1 ** from=start")
    world.clock.advance(0.2)
    world.store.fail_next(Problem("STORE", "full"), OSError("disk"))
    line = RawLine(world, b"one\n", b"two\n")
    line.producer.lost("eof")
    (stream,) = world.hub.streams.awake
    assert stream.durable == 0
    assert [each for each in reader.heard() if each.startswith("DATA")] == ["DATA 1 0 'one\\n'", "DATA 1 4 'two\\n'"]
    world.pass_seconds(4)
    assert stream.durable == 8
    assert world.hub.log.committer.problem is None
    assert [what for what, _ in world.failures.take()] == ["while committing"]


def test_dismissal_ends_the_run(world: World) -> None:
    line = RawLine(world, b"word")
    line.producer.dismiss(Problem("DRAIN", "the hub is shutting down"))
    line.producer.lost("eof")
    (stream,) = world.hub.streams.awake
    assert (text(stream), stream.run.cause) == (b"word", "hub_lost")
    assert line.sink.closed


def test_no_room_for_a_stream_is_told_by_the_name_of_the_setting() -> None:
    world = World(streams=1)
    RawLine(world, b"x\n")
    line = RawLine(world, b"y\n")
    assert b"limits.streams (1)" in line.sink.bytes()
    assert line.sink.closed


def test_raw_output_waits_for_a_slow_store_and_runs_on_past_a_failing_one() -> None:
    world = World(slow_store=True, not_durable_bytes=2000)
    line = RawLine(world, b"a" * 2000)
    assert not line.sink.reading
    world.pass_seconds(30)
    assert not line.sink.reading, "slow is not failing"
    world.store.slow = False
    world.store.fail_next(*[Problem("STORE", "no space left")] * 20)
    world.store.finish()
    world.pass_seconds(6)
    assert line.sink.reading, "a full disk does not stop a build"
    line.say(b"lost 1\n", b"lost 2\n")
    world.pass_seconds(20)
    line.say(b"kept\n")
    (stream,) = world.hub.streams.awake
    assert list(stream.gaps) == [Gap(2000, 2014, "store_loss")]
    assert text(stream).endswith(b"kept\n")
    assert stream.end == 2019


def test_what_was_lost_is_recorded_also_where_the_producer_leaves_meanwhile() -> None:
    world = World(not_durable_bytes=2000)
    world.store.fail_next(*[Problem("STORE", "no space left")] * 12)
    line = RawLine(world, b"a" * 2000)
    world.pass_seconds(6)
    line.say(b"lost")
    line.producer.lost("eof")
    world.pass_seconds(20)
    (stream,) = world.hub.streams.awake
    assert (list(stream.gaps), stream.run.end, stream.durable) == ([Gap(2000, 2004, "store_loss")], 2004, 2004)
