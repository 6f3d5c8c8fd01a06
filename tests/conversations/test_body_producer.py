"""A request body into a stream."""

from __future__ import annotations

import pytest

from fakes.sink import RecordingSink
from fakes.world import EPOCH, FAR, LOOPBACK, World
from hub.conversations.body_producer import BodyProducer
from hub.model.problem import Problem


def body(world: World, name: str = "ci/a", token: str | None = None) -> tuple[BodyProducer, RecordingSink]:
    sink = RecordingSink()
    principal = None if token is None else world.accounts.by_token(token)
    return BodyProducer(world.hub, LOOPBACK, sink, name, principal, {"a": 1}), sink


def test_a_whole_body_ends_its_run_and_is_answered_once_durable() -> None:
    world = World(slow_store=True)
    producer, _ = body(world)
    producer.received(b"one\n")
    producer.received(b"")
    producer.received(b"two")
    answer = producer.complete()
    assert answer == {"stream": "ci/a", "run": 1, "epoch": EPOCH, "from": 0, "to": 7, "durability": "memory"}
    called: list[bool] = []
    producer.when_durable(lambda: called.append(True))
    world.settle()
    assert called == []
    world.store.finish()
    world.settle()
    world.store.finish()
    assert called == [True]
    producer.lost("eof")
    (stream,) = world.hub.streams.awake
    assert (stream.run.cause, stream.run.meta) == ("eof", {"a": 1})


@pytest.mark.parametrize(("cause", "kept"), [("eof", "reset"), ("reset", "reset"), ("timeout", "timeout")])
def test_a_cut_body_keeps_what_came(cause: str, kept: str) -> None:
    world = World()
    producer, _ = body(world)
    producer.received(b"one\n")
    producer.lost(cause)
    (stream,) = world.hub.streams.awake
    assert (stream.end, stream.run.cause) == (4, kept)


def test_a_second_body_is_the_next_run() -> None:
    world = World()
    for text in (b"one\n", b"two\n"):
        producer, _ = body(world)
        producer.received(text)
        answer = producer.complete()
        world.settle()
    assert (answer["run"], answer["from"], answer["to"]) == (2, 4, 8)


@pytest.mark.parametrize(
    ("name", "token", "word"),
    [
        ("../etc", None, "PROTO"),
        ("taken", None, "CONFLICT"),
        ("owned", None, "DENIED"),
        ("ci/a", "viewer-token", "DENIED"),
        ("other", "ci-token", "DENIED"),
    ],
)
def test_what_is_refused_before_a_byte_is_read(name: str, token: str | None, word: str) -> None:
    world = World()
    world.writer("taken")
    world.writer("owned", world.accounts.principals["maker-token"]).end("eof")
    with pytest.raises(Problem) as refused:
        body(world, name, token)
    assert refused.value.word == word


def test_beyond_loopback_a_token_is_needed() -> None:
    world = World()
    with pytest.raises(Problem) as refused:
        BodyProducer(world.hub, FAR, RecordingSink(), "a", None, {})
    assert refused.value.word == "AUTH"


def test_a_body_waits_unread_while_the_store_is_behind() -> None:
    world = World(slow_store=True, not_durable_bytes=1000)
    producer, sink = body(world)
    producer.received(b"x" * 2000)
    assert not sink.reading
    world.settle()
    world.store.finish()
    assert sink.reading
