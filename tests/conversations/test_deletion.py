"""Dialogues about streams that are deleted, and made again."""

from __future__ import annotations

import pytest

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from conversations.producer_line import KEY, OTHER_KEY, ProducerLine, hello
from fakes.world import LOOPBACK, World
from hub.conversations.producer import ProducerConversation
from hub.core.first_answers import FirstAnswers
from hub.model.principal import Principal, Role
from hub.model.problem import Problem

ADMIN = Principal("admin", Role.ADMIN)


@pytest.fixture
def world() -> World:
    return World()


def delete(world: World, stream: str = "a", **more: object) -> dict[str, object]:
    return CommandLine(world).call("stream.delete", stream=stream, **more)


def in_session(world: World, key: str) -> CommandLine:
    line = CommandLine(world, hello=None)
    line.call("hub.hello", protocol="HUB/1", token="admin-token", session=key)
    return line


def code(answer: dict[str, dict[str, str]]) -> str:
    return answer["data"]["code"]


def test_a_deleted_stream_is_gone_for_everybody_and_from_the_store(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    assert delete(world) == {"stream": "a", "deleted_bytes": 4}
    line = CommandLine(world)
    assert line.call("stream.list")["streams"] == []
    assert code(line.error("stream.delete", stream="a")) == "NOTFOUND"
    world.restart()
    assert CommandLine(world).call("stream.list")["streams"] == []


def test_only_an_admin_may(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    assert code(CommandLine(world, "viewer-token").error("stream.delete", stream="a")) == "DENIED"


def test_a_stream_that_is_written_needs_force(world: World) -> None:
    producer = ProducerLine(world, hello())
    producer.data(0, b"one\n")
    line = CommandLine(world)
    assert code(line.error("stream.delete", stream="a")) == "CONFLICT"
    assert producer.data(4, b"two\n")[-1].startswith("ACK 8")
    line.call("stream.delete", stream="a", force=True)
    assert producer.told() == ["ERR EXPIRED cause=deleted offset=8"]
    assert producer.sink.closed


def test_the_key_of_a_deleted_stream_is_told_so_and_a_new_one_begins_at_zero(world: World) -> None:
    ProducerLine(world, hello()).data(0, b"one\n")
    delete(world, force=True)
    gone = ["ERR EXPIRED cause=deleted offset=4"]
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello(more='resume=1')}") == gone
    (ok,) = ProducerLine(world).say(f"HELLO HUB/1 {hello(key=OTHER_KEY)}")
    assert " run=1 " in ok
    assert " offset=0 " in ok
    # The old key does not lead to the new run, which has the same number.
    assert ProducerLine(world).say(f"HELLO HUB/1 {hello(key=KEY)}") == gone


def test_raw_output_is_told_and_closed(world: World) -> None:
    sink = world.sink()
    raw = ProducerConversation(world.hub, LOOPBACK, sink)
    raw.received(b"HUB/1 RAW stream=a\none\n")
    world.settle()
    delete(world, force=True)
    (told,) = sink.lines()
    assert told.startswith(b"ERR EXPIRED cause=deleted offset=4 :")
    raw.received(b"two\n")
    assert "a" not in world.hub.streams


def test_a_live_reader_is_told_the_end_once(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    reader = DataLine(world)
    reader.ask("SUB 1 a from=start")
    writer.append(b"two\n", 1)
    delete(world, force=True)
    assert reader.heard() == ["DATA 1 4 'two\\n'", "END 1 8 run=1 cause=deleted"]


def test_a_reader_that_knew_the_end_is_told_that_it_is_deleted(world: World) -> None:
    world.stream_of("a", b"one\n").end("end", "exit:0")
    reader = DataLine(world)
    assert reader.ask("SUB 1 a from=start")[-2:] == ["END 1 4 run=1 status=exit:0 cause=end", "LIVE 1 4"]
    delete(world)
    assert reader.heard() == ["END 1 4 run=1 cause=deleted"]


def test_a_reader_that_catches_up_is_told_what_it_will_not_get(world: World) -> None:
    world = World(tail_stream_bytes=600, catch_up_slice_bytes=100)
    world.stream_of("a", *[b"x" * 99 + b"\n"] * 20).end("eof")
    world.store.slow = True
    reader = DataLine(world)
    reader.ask("SUB 1 a from=start")
    line = CommandLine(world)
    line.say(request(7, "stream.delete", stream="a"))
    world.store.finish()
    world.settle()
    heard = reader.heard()
    assert heard[0].startswith("GAP 1 0 ")
    assert heard[0].endswith("reason=retention")
    assert heard[-1] == "END 1 2000 run=1 cause=deleted"


def test_made_again_it_is_another_stream(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    reader = DataLine(world)
    reader.ask("SUB 1 a from=start")
    first = world.hub.epochs.current
    delete(world)
    world.stream_of("a", b"new\n")
    heard = reader.heard()
    assert heard[0] == "END 1 4 run=1 cause=deleted"
    assert heard[1].startswith("STREAM 2 a offset=0 run=1 state=live")
    assert "DATA 2 0 'new\\n'" in heard
    assert world.hub.epochs.current > first
    assert reader.ask("ACK 1 4") == []


def test_a_cursor_of_the_former_life_is_truncated(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    epoch = world.hub.epochs.current
    delete(world)
    world.stream_of("a", b"new!\n")
    heard = DataLine(world).ask(f"SUB 1 a from={epoch}:4")
    assert heard[0] == "STREAM 1 a offset=0 run=1 state=live truncate=4"


def test_what_was_not_durable_is_not_stored_afterwards(world: World) -> None:
    world.store.fail_next(Problem("STORE", "the disk is full"))
    writer = world.writer("a")
    writer.append(b"one\n", 1)
    world.settle()
    writer.append(b"two\n", 1)
    delete(world, force=True)
    world.pass_seconds(3)
    assert world.hub.log.committer.waiting_bytes == 0
    assert world.hub.log.committer.idle
    world.restart()
    assert "a" not in world.hub.streams


def test_what_was_on_its_way_is_deleted_once_it_has_arrived() -> None:
    world = World(slow_store=True)
    world.writer("a").append(b"one\n", 1)
    world.settle()
    line = CommandLine(world)
    line.say(request(7, "stream.delete", stream="a", force=True))
    world.store.step(1)  # the delete overtakes the append
    world.store.finish()
    world.settle()
    world.store.finish()
    world.restart()
    assert "a" not in world.hub.streams


def test_a_store_that_fails_is_asked_again(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    world.store.fail_next(Problem("STORE", "the disk is full"), Problem("STORE", "the disk is full"))
    assert code(CommandLine(world).error("stream.delete", stream="a")) == "STORE"
    world.pass_seconds(3)
    world.restart()
    assert "a" not in world.hub.streams


def test_repeated_with_its_idem_it_is_answered_alike_and_done_once(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    line = CommandLine(world)
    first = line.call("stream.delete", stream="a", idem="x")
    world.stream_of("a", b"anew\n").end("eof")
    assert line.call("stream.delete", stream="a", idem="x") == first
    assert "a" in world.hub.streams
    assert code(line.error("stream.delete", stream="b", idem="x")) == "CONFLICT"
    # Another session's key is another key.
    assert CommandLine(world).call("stream.delete", stream="a", idem="x")["deleted_bytes"] == 5


def test_a_first_answer_is_kept_for_ten_minutes(world: World) -> None:
    _, session = world.hub.sessions.begin(ADMIN)
    answers = FirstAnswers(world.clock)
    assert answers.begin(session, "x", b"call") is None
    answers.done(session, "x", {"n": 1})
    world.clock.advance(599)
    first = answers.begin(session, "x", b"call")
    assert first is not None
    assert first.result == {"n": 1}
    world.clock.advance(2)
    assert answers.begin(session, "x", b"another") is None


def test_what_failed_may_be_tried_again(world: World) -> None:
    line = CommandLine(world)
    assert code(line.error("stream.delete", stream="a", idem="x")) == "NOTFOUND"
    world.stream_of("a", b"one\n").end("eof")
    assert line.call("stream.delete", stream="a", idem="x")["deleted_bytes"] == 4


def test_a_change_under_way_goes_on_though_its_caller_is_gone() -> None:
    world = World()
    world.stream_of("a", b"one\n").end("eof")
    reader = DataLine(world)
    reader.ask("SUB 1 b")
    line = in_session(world, reader.key)
    world.store.slow = True
    line.say(request(7, "stream.delete", stream="a", idem="x"))
    assert code(line.error("stream.delete", stream="a", idem="x")) == "BUSY"
    line.commander.lost("reset")
    world.store.finish()
    world.settle()
    again = in_session(world, reader.key)
    world.store.slow = False
    assert again.call("stream.delete", stream="a", idem="x") == {"stream": "a", "deleted_bytes": 4}
