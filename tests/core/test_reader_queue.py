"""The reader queue at its edges; the stateful test beside this one has the rest."""

from __future__ import annotations

import pytest

from fakes.world import World
from hub.core.delivery import Item, Live, Place, RunBegan, RunEnded
from hub.core.reader import Reader
from hub.core.subscription import Subscription
from hub.model.begin import END, START, Begin
from hub.model.chunk import Chunk, Gap
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role
from hub.model.problem import Problem

ADMIN = Principal("admin", Role.ADMIN)


def reader_of(world: World, window: int = 0) -> Reader:
    def refuse(problem: Problem) -> None:
        raise problem

    return Reader(world.hub, ADMIN, lambda: None, refuse, window)


def subscribe(reader: Reader, world: World, pattern: str, begin: Begin = START, *, skip: bool = False) -> None:
    number = len(reader.subscriptions)
    ordinal = world.hub.streams.ordinal
    reader.subscribe(Subscription(f"{number}", Pattern(pattern), begin, skip, {}, ordinal))


def take(reader: Reader, budget: int = 1 << 20) -> list[str]:
    """Take all there is, in words."""
    words = []
    while told := reader.take(budget):
        words.extend(f"{delivery.alias} {word_of(item)}" for delivery, item in told)
    return words


def word_of(item: Item) -> str:
    if isinstance(item, Chunk):
        return f"{item.offset} {item.data.decode()}"
    if isinstance(item, Gap):
        return f"GAP {item.offset} {item.end} {item.reason}"
    if isinstance(item, Place):
        cut = "" if item.truncate is None else f" truncate {item.truncate}"
        return f"STREAM {item.cursor.offset} run {item.run} {item.state}{cut}"
    if isinstance(item, Live):
        return f"LIVE {item.offset}"
    if isinstance(item, RunBegan):
        return f"RUN {item.run.number} {item.run.start}"
    assert isinstance(item, RunEnded)
    return f"END {item.offset} run {item.run.number}"


def test_history_then_live_without_a_seam() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n", b"two\n")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    assert take(reader, 1) == ["1 STREAM 0 run 1 live", "1 0 one\n", "1 4 two\n", "1 LIVE 8"]
    writer.append(b"three", 0)
    writer.end("eof")
    assert take(reader) == ["1 8 three", "1 END 13 run 1"]


def test_runs_are_told_between_their_bytes_in_history_as_they_were_live() -> None:
    world = World()
    live = reader_of(world)
    subscribe(live, world, "a")
    for text in (b"x", b"", b"y"):
        writer = world.writer("a")
        if text:
            world.write(writer, text)
        writer.end("eof")
    past = reader_of(world)
    subscribe(past, world, "a")
    expected = ["0 x", "END 1 run 1", "RUN 2 1", "END 1 run 2", "RUN 3 1", "1 y", "END 2 run 3"]
    assert [word[2:] for word in take(live) if "LIVE" not in word][1:] == expected
    assert [word[2:] for word in take(past) if "LIVE" not in word][1:] == expected


def test_a_run_that_ended_while_a_skipping_reader_was_emptied_is_told() -> None:
    world = World(reader_queue_bytes=300)
    quiet, busy = world.stream_of("quiet", b"q"), world.stream_of("busy", b"b")
    reader = reader_of(world)
    subscribe(reader, world, "**", END, skip=True)
    take(reader)
    quiet.end("eof")
    busy.append(b"x" * 400, 0)
    assert world.hub.counters.queues_emptied == 1
    assert take(reader) == ["2 END 1 run 1", "1 GAP 1 401 lag", "1 LIVE 401"]


def test_a_skipping_reader_over_its_bound_is_moved_to_the_end_and_told() -> None:
    world = World(reader_queue_bytes=300)
    writer = world.stream_of("a", b"first")
    reader = reader_of(world)
    subscribe(reader, world, "a", skip=True)
    take(reader)
    for _ in range(5):
        writer.append(b"x" * 200, 0)
    assert take(reader)[:2] == ["1 GAP 5 1005 lag", "1 LIVE 1005"]
    assert reader.queue.bytes == 0


