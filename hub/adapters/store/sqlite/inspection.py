"""Looking at the file from outside of a hub, also while one runs: what is in it, and whether all of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from hub.adapters.store.sqlite import schema
from hub.adapters.store.sqlite.block import COLUMNS, Block, CorruptBlock, decode
from hub.adapters.store.sqlite.database import FILE_NAME, connect_to_read, problem_of
from hub.adapters.store.sqlite.row import CorruptRow, unpack_record, unpack_run
from hub.model.problem import Problem

_AT_ONCE = 64
_STREAMS = (
    "SELECT count(*), coalesce(sum(anonymous), 0), coalesce(sum(stored), 0), coalesce(sum(end - start), 0), "
    "min(oldest_at) FROM stream WHERE state = ?"
)
_BLOCKS = (
    "SELECT count(*), count(reason), coalesce(sum(size), 0), "
    "coalesce(sum(CASE WHEN reason IS NULL THEN end - start END), 0), max(max_at) "
    "FROM block INDEXED BY block_place"
)


class Damage(NamedTuple):
    """Something that cannot be read as it was written."""

    stream: str
    start: int
    end: int
    what: str


class Checked(NamedTuple):
    """How far a check of the whole file has come, and what it found on the last step."""

    blocks: int
    of_blocks: int
    bytes: int
    damage: list[Damage]


def look_into(directory: Path) -> apsw.Connection:
    """Return a connection to the file of a data directory, which may be in use; raise Problem STORE."""
    path = directory / FILE_NAME
    if not path.is_file():
        raise Problem("STORE", f"there is no {path}: no hub has kept anything there; name its directory by --data-dir")
    try:
        connection = connect_to_read(path)
        schema.check(connection, str(path))
    except apsw.Error as error:
        raise problem_of(error, path) from error
    return connection


def describe(directory: Path) -> dict[str, Any]:
    """Return what is in the file, in numbers; raise Problem STORE."""
    path = directory / FILE_NAME
    connection = look_into(directory)
    try:
        streams = _row(connection, _STREAMS, schema.LIVE)
        blocks = _row(connection, _BLOCKS)
        pages = [_row(connection, f"PRAGMA {each}")[0] for each in ("page_size", "freelist_count")]
        wal = path.with_name(path.name + "-wal")
        return {
            "file": str(path),
            "format": _row(connection, "PRAGMA user_version")[0],
            "file_bytes": path.stat().st_size,
            "wal_bytes": wal.stat().st_size if wal.exists() else 0,
            "free_bytes": pages[0] * pages[1],
            "streams": streams[0],
            "anonymous_streams": streams[1],
            "deleted_streams": _row(connection, _STREAMS, schema.DELETED)[0],
            "damaged_streams": _row(connection, _STREAMS, schema.DAMAGED)[0],
            "runs": streams[0] + _row(connection, "SELECT count(*) FROM run")[0],
            "blocks": blocks[0] - blocks[1],
            "gaps": blocks[1],
            "text_bytes": blocks[3],
            "stored_bytes": blocks[2],
            "oldest_at": streams[4],
            "newest_at": blocks[4],
        }
    except apsw.Error as error:
        raise problem_of(error, path) from error
    finally:
        connection.close()


def verify(directory: Path) -> Iterator[Checked]:
    """Read all, and yield how far it has come; what is damaged is told, and nothing is changed."""
    path = directory / FILE_NAME
    connection = look_into(directory)
    try:
        names = {number: str(name) for number, name in connection.execute("SELECT id, name FROM stream")}
        total = _row(connection, "SELECT count(*) FROM block INDEXED BY block_place")[0]
        yield Checked(0, total, 0, [*_structure(connection), *_records(connection)])
        yield from _blocks(connection, names, total)
        yield Checked(total, total, 0, list(_holes(connection)))
    except apsw.Error as error:
        raise problem_of(error, path) from error
    finally:
        connection.close()


def _structure(connection: apsw.Connection) -> Iterator[Damage]:
    try:
        for (text,) in connection.execute("PRAGMA quick_check(100)"):
            if text != "ok":
                yield Damage("", 0, 0, str(text))
    except apsw.CorruptError as error:
        yield Damage("", 0, 0, str(error))


def _records(connection: apsw.Connection) -> Iterator[Damage]:
    for name, state, packed in connection.execute("SELECT name, state, record FROM stream WHERE state != 1"):
        try:
            unpack_record(packed)
        except CorruptRow as error:
            aside = ", set aside" if state == schema.DAMAGED else ""
            yield Damage(str(name), 0, 0, f"record: {error}{aside}")
    sql = "SELECT stream.name, run.number, run.packed FROM run JOIN stream ON stream.id = run.stream"
    for name, number, packed in connection.execute(sql):
        try:
            unpack_run(packed)
        except CorruptRow as error:
            yield Damage(str(name), 0, 0, f"run {number}: {error}")


def _blocks(connection: apsw.Connection, names: dict[int, str], total: int) -> Iterator[Checked]:
    """Read all blocks, some at a time: a hub that runs is not held up, and may change what was looked at already."""
    last: int = 0
    count, size = 0, 0
    page = "SELECT id, stream, start, end FROM block WHERE id > ? ORDER BY id LIMIT ?"
    while rows := _rows(connection, page, last, _AT_ONCE):
        damage: list[Damage] = []
        for number, stream, start, end in rows:
            try:
                size += _read(connection, number)
            except (CorruptBlock, apsw.CorruptError, apsw.IOError) as error:
                damage.append(Damage(names.get(stream, f"(stream {stream})"), start, end, f"block: {error}"))
        count += len(rows)
        last = rows[-1][0]
        yield Checked(min(count, total), total, size, damage)


def _read(connection: apsw.Connection, number: int) -> int:
    row = connection.execute(f"SELECT {COLUMNS} FROM block WHERE id = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        return 0  # merged or dropped by a hub that runs
    block = Block(*row)
    return 0 if block.reason is not None else sum(len(chunk.data) for chunk in decode(block))


def _holes(connection: apsw.Connection) -> Iterator[Damage]:
    """Yield what should be there between the blocks of each stream, and is not."""
    streams = connection.execute("SELECT id FROM stream WHERE state = 0").fetchall()
    place = "SELECT start, end FROM block INDEXED BY block_place WHERE stream = ? ORDER BY start"
    for (number,) in streams:
        # One transaction a stream: its end and its blocks are of one moment.
        with connection:
            row = connection.execute("SELECT name, start, end FROM stream WHERE id = ?", (number,)).fetchone()
            if row is None:
                continue
            name, position, stream_end = row
            for start, end in connection.execute(place, (number,)):
                if start != position:
                    yield Damage(str(name), position, start, "blocks do not follow each other")
                position = end
            if position != stream_end:
                yield Damage(str(name), position, stream_end, "the last blocks are missing")


def _row(connection: apsw.Connection, sql: str, *bindings: Any) -> tuple[Any, ...]:
    """Return the one row of a query that always has one."""
    (row,) = _rows(connection, sql, *bindings)
    return row


def _rows(connection: apsw.Connection, sql: str, *bindings: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(sql, bindings)]
