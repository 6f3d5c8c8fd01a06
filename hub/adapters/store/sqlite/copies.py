"""Copies of the file: a backup while a hub runs, a compact one in its place, and plain files of what streams hold."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec

from hub.adapters.store.sqlite import schema
from hub.adapters.store.sqlite.block import COLUMNS
from hub.adapters.store.sqlite.database import FILE_NAME, checkpoint, connect_to_write, is_full, problem_of
from hub.adapters.store.sqlite.inspection import look_into
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.row import CorruptRow, whole_record
from hub.model.chunk import Chunk
from hub.model.pattern import Pattern
from hub.model.problem import Problem

_PAGES_AT_ONCE = 1024
_READ_BYTES = 1 << 20
# Enough for a thousand restarts after a backup.
_MORE_EPOCHS = "UPDATE fact SET value = value + 1000000000 WHERE key = 'epochs_end'"
_STREAMS = "SELECT id, name, start, record FROM stream WHERE state = 0 ORDER BY name"
# Blocks whose stream's row is lost keep its id from being given to another one.
_ORPHANS = (
    "INSERT INTO stream (id, name, state, anonymous, ordinal, run_ordinal, run_number, start, end, stored, record) "
    "SELECT stream, '(lost)', 2, 0, 0, 0, 0, min(start), max(end), sum(size), zeroblob(0) FROM block "
    "WHERE stream NOT IN (SELECT id FROM stream) GROUP BY stream"
)


class Exported(NamedTuple):
    """One stream that was written out."""

    name: str
    bytes: int
    missing: int
    """Bytes that its gaps stand for, what retention dropped at its begin left out."""


class Compacted(NamedTuple):
    """What became of the file."""

    before: int
    after: int
    set_aside: Path | None
    """The former file, where it was damaged: what could be read of it is in the new one."""
    lost: int
    """Rows that could not be read."""


def backup(directory: Path, target: Path) -> Iterator[tuple[int, int]]:
    """Copy the file as it is at one moment to `target`, which must not exist; yield pages done and pages in all.

    A hub may go on writing meanwhile. The copy is whole and synced once it has its name.
    """
    partial = target.with_name(target.name + ".partial")
    source = look_into(directory)
    try:
        if target.exists():
            raise Problem("STORE", f"{target} is there already; a backup overwrites nothing")
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        # Held for the whole copy: it is of one moment, and begins anew for no write of the hub.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM fact").fetchall()
        copy = apsw.Connection(str(partial))
        with copy.backup("main", source, "main") as copying:
            while not copying.done:
                copying.step(_PAGES_AT_ONCE)
                yield copying.page_count - copying.remaining, copying.page_count
        # A hub that begins with the copy must not give out epochs that the original has given out since.
        copy.execute(_MORE_EPOCHS)
        # One file alone, without a WAL beside it.
        copy.pragma("journal_mode", "delete")
        copy.close()
        _rename(partial, target)
    except (apsw.Error, OSError) as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise _backup_problem(error, directory / FILE_NAME, target) from error
    finally:
        source.close(True)


def _backup_problem(error: apsw.Error | OSError, source: Path, target: Path) -> Problem:
    """Return what an error says to who makes a backup: of the hub's file only where it is about that."""
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError, apsw.BusyError, apsw.LockedError)):
        return problem_of(error, source)
    if is_full(error):
        return Problem("STORE", f"{target} cannot be written: the disk of {target.parent} is full; name another one")
    why = error.strerror if isinstance(error, OSError) else str(error)
    return Problem("STORE", f"{target} cannot be written: {why}; name a file in a directory that you may write to")


def compact(directory: Path) -> Compacted:
    """Write the file anew without what is free in it; the caller holds the data directory.

    A damaged file is set aside, and the new one holds all that can be read of it.
    """
    path = directory / FILE_NAME
    look_into(directory).close()
    new = path.with_name(path.name + ".new")
    before = path.stat().st_size
    lost, set_aside = 0, None
    try:
        new.unlink(missing_ok=True)
        connection = connect_to_write(path)
        try:
            checkpoint(connection)
            connection.execute("VACUUM INTO ?", (str(new),))
        except apsw.CorruptError:
            new.unlink(missing_ok=True)
            lost = _salvage(connection, new)
            set_aside = _free_name(path)
        finally:
            connection.close(True)
        os.chmod(new, 0o600)
        if set_aside is not None:
            os.link(path, set_aside)
            wal = path.with_name(path.name + "-wal")
            if wal.exists():
                wal.replace(set_aside.with_name(set_aside.name + "-wal"))
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        _rename(new, path)
    except (apsw.Error, OSError) as error:
        raise problem_of(error, path) from error
    return Compacted(before, path.stat().st_size, set_aside, lost)


