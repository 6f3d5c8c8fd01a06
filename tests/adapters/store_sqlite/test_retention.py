"""What is dropped when there is too much, and what never is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed
from hub.adapters.store.sqlite import retention
from hub.adapters.store.sqlite.database import connect_to_read
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.retention import SLICE_BLOCKS, Retention
from hub.adapters.store.sqlite.writer import Writer
from hub.model.chunk import Chunk, Gap
from hub.model.pattern import Pattern
from hub.model.retention import Policy, Rule

DAY = 86_400_000
NOW = 100 * DAY
BLOCK = 10_000


class Kept:
    """The writing side without its thread: swept when a test says so."""

    def __init__(self, directory: Path) -> None:
        self.store = make_store(directory, Loop())
        self.store.open(1)
        self.writer = Writer(self.store.path, 1000)
        self.feeds: dict[str, Feed] = {}
        self.trimmed: dict[str, int] = {}

    def add(self, name: str, *, at: int = NOW, blocks: int = 1, anonymous: bool = False) -> None:
        """Append noise, which takes on the disk what it is."""
        feed = self.feeds.setdefault(name, Feed(name, anonymous=anonymous))
        for _ in range(blocks):
            self.writer.append([feed.chunk(random.Random(feed.end).randbytes(BLOCK), at=at)])

    def sweep(self, now: int = NOW, **policy: Any) -> dict[str, int]:
        """Drop what is to go; return where the streams begin."""
        walk = Retention(self.writer, Policy(**policy), self.trimmed.__setitem__)
        for _ in walk.sweep(now):
            pass
        rows = self.writer.connection.execute("SELECT name, start FROM stream WHERE state = 0").fetchall()
        starts = {str(name): start for name, start in rows}
        assert {name: start for name, start in starts.items() if start} == self.trimmed
        return {name: int(start) // BLOCK for name, start in starts.items() if isinstance(start, int)}

    def stored(self) -> int:
        return int(str(self.writer.connection.execute("SELECT sum(size) FROM block").get))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    kept.writer.close()


def test_without_bounds_all_is_kept(kept: Kept) -> None:
    kept.add("a", at=1, blocks=20)
    assert kept.sweep() == {"a": 0}


def test_what_is_too_old_goes(kept: Kept) -> None:
    for day in range(10):
        kept.add("a", at=NOW - (9 - day) * DAY)
    kept.add("old", at=NOW - 50 * DAY)
    assert kept.sweep(seconds=3 * 86_400) == {"a": 6, "old": 1}
    assert kept.sweep(NOW + 2 * DAY, seconds=3 * 86_400) == {"a": 8, "old": 1}


def test_many_blocks_go_in_slices(kept: Kept) -> None:
    kept.add("a", at=1, blocks=SLICE_BLOCKS * 2 + 5)
    kept.add("a", at=NOW)
    assert kept.sweep(seconds=60) == {"a": SLICE_BLOCKS * 2 + 5}


def test_a_stream_over_its_bound_loses_its_oldest(kept: Kept) -> None:
    kept.add("a", blocks=10)
    kept.add("b", blocks=2)
    assert kept.sweep(stream_bytes=4 * BLOCK) == {"a": 7, "b": 0}


def test_one_block_of_a_stream_stays_however_low_the_bound(kept: Kept) -> None:
    kept.add("a", blocks=3)
    assert kept.sweep(stream_bytes=1) == {"a": 2}


def test_over_the_total_the_oldest_of_all_go(kept: Kept) -> None:
    for day in range(5):
        kept.add("a", at=NOW + 2 * day)
        kept.add("b", at=NOW + 2 * day + 1)
    assert kept.sweep(total_bytes=5 * BLOCK) == {"a": 3, "b": 3}
    assert kept.stored() <= 5 * BLOCK


def test_anonymous_streams_go_first_and_have_a_bound_of_their_own(kept: Kept) -> None:
    kept.add("mine", at=1, blocks=4)
    kept.add("anon", at=NOW, blocks=4, anonymous=True)
    assert kept.sweep(anonymous_bytes=3 * BLOCK) == {"mine": 0, "anon": 2}
    assert kept.sweep(total_bytes=5 * BLOCK) == {"mine": 0, "anon": 4}
    assert kept.sweep(total_bytes=3 * BLOCK) == {"mine": 2, "anon": 4}


def test_pinned_streams_stay_whole(kept: Kept) -> None:
    kept.add("keep/a", at=1, blocks=5)
    kept.add("b", at=NOW, blocks=5)
    pinned = (Pattern("keep/*"),)
    assert kept.sweep(seconds=60, stream_bytes=1, total_bytes=6 * BLOCK, pinned=pinned) == {"keep/a": 0, "b": 5}


def test_a_rule_speaks_for_the_streams_that_it_matches(kept: Kept) -> None:
    for name in ("ci/a", "ci/b", "other"):
        kept.add(name, at=NOW - 5 * DAY, blocks=3)
        kept.add(name, at=NOW, blocks=3)
    rules = (Rule(Pattern("ci/a"), seconds=0), Rule(Pattern("ci/*"), seconds=86_400, stream_bytes=2 * BLOCK + 1000))
    assert kept.sweep(seconds=10 * 86_400, rules=rules) == {"ci/a": 0, "ci/b": 4, "other": 0}


def test_what_was_dropped_is_said_to_readers_and_the_rest_is_read(kept: Kept) -> None:
    kept.add("a", blocks=5)
    kept.sweep(stream_bytes=3 * BLOCK)
    reading = Reading(connect_to_read(kept.store.path))
    gap, chunk, *_ = reading.read("a", 5, 1 << 20)
    assert gap == Gap(5, 3 * BLOCK, "retention")
    assert isinstance(chunk, Chunk)
    assert chunk.offset == 3 * BLOCK
    reading.close()


def test_a_stream_of_which_all_is_gone_is_still_there_and_goes_on(kept: Kept) -> None:
    kept.add("a", at=1, blocks=3)
    kept.sweep(seconds=60)
    kept.writer.close()
    (record,) = kept.store.open(1).streams
    assert (record.start, record.end, record.received) == (3 * BLOCK,) * 3
    kept.add("a")
    assert kept.sweep(seconds=60) == {"a": 3}
    assert kept.sweep(NOW + DAY, seconds=60) == {"a": 4}


def test_a_deleted_stream_leaves_nothing_behind(kept: Kept) -> None:
    kept.add("a", blocks=3 * SLICE_BLOCKS)
    kept.add("b")
    kept.writer.transact(lambda connection: kept.writer.delete(connection, "a"))
    assert kept.sweep() == {"b": 0}

    def rows(table: str) -> object:
        return kept.writer.connection.execute(f"SELECT count(*) FROM {table}").get

    assert (rows("block"), rows("stream"), rows("run")) == (1, 1, 0)


def test_the_bytes_are_counted_alike_by_all(kept: Kept) -> None:
    for number in range(70):
        kept.add(f"s{number % 3}", at=number)
    kept.sweep(total_bytes=20 * BLOCK)
    rows = kept.writer.connection.execute("SELECT sum(stored), (SELECT sum(size) FROM block) FROM stream").fetchone()
    assert rows is not None
    assert rows[0] == rows[1] == sum((kept.writer.stored or {}).values())


def test_many_pinned_streams_do_not_hide_what_may_go(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_ROWS", 4)
    for number in range(20):
        kept.add(f"keep/{number}", at=number)
    kept.add("a", at=NOW, blocks=3)
    starts = kept.sweep(total_bytes=21 * BLOCK, pinned=(Pattern("keep/*"),))
    assert starts.pop("a") == 3
    assert set(starts.values()) == {0}
