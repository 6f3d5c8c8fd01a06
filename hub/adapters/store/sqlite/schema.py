"""What is in the file, and how a file of an older hub becomes one of this hub."""

from __future__ import annotations

from collections.abc import Mapping

import apsw

from hub.model.problem import Problem

APPLICATION_ID = 0x48554244
"""Tells a hub's file from any other SQLite file: `HUBD`."""
VERSION = 1
"""Of the schema; kept in the file as its user_version."""

LIVE, DELETED, DAMAGED = 0, 1, 2
"""A stream's state. A deleted one waits until its blocks are taken away; a damaged one has an unreadable record."""

TABLES = """
CREATE TABLE fact (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE record (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key))
    STRICT, WITHOUT ROWID;
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    state INTEGER NOT NULL,
    anonymous INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    run_ordinal INTEGER NOT NULL,
    run_number INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    oldest_at INTEGER,
    record BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX stream_name ON stream (name) WHERE state = 0;
CREATE INDEX stream_oldest ON stream (anonymous, oldest_at) WHERE state = 0 AND oldest_at IS NOT NULL;
CREATE INDEX stream_deleted ON stream (id) WHERE state = 1;
CREATE TABLE run (stream INTEGER NOT NULL, number INTEGER NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (stream, number))
    STRICT, WITHOUT ROWID;
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    level INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    min_at INTEGER NOT NULL,
    max_at INTEGER,
    first_run INTEGER,
    last_run INTEGER,
    reason TEXT,
    codec INTEGER NOT NULL,
    table_bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    size INTEGER NOT NULL,
    data BLOB
) STRICT;
CREATE INDEX block_place ON block (stream, start, end, level, first_line, lines, min_at, max_at, size, reason);
CREATE INDEX block_gap ON block (stream, start, end, reason) WHERE reason IS NOT NULL;
"""
"""Blocks are found by the index alone, which covers all that is asked of many; so those beside one that cannot be read
are found, and a look for a line or a time reads a single block. Ids grow with age: a merged block takes the first's."""

UPGRADES: Mapping[int, str] = {}
"""By the version that it makes: what turns a file of the version before into it."""


def prepare(
    connection: apsw.Connection, place: str, version: int = VERSION, upgrades: Mapping[int, str] = UPGRADES
) -> None:
    """Make the tables in a new file, or bring an older one up to `version`, in one transaction.

    Raise Problem STORE for a file of a newer hub, or of something else: it is left as it is.
    """
    is_new = not any(_number(connection, each) for each in ("user_version", "application_id", "schema_version"))
    found = 0 if is_new else check(connection, place, version)
    if found == version:
        return
    with connection:
        if is_new:
            connection.execute(TABLES)
            connection.pragma("application_id", APPLICATION_ID)
        else:
            for step in range(found + 1, version + 1):
                connection.execute(upgrades[step])
        connection.pragma("user_version", version)


def check(connection: apsw.Connection, place: str, version: int = VERSION) -> int:
    """Return the version of a hub's file; raise Problem STORE where it is none, or a newer hub's."""
    found = _number(connection, "user_version")
    if _number(connection, "application_id") != APPLICATION_ID:
        raise Problem("STORE", f"{place} is an SQLite file, but not a hub's; set data_dir to another directory")
    if found > version:
        raise Problem(
            "STORE",
            f"{place} was written by a newer hub (its format is {found}, this hub knows up to {version}); "
            "run that hub again, or set data_dir to another directory",
        )
    return found


def _number(connection: apsw.Connection, pragma: str) -> int:
    value = connection.pragma(pragma)
    return value if isinstance(value, int) else 0