def export(directory: Path, patterns: Sequence[Pattern], target: Path) -> Iterator[Exported]:
    """Write each stream that matches to `target/NAME/@output`, and all that is known of it beside, as JSON."""
    path = directory / FILE_NAME
    connection = look_into(directory)
    reading = Reading(connection)
    try:
        rows: list[Any] = connection.execute(_STREAMS).fetchall()
        for number, name, start, packed in rows:
            if not any(pattern.matches(name) for pattern in patterns):
                continue
            # No segment of a name can hold an @, so no stream's file is another's folder.
            folder = target / name
            folder.mkdir(parents=True, exist_ok=True)
            size, gaps = _write_output(reading, name, start, folder / "@output")
            _write_record(connection, (number, start, packed), gaps, folder / "@stream.json")
            yield Exported(name, size, sum(gap["end"] - gap["offset"] for gap in gaps))
    except (apsw.Error, OSError) as error:
        raise problem_of(error, path) from error
    finally:
        reading.close()


def _write_output(reading: Reading, name: str, offset: int, path: Path) -> tuple[int, list[dict[str, Any]]]:
    size = 0
    gaps: list[dict[str, Any]] = []
    with path.open("wb") as file:
        while pieces := reading.read(name, offset, _READ_BYTES):
            for piece in pieces:
                if isinstance(piece, Chunk):
                    size += file.write(piece.data)
                else:
                    gaps.append(piece._asdict())
            offset = pieces[-1].end
    return size, gaps


def _write_record(
    connection: apsw.Connection, row: tuple[int, int, bytes], gaps: list[dict[str, Any]], path: Path
) -> None:
    try:
        record = whole_record(connection, *row, gaps=0)
    except CorruptRow as error:
        path.write_text(json.dumps({"error": f"the record cannot be read: {error}", "gaps": gaps}, indent=2) + "\n")
        return
    known = {field: getattr(record, field) for field in record.__struct_fields__}
    known["runs"] = [{field: getattr(run, field) for field in run.__struct_fields__} for run in record.runs]
    known["epochs"] = [each._asdict() for each in record.epochs]
    known["gaps"] = gaps
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n")


def _salvage(source: apsw.Connection, new: Path) -> int:
    """Copy row by row what can be read to a new file; return how many rows could not."""
    target = apsw.Connection(str(new))
    schema.prepare(target, str(new))
    lost = 0
    with target:
        for table in ("fact", "record", "run"):
            lost += _copy_table(source, target, table)
        lost += _copy_rows(
            source,
            target,
            "stream",
            "id, name, state, anonymous, ordinal, run_ordinal, run_number, start, end, stored, oldest_at, record",
        )
        lost += _copy_rows(source, target, "block", f"id, {COLUMNS}")
        target.execute(_ORPHANS)
        # The last epoch may be among what is lost.
        target.execute("INSERT OR IGNORE INTO fact VALUES ('epochs_end', ?)", (time.time_ns() // 1_000_000,))
        target.execute(_MORE_EPOCHS)
    target.pragma("journal_mode", "delete")
    target.close()
    return lost


def _copy_table(source: apsw.Connection, target: apsw.Connection, table: str) -> int:
    """Copy a table from its begin, and where that cannot be read to the end, from its end as well."""
    for lost, order in enumerate(("", "ORDER BY 1 DESC, 2 DESC")):
        try:
            for row in source.execute(f"SELECT * FROM {table} {order}"):  # noqa: S608
                target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        except (apsw.CorruptError, apsw.IOError):
            continue
        return lost
    return 1


def _copy_rows(source: apsw.Connection, target: apsw.Connection, table: str, columns: str) -> int:
    """Copy a table by its ids, one by one: what cannot be read is passed over, and what comes after it is not."""
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({', '.join('?' * len(columns.split(',')))})"  # noqa: S608
    lost = 0
    for number in range(1, _last_id(source, table) + 1):
        try:
            row = source.execute(f"SELECT {columns} FROM {table} WHERE id = ?", (number,)).fetchone()  # noqa: S608
        except (apsw.CorruptError, apsw.IOError):
            lost += 1
            continue
        if row is not None:
            try:
                target.execute(insert, row)
            except apsw.ConstraintError:
                lost += 1
    return lost


def _last_id(source: apsw.Connection, table: str) -> int:
    """Return the largest id that may be there; by an index where the end of the table cannot be read."""
    highest = 0
    for order in ("INDEXED BY block_place" if table == "block" else "", "NOT INDEXED"):
        try:
            for (number,) in source.execute(f"SELECT id FROM {table} {order}"):  # noqa: S608
                highest = max(highest, int(str(number)))
        except (apsw.CorruptError, apsw.IOError):
            continue
    return highest


def _free_name(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return found


def _rename(path: Path, target: Path) -> None:
    """Give a file its name once it and then the name are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
