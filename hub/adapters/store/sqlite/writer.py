"""The one that writes: batches, records and epochs, each call one transaction that is on the disk when it returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import apsw
from twisted.logger import Logger

from hub.adapters.store.sqlite import schema
from hub.adapters.store.sqlite.block import COLUMNS, FULL_LEVEL, TEXT_BYTES, Block, join
from hub.adapters.store.sqlite.breath import Breath
from hub.adapters.store.sqlite.database import (
    checkpoint,
    connect_to_write,
    is_full,
    problem_of,
    settle,
)
from hub.adapters.store.sqlite.entry import Entries, Entry
from hub.adapters.store.sqlite.identity import Identity
from hub.adapters.store.sqlite.patience import Patience
from hub.adapters.store.sqlite.reserve import Reserve
from hub.adapters.store.sqlite.row import CorruptRow, pack_record, pack_run, unpack_record
from hub.core.ports import Append
from hub.model.chunk import Chunk, Gap, Piece, joined
from hub.model.record import StreamRecord
from hub.model.run import Run

T = TypeVar("T")
COMPRESSING = 2
"""Blocks of a batch that are compressed at once."""
PAGE_BYTES = 4096
MERGED_AT_ONCE = 16
"""So many blocks of one level become one of the next."""

_log = Logger(namespace="hub")

_INSERT_BLOCK = f"INSERT INTO block ({COLUMNS}) VALUES ({', '.join('?' * len(Block._fields))})"  # noqa: S608
INSERT_BLOCK_AS = f"INSERT INTO block (id, {COLUMNS}) VALUES (?, {', '.join('?' * len(Block._fields))})"  # noqa: S608
_INSERT_STREAM = (
    "INSERT INTO stream (name, state, anonymous, ordinal, run_ordinal, run_number, start, end, stored, record) "
    "VALUES (?, 0, ?, ?, ?, ?, ?, ?, 0, ?)"
)
_GROW_GAP = "UPDATE block SET end = ?1 WHERE stream = ?2 AND start = ?3 AND end = ?4 AND reason = ?5"
_UPDATE_STREAM = "UPDATE stream SET run_ordinal = ?, run_number = ?, end = ?, stored = ?, record = ? WHERE id = ?"


class Writer:
    """Owns the connection that writes. After anything failed it takes a new one, and never syncs the old one again.

    Not for two threads at once.
    """

    def __init__(self, path: Path, runs_kept: int, reserve_bytes: int = 0) -> None:
        self.path = path
        self.entries = Entries()
        self.stored: dict[bool, int] | None = None
        """Bytes that all streams take, by whether they are anonymous; None until they were added up."""
        self.grown: set[str] = set()
        """Streams that were appended to since retention last looked at them."""
        self.mergeable: dict[str, None] = {}
        """Streams that have many small blocks."""
        self._runs_kept = runs_kept
        self.reserve = Reserve(path.parent, reserve_bytes)
        self._identity = Identity(path)
        self._patience = Patience(time.monotonic)
        self._connection: apsw.Connection | None = None
        self._wal_frames = 0
        self._copied_frames = 0
        # Its threads start when there is more than one large block to be written at once.
        self._compressing = ThreadPoolExecutor(COMPRESSING, "hub-compress")

    @property
    def connection(self) -> apsw.Connection:
        """The connection; opened where there is none, with all that the last one left in the WAL synced anew."""
        if self._connection is None:
            self._identity.connecting()
            connection = connect_to_write(self.path, make=False, busy_ms=self._patience.left_ms)
            try:
                settle(connection, self.path)
                self._identity.connected()
            except BaseException:
                connection.close(True)
                raise
            connection.set_wal_hook(self._committed)
            self._wal_frames = self._copied_frames = 0
            self._connection = connection
        return self._connection

    def transact(self, work: Callable[[apsw.Connection], T], *, durable: bool = True, reserved: bool = True) -> T:
        """Run `work` in one transaction, synced before this returns if `durable`; raise Problem STORE if it failed.

        `reserved`: where the disk is full it is run once more with the room that is held for that.
        """
        try:
            return self._transact(work, durable=durable)
        except (apsw.Error, OSError) as error:
            if not (reserved and is_full(error) and self.reserve.let_go()):
                raise problem_of(error, self.path) from error
            _log.warn("the disk of {path} is full: the room held for that is used", path=self.path.parent)
        try:
            return self._transact(work, durable=durable)
        except (apsw.Error, OSError) as error:
            raise problem_of(error, self.path) from error

    def _transact(self, work: Callable[[apsw.Connection], T], *, durable: bool) -> T:
        self._patience.begin()
        try:
            connection = self.connection
            connection.set_busy_timeout(self._patience.left_ms)
            if not durable:
                # The next synced commit takes it along; after a loss of power it may be as if it had not been.
                connection.pragma("synchronous", "NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
            self._identity.check()
            if not durable:
                connection.pragma("synchronous", "FULL")
        except BaseException as error:
            self._patience.met(error)
            self.drop_connection()
            raise
        return result

    def drop_connection(self) -> None:
        """Let go of the connection, and of all that was known by it."""
        connection, self._connection = self._connection, None
        self.entries.clear()
        self.stored = None
        if connection is not None:
            connection.close(True)

    def append(self, batch: Sequence[Append]) -> None:
        """Make a batch durable; what is stored already is passed over."""
        self._hold_reserve()
        self.transact(lambda connection: self._append(connection, batch), reserved=False)

    def _hold_reserve(self) -> None:
        """Raise Problem STORE where only the room is left that is held for a full disk."""
        try:
            if self.reserve.hold():
                return
            self._patience.begin()
            if self.connection.pragma("freelist_count") * PAGE_BYTES < self.reserve.size:
                raise apsw.FullError("only the reserve is left")
        except (apsw.Error, OSError) as error:
            self._patience.met(error)
            raise problem_of(error, self.path) from error

    def _append(self, connection: apsw.Connection, batch: Sequence[Append]) -> None:
        blocks: list[Block] = []
        breath = Breath()
        # A stream may come several times: its pieces are joined as if it had come once.
        for name, appends in groupby(sorted(batch, key=lambda each: each.record.name), lambda each: each.record.name):
            parts = list(appends)
            entry = self._entry(connection, parts[-1].record)
            self._append_stream(connection, entry, parts, blocks)
            self.grown.add(name)
            breath.take()
        for block in blocks:
            connection.execute(_INSERT_BLOCK, block)
            breath.take()

    def _append_stream(
        self, connection: apsw.Connection, entry: Entry, parts: Sequence[Append], blocks: list[Block]
    ) -> None:
        record = parts[-1].record
        begins = {run.start for part in parts for run in part.record.runs}
        new = _new_pieces([piece for part in parts for piece in part.pieces], entry.end, begins)
        size = 0
        if new and _grow_gap(connection, entry, new[0], begins):
            entry.end = new.pop(0).end
        if new:
            entry.gap = new[-1] if isinstance(new[-1], Gap) else None
            lines = next((piece.first_line for piece in new if isinstance(piece, Chunk)), record.lines)
            run_all = self._compressing.map if new[-1].end - new[0].offset > TEXT_BYTES else map
            for block in join(entry.id, new, lines, record.last_at or record.run.began_at, run_all=run_all):
                blocks.append(block)
                size += block.size
                self.count(entry, block)
            entry.end = new[-1].end
            entry.stored += size
            self.add_stored(entry.anonymous, size)
            if entry.oldest_at is None:
                first = blocks[-1] if size == 0 else next(each for each in blocks if each.stream == entry.id)
                entry.oldest_at = first.min_at if first.max_at is None else first.max_at
                connection.execute("UPDATE stream SET oldest_at = ? WHERE id = ?", (entry.oldest_at, entry.id))
        self._put_runs(connection, entry, [run for part in parts for run in part.record.runs])
        last = record.run
        connection.execute(
            _UPDATE_STREAM, (last.ordinal, last.number, entry.end, entry.stored, pack_record(record), entry.id)
        )
        entry.run_number = last.number

    def _entry(self, connection: apsw.Connection, record: StreamRecord) -> Entry:
        entry = self.entries.find(connection, record.name)
        if entry is not None and entry.ordinal != record.ordinal:
            # A former life of the name, which the hub could not have deleted before now.
            self._bury(connection, entry)
            entry = None
        if entry is None:
            run = record.run
            row = (record.name, record.anonymous, record.ordinal, run.ordinal, run.number, record.start, record.start)
            connection.execute(_INSERT_STREAM, (*row, b""))
            number = connection.last_insert_rowid()
            found = (number, record.ordinal, run.number, record.start, record.start, 0, None)
            entry = Entry(record.name, record.anonymous, found)
            self.entries.add(entry)
        return entry

    def _put_runs(self, connection: apsw.Connection, entry: Entry, runs: Sequence[Run]) -> None:
        """Put all changed runs but the last beside the record, and the one that was the last before."""
        last = runs[-1].number
        older = {run.number: run for run in runs if run.number != last}
        if last > entry.run_number and entry.run_number not in older:
            packed = connection.execute("SELECT record FROM stream WHERE id = ?", (entry.id,)).get
            try:
                older[entry.run_number] = unpack_record(packed).run
            except CorruptRow:
                older.pop(entry.run_number, None)
        if not older:
            return
        rows = [(entry.id, number, pack_run(run)) for number, run in older.items()]
        connection.executemany("INSERT OR REPLACE INTO run VALUES (?, ?, ?)", rows)
        connection.execute("DELETE FROM run WHERE stream = ? AND number <= ?", (entry.id, last - self._runs_kept))

    def count(self, entry: Entry, block: Block) -> None:
        """Take note of a block: enough small ones are to be merged."""
        if block.level != FULL_LEVEL:
            entry.small[block.level] = entry.small.get(block.level, 0) + 1
            if entry.small[block.level] >= MERGED_AT_ONCE:
                self.mergeable[entry.name] = None

    def add_stored(self, anonymous: bool, size: int) -> None:
        """Count bytes that came, or went."""
        if self.stored is not None:
            self.stored[anonymous] += size

    def delete(self, connection: apsw.Connection, name: str) -> None:
        """Forget a stream, in a transaction of the caller's; its blocks are taken away bit by bit later."""
        entry = self.entries.find(connection, name)
        if entry is not None:
            self._bury(connection, entry)

    def _bury(self, connection: apsw.Connection, entry: Entry) -> None:
        connection.execute("UPDATE stream SET state = ? WHERE id = ?", (schema.DELETED, entry.id))
        self.add_stored(entry.anonymous, -entry.stored)
        self.entries.forget(entry.name)

    @property
    def wal_bytes(self) -> int:
        """What was written since the WAL was last copied to the file."""
        return max(self._wal_frames - self._copied_frames, 0) * PAGE_BYTES

    def _committed(self, connection: apsw.Connection, database: str, frames: int) -> int:
        if frames < self._wal_frames:
            self._copied_frames = 0
        self._wal_frames = frames
        return apsw.SQLITE_OK

    def checkpoint(self) -> None:
        """Copy to the file what no reader of the WAL holds back; raise Problem STORE where that fails."""
        self._patience.begin()
        try:
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except (apsw.Error, OSError) as error:
            self._patience.met(error)
            self.drop_connection()
            raise problem_of(error, self.path) from error
        self._copied_frames = self._wal_frames

    def close(self) -> None:
        """Copy the WAL, and let go of the file whether that worked or not."""
        try:
            if self._connection is not None:
                checkpoint(self._connection)
        except (apsw.Error, OSError) as error:
            raise problem_of(error, self.path) from error
        finally:
            self.drop_connection()
            self._compressing.shutdown()


