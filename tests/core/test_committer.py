"""From streams to the store, and what waits for it."""

from __future__ import annotations

import pytest

from fakes.world import World
from hub.model.problem import Problem


def slow() -> World:
    return World(slow_store=True, not_durable_bytes=2000)


def test_what_was_appended_in_a_turn_is_one_batch() -> None:
    world = World()
    writers = [world.writer(name) for name in "abc"]
    for writer in writers:
        writer.append(b"x", 0)
        writer.append(b"y", 0)
    assert world.store.calls == []
    world.settle()
    assert world.store.calls == ["append"]
    assert [writer.stream.durable for writer in writers] == [2, 2, 2]
    assert world.hub.log.committer.waiting_bytes == 0


def test_one_batch_at_a_time_and_in_order() -> None:
    world = slow()
    writer = world.writer("a")
    for number in range(3):
        writer.append(b"%d" % number, 0)
        world.settle()
    assert world.store.waiting == 1
    world.store.step(), world.store.step()
    assert writer.stream.durable == 1
    world.settle()
    world.store.finish()
    assert writer.stream.durable == 3
    assert world.store.calls == ["append", "append"]


@pytest.mark.parametrize("error", [Problem("STORE", "the disk is full"), OSError("disk")])
def test_a_refused_batch_is_handed_over_again_until_it_is_taken(error: Exception) -> None:
    world = World()
    world.store.fail_next(error, error)
    called: list[int] = []
    writer = world.stream_of("a", b"one")
    committer = world.hub.log.committer
    committer.when_durable(writer.stream, lambda: called.append(writer.stream.durable))
    assert committer.problem is not None
    assert (writer.stream.durable, called, committer.idle) == (0, [], False)
    world.write(writer, b"two")
    world.pass_seconds(3)
    assert (writer.stream.durable, called) == (6, [3])
    assert committer.problem is None
    assert committer.idle
    assert len(world.failures.take()) == (0 if isinstance(error, Problem) else 2)


def test_producers_wait_while_too_much_is_not_durable() -> None:
    world = slow()
    writer = world.writer("a")
    called: list[bool] = []
    committer = world.hub.log.committer
    writer.append(b"x" * 1000, 0)
    world.settle()
    assert not writer.full
    writer.append(b"y" * 1000, 0)
    assert writer.full
    committer.when_free(lambda: called.append(writer.full))
    world.store.finish()
    assert called == [False]
    world.settle()
    world.store.finish()
    assert called == [False], "called once"
    assert committer.waiting_bytes == 0


def test_when_durable_is_at_once_where_all_is() -> None:
    world = slow()
    writer = world.writer("a")
    called: list[str] = []
    world.hub.log.committer.when_durable(writer.stream, lambda: called.append("begun"))
    assert called == [], "the run's begin is not durable yet"
    world.settle()
    world.store.finish()
    world.hub.log.committer.when_durable(writer.stream, lambda: called.append("empty"))
    assert called == ["begun", "empty"]
    called.remove("begun")
    writer.append(b"one", 0)
    world.hub.log.committer.when_durable(writer.stream, lambda: called.append("one"))
    world.settle()
    writer.append(b"two", 0)
    world.hub.log.committer.when_durable(writer.stream, lambda: called.append("two"))
    assert called == ["empty"]
    world.store.step(), world.store.step()
    assert called == ["empty", "one"]
    world.settle()
    world.store.finish()
    assert called == ["empty", "one", "two"]


def test_live_readers_do_not_wait_for_the_store() -> None:
    from core.test_reader_queue import reader_of, subscribe, take

    world = slow()
    writer = world.writer("a")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    writer.append(b"one", 0)
    assert take(reader)[-2:] == ["1 0 one", "1 LIVE 3"]
    assert writer.stream.durable == 0
