"""The numbers of all streams in a file, so that they outlive the process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import apsw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FILE_NAME = "numbers.db"
VERSION = 2
STREAMS = 20_000
"""Streams that are kept; those that changed last."""
_TABLE = """
CREATE TABLE IF NOT EXISTS numbers (stream TEXT PRIMARY KEY, at INTEGER NOT NULL, packed BLOB NOT NULL,
    errors INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS numbers_at ON numbers (at);
CREATE INDEX IF NOT EXISTS numbers_errors ON numbers (stream, errors);
"""
_TOO_MANY = "DELETE FROM numbers WHERE rowid IN (SELECT rowid FROM numbers ORDER BY at LIMIT max(0, ? - ?))"


class Shelf:
    """A small SQLite file. It holds nothing that is not in the streams: one that cannot be read is begun anew."""

    def __init__(self, path: Path, most: int = STREAMS) -> None:
        self._path = path
        self._most = most
        try:
            self._connection = self._open()
        except (apsw.NotADBError, apsw.CorruptError):
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                path.with_name(name).unlink(missing_ok=True)
            self._connection = self._open()

    def get(self, stream: str) -> bytes | None:
        """Return what was put of a stream."""
        found = self._connection.execute("SELECT packed FROM numbers WHERE stream = ?", (stream,)).get
        return None if found is None else zstd.decompress(found)

    def put(self, values: Mapping[str, bytes], errors: Mapping[str, int] = MappingProxyType({})) -> None:
        """Keep the numbers of some streams, and how many errors each has, all in one transaction."""
        with self._connection:
            now = time.time_ns() // 1_000_000
            rows = [(name, now, zstd.compress(packed, 1), errors.get(name)) for name, packed in values.items()]
            self._connection.executemany("INSERT OR REPLACE INTO numbers VALUES (?, ?, ?, ?)", rows)
            count = self._connection.execute("SELECT count(*) FROM numbers INDEXED BY numbers_at").get
            self._connection.execute(_TOO_MANY, (count, self._most))

    def errors(self) -> dict[str, int]:
        """Return how many errors the streams have; those that no hub counted in yet are left out."""
        # By the index alone: behind the numbers in a row a column costs as much as they do.
        query = "SELECT stream, errors FROM numbers INDEXED BY numbers_errors WHERE errors IS NOT NULL"
        return dict(self._connection.execute(query))

    def forget(self, stream: str) -> None:
        """Let go of a stream."""
        self._connection.execute("DELETE FROM numbers WHERE stream = ?", (stream,))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _open(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path))
        self._path.chmod(0o600)
        connection.set_busy_timeout(2000)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "normal")
        # A process of a hub that was killed may still write: nothing is changed that is as it should be.
        version = connection.pragma("user_version")
        if version != VERSION:
            with connection:
                if version == 1:
                    connection.execute("ALTER TABLE numbers ADD COLUMN errors INTEGER")
                else:
                    connection.execute("DROP TABLE IF EXISTS numbers")
                connection.execute(_TABLE)
                connection.pragma("user_version", VERSION)
        return connection


def copy_shelf(directory: Path, target: Path) -> None:
    """Copy the file of a data directory, as it is at one moment, to `target`, which must not exist.

    The process may go on writing meanwhile. Raises apsw.Error or OSError; then there is no copy.
    """
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    source = apsw.Connection(str(directory / FILE_NAME), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        source.set_busy_timeout(2000)
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        copy = apsw.Connection(str(partial))
        with copy.backup("main", source, "main") as copying:
            copying.step()
        copy.pragma("journal_mode", "delete")
        copy.close()
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.link(partial, target)
    finally:
        source.close()
        partial.unlink(missing_ok=True)
