"""Connections to the one file, and what went wrong with it in words."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EDQUOT, ELOOP, ENOSPC
from pathlib import Path

import apsw
from twisted.logger import Logger

from hub.model.problem import Problem

_log = Logger(namespace="hub")

FILE_NAME = "hub.db"
BUSY_MS = 2000
"""How long somebody else's lock on the file is waited for."""
WAL_KEPT_BYTES = 64 << 20
"""What the WAL is cut to once it begins anew."""
CACHE_KIB = 16 * 1024
READER_CACHE_KIB = 4 * 1024
_PART_BYTES = 1 << 20


def connect_to_write(path: Path, *, make: bool = True, busy_ms: int = BUSY_MS) -> apsw.Connection:
    """Return a connection that writes and syncs each commit; it leaves checkpoints to be asked for."""
    if make:
        _make(path)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(busy_ms)
    # After a failed sync nothing may be copied on the way out as if it had been synced.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    connection.pragma("cache_size", -CACHE_KIB)
    connection.pragma("mmap_size", 0)
    connection.pragma("journal_size_limit", WAL_KEPT_BYTES)
    connection.wal_autocheckpoint(0)
    return connection


def _make(path: Path) -> None:
    """Make the file where there is none: the WAL and the rest take their mode from it.

    One that is there is not even opened: closing it would take the locks of this process's connections away, unseen
    by them, and whoever looks into the file with another tool would then remove the WAL that they write to.
    """
    if path.is_symlink():
        raise OSError(ELOOP, "it is a link")
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def settle(connection: apsw.Connection, path: Path) -> None:
    """Make sure that all which is in the WAL is on the disk, and copy it to the file where that has room."""
    write_wal_again(connection, path)
    try:
        checkpoint(connection)
    except apsw.FullError:
        # The WAL goes on; it is copied by and by, when there is room.
        _log.debug("no room to copy {path}-wal", path=path)


def write_wal_again(connection: apsw.Connection, path: Path) -> None:
    """Write all of the WAL once more where it is, and sync that.

    What a sync failed for may be nowhere but in memory, and look clean to the system: another sync of it says nothing.
    Raise OSError or apsw.Error where that fails; it may be called again.
    """
    # Nobody else may begin the WAL anew meanwhile.
    connection.execute("BEGIN IMMEDIATE")
    try:
        with path.with_name(path.name + "-wal").open("r+b", buffering=0) as wal:
            while data := wal.read(_PART_BYTES):
                wal.seek(-len(data), os.SEEK_CUR)
                wal.write(data)
            os.fdatasync(wal.fileno())
    finally:
        connection.execute("ROLLBACK")


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


def is_full(error: apsw.Error | OSError) -> bool:
    """Say whether what failed is that the disk has no room."""
    return isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT))


def problem_of(error: apsw.Error | OSError, path: Path) -> Problem:
    """Return what an error of SQLite means to a peer; the text says what to do."""
    if is_full(error):
        text = f"the disk of {path.parent} is full; free some of it, or lower retention.total_bytes"
    elif isinstance(error, (apsw.BusyError, apsw.LockedError)):
        text = f"{path} is locked by another program; end that"
    elif isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
        text = f"{path} is damaged ({error}); stop the hub, look with hub store verify, repair with hub store compact"
    elif isinstance(error, apsw.CantOpenError | FileNotFoundError) and not path.exists():
        text = f"{path} was removed while the hub ran; put it back, or start the hub anew"
    elif isinstance(error, apsw.ReadOnlyError):
        text = f"{path} cannot be written ({error}); see its permissions, or set data_dir to another directory"
    elif isinstance(error, apsw.Error):
        text = f"{path}: {error} (SQLite {getattr(error, 'extendedresult', 0)}); see the disk of data_dir"
    else:
        text = f"{path}: {error.strerror or error}; see the disk of data_dir"
    return Problem("STORE", text, retry_after=1000)
