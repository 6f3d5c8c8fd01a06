"""Whatever is done in whatever order: the store holds what a list would hold."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed, content, one_where_they_touch
from hub.adapters.store.sqlite.database import connect_to_read
from hub.adapters.store.sqlite.merging import merge_next
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.retention import Retention
from hub.adapters.store.sqlite.writer import Writer
from hub.core.ports import Append
from hub.model.chunk import Chunk, Gap, Piece
from hub.model.retention import Policy

NAMES = st.sampled_from(["a", "b", "c/d"])


class StoreMachine(RuleBasedStateMachine):
    """The writing side without its thread, and a list of pieces for each stream."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="hub-store-"))
        self.store = make_store(self.directory, Loop())
        self.epoch = self.store.open(1000).epoch
        self.feeds: dict[str, Feed] = {}
        self.pieces: dict[str, list[Piece]] = {}
        self.starts: dict[str, int] = {}
        self.last: list[Append] = []
        self.ordinal = 0
        self.take()

    def take(self) -> None:
        self.writer = Writer(self.store.path, 1000)
        self.reading = Reading(connect_to_read(self.store.path))

    def teardown(self) -> None:
        self.reading.close()
        self.writer.close()
        shutil.rmtree(self.directory)

    @rule(
        parts=st.lists(
            st.tuples(NAMES, st.binary(min_size=1, max_size=2000) | st.integers(1, 9), st.integers(1, 40)),
            min_size=1,
            max_size=6,
        )
    )
    def append(self, parts: list[tuple[str, bytes | int, int]]) -> None:
        batch: list[Append] = []
        for name, what, times in parts:
            if name not in self.feeds:
                self.ordinal += 1
                self.feeds[name] = Feed(name)
                self.pieces[name], self.starts[name] = [], 0
                self.feeds[name].ordinal = self.ordinal
            feed = self.feeds[name]
            if isinstance(what, int):
                appends = [feed.gap(what)]
            else:
                appends = [feed.chunk(what, at=number) for number in range(times)]
            self.pieces[name] += [piece for each in appends for piece in each.pieces]
            record = msgspec.structs.replace(appends[-1].record, ordinal=feed.ordinal)
            batch.append(Append(record, [piece for each in appends for piece in each.pieces]))
        self.writer.append(batch)
        self.last = batch

    @rule(name=NAMES, data=st.binary(min_size=1, max_size=30), times=st.integers(16, 40))
    def trickle(self, name: str, data: bytes, times: int) -> None:
        for _ in range(times):
            self.append([(name, data, 2)])

    @rule()
    def append_the_same_again(self) -> None:
        if all(each.record.name in self.feeds for each in self.last):
            self.writer.append(self.last)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        self.writer.transact(lambda connection: self.writer.delete(connection, name))
        if self.feeds.pop(name, None) is not None:
            del self.pieces[name], self.starts[name]
            self.last = []

    @rule()
    def merge(self) -> None:
        while merge_next(self.writer):
            pass

    @rule(stream_bytes=st.integers(200, 4000), total=st.booleans())
    def trim(self, stream_bytes: int, total: bool) -> None:
        policy = Policy(total_bytes=stream_bytes) if total else Policy(stream_bytes=stream_bytes)
        for _ in Retention(self.writer, policy, self.starts.__setitem__).sweep(1000):
            pass

    @rule(killed=st.booleans())
    def restart(self, killed: bool) -> None:
        self.reading.close()
        if killed:
            self.writer.drop_connection()
        else:
            self.writer.close()
        opened = self.store.open(1000)
        assert opened.epoch > self.epoch
        self.epoch = opened.epoch
        records = {record.name: record for record in opened.streams}
        assert records.keys() == self.feeds.keys()
        for name, record in records.items():
            feed = self.feeds[name]
            assert (record.start, record.end) == (self.starts[name], feed.end)
            assert (record.lines, record.received) == (feed.lines, feed.received)
            gaps = [piece for piece in self.pieces[name] if isinstance(piece, Gap) and piece.end > record.start]
            assert one_where_they_touch(record.gaps) == one_where_they_touch(gaps)
        self.take()

    @precondition(lambda self: self.feeds)
    @rule(name=NAMES, part=st.floats(0, 1))
    def seek_line(self, name: str, part: float) -> None:
        if name not in self.feeds:
            return
        line = int(part * (self.feeds[name].lines + 1))
        found = self.reading.seek_line(name, line)
        start = self.starts[name]
        ends = [
            piece.offset + index + 1
            for piece in self.pieces[name]
            if isinstance(piece, Chunk)
            for index, byte in enumerate(piece.data)
            if byte == 0x0A
        ]
        if line > self.feeds[name].lines or start == self.feeds[name].end:
            assert found is None
        elif line == 0 or ends[line - 1] <= start:
            assert found == start
        else:
            assert found == ends[line - 1]

    @invariant()
    def all_is_read(self) -> None:
        for name, pieces in self.pieces.items():
            start = self.starts[name]
            kept = [piece for piece in pieces if piece.end > start]
            assert one_where_they_touch(self.reading.read(name, start, 1 << 30)) == one_where_they_touch(kept)
            if start:
                assert content(list(self.reading.read(name, 0, 1 << 30)))[:start] == b"?" * start


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
