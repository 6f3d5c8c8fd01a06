"""Dialogues with framed producers (PROTOCOL 4)."""

from __future__ import annotations

import zlib

import pytest

from conversations.data_line import DataLine
from conversations.producer_line import KEY, OTHER_KEY, ProducerLine, hello
from fakes.world import EPOCH, FAR, World
from hub.model.chunk import Chunk, Gap
from hub.model.problem import Problem
from hub.model.session_key import public_id


@pytest.fixture
def world() -> World:
    return World()


def text(world: World, name: str = "a") -> bytes:
    stream = world.hub.streams.get(name)
    assert stream is not None
    return b"".join(piece.data for piece in stream.tail if isinstance(piece, Chunk))


def begun(world: World, more: str = "") -> ProducerLine:
    line = ProducerLine(world, hello(more=more))
    line.told()
    return line


def test_hello_is_answered_with_all_that_is_needed(world: World) -> None:
    (ok,) = ProducerLine(world).say(f"HELLO HUB/1 {hello('ci/build-42')}")
    assert ok == (
        f"OK stream=ci/build-42 session={public_id(KEY)} resumed=0 run=1 epoch={EPOCH} offset=0 fence=1"
        " durability=memory window=1048576 max=1048576 heartbeat=20"
    )


def test_bytes_are_acknowledged_once_durable() -> None:
    world = World(slow_store=True)
    line = begun(world)
    assert line.data(0, b"one\n") == []
    world.store.finish()
    world.settle()
    world.store.finish()
    assert line.told()[-1] == "ACK 4 window=1048576"


def test_times_and_channels_reach_readers(world: World) -> None:
    line = begun(world)
    reader = DataLine(world)
    reader.ask("SUB 1 a from=start")
    line.data(0, b"oops", "at=1793880000500 ch=err crc=" + f"{zlib.crc32(b'oops'):08x}")
    world.settle()
    (data,) = [frame for frame in reader.sink.frames() if frame.verb == "DATA"]
    assert (data.keys["at"], data.keys["ch"], data.payload) == ("1793880000500", "err", b"oops")


def test_a_wrong_crc_appends_nothing(world: World) -> None:
    line = begun(world)
    assert line.data(0, b"oops", "crc=1") == ["ERR PROTO"]
    assert text(world) == b""
    assert line.sink.closed


@pytest.mark.parametrize(
    ("offset", "payload", "answer", "whole"),
    [
        (4, b"two\n", "ACK 8", b"one\ntwo\n"),
        (0, b"one\n", "ACK 4", b"one\n"),
        (2, b"e\n", "ACK 4", b"one\n"),
        (2, b"e\ntwo", "ACK 7", b"one\ntwo"),
        (5, b"x", "ERR OFFSET expected=4", b"one\n"),
        (2**53 - 2, b"x", "ERR OFFSET expected=4", b"one\n"),
        (2**53 - 1, b"x", "ERR PROTO", b"one\n"),
        (2**53, b"x", "ERR PROTO", b"one\n"),
        (4, b"", "ACK 4", b"one\n"),
    ],
)
def test_offsets_are_judged(world: World, offset: int, payload: bytes, answer: str, whole: bytes) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    assert line.data(offset, payload)[-1].removesuffix(" window=1048576") == answer
    assert text(world) == whole


