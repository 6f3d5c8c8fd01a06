"""Dialogues on the data port."""

from __future__ import annotations

import pytest

from conversations.data_line import DataLine
from fakes.world import EPOCH, World
from hub.model.chunk import Chunk


@pytest.fixture
def world() -> World:
    return World()


def ended(line: DataLine) -> str:
    """Return the error that closed the connection."""
    assert line.sink.closed
    return line.heard()[-1]


def test_hello(world: World) -> None:
    line = DataLine(world, hello=None)
    line.say("HELLO HUB/1 token=admin-token")
    (welcome,) = line.sink.frames()
    assert (welcome.verb, welcome.keys["resumed"], welcome.keys["heartbeat"], welcome.keys["max"]) == (
        "OK", "0", "20", "1048576",
    )  # fmt: skip
    assert len(welcome.keys["session"]) >= 22


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("HELLO HUB/2 token=admin-token", "ERR VERSION supported=1"),
        ("HELLO HUB/1", "ERR PROTO"),
        ("HELLO HUB/1 token=wrong", "ERR AUTH"),
        ("HELLO HUB/1 token=maker-token", "ERR AUTH"),
        ("HELLO HUB/1 session=kkkkkkkkkkkkkkkkkkkkkk", "ERR EXPIRED cause=unknown"),
        ("SUB 1 a", "ERR PROTO"),
        ("PING 1", "ERR PROTO"),
        ("nonsense", "ERR PROTO"),
        ("GET / HTTP/1.1", "ERR PROTO"),
    ],
)
def test_a_wrong_hello_closes(world: World, said: str, error: str) -> None:
    line = DataLine(world, hello=None)
    line.say(said)
    assert ended(line) == error
    line.say("HELLO HUB/1 token=admin-token")
    assert line.heard() == [], "nothing is taken from a connection that is over"
    assert (len(world.hub.sessions), len(world.hub.readers), world.hub.queue_memory.bytes) == (0, 0, 0)


def test_a_tls_hello_is_met_with_silence(world: World) -> None:
    line = DataLine(world, hello=None)
    line.conversation.received(b"\x16\x03\x01\x02\x00\x01")
    assert line.sink.aborted
    assert line.sink.bytes() == b""
    assert world.hub.counters.tls_on_plain == 1


def test_no_hello_in_five_seconds(world: World) -> None:
    line = DataLine(world, hello=None)
    line.conversation.received(b"HELLO HUB/1 tok")
    world.clock.advance(5.1)
    assert ended(line) == "ERR IDLE"


@pytest.mark.parametrize(
    "said", [b"HELLO HUB/1 token=" + b"x" * 9000, b"HELLO HUB/1 token=t {1000000}\n" + b"x" * 9000]
)
def test_the_first_frame_is_bounded(world: World, said: bytes) -> None:
    line = DataLine(world, hello=None)
    line.conversation.received(said)
    assert ended(line) == "ERR TOOBIG"
    assert world.hub.queue_memory.bytes == 0


def test_following_a_stream_from_its_start_to_its_end(world: World) -> None:
    writer = world.stream_of("ci/a", b"one\n")
    line = DataLine(world)
    assert line.ask("SUB 1 ci/** from=start") == [
        "STREAM 1 ci/a offset=0 run=1 state=live",
        "DATA 1 0 'one\\n'",
        "LIVE 1 4",
    ]
    world.write(writer, b"two\n")
    assert line.heard() == ["DATA 1 4 'two\\n'"]
    writer.end("eof")
    assert line.heard() == ["END 1 8 run=1 cause=eof"]
    world.writer("ci/a", meta={"n": 2})
    assert line.heard() == ["RUN 1 2 8 '{\"n\":2}'"]
    world.stream_of("ci/b", b"new")
    world.stream_of("other", b"no")
    assert line.heard() == ["STREAM 2 ci/b offset=0 run=1 state=live", "DATA 2 0 'new'", "LIVE 2 3"]


def test_each_from(world: World) -> None:
    stream = world.stream_of("a", b"1\n2\n", b"3\n").stream
    stream.writer.end("eof")  # type: ignore[union-attr]
    world.clock.advance(10)
    later = world.clock.now_ms()
    world.stream_of("a", b"4\n5")
    starts = {
        "end": 9, "start": 0, "-1": 8, "-2": 6, "-0": 9, "-99": 0, "#1": 0, "#2": 6, f"@{later}": 6, "@0": 0,
        f"@{later + 60_000}": 9, f"{EPOCH}:3": 3, f"{EPOCH}:9": 9,
    }  # fmt: skip
    for text, offset in starts.items():
        line = DataLine(world)
        place = line.ask(f"SUB 1 a from={text}")[0]
        assert f"offset={offset} " in place, text
    truncated = DataLine(world).ask(f"SUB 1 a from={EPOCH}:50")[0]
    assert truncated == "STREAM 1 a offset=9 run=2 state=live truncate=50"


