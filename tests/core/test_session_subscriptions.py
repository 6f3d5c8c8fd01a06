"""What a session keeps of its subscriptions while nobody is attached."""

from __future__ import annotations

from core.test_reader_queue import reader_of, subscribe, take
from fakes.world import World
from hub.core.reader import Reader
from hub.core.subscription import Subscription
from hub.model.begin import END, START, Begin
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern
from hub.model.principal import ANONYMOUS


def come_back(world: World, kept: list[Subscription]) -> Reader:
    reader = reader_of(world)
    for subscription in kept:
        reader.subscribe(subscription)
    return reader


def test_cursors_move_by_acknowledgement_only() -> None:
    world = World()
    world.stream_of("a", b"one\n", b"two\n")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    assert take(reader)[-1] == "1 LIVE 8"
    reader.acknowledge(1, 4)
    reader = come_back(world, reader.close())
    assert take(reader)[:2] == ["1 STREAM 4 run 1 live", "1 4 two\n"]
    reader = come_back(world, reader.close())
    assert take(reader)[0] == "1 STREAM 4 run 1 live", "nothing was acknowledged meanwhile"


def test_without_an_acknowledgement_it_goes_on_where_the_subscription_began() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    reader = reader_of(world)
    subscribe(reader, world, "a", END)
    world.write(writer, b"two\n")
    take(reader)
    assert take(come_back(world, reader.close()))[:2] == ["1 STREAM 4 run 1 live", "1 4 two\n"]


def test_streams_that_appeared_meanwhile_begin_at_their_first_byte() -> None:
    world = World()
    reader = reader_of(world)
    subscribe(reader, world, "**", END)
    kept = reader.close()
    world.stream_of("a", b"one\n").end("eof")
    assert take(come_back(world, kept))[:2] == ["1 STREAM 0 run 1 ended", "1 0 one\n"]


def test_streams_that_had_ended_before_stay_excluded_until_their_next_run() -> None:
    world = World()
    world.stream_of("old", b"past\n").end("eof")
    reader = reader_of(world)
    subscribe(reader, world, "**", END)
    assert take(reader) == []
    kept = reader.close()
    reader = come_back(world, kept)
    assert take(reader) == []
    kept = reader.close()
    world.stream_of("old", b"new\n")
    words = take(come_back(world, kept))
    assert words == ["1 STREAM 5 run 2 live", "1 5 new\n", "1 LIVE 9"]


def test_a_truncate_that_was_not_acknowledged_is_told_again() -> None:
    world = World()
    world.stream_of("a", b"one")
    reader = reader_of(world)
    subscribe(reader, world, "a", Begin("cursor", cursor=Cursor(world.hub.epochs.current - 1, 90)))
    assert take(reader)[0] == "1 STREAM 0 run 1 live truncate 90"
    reader = come_back(world, reader.close())
    assert take(reader)[0] == "1 STREAM 0 run 1 live truncate 90"
    reader.acknowledge(1, 0)
    reader = come_back(world, reader.close())
    assert take(reader)[0] == "1 STREAM 0 run 1 live"


def test_a_cursor_for_a_stream_that_is_not_there_waits() -> None:
    world = World()
    reader = reader_of(world)
    subscribe(reader, world, "a", Begin("cursor", cursor=Cursor(world.hub.epochs.current, 2)))
    reader = come_back(world, reader.close())
    world.stream_of("a", b"one")
    assert take(reader)[0] == "1 STREAM 0 run 1 live truncate 2", "judged when it appeared, at its end then"


def test_a_stream_whose_place_was_still_looked_for_is_not_lost() -> None:
    world = World(tail_stream_bytes=600)
    writer = world.stream_of("a", *[b"x" * 99 + b"\n"] * 20)
    world.store.slow = True
    reader = reader_of(world)
    subscribe(reader, world, "**", Begin("lines", 15))
    kept = reader.close()
    writer.end("eof")
    reader = come_back(world, kept)
    world.store.finish()
    assert take(reader)[0] == "1 STREAM 500 run 1 ended"


def test_more_streams_than_a_new_subscription_may_take_come_back_all_the_same() -> None:
    world = World(subscription_streams=2)
    reader = reader_of(world)
    subscribe(reader, world, "**", END)
    for name in "abc":
        world.stream_of(name, b"x")
    assert sum("STREAM" in word for word in take(reader)) == 3
    assert sum("STREAM" in word for word in take(come_back(world, reader.close()))) == 3


def test_a_principal_sees_its_own_patterns_only() -> None:
    world = World()
    ci = world.accounts.principals["ci-token"]
    reader = Reader(world.hub, ci, lambda: None, lambda problem: None)
    reader.subscribe(Subscription("1", Pattern("**"), START, False, {}, 0))
    world.stream_of("ci/a", b"mine")
    world.stream_of("secret", b"not mine", principal=ANONYMOUS)
    assert [word.split()[1] for word in take(reader)] == ["STREAM", "0", "LIVE"]


def test_a_subscription_that_had_to_wait_does_not_overtake_another_one() -> None:
    """Two subscriptions of one stream: the one for a later run must not carry the session past what is owed."""
    world = World()
    writer = world.stream_of("a", b"one\n")
    reader = reader_of(world)
    subscribe(reader, world, "a", Begin("run", 2))
    subscribe(reader, world, "**", END)
    world.write(writer, b"two\n")
    take(reader)
    writer.end("eof")
    kept = reader.close()
    world.write(world.writer("a"), b"three\n")
    assert take(come_back(world, kept))[:2] == ["1 STREAM 4 run 1 live", "1 4 two\n"]