def test_end_is_acknowledged_and_the_hub_says_bye(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    assert line.say("END 4 status=exit:3") == ["ACK 4 window=1048576", "BYE 4"]
    assert line.sink.closed
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert (stream.state, stream.run.status, stream.run.cause) == ("ended", "exit:3", "end")


def test_the_answer_to_an_end_may_be_asked_for_again(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    line.say("END 4")
    again = ProducerLine(world)
    ok, held = again.say(f"HELLO HUB/1 {hello(more='resume=1')}")
    assert "offset=4" in ok
    assert ok.endswith("ended=1")
    assert held == "ACK 4 window=1048576"
    assert again.data(0, b"one\n") == ["ACK 4 window=1048576"]
    assert again.say("END 4") == ["ACK 4 window=1048576", "BYE 4"]


def test_nothing_follows_an_end(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    line.say("END 4")
    again = begun(world, "resume=1")
    assert again.data(4, b"more") == ["ERR OFFSET expected=4"]


@pytest.mark.parametrize("offset", [3, 5])
def test_an_end_elsewhere_is_refused(world: World, offset: int) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    assert line.say(f"END {offset}") == ["ERR OFFSET expected=4"]


def test_a_lost_socket_leaves_the_stream_detached_and_the_key_comes_back(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    line.lose()
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert stream.state == "detached"
    ok, held = ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}")
    assert "resumed=1 run=1" in ok
    assert "offset=4 fence=2" in ok
    assert held == "ACK 4 window=1048576", "the one of before may never have arrived"
    assert stream.state == "live"


def test_a_fence_grows_even_if_no_hub_lives_long_enough_to_store_it() -> None:
    world = World()
    line = ProducerLine(world)
    line.say(f"HELLO HUB/1 {hello()}")
    line.data(0, b"one\n")
    fences = [1]
    for _ in range(3):
        world.restart(slow_store=True)
        ok, _ = ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}")
        fences.append(int(ok.partition("fence=")[2].partition(" ")[0]))
    assert fences == sorted(set(fences))


def test_the_same_key_wins_over_its_own_half_open_socket(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    again = ProducerLine(world, hello(more="resume=1"))
    assert line.told() == ["ERR FENCED"]
    assert line.sink.closed
    again.told()
    assert again.data(4, b"two\n") == ["ACK 8 window=1048576"]
    line.lose()
    assert again.data(8, b"x") == ["ACK 9 window=1048576"], "the loser's end changes nothing"


def test_a_key_that_is_not_known_cannot_be_resumed(world: World) -> None:
    line = ProducerLine(world)
    assert line.say(f"HELLO HUB/1 {hello(more='resume=1')}") == ["ERR EXPIRED cause=unknown"]
    assert world.hub.streams.get("a") is None


def test_a_key_is_bound_to_its_stream(world: World) -> None:
    begun(world)
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello('b')}") == ["ERR DENIED"]


def test_another_session_is_a_conflict_while_one_is_attached(world: World) -> None:
    begun(world)
    other = ProducerLine(world)
    assert other.say(f"HELLO HUB/1 {hello(key=OTHER_KEY, more='take=1')}") == ["ERR CONFLICT retry_after=1000"]


def test_a_detached_session_holds_its_stream_for_a_minute(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    line.lose()
    (refused,) = ProducerLine(world).say(f"HELLO HUB/1 {hello(key=OTHER_KEY)}")
    assert refused.startswith("ERR CONFLICT retry_after=")
    world.pass_seconds(61)
    (ok,) = ProducerLine(world).say(f"HELLO HUB/1 {hello(key=OTHER_KEY)}")
    assert "run=2" in ok
    assert "offset=4" in ok
    late = ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}")
    assert late == ["ERR EXPIRED cause=superseded offset=4"]


def test_take_does_not_wait(world: World) -> None:
    line = begun(world)
    line.lose()
    (ok,) = ProducerLine(world).say(f"HELLO HUB/1 {hello(key=OTHER_KEY, more='take=1')}")
    assert "run=2" in ok


def test_a_session_that_stays_away_ends_with_its_ttl() -> None:
    world = World(producer_session_seconds=100)
    line = begun(world)
    line.lose()
    world.pass_seconds(101)
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert (stream.state, stream.run.cause) == ("ended", "ttl")
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}") == ["ERR EXPIRED cause=ttl offset=0"]
    world.pass_seconds(101)
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}") == ["ERR EXPIRED cause=unknown"]