def test_a_run_that_is_not_there_is_told_for_its_subscription(world: World) -> None:
    world.stream_of("a", b"x")
    line = DataLine(world)
    assert line.ask("SUB s a from=#9") == ["ERR NOTFOUND id=s"]
    assert not line.sink.closed


def test_streams_that_had_ended_are_not_taken_from_the_end(world: World) -> None:
    world.stream_of("old", b"x").end("eof")
    line = DataLine(world)
    assert line.ask("SUB 1 **") == []
    world.stream_of("old", b"y")
    assert line.heard() == ["STREAM 1 old offset=1 run=2 state=live", "DATA 1 1 'y'", "LIVE 1 2"]


def test_a_list_of_cursors(world: World) -> None:
    for name in ("ci/a", "ci/b"):
        world.stream_of(name, b"0123456789")
    line = DataLine(world)
    heard = line.ask("SUB 1 ci/* from=start", payload=f"ci/a {EPOCH}:4\nci/late {EPOCH}:0\nci/b {EPOCH - 1}:7\n")
    assert "STREAM 2 ci/a offset=4 run=1 state=live" in heard or "STREAM 1 ci/a offset=4 run=1 state=live" in heard
    assert any(frame.endswith("ci/b offset=0 run=1 state=live truncate=7") for frame in heard)


def test_an_overlap_repeats_the_alias(world: World) -> None:
    world.stream_of("a", b"one")
    line = DataLine(world)
    line.ask("SUB 1 a from=start")
    assert line.ask("SUB 2 ** from=start") == ["STREAM 1 a offset=3 run=1 state=live"]
    assert line.ask("UNSUB 1") == ["UNSUB 1"]
    world.write(world.hub.streams.get("a").writer, b"two")  # type: ignore[union-attr, arg-type]
    assert line.heard() == ["DATA 1 3 'two'"]
    assert line.ask("UNSUB 2") == ["UNSUB 2"]
    assert world.hub.streams.get("a").watchers == 0  # type: ignore[union-attr]


def test_aliases_are_never_used_twice(world: World) -> None:
    world.stream_of("a", b"one")
    line = DataLine(world)
    line.ask("SUB 1 a")
    line.ask("UNSUB 1")
    assert line.ask("SUB 1 a")[0].startswith("STREAM 2 ")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("SUB 1 a//b", "ERR PROTO id=1"),
        ("SUB 1 a from=never", "ERR PROTO id=1"),
        ("SUB 1 ** from=1:2", "ERR PROTO id=1"),
        ("SUB 1 a match=(", "ERR PROTO id=1"),
        ("UNSUB nothing", "UNSUB nothing"),
        ("ACK 99 5", None),
        ("PING abc", "PONG abc"),
        ("PONG abc", None),
        ("NEWVERB 1 x=y", None),
    ],
)
def test_what_is_survived(world: World, said: str, answer: str | None) -> None:
    line = DataLine(world)
    assert line.ask(said) == ([] if answer is None else [answer])
    assert line.ask("PING 1") == ["PONG 1"]


def test_an_id_in_use_and_too_many_subscriptions() -> None:
    line = DataLine(World(subscriptions=2))
    assert line.ask("SUB 1 a", "SUB 1 b", "SUB 2 b", "SUB 3 c") == ["ERR PROTO id=1", "ERR LIMIT id=3"]
    assert line.ask("PING 1") == ["PONG 1"]


def test_more_streams_than_a_subscription_takes() -> None:
    world = World(subscription_streams=2)
    for name in "abc":
        world.stream_of(name, b"x")
    assert DataLine(world).ask("SUB 1 ** from=start") == ["ERR LIMIT id=1"]


def test_an_unknown_verb_is_skipped_with_its_payload(world: World) -> None:
    line = DataLine(world)
    assert line.ask("NEW 1", payload="PING 2\n") == []
    assert world.hub.counters.unknown_verbs == 1


@pytest.mark.parametrize("said", ["nonsense", "ACK 1", "SUB", "ACK 1 -1", "ping", "HELLO  x"])
def test_what_ends_the_connection(world: World, said: str) -> None:
    world.stream_of("a", b"x")
    line = DataLine(world)
    line.ask("SUB 1 a")
    line.conversation.received(said.encode() + b"\nSUB 9 rest {5}\nab")
    assert ended(line) == "ERR PROTO"
    assert world.hub.queue_memory.bytes == 0
    assert world.hub.counters.problems == {"PROTO": 1}


