"""`Store` on SQLite, as the hub sees it: everything that waits for the disk is in threads of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import apsw
from twisted.logger import Logger

from hub.adapters.store.sqlite import schema
from hub.adapters.store.sqlite.counting import count
from hub.adapters.store.sqlite.database import (
    FILE_NAME,
    connect_to_read,
    connect_to_write,
    is_full,
    problem_of,
    settle,
)
from hub.adapters.store.sqlite.grouping import Grouping
from hub.adapters.store.sqlite.housekeeping import Housekeeping
from hub.adapters.store.sqlite.patient_clock import PatientClock
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.row import CorruptRow, is_sealed, whole_record
from hub.adapters.store.sqlite.searching import Searching
from hub.adapters.store.sqlite.trouble import Trouble
from hub.adapters.store.sqlite.worker import CallInReactor, Worker
from hub.adapters.store.sqlite.writer import Writer, put_records, reserve_epochs
from hub.core.epochs import RESERVE
from hub.core.ports import Append, Opened
from hub.core.scan import Part, Scanned, Wanted
from hub.model.buckets import Buckets, Counted
from hub.model.chunk import Gap, Piece
from hub.model.problem import Problem
from hub.model.record import StreamRecord
from hub.model.retention import Policy

T = TypeVar("T")
READERS = 2
PACE_SECONDS = 0.025
LONGEST_PACE_SECONDS = 0.25
PAUSE_PER_WORK = 10
"""Many streams that trickle are left to gather longer: a batch costs by its streams more than by its bytes."""
_ALL = "SELECT id, start, record FROM stream WHERE state = 0 ORDER BY run_ordinal"
_WITH_GAPS = "SELECT DISTINCT stream FROM block INDEXED BY block_gap WHERE reason IS NOT NULL"
_log = Logger(namespace="hub")


class SqliteStore:
    """Streams in one file, `DIR/hub.db`. One thread writes, two read, processes search.

    None of these run and no file is open between `open` and the first call after it: the process may fork there.
    """

    durability = "fsync"

    def __init__(
        self,
        directory: Path,
        *,
        call_in_reactor: CallInReactor,
        policy: Policy | None = None,
        runs_kept: int = 1000,
        gaps_told: int = 1000,
        reserve_bytes: int = 0,
        search_processes: int = 2,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self.path = directory / FILE_NAME
        self.pace_seconds = PACE_SECONDS
        self.trimmed: Callable[[str, int], None] = lambda stream, start: None
        self._call_in_reactor = call_in_reactor
        self._gaps_told = gaps_told
        self._writer = Writer(self.path, runs_kept, reserve_bytes)
        self._house = Housekeeping(self._writer, policy or Policy(), self._was_trimmed, now_ms or PatientClock())
        self._writing = Worker("hub-store", call_in_reactor, idle=self._house.step, close=self._writer.close)
        self._small = Grouping(self._writer, self._writing, call_in_reactor)
        self._append_trouble, self._read_trouble = Trouble("take output"), Trouble("read")
        self._local = threading.local()
        self._reading = Worker("hub-read", call_in_reactor, threads=READERS, close=self._close_reading)
        self._searching = Searching(self.path, call_in_reactor, search_processes)

    def open(self, now_ms: int) -> Opened:
        """Open the file, or make it; raise Problem STORE when it cannot be used.

        A disk that is full is no reason while room is held for that: then all is there but no output is taken.
        """
        reserve = self._writer.reserve
        try:
            try:
                epoch = _prepare(self.path, now_ms)
            except (apsw.Error, OSError) as error:
                if not (is_full(error) and reserve.let_go()):
                    raise
                _log.warn("the disk of {path} is full: no output is taken until some is free", path=self.path.parent)
                epoch = _prepare(self.path, now_ms)
            reserve.hold()
        except (apsw.Error, OSError) as error:
            raise problem_of(error, self.path) from error
        return Opened(epoch, epoch + RESERVE, _records(self.path, self._gaps_told))

    def start(self) -> None:
        """Begin to keep house: what is too old goes even while nobody writes."""
        self._writing.start()

    async def append(self, batch: Sequence[Append]) -> None:
        """Make a batch durable."""
        self._small.separate()
        try:
            seconds = await self._writing.do(lambda: self._timed_append(batch))
        except Problem as problem:
            self._append_trouble.met(problem)
            raise
        self._append_trouble.over()
        self.pace_seconds = min(max(seconds * PAUSE_PER_WORK, PACE_SECONDS), LONGEST_PACE_SECONDS)

    async def reserve_epochs(self, end: int) -> None:
        """Make it durable that epochs below `end` may have been given out."""
        await self._small.do(lambda connection: reserve_epochs(connection, end))

    async def read(self, stream: str, offset: int, max_bytes: int, *, sure: bool = True) -> Sequence[Piece]:
        """Return contiguous pieces from `offset` on."""
        return await self._read(lambda reading: reading.read(stream, offset, max_bytes, sure=sure))

    async def first_gap(self, stream: str, start: int, end: int) -> Gap | None:
        """Return the first recorded gap that touches the offsets from `start` to `end`."""
        return await self._read(lambda reading: reading.first_gap(stream, start, end))

    async def seek_line(self, stream: str, line: int) -> int | None:
        """Return the offset after a stream's `line`-th LF."""
        return await self._read(lambda reading: reading.seek_line(stream, line))

    async def seek_time(self, stream: str, at: int) -> int | None:
        """Return the offset of the first chunk received at or after `at`."""
        return await self._read(lambda reading: reading.seek_time(stream, at))

    async def count(self, stream: str, buckets: Buckets) -> Counted:
        """Return by time of receipt what is kept of a stream."""
        return await self._read(lambda reading: count(reading.connection, stream, buckets))

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        """Search parts of streams in a process beside the hub, where that is worth its start."""
        return await self._searching.scan(parts, wanted) if self._searching.is_worth(parts) else None

    async def delete(self, stream: str) -> None:
        """Forget a stream."""
        await self._small.do(lambda connection: self._writer.delete(connection, stream))

    async def put(self, kind: str, values: Mapping[str, bytes | None]) -> None:
        """Keep small records durably, all in one transaction."""
        await self._small.do(lambda connection: put_records(connection, kind, values))

    async def records(self, kind: str) -> Mapping[str, bytes]:
        """Return all records of a kind."""
        return await self._read(lambda reading: reading.records(kind))

    async def close(self) -> None:
        """Finish what was asked for, copy the WAL, and let go of the file."""
        await self._searching.stop()
        await self._reading.stop()
        try:
            await self._writing.stop()
        except Problem as problem:
            # All that was acknowledged is in the WAL, which the next hub reads.
            _log.error("the store could not be closed: {problem}", problem=problem)

    def _timed_append(self, batch: Sequence[Append]) -> float:
        began = time.thread_time()
        self._writer.append(batch)
        return time.thread_time() - began

    async def _read(self, work: Callable[[Reading], T]) -> T:
        try:
            result = await self._reading.do(lambda: self._with_reading(work))
        except Problem as problem:
            self._read_trouble.met(problem)
            raise
        self._read_trouble.over()
        return result

    def _with_reading(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on this thread's connection; one that failed is let go of."""
        try:
            if getattr(self._local, "reading", None) is None:
                self._local.reading = Reading(connect_to_read(self.path))
            return work(self._local.reading)
        except (apsw.Error, OSError) as error:
            self._close_reading()
            raise problem_of(error, self.path) from error
        except BaseException:
            self._close_reading()
            raise

    def _close_reading(self) -> None:
        reading = getattr(self._local, "reading", None)
        self._local.reading = None
        if reading is not None:
            reading.close()

    def _was_trimmed(self, name: str, start: int) -> None:
        self._call_in_reactor(lambda: self.trimmed(name, start))


def _prepare(path: Path, now_ms: int) -> int:
    """Bring the file into the state in which a hub writes to it; return the epoch of this start."""
    connection = connect_to_write(path)
    try:
        schema.prepare(connection, str(path))
        # A sync of it may have failed at the end of an earlier hub.
        settle(connection, path)
        with connection:
            epoch = _next_epoch(connection, now_ms)
            _set_aside_damaged(connection)
    finally:
        connection.close(True)
    return epoch


def _next_epoch(connection: apsw.Connection, now_ms: int) -> int:
    """Return the epoch of this start, and make it known that it and a reserve above it are given out."""
    last = connection.execute("SELECT value FROM fact WHERE key = 'epochs_end'").get
    epoch = max(now_ms, 0 if last is None else int(last))
    connection.execute("INSERT OR REPLACE INTO fact VALUES ('epochs_end', ?)", (epoch + RESERVE,))
    return epoch


def _set_aside_damaged(connection: apsw.Connection) -> None:
    """Take a stream out of the way whose record cannot be read: its name can be used again, and its bytes stay."""
    rows = connection.execute("SELECT id, name, record FROM stream WHERE state = 0")
    damaged = [(number, name) for number, name, packed in rows if not is_sealed(packed)]
    for number, name in damaged:
        _log.error("the record of stream {name} is damaged: it is set aside, see hub store verify", name=name)
        connection.execute("UPDATE stream SET state = ? WHERE id = ?", (schema.DAMAGED, number))


def _records(path: Path, gaps: int) -> Iterator[StreamRecord]:
    """Yield all streams, those with the oldest last run first."""
    try:
        connection = connect_to_read(path)
        try:
            with_gaps = {stream for (stream,) in connection.execute(_WITH_GAPS)}
            for number, start, packed in connection.execute(_ALL):
                yield whole_record(connection, number, start, packed, gaps=gaps if number in with_gaps else 0)
        finally:
            connection.close(True)
    except (apsw.Error, OSError) as error:
        raise problem_of(error, path) from error
    except CorruptRow as error:
        raise Problem("STORE", f"{path} changed while it was opened ({error}); end what else uses it") from error