def test_what_a_producer_no_longer_has_is_a_gap(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    assert line.say("SKIP 4 10 reason=memory") == ["ACK 10 window=1048576"]
    assert line.say("SKIP 2 10 reason=memory") == ["ACK 10 window=1048576"]
    line.data(10, b"two\n")
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert list(stream.gaps) == [Gap(4, 10, "producer_skip")]
    assert line.say("SKIP 20 30 reason=memory") == ["ERR OFFSET expected=14"]


def test_beyond_loopback_a_token_is_needed(world: World) -> None:
    line = ProducerLine(world, peer=FAR)
    assert line.say(f"HELLO HUB/1 {hello()}") == ["ERR AUTH"]


def test_tokens_are_not_guessed_by_producers() -> None:
    world = World(token_attempts_per_minute=3)

    def come(words: str) -> tuple[ProducerLine, str]:
        line = ProducerLine(world, peer=FAR)
        return line, " ".join(line.say(words)).partition("=")[0]

    known, told = come(f"HELLO HUB/1 {hello()} token=maker-token")
    assert told.startswith("OK")
    for number in range(3):
        assert come(f"HELLO HUB/1 {hello('b', OTHER_KEY)} token=guess-{number}")[1] == "ERR AUTH"
    assert come(f"HELLO HUB/1 {hello('b', OTHER_KEY)} token=guess-4")[1] == "ERR LIMIT retry_after"
    assert come("HUB/1 RAW stream=c token=guess-5")[1] == "ERR LIMIT retry_after", "whichever way it comes"
    known.lose()
    assert come(f"HELLO HUB/1 {hello()} token=maker-token resume=1")[1].startswith("OK"), "known ones are not kept out"


def test_a_producer_that_is_not_acknowledged_is_read_no_more_after_two_windows() -> None:
    world = World(slow_store=True, producer_window_bytes=1000)
    line = begun(world)
    line.data(0, b"x" * 1500)
    assert line.sink.reading
    line.data(1500, b"x" * 1000)
    assert not line.sink.reading
    world.pass_seconds(60)
    told = line.told()
    assert told.count("ACK 0 window=1000") == 3, "the last ACK is repeated as a sign of life"
    assert not line.sink.closed
    world.store.slow = False
    world.store.finish()
    world.settle()
    assert line.told()[-1] == "ACK 2500 window=1000"
    assert line.sink.reading


def test_windows_shrink_while_much_is_not_durable_and_grow_again() -> None:
    world = World(slow_store=True, not_durable_bytes=10_000, producer_window_bytes=1000)
    line, other = begun(world), ProducerLine(world, hello("b", OTHER_KEY))
    world.store.finish()
    other.told()
    line.data(0, b"x" * 9_000)
    assert other.data(0, b"") == ["ACK 0 window=148"]
    line.data(9000, b"x" * 2_000)
    assert other.data(0, b"") == ["ACK 0 window=0"]
    world.store.slow = False
    world.store.finish()
    world.settle()
    assert other.told()[-1] == "ACK 0 window=1000"


def test_a_producer_that_does_not_take_its_acks_gets_one_for_all(world: World) -> None:
    line = begun(world)
    line.sink.open = False
    for number in range(5):
        assert line.data(number, b"x") == []
    line.sink.open = True
    line.conversation.writable()
    assert line.told() == ["ACK 5 window=1048576"]


def test_demand_is_told_when_somebody_begins_to_watch_and_when_nobody_does(world: World) -> None:
    line = begun(world)
    reader = DataLine(world)
    reader.ask("SUB 1 a")
    assert line.told() == ["DEMAND 1"]
    second = DataLine(world)
    second.ask("SUB 1 a")
    assert line.told() == []
    line.lose()
    again = ProducerLine(world)
    assert again.say(f"HELLO HUB/1 {hello(more='resume=1')}")[1:] == ["DEMAND 2"]
    reader.ask("UNSUB 1")
    second.ask("UNSUB 1")
    assert again.told() == ["DEMAND 0"]


def test_commands_are_passed_on_and_their_replies_back(world: World) -> None:
    line = begun(world, "commands=signal,stdin")
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert stream.writer is not None
    assert stream.writer.holder is not None
    answers: list[bytes | Problem] = []
    command_id = world.hub.replies.send(stream.writer.holder, "signal", b'{"name":"INT"}', answers.append)
    assert line.told() == [f"CMD {command_id} signal {{14}}", '{"name":"INT"}']
    line.conversation.received(b"REPLY %s {4}\ntrue\n" % command_id.encode())
    assert answers == [b"true"]
    with pytest.raises(Problem, match="offers: signal, stdin"):
        world.hub.replies.send(stream.writer.holder, "resize", b"{}", answers.append)
    world.hub.replies.send(stream.writer.holder, "signal", b"{}", answers.append)
    line.lose()
    assert isinstance(answers[1], Problem)


def test_silence_is_answered_with_ping_and_then_with_idle(world: World) -> None:
    line = begun(world)
    world.pass_seconds(30)
    (ping,) = line.told()
    assert line.say(ping.replace("PING", "PONG")) == []
    world.pass_seconds(50)
    assert line.told()[-1] == "ERR IDLE"


def test_a_drain_keeps_the_session(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    line.conversation.go_away(10, 2000)
    assert line.told() == ["GOAWAY deadline=10 retry_after=2000"]
    line.conversation.dismiss(Problem("DRAIN", "bye", retry_after=1000))
    assert line.told() == ["ACK 4 window=1048576", "ERR DRAIN retry_after=1000"]
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert stream.state == "detached"


def test_a_hub_that_starts_again_knows_the_session_and_its_bytes(world: World) -> None:
    line = begun(world)
    line.data(0, b"one\n")
    raw = world.writer("raw/x")
    world.write(raw, b"raw")
    world.restart()
    ok, _ = ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}")
    assert "resumed=1 run=1" in ok
    assert f"epoch={world.hub.epochs.current} offset=4 fence={world.hub.epochs.current + 1}" in ok
    assert world.hub.epochs.current > EPOCH
    lost = world.hub.streams.get("raw/x")
    assert lost is not None
    assert (lost.state, lost.run.cause, lost.run.end) == ("ended", "hub_lost", 3)
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert [start.offset for start in stream.epochs] == [0, 4]


def test_bytes_that_were_not_durable_are_asked_for_again_after_a_crash() -> None:
    world = World(slow_store=True)
    line = begun(world)
    line.data(0, b"one\n")
    world.store.finish()
    world.settle()
    world.store.finish()
    line.data(4, b"two\n")
    world.restart()
    ok, held = ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}")
    assert "offset=4" in ok
    assert held == "ACK 4 window=1048576"


@pytest.mark.parametrize(
    "words",
    [
        "stream=a",
        f"session={KEY}",
        f"stream=../a session={KEY}",
        "stream=a session=short",
        f"stream=a session={KEY} resume=2",
        f"stream=a session={KEY} commands=" + ",".join("c" * 40),
        f"stream=a session={KEY} meta=x",
    ],
)
def test_a_malformed_hello_is_refused_and_leaves_nothing(world: World, words: str) -> None:
    assert ProducerLine(world).say(f"HELLO HUB/1 {words}") == ["ERR PROTO"]
    assert len(world.hub.streams) == 0


def test_one_byte_at_a_time_is_the_same(world: World) -> None:
    line = ProducerLine(world)
    for byte in f"HELLO HUB/1 {hello()}\nDATA 0 {{4}}\none\n\nEND 4\n".encode():
        line.conversation.received(bytes([byte]))
    world.settle()
    assert line.told()[1:] == ["ACK 4 window=1048576", "BYE 4"]
    assert text(world) == b"one\n"