def test_an_ack_past_what_was_sent_is_proto(world: World) -> None:
    world.stream_of("a", b"one")
    line = DataLine(world)
    line.ask("SUB 1 a from=start")
    line.say("ACK 1 4")
    assert ended(line) == "ERR PROTO"


def test_the_window(world: World) -> None:
    line = DataLine(world, hello="HELLO HUB/1 token=admin-token window=10")
    writer = world.stream_of("a", b"123456", b"7890", b"abc")
    assert [frame for frame in line.ask("SUB 1 a from=start") if "DATA" in frame] == [
        "DATA 1 0 '123456'",
        "DATA 1 6 '7890'",
    ]
    world.write(writer, b"def")
    assert line.heard() == []
    assert line.ask("ACK 1 2") == []
    assert line.ask("ACK 1 3") == ["DATA 1 10 'abc'"]
    assert line.ask("ACK 1 13") == ["DATA 1 13 'def'", "LIVE 1 16"]


def test_waiting_for_window_is_not_slow(world: World) -> None:
    line = DataLine(world, hello="HELLO HUB/1 token=admin-token window=1")
    world.stream_of("a", b"123456", b"7890")
    line.ask("SUB 1 a from=start")
    for _ in range(5):
        world.pass_seconds(18)
        line.say("PONG x")
    assert not line.sink.closed


def test_a_reader_that_takes_nothing_is_cut_and_its_session_goes_on(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a from=start")
    line.ask("ACK 1 4")
    line.sink.stall()
    world.pass_seconds(25)
    world.write(writer, b"two\n")
    assert not line.sink.closed
    world.pass_seconds(15)
    assert line.sink.aborted
    assert world.hub.counters.slow == 1
    assert not world.hub.readers
    again = DataLine(world, hello=None)
    heard = again.ask(f"HELLO HUB/1 session={line.key}")
    assert "resumed=1" in heard[0]
    assert heard[1:] == ["STREAM 1 a offset=4 run=1 state=live", "DATA 1 4 'two\\n'", "LIVE 1 8"]


def test_a_reader_that_takes_a_little_is_not_cut(world: World) -> None:
    line = DataLine(world)
    line.sink.stall()
    for _ in range(5):
        world.pass_seconds(20)
        line.sink.trickle()
    assert not line.sink.closed


def test_a_silent_reader_is_pinged_and_then_let_go(world: World) -> None:
    line = DataLine(world)
    world.pass_seconds(19)
    assert line.heard() == []
    world.pass_seconds(2)
    assert [frame.split()[0] for frame in line.heard()] == ["PING"]
    world.pass_seconds(23)
    assert not line.sink.closed
    world.pass_seconds(3)
    assert ended(line) == "ERR IDLE"
    assert len(world.hub.sessions) == 0, "a session without subscriptions ends with its last socket"


def test_any_frame_is_life(world: World) -> None:
    line = DataLine(world)
    for number in range(6):
        world.pass_seconds(18)
        assert line.ask(f"PING {number}") == [f"PONG {number}"]
    assert not line.sink.closed


def test_a_stalled_reader_costs_no_memory_and_nobody_else_anything() -> None:
    world = World(reader_queue_bytes=10_000, stall_seconds=1000)
    writer = world.stream_of("a", b"-")
    stalled, quick = DataLine(world), DataLine(world)
    for line in (stalled, quick):
        line.ask("SUB 1 a")
    stalled.sink.stall()
    got = 0
    for _ in range(100):
        world.write(writer, b"x" * 5000)
        got += sum(len(frame.payload or b"") for frame in quick.sink.frames())
        assert world.hub.queue_memory.bytes <= 10_000 + 5064
    assert got == 500_000
    stalled.sink.drain()
    world.settle()
    assert sum(len(frame.payload or b"") for frame in stalled.sink.frames()) == 500_000


def test_a_peer_that_asks_without_taking_the_answers_is_not_read(world: World) -> None:
    line = DataLine(world)
    line.sink.stall()
    line.say("PING 1")
    assert not line.sink.reading
    line.sink.drain()
    assert line.sink.reading


def test_dismissal_says_drain(world: World) -> None:
    from hub.model.problem import Problem

    line = DataLine(world)
    line.conversation.dismiss(Problem("DRAIN", "the hub is shutting down", retry_after=1000))
    assert ended(line) == "ERR DRAIN retry_after=1000"


def test_what_the_producer_said_of_a_chunk_is_told() -> None:
    world = World()
    stream = world.writer("a").stream
    stream.append(b"x", 17, sent_at=5, channel="err")
    line = DataLine(world)
    line.say("SUB 1 a from=start")
    (data,) = [frame for frame in line.sink.frames() if frame.verb == "DATA"]
    assert data.args == ("1", "0", "17")
    assert data.keys == {"at": "5", "ch": "err"}
    assert isinstance(next(iter(stream.tail)), Chunk)
