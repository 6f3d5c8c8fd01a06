"""Connections to the one file, and what went wrong with it in words."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from hub.model.problem import Problem

FILE_NAME = "hub.db"
BUSY_MS = 2000
"""How long somebody else's lock on the file is waited for."""
WAL_KEPT_BYTES = 64 << 20
"""What the WAL is cut to once it begins anew."""
CACHE_KIB = 16 * 1024
READER_CACHE_KIB = 4 * 1024


def connect_to_write(path: Path) -> apsw.Connection:
    """Return a connection that writes and syncs each commit; it leaves checkpoints to be asked for."""
    # The WAL and the rest take their mode from it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(BUSY_MS)
    # After a failed sync nothing may be copied on the way out as if it had been synced.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    connection.pragma("cache_size", -CACHE_KIB)
    connection.pragma("mmap_size", 0)
    connection.pragma("journal_size_limit", WAL_KEPT_BYTES)
    connection.wal_autocheckpoint(0)
    return connection


def connect_to_read(path: Path) -> apsw.Connection:
    """Return a connection that cannot write."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.pragma("query_only", True)
    connection.pragma("cache_size", -READER_CACHE_KIB)
    connection.pragma("mmap_size", 0)
    return connection


def checkpoint(connection: apsw.Connection) -> None:
    """Copy all of the WAL to the file, synced, and begin the WAL anew unless somebody still reads it."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        frames, copied = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        if copied < frames:
            raise


def problem_of(error: apsw.Error | OSError, path: Path) -> Problem:
    """Return what an error of SQLite means to a peer; the text says what to do."""
    if isinstance(error, apsw.FullError):
        text = f"the disk of {path.parent} is full; free some of it, or lower retention.total_bytes"
    elif isinstance(error, (apsw.BusyError, apsw.LockedError)):
        text = f"{path} is locked by another program; end that"
    elif isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        text = f"{path} is damaged ({error}); stop the hub, look with hub store verify, repair with hub store compact"
    elif isinstance(error, apsw.ReadOnlyError):
        text = f"{path} cannot be written ({error}); see its permissions, or set data_dir to another directory"
    elif isinstance(error, apsw.Error):
        text = f"{path}: {error} (SQLite {getattr(error, 'extendedresult', 0)}); see the disk of data_dir"
    else:
        text = f"{path}: {error.strerror or error}; see the disk of data_dir"
    return Problem("STORE", text, retry_after=1000)