def test_a_waiting_reader_over_its_bound_is_served_from_the_tail() -> None:
    world = World(reader_queue_bytes=300)
    writer = world.stream_of("a", b"first")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    take(reader)
    for number in range(5):
        writer.append(b"%d" % number * 100, 0)
    assert not writer.stream.live, "it is out of the fan-out"
    words = take(reader)
    assert [word.split()[2][:1] for word in words[:5]] == ["0", "1", "2", "3", "4"]
    assert words[5] == "1 LIVE 505"
    assert writer.stream.live, "it is back in the fan-out"


def test_a_reader_behind_the_tail_is_served_from_the_store_in_slices() -> None:
    world = World(tail_stream_bytes=600, catch_up_slice_bytes=200)
    world.stream_of("a", *[b"%02d" % number * 50 for number in range(20)])
    reader = reader_of(world)
    subscribe(reader, world, "a")
    words = []
    for _ in range(30):
        words.extend(take(reader))
        world.settle()
    chunks = [word for word in words if "STREAM" not in word and "LIVE" not in word]
    assert [int(word.split()[2][:2]) for word in chunks] == list(range(20))
    assert world.hub.catch_up.slices >= 8


def test_the_longest_queues_are_emptied_when_all_together_are_over_their_bound() -> None:
    world = World(reader_queues_bytes=2000, reader_queue_bytes=10_000)
    writer, other = world.stream_of("a", b"-"), world.stream_of("b", b"-")
    long, short = reader_of(world), reader_of(world)
    subscribe(long, world, "a", END)
    subscribe(short, world, "b", END)
    take(long), take(short)
    other.append(b"y" * 100, 0)
    for _ in range(10):
        writer.append(b"x" * 200, 0)
    assert world.hub.queue_memory.bytes <= 2000 * 9 // 10 + 264
    assert short.queue.bytes == 164
    assert take(short) == ["1 1 " + "y" * 100]
    assert "".join(word.split()[2] for word in take(long) if "LIVE" not in word) == "x" * 2000


def test_a_window_holds_data_until_enough_is_acknowledged() -> None:
    world = World()
    world.stream_of("a", b"x" * 60, b"y" * 60)
    reader = reader_of(world, window=100)
    subscribe(reader, world, "a")
    assert [word[:6] for word in take(reader)] == ["1 STRE", "1 0 xx"]
    world.writer("b")
    subscribe(reader, world, "b")
    assert take(reader) == ["2 STREAM 0 run 1 live"], "places need no window"
    reader.acknowledge(1, 19)
    assert take(reader) == []
    reader.acknowledge(1, 20)
    assert [word[:7] for word in take(reader)] == ["1 60 yy", "1 LIVE ", "2 LIVE "]
    assert reader.queue.in_flight == 100


def test_one_chunk_larger_than_the_window_may_be_in_flight() -> None:
    world = World()
    world.stream_of("a", b"x" * 500, b"y")
    reader = reader_of(world, window=100)
    subscribe(reader, world, "a")
    assert len(take(reader)) == 2
    assert take(reader) == []
    reader.acknowledge(1, 500)
    assert len(take(reader)) == 2


def test_leaving_a_subscription_frees_its_part_of_the_window() -> None:
    world = World()
    world.stream_of("a", b"x" * 100)
    world.stream_of("b", b"y" * 100)
    reader = reader_of(world, window=100)
    subscribe(reader, world, "a")
    subscribe(reader, world, "b")
    assert sum("xx" in word or "yy" in word for word in take(reader)) == 1
    reader.unsubscribe("0")
    assert [word.split()[2][:2] for word in take(reader) if "LIVE" not in word] == ["yy"]
    reader.unsubscribe("1")
    assert reader.queue.in_flight == 0