def put_records(connection: apsw.Connection, kind: str, values: Mapping[str, bytes | None]) -> None:
    """Keep or forget small records, in a transaction of the caller's."""
    for key, value in values.items():
        if value is None:
            connection.execute("DELETE FROM record WHERE kind = ? AND key = ?", (kind, key))
        else:
            connection.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (kind, key, value))


def reserve_epochs(connection: apsw.Connection, end: int) -> None:
    """Take note, in a transaction of the caller's, that epochs below `end` may have been given out."""
    sql = "INSERT INTO fact VALUES ('epochs_end', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"
    connection.execute(sql, (end,))


def _grow_gap(connection: apsw.Connection, entry: Entry, piece: Piece, begins: Set[int]) -> bool:
    """Let the stream's last gap be longer by a piece that goes on with it; no run may begin between them."""
    one = joined(entry.gap, piece) if entry.gap is not None and piece.offset not in begins else None
    if entry.gap is None or one is None:
        return False
    connection.execute(_GROW_GAP, (one.end, entry.id, *entry.gap))
    if not connection.changes():
        return False
    entry.gap = one
    return True


def _new_pieces(pieces: Sequence[Piece], end: int, begins: Set[int]) -> list[Piece]:
    """Return the pieces past `end`, contiguous from there; gaps that touch are one, unless a run begins between."""
    new: list[Piece] = []
    for piece in pieces:
        if piece.end <= end:
            continue
        if piece.offset > end:
            new.append(Gap(end, piece.offset, "store_loss"))
        elif piece.offset < end:
            piece = piece.cut(end, piece.end) if isinstance(piece, Chunk) else piece._replace(offset=end)
        one = joined(new[-1], piece) if new and piece.offset not in begins else None
        if one is None:
            new.append(piece)
        else:
            new[-1] = one
        end = piece.end
    return new
