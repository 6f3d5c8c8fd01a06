"""What is said to producers, and of streams (PROTOCOL 6: stream.command, stream.mark)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, come_back, request
from conversations.producer_line import ProducerLine, hello
from conversations.test_raw_producer import RawLine
from fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def producer_of(world: World, stream: str = "a", commands: str = "signal,stdin") -> ProducerLine:
    producer = ProducerLine(world, hello(stream, more=f"commands={commands}"))
    producer.told()
    return producer


def ask(line: CommandLine, number: int = 7, **params: object) -> None:
    line.say(request(number, "stream.command", **{"stream": "a", "command": "signal", **params}))


def asked(producer: ProducerLine) -> tuple[str, str, Any]:
    """Return the id, the name and the arguments of the one command that a producer was sent."""
    header, arguments = producer.told()
    _, command_id, name, *_ = header.split()
    return command_id, name, json.loads(arguments)


def reply(producer: ProducerLine, command_id: str, payload: bytes) -> None:
    producer.conversation.received(f"REPLY {command_id} {{{len(payload)}}}\n".encode() + payload + b"\n")
    producer.world.settle()


def answer(line: CommandLine, number: int = 7) -> Any:
    line.world.settle()
    (found,) = [each for each in line.answers() if each["id"] == number]
    return found


def test_a_producer_is_asked_and_its_reply_is_the_answer(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world, hello="operator-token")
    ask(line, args={"name": "INT"})
    assert line.answers() == []
    command_id, name, arguments = asked(producer)
    assert (name, arguments) == ("signal", {"name": "INT"})
    reply(producer, command_id, b'{"done":true}')
    assert answer(line)["result"] == {"stream": "a", "command": "signal", "reply": {"done": True}}


def test_a_reply_that_is_no_json_is_text(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line)
    reply(producer, asked(producer)[0], b"fine \xff")
    assert answer(line)["result"]["reply"] == "fine \ufffd"


def test_replies_find_who_asked(world: World) -> None:
    producer, one, two = producer_of(world), CommandLine(world), CommandLine(world)
    ask(one, args={"name": "1"})
    first = asked(producer)[0]
    ask(two, args={"name": "2"})
    second = asked(producer)[0]
    reply(producer, second, b"2")
    reply(producer, first, b"1")
    reply(producer, first, b"again")
    assert (answer(one)["result"]["reply"], answer(two)["result"]["reply"]) == (1, 2)


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"stream": "nothing"}, "NOTFOUND", "no such stream"),
        ({"stream": "raw"}, "NOTFOUND", "raw output"),
        ({"stream": "over"}, "CONFLICT", "nobody writes"),
        ({"command": "resize"}, "NOTFOUND", "it offers: signal, stdin"),
        ({"fence": 7}, "FENCED", "not held under this fence"),
    ],
)
def test_who_cannot_be_asked(world: World, params: dict[str, Any], code: str, text: str) -> None:
    producer_of(world)
    RawLine(world, b"HUB/1 RAW stream=raw\nx")
    world.stream_of("over", b"x").end("eof")
    error = CommandLine(world).error("stream.command", **{"stream": "a", "command": "signal", **params})
    assert (error["data"]["code"], text in error["message"]) == (code, True), error


def test_a_producer_that_is_away_is_said_to_be_so(world: World) -> None:
    producer = producer_of(world)
    producer.lose()
    error = CommandLine(world).error("stream.command", stream="a", command="signal")
    assert (error["data"]["code"], error["data"]["retry_after"]) == ("CONFLICT", 1000)


def test_a_reply_that_does_not_come(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, timeout_s=2)
    command_id = asked(producer)[0]
    world.clock.advance(2.1)
    assert "within 2 s" in answer(line)["error"]["message"]
    reply(producer, command_id, b"late")
    assert line.answers() == []
    ask(line)
    producer.lose()
    assert "went away before it replied" in answer(line)["error"]["message"]


def test_whoever_holds_the_lease_commands_alone(world: World) -> None:
    producer, holder, other = producer_of(world), CommandLine(world), CommandLine(world, hello="operator-token")
    lease = holder.call("lease.acquire", name="stream:a", ttl_s=30)
    error = other.error("stream.command", stream="a", command="signal")
    assert (error["data"]["code"], error["data"]["session"]) == ("CONFLICT", lease["session"])
    ask(holder, fence=lease["fence"])
    reply(producer, asked(producer)[0], b"1")
    assert answer(holder)["result"]["reply"] == 1
    other.call("lease.steal", name="stream:a", reason="now")
    holder.answers()
    stale = holder.error("stream.command", stream="a", command="signal", fence=lease["fence"])
    assert stale["data"]["code"] == "FENCED"
    assert "stolen by op: now" in stale["message"]
    ask(other)
    assert asked(producer)[1] == "signal"


def test_a_command_with_idem_is_sent_once(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, idem="i")
    reply(producer, asked(producer)[0], b"1")
    first = answer(line)["result"]
    ask(line, 8, idem="i")
    assert answer(line, 8)["result"] == first
    assert producer.told() == []


def test_a_call_that_is_refused_for_its_id_takes_no_idem(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, idem="i")
    first = asked(producer)[0]
    ask(line, idem="j")
    assert "a call with this id is under way" in answer(line)["error"]["message"]
    reply(producer, first, b"1")
    assert answer(line)["result"]["reply"] == 1
    ask(line, 8, idem="j")
    reply(producer, asked(producer)[0], b"2")
    assert answer(line, 8)["result"]["reply"] == 2


def test_a_command_that_may_have_been_done_is_never_sent_again_under_its_idem(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, idem="i", timeout_s=1)
    asked(producer)
    world.clock.advance(1.1)
    late = answer(line)["error"]
    assert "within 1 s" in late["message"]
    assert late["data"] == {"code": "CONFLICT", "sent": True}
    ask(line, 8, idem="i", timeout_s=1)
    assert answer(line, 8)["error"] == late
    assert producer.told() == []
    world.clock.advance(601)
    ask(line, 9, idem="i", timeout_s=1)
    assert asked(producer)[1] == "signal", "after ten minutes it is another call"


def test_a_producer_that_went_away_with_a_command_does_not_get_it_again(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, idem="i")
    asked(producer)
    producer.lose()
    gone = answer(line)["error"]
    assert "it may have done it all the same" in gone["message"]
    back = ProducerLine(world, hello("a", more="resume=1 commands=signal,stdin"))
    back.told()
    ask(line, 8, idem="i")
    assert answer(line, 8)["error"] == gone
    assert back.told() == []


def test_what_was_not_sent_may_be_tried_again_under_its_idem(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    producer.lose()
    ask(line, idem="i")
    assert "sent" not in answer(line)["error"]["data"]
    back = ProducerLine(world, hello("a", more="resume=1 commands=signal,stdin"))
    back.told()
    ask(line, 8, idem="i")
    assert asked(back)[1] == "signal"


def test_a_reply_that_is_too_long_was_sent_all_the_same(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line, idem="i")
    reply(producer, asked(producer)[0], b'"' + b"x" * (1024 * 1024 - 2) + b'"')
    assert answer(line)["error"]["data"] == {"code": "TOOBIG", "sent": True}
    ask(line, 8, idem="i")
    assert answer(line, 8)["error"]["data"]["code"] == "TOOBIG"
    assert producer.told() == []


def test_a_producer_that_does_not_read_gets_only_so_many_commands() -> None:
    world = World(producer_commands_bytes=1000)
    producer, line = producer_of(world), CommandLine(world)
    producer.sink.stall()
    for number in range(7, 20):
        ask(line, number, args={"name": "x" * 200}, timeout_s=0.001)
        world.clock.advance(0.1)
    errors = [each["error"] for each in line.answers()]
    assert [error["data"]["code"] for error in errors] == ["CONFLICT"] * 4 + ["BUSY"] * 9
    assert "limits.producer_commands_bytes (1000)" in errors[-1]["message"]
    assert errors[-1]["data"] == {"code": "BUSY", "retry_after": 1000}
    assert len(producer.sink.bytes()) < 1000
    producer.sink.drain()
    ask(line, args={"name": "INT"})
    assert asked(producer)[2] == {"name": "INT"}


def test_it_is_for_operators_and_within_their_patterns(world: World) -> None:
    producer_of(world)
    assert CommandLine(world, hello="viewer-token").error("stream.command", stream="a", command="x")["data"] == {
        "code": "DENIED"
    }
    bound = CommandLine(world, hello="ci-operator-token")
    assert bound.error("stream.command", stream="a", command="signal")["data"]["code"] == "NOTFOUND"


def sent(producer: ProducerLine) -> tuple[str, str | None]:
    """Return the id and the `idem` of the one command that a producer was sent."""
    header, _ = producer.told()
    words = header.split()
    return words[1], next((word.removeprefix("idem=") for word in words if word.startswith("idem=")), None)


def test_a_repeat_after_a_start_of_the_hub_is_the_same_command_to_the_producer(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world, hello="operator-token")
    line.call("lease.acquire", name="stream:a", ttl_s=600)
    ask(line, idem="once")
    first, idem = sent(producer)
    assert idem is not None
    world.settle()
    world.restart()
    producer = ProducerLine(world, hello("a", more="resume=1 commands=signal"))
    producer.told()
    line, answered, _ = come_back(line)
    assert "result" in answered
    ask(line, idem="once")
    again, same = sent(producer)
    assert (same, again == first) == (idem, False)
    reply(producer, first, b"1")  # to the former hub's command
    assert line.answers() == []
    reply(producer, again, b"2")
    assert answer(line)["result"]["reply"] == 2


def test_other_commands_are_others_to_the_producer(world: World) -> None:
    producer, one, two = producer_of(world), CommandLine(world), CommandLine(world)
    said = []
    for number, (line, more) in enumerate(
        [(one, {"idem": "k"}), (two, {"idem": "k"}), (one, {"idem": "l"}), (one, {"idem": "m", "args": {"n": 1}})]
    ):
        ask(line, number + 10, **more)
        said.append(sent(producer)[1])
    assert (len(set(said)), None in said) == (4, False)
    ask(one, 20)
    assert sent(producer)[1] is None


def test_a_reply_that_does_not_fit_an_answer(world: World) -> None:
    producer, line = producer_of(world), CommandLine(world)
    ask(line)
    reply(producer, asked(producer)[0], b'"' + b"x" * (1024 * 1024 - 2) + b'"')
    assert "limits.answer_bytes" in answer(line)["error"]["message"]


def test_marks_stay_with_their_stream(world: World) -> None:
    writer = world.stream_of("a", b"one\n")
    line = CommandLine(world, hello="operator-token")
    line.call("hub.subscribe", topics=["stream.marked"])
    line.say(request(7, "stream.mark", stream="a", text="here it broke"))
    event, marked = sorted(line.answers(), key=lambda each: "id" in each)
    assert marked["result"] == {
        "epoch": writer.stream.epoch,
        "offset": 4,
        "at": marked["result"]["at"],
        "by": "op",
        "text": "here it broke",
    }
    assert event["params"]["stream"] == "a"
    CommandLine(world).call("stream.mark", stream="a", text="and here", offset=2)
    world.restart()
    viewer = CommandLine(world, hello="viewer-token")
    assert [(mark["offset"], mark["text"]) for mark in viewer.call("stream.marks", stream="a")["marks"]] == [
        (4, "here it broke"),
        (2, "and here"),
    ]
    CommandLine(world).call("stream.delete", stream="a")
    world.stream_of("a", b"new")
    assert viewer.call("stream.marks", stream="a")["marks"] == []


def test_marks_are_bounded_and_within_the_stream() -> None:
    world = World(marks_per_stream=1)
    world.stream_of("a", b"one\n")
    line = CommandLine(world)
    assert "past the stream's end" in line.error("stream.mark", stream="a", text="x", offset=5)["message"]
    line.call("stream.mark", stream="a", text="x")
    assert "limits.marks_per_stream (1)" in line.error("stream.mark", stream="a", text="y")["message"]


def test_a_streams_statistics_say_which_commands_its_producer_takes(world: World) -> None:
    producer, line = producer_of(world, commands="signal,stdin"), CommandLine(world)
    assert line.call("stream.stats", stream="a")["commands"] == ["signal", "stdin"]
    producer.conversation.lost("reset")
    assert line.call("stream.stats", stream="a")["commands"] == []
    RawLine(world).say(b"HUB/1 RAW stream=b\nx\n")
    assert line.call("stream.stats", stream="b")["commands"] == []
