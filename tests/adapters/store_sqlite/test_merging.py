"""Small blocks become large ones, and nothing of what they hold changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed, content
from hub.adapters.store.sqlite.block import TEXT_BYTES
from hub.adapters.store.sqlite.database import connect_to_read
from hub.adapters.store.sqlite.merging import merge_next
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.writer import Writer
from hub.model.chunk import Piece


class Trickle:
    """One stream that gets a little at a time."""

    def __init__(self, directory: Path) -> None:
        store = make_store(directory, Loop())
        store.open(1)
        self.writer = Writer(store.path, 1000)
        self.reading = Reading(connect_to_read(store.path))
        self.feed = Feed("a")
        self.pieces: list[Piece] = []

    def add(self, data: bytes, gap: int = 0) -> None:
        batch = [self.feed.chunk(data, at=len(self.pieces), channel="err" if len(self.pieces) % 3 else None)]
        if gap:
            batch.append(self.feed.gap(gap))
        for each in batch:
            self.pieces.extend(each.pieces)
        self.writer.append(batch)

    def merge(self) -> None:
        while merge_next(self.writer):
            pass

    def blocks(self) -> int:
        return int(str(self.writer.connection.execute("SELECT count(*) FROM block").get))

    def read(self) -> list[Piece]:
        return list(self.reading.read("a", 0, 1 << 30))


@pytest.fixture
def trickle(tmp_path: Path) -> Iterator[Trickle]:
    trickle = Trickle(tmp_path)
    yield trickle
    trickle.reading.close()
    trickle.writer.close()


def test_a_thousand_lines_take_few_blocks(trickle: Trickle) -> None:
    for number in range(1000):
        trickle.add(b"line %d\n" % number)
        trickle.merge()
    assert trickle.read() == trickle.pieces
    assert trickle.blocks() < 45


def test_blocks_are_joined_up_to_their_bound(trickle: Trickle) -> None:
    for number in range(100):
        trickle.add(b"%d" % (number % 10) * 20_000)
        trickle.merge()
    assert trickle.read() == trickle.pieces
    assert trickle.blocks() < 30
    (largest,) = trickle.writer.connection.execute("SELECT max(end - start) FROM block")
    assert TEXT_BYTES // 2 <= int(str(largest[0])) <= TEXT_BYTES


def test_gaps_stay_where_they_are(trickle: Trickle) -> None:
    for number in range(200):
        trickle.add(b"line %d\n" % number, gap=5 if number % 40 == 39 else 0)
        trickle.merge()
    assert trickle.read() == trickle.pieces


def test_a_damaged_block_is_left_alone_and_its_neighbours_are_merged(trickle: Trickle) -> None:
    for number in range(15):
        trickle.add(b"line %02d\n" % number)
    trickle.writer.connection.execute("UPDATE block SET crc = crc + 1 WHERE start = 40")
    for number in range(15, 40):
        trickle.add(b"line %02d\n" % number)
        trickle.merge()
    text = content(trickle.read())
    assert text == b"".join(b"?" * 8 if number == 5 else b"line %02d\n" % number for number in range(40))
    assert trickle.blocks() < 30


def test_a_reader_may_read_while_blocks_are_merged(trickle: Trickle) -> None:
    for number in range(100):
        trickle.add(b"line %d\n" % number)
        assert trickle.read() == trickle.pieces
        trickle.merge()
        assert trickle.read() == trickle.pieces


def test_what_streams_take_is_counted_alike_after_a_merge(trickle: Trickle) -> None:
    for number in range(100):
        trickle.add(b"line %d\n" % number)
        trickle.merge()
    row = trickle.writer.connection.execute("SELECT stored, (SELECT sum(size) FROM block) FROM stream").fetchone()
    assert row is not None
    assert row[0] == row[1]