@pytest.mark.parametrize("offset", [4, 1 << 40])
def test_an_acknowledgement_past_what_was_sent_is_refused(offset: int) -> None:
    world = World()
    world.stream_of("a", b"one")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    take(reader)
    reader.acknowledge(1, 3)
    reader.acknowledge(99, offset)
    with pytest.raises(Problem) as refused:
        reader.acknowledge(1, offset)
    assert refused.value.word == "PROTO"


def test_an_overlapping_subscription_repeats_the_alias_where_it_stays() -> None:
    world = World()
    writer = world.stream_of("a", b"one")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    take(reader)
    writer.append(b"two", 0)
    subscribe(reader, world, "**", END)
    assert take(reader) == ["1 STREAM 3 run 1 live", "1 3 two"]
    reader.unsubscribe("0")
    writer.append(b"three", 0)
    assert take(reader) == ["1 6 three"]


def test_a_cursor_that_is_ahead_is_told_to_truncate() -> None:
    world = World()
    world.stream_of("a", b"one")
    reader = reader_of(world)
    epoch = world.hub.epochs.current
    subscribe(reader, world, "a", Begin("cursor", cursor=Cursor(epoch, 90)))
    assert take(reader)[0] == "1 STREAM 3 run 1 live truncate 90"
    assert world.hub.counters.truncations == 1


def test_a_gap_is_told_where_history_is_no_longer_kept() -> None:
    world = World(tail_stream_bytes=600, memory_store_stream_bytes=2000)
    world.stream_of("a", *[b"x" * 100] * 40)
    reader = reader_of(world)
    subscribe(reader, world, "a", Begin("cursor", cursor=Cursor(world.hub.epochs.current, 0)))
    words = take(reader)
    world.settle()
    words += take(reader)
    start = world.hub.streams.get("a").start  # type: ignore[union-attr]
    assert words[1] == f"1 GAP 0 {start} retention"
    assert words[2].startswith(f"1 {start} x")


def test_a_store_that_fails_to_read_is_asked_again() -> None:
    world = World(tail_stream_bytes=600)
    world.stream_of("a", *[b"x" * 100] * 20)
    world.store.fail_next(OSError("disk"))
    reader = reader_of(world)
    subscribe(reader, world, "a")
    take(reader)
    world.settle()
    assert take(reader) == []
    assert [what for what, _ in world.failures.take()] == ["while reading the past"]
    world.pass_seconds(2)
    assert take(reader)[0].startswith("1 0 x")


@pytest.mark.parametrize("error", [Problem("STORE", "away"), OSError("disk")])
def test_a_store_that_fails_to_seek_is_asked_again(error: Exception) -> None:
    world = World(tail_stream_bytes=600)
    world.stream_of("a", *[b"x" * 99 + b"\n"] * 20)
    world.store.fail_next(error)
    reader = reader_of(world)
    subscribe(reader, world, "**", Begin("lines", 15))
    assert take(reader) == []
    assert [what for what, _ in world.failures.take()] == ["while looking for a place in the past"]
    world.pass_seconds(2)
    assert take(reader)[0] == "1 STREAM 500 run 1 live"


def test_what_retention_takes_while_it_is_read_is_no_loss_of_the_store() -> None:
    world = World(tail_stream_bytes=600)
    world.stream_of("a", *[b"x" * 100] * 10)
    world.store.slow = True
    reader = reader_of(world)
    subscribe(reader, world, "a")
    take(reader)
    world.settle()
    assert world.store.waiting == 1, "the slice is asked for"
    world.hub.streams.trimmed("a", 500)
    world.run_inner(world.memory.delete("a"))
    world.store.finish()
    assert take(reader)[0] == "1 GAP 0 500 retention"


def test_in_history_too_a_run_that_begins_with_a_gap_begins_after_the_end_of_the_one_before() -> None:
    world = World()
    world.stream_of("a", b"one\n").end("eof")
    writer = world.writer("a")
    writer.lose(10, "producer_skip")
    world.write(writer, b"two\n")
    reader = reader_of(world)
    subscribe(reader, world, "a")
    words = take(reader)
    assert [word.split()[1] for word in words[1:6]] == ["0", "END", "RUN", "GAP", "10"], words
