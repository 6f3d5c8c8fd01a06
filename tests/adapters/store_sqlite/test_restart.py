"""What a store gives back when it is opened again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from adapters.store_sqlite.place import Place
from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed
from hub.core.epochs import RESERVE
from hub.core.ports import Append
from hub.model.chunk import Gap
from hub.model.problem import Problem
from hub.model.run import Run


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_epochs_only_grow(place: Place) -> None:
    first = place.opened
    assert first.epochs_end == first.epoch + RESERVE
    place.restart(now_ms=5)
    assert place.opened.epoch >= first.epochs_end
    end = place.opened.epochs_end + 7_000_000
    place.loop.run(place.store.reserve_epochs(end))
    place.loop.run(place.store.reserve_epochs(5))
    place.restart(now_ms=5)
    assert place.opened.epoch == end
    place.restart(now_ms=1 << 50)
    assert place.opened.epoch == 1 << 50
    place.stop()


def test_streams_come_back_with_all_that_is_known(place: Place) -> None:
    feed = Feed("ci/build")
    place.append(feed.chunk(b"one\ntwo"), feed.gap(5))
    before = feed.record()
    (record,) = place.restart()
    assert record == msgspec.structs.replace(before, runs=record.runs, gaps=(Gap(7, 12, "producer_skip"),))
    assert [(run.number, run.meta) for run in record.runs] == [(1, {"n": 1})]
    assert place.text("ci/build") == b"one\ntwo?????"
    place.append(feed.chunk(b"three"))
    assert place.text("ci/build") == b"one\ntwo?????three"
    place.stop()


def with_runs(feed: Feed, *runs: Run) -> Append:
    return Append(msgspec.structs.replace(feed.record(), runs=runs), [])


def test_all_runs_come_back_in_their_order(place: Place) -> None:
    feed = Feed("a")
    place.append(with_runs(feed, Run(1, 0, 10)))
    place.append(with_runs(feed, Run(1, 0, 10, end=3, cause="end")))
    place.append(with_runs(feed, Run(2, 3, 20)))
    place.append(with_runs(feed, Run(2, 3, 20, end=3), Run(3, 3, 30, end=3), Run(4, 3, 40)))
    place.append(with_runs(feed, Run(4, 3, 40, status="exit:0", end=9)))
    (record,) = place.restart()
    assert [(run.number, run.end, run.cause, run.status) for run in record.runs] == [
        (1, 3, "end", None),
        (2, 3, None, None),
        (3, 3, None, None),
        (4, 9, None, "exit:0"),
    ]
    place.stop()


def test_only_so_many_runs_are_kept(tmp_path: Path) -> None:
    loop = Loop()
    store = make_store(tmp_path, loop, runs_kept=3)
    store.open(1)
    feed = Feed("a")
    for number in range(1, 10):
        loop.run(store.append([with_runs(feed, Run(number, 0, number))]))
    loop.run(store.close())
    (record,) = make_store(tmp_path, loop).open(1).streams
    assert [run.number for run in record.runs] == [7, 8, 9]


def test_streams_come_in_the_order_of_their_last_runs(place: Place) -> None:
    for name, ordinal in (("b", 5), ("a", 9), ("c", 2)):
        feed = Feed(name)
        feed.ordinal = ordinal
        place.append(feed.chunk(b"x"))
    assert [record.name for record in place.restart()] == ["c", "b", "a"]
    place.stop()


def test_a_stream_without_bytes_comes_back(place: Place) -> None:
    place.append(Append(Feed("empty").record(), []))
    (record,) = place.restart()
    assert (record.name, record.start, record.end) == ("empty", 0, 0)
    assert place.loop.run(place.store.read("empty", 0, 100)) == []
    place.stop()


def test_what_was_stored_already_is_passed_over(place: Place) -> None:
    feed = Feed("a")
    batch = (feed.chunk(b"one\n"), feed.gap(3))
    place.append(*batch)
    place.append(*batch)
    more = feed.chunk(b"two\n")
    place.append(*batch, more)
    assert place.text("a") == b"one\n???two\n"
    place.restart()
    place.append(*batch, more)
    assert place.text("a") == b"one\n???two\n"
    place.stop()


def test_a_deleted_stream_is_gone_after_a_restart(place: Place) -> None:
    place.append(Feed("a").chunk(b"x" * 1000), Feed("b").chunk(b"y"))
    place.loop.run(place.store.delete("a"))
    assert [record.name for record in place.restart()] == ["b"]
    place.stop()


def test_a_new_life_of_a_name_takes_the_place_of_the_old(place: Place) -> None:
    """The hub had forgotten the stream, and the store had failed to."""
    place.append(Feed("a").chunk(b"old and long"))
    again = Feed("a")
    chunk = again.chunk(b"new")
    place.append(chunk._replace(record=msgspec.structs.replace(chunk.record, ordinal=2)))
    assert place.text("a") == b"new"
    (record,) = place.restart()
    assert record.ordinal == 2
    place.stop()


def test_records_stay(place: Place) -> None:
    def kept() -> dict[str, bytes]:
        return dict(place.loop.run(place.store.records("session")))

    def put(key: str, value: bytes | None) -> None:
        place.loop.run(place.store.put("session", {key: value}))

    put("a", b"1")
    put("b", b"2")
    put("a", b"3")
    put("b", None)
    place.loop.run(place.store.put("other", {"a": b"4"}))
    assert kept() == {"a": b"3"}
    place.restart()
    assert kept() == {"a": b"3"}
    place.stop()


def test_small_writes_that_wait_together_keep_their_order(place: Place) -> None:
    """Also against a batch in between: what is deleted after it is gone, what is deleted before it is not."""
    store, loop = place.store, place.loop
    place.append(Feed("a").chunk(b"old"), Feed("b").chunk(b"old"))
    before, after = Feed("a"), Feed("b")
    chunk = before.chunk(b"new")
    work = [
        store.delete("a"),
        store.put("kind", {"key": b"1"}),
        store.append([chunk, after.chunk(b"old more")]),
        store.put("kind", {"key": b"2"}),
        store.delete("b"),
        store.put("kind", {"other": None}),
    ]
    results: list[object] = []
    for each in work:
        Deferred.fromCoroutine(each).addBoth(results.append)
    loop.until(lambda: len(results) == len(work))
    assert results == [None] * len(work)
    assert place.text("a") == b"new"
    assert place.read("b") == []
    assert loop.run(store.records("kind")) == {"key": b"2"}
    place.stop()


def test_a_long_stream_is_read_alike_before_and_after_its_blocks_are_merged(place: Place) -> None:
    feed = Feed("a")
    for number in range(400):
        place.append(feed.chunk(b"line %d\n" % number, at=number, channel="err" if number % 3 else None))
    pieces = place.loop.run(place.store.read("a", 0, 1 << 30))
    place.restart()
    assert place.loop.run(place.store.read("a", 0, 1 << 30)) == pieces
    assert len(pieces) == 400
    for line in (1, 17, 256, 399):
        assert place.loop.run(place.store.seek_line("a", line)) == len(
            b"".join(b"line %d\n" % number for number in range(line))
        )
    assert place.loop.run(place.store.seek_time("a", 200)) == place.loop.run(place.store.seek_line("a", 200))
    place.stop()
    blocks = place.query("SELECT count(*) FROM block")[0][0]
    assert blocks < 60


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"not a database at all, and long enough to be looked at" * 100)
    with pytest.raises(Problem, match="damaged") as raised:
        make_store(tmp_path, Loop()).open(1)
    assert raised.value.word == "STORE"


def test_a_batch_of_many_blocks_is_in_order(place: Place) -> None:
    feed, other = Feed("a"), Feed("b")
    parts = []
    for number in range(60):
        parts.append(feed.chunk(b"%02d\n" % number * 20_000, at=number))
        if number % 10 == 9:
            parts += [feed.gap(7), other.chunk(b"beside\n")]
    place.append(*parts)
    pieces = [piece for part in parts if part.record.name == "a" for piece in part.pieces]
    assert place.read("a") == pieces
    place.restart()
    assert place.read("a") == pieces
    assert place.text("b") == b"beside\n" * 6
    assert place.query("SELECT count(*) FROM block WHERE stream = 1 AND reason IS NULL")[0][0] == 18
    place.stop()


def test_a_read_that_nobody_waits_for_any_more_is_harmless(place: Place) -> None:
    place.append(Feed("a").chunk(b"one"))
    failures: list[Failure] = []
    reading = Deferred.fromCoroutine(place.store.read("a", 0, 100))
    reading.addErrback(failures.append)
    reading.cancel()
    assert failures[0].check(CancelledError)
    assert place.text("a") == b"one"
    place.stop()
    place.loop.drain()
