"""Dropping what is over a bound, a little at a time between the batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import apsw

from hub.adapters.store.sqlite.entry import Entry
from hub.adapters.store.sqlite.writer import Writer
from hub.model.retention import Policy

SLICE_BLOCKS = 32
"""Blocks that are dropped in one transaction."""
_ROWS = 500
_OLDEST = (
    "SELECT id, start, end, max_at, min_at, size FROM block INDEXED BY block_place "
    "WHERE stream = ? ORDER BY start LIMIT ?"
)
_EXPIRED = (
    "SELECT name, oldest_at FROM stream WHERE state = 0 AND anonymous = ? AND oldest_at < ? AND oldest_at >= ? "
    "ORDER BY oldest_at LIMIT ?"
)


class Retention:
    """Walks over what is kept. Each step of `sweep` is short; the streams' records stay whatever goes."""

    def __init__(self, writer: Writer, policy: Policy, trimmed: Callable[[str, int], None]) -> None:
        self._writer = writer
        self._policy = policy
        self._trimmed = trimmed
        self._looked_at_all = False

    def sweep(self, now_ms: int) -> Iterator[None]:
        """Drop what is to go; each step is one transaction, or a look at some rows."""
        yield from self._sweep_deleted()
        yield from self._sweep_ages(now_ms)
        yield from self._sweep_streams()
        yield from self._sweep_total()

    def _sweep_deleted(self) -> Iterator[None]:
        """Take away what is left of deleted streams."""
        while self._writer.transact(_drop_deleted, durable=False):
            yield

    def _sweep_ages(self, now_ms: int) -> Iterator[None]:
        if not self._policy.least_seconds:
            return
        newest = now_ms - self._policy.least_seconds * 1000
        for anonymous in (True, False):
            after = 0
            while True:
                rows = self._expired(anonymous, newest, after)
                yield
                for name, oldest_at in rows:
                    seconds = self._policy.seconds_of(name)
                    limit = now_ms - seconds * 1000
                    if seconds and oldest_at < limit and not self._policy.is_pinned(name):
                        yield from self._drop_older(name, limit)
                if len(rows) < _ROWS or rows[-1][1] == after:
                    break
                after = rows[-1][1]

    def _drop_older(self, name: str, limit: int) -> Iterator[None]:
        while self._drop(name, lambda at, entry: at < limit):
            yield

    def _sweep_streams(self) -> Iterator[None]:
        """Look at the streams that grew, and at the first sweep at all of them: the bounds may be new."""
        least = self._policy.least_bytes
        names, self._writer.grown = self._writer.grown, set()
        if not least:
            return
        if not self._looked_at_all:
            sql = "SELECT name FROM stream WHERE state = 0 AND stored > ?"
            names.update(name for (name,) in self._rows(sql, (least,)))
            self._looked_at_all = True
        for index, name in enumerate(names):
            bound = self._policy.bytes_of(name)
            if bound and not self._policy.is_pinned(name):
                yield from self._drop_over(name, bound)
            if index % 20 == 0:
                yield

    def _drop_over(self, name: str, bound: int) -> Iterator[None]:
        while self._drop(name, lambda at, entry: entry.stored > bound, keep=1):
            yield

    def _sweep_total(self) -> Iterator[None]:
        """Drop the oldest of all: of the anonymous streams first, and these have a bound of their own."""
        policy = self._policy
        if policy.anonymous_bytes:
            yield from self._drop_oldest(True, lambda stored: stored[True] > policy.anonymous_bytes)
        if policy.total_bytes:
            yield from self._drop_oldest(True, lambda stored: sum(stored.values()) > policy.total_bytes)
            yield from self._drop_oldest(False, lambda stored: sum(stored.values()) > policy.total_bytes)

    def _drop_oldest(self, anonymous: bool, is_over: Callable[[dict[bool, int]], bool]) -> Iterator[None]:
        while is_over(self._stored()):
            rows = self._oldest(anonymous)
            if not rows:
                return
            # Some streams at a time, each up to where the next one's oldest begins.
            for (name, _), (_, next_at) in zip(rows, [*rows[1:], rows[-1]], strict=True):
                yield from self._drop_until(name, next_at, is_over)
                if not is_over(self._stored()):
                    return

    def _oldest(self, anonymous: bool) -> list[tuple[str, int]]:
        """Return the streams that are not pinned and have the oldest output."""
        limit = _ROWS
        while True:
            found = self._expired(anonymous, 1 << 62, 0, limit)
            rows = [row for row in found if not self._policy.is_pinned(row[0])]
            if rows or len(found) < limit:
                return rows
            limit *= 4

    def _drop_until(self, name: str, last_at: int, is_over: Callable[[dict[bool, int]], bool]) -> Iterator[None]:
        while self._drop(name, lambda at, entry: at <= last_at and is_over(self._stored())):
            yield

    def _expired(self, anonymous: bool, newest: int, after: int, limit: int = _ROWS) -> list[tuple[str, int]]:
        return [(name, at) for name, at in self._rows(_EXPIRED, (anonymous, newest, after, limit))]

    def _rows(self, sql: str, bindings: tuple[Any, ...]) -> list[Any]:
        return self._writer.transact(lambda connection: connection.execute(sql, bindings).fetchall(), durable=False)

    def _stored(self) -> dict[bool, int]:
        stored = self._writer.stored
        if stored is None:
            sql = "SELECT anonymous, sum(stored) FROM stream WHERE state = 0 GROUP BY anonymous"
            found = {bool(anonymous): int(size) for anonymous, size in self._rows(sql, ())}
            stored = self._writer.stored = {False: 0, True: 0, **found}
        return stored

    def _drop(self, name: str, is_over: Callable[[int, Entry], bool], keep: int = 0) -> bool:
        """Drop the oldest blocks of a stream while they are over a bound; tell whether there may be more of them."""

        def drop(connection: apsw.Connection) -> tuple[int, bool]:
            entry = self._writer.entries.find(connection, name)
            if entry is None:
                return 0, False
            return _drop_first(connection, self._writer, entry, is_over, keep)

        start, more = self._writer.transact(drop, durable=False)
        if start:
            self._trimmed(name, start)
        return more


def _drop_first(
    connection: apsw.Connection, writer: Writer, entry: Entry, is_over: Callable[[int, Entry], bool], keep: int
) -> tuple[int, bool]:
    rows: list[Any] = connection.execute(_OLDEST, (entry.id, SLICE_BLOCKS + 1)).fetchall()
    count = 0
    while count < min(len(rows) - keep, SLICE_BLOCKS):
        _, _, _, max_at, min_at, size = rows[count]
        if not is_over(min_at if max_at is None else max_at, entry):
            break
        entry.stored -= size
        writer.add_stored(entry.anonymous, -size)
        count += 1
    if not count:
        return 0, False
    connection.executemany("DELETE FROM block WHERE id = ?", [row[:1] for row in rows[:count]])
    left = rows[count] if count < len(rows) else None
    entry.start = entry.end if left is None else left[1]
    entry.oldest_at = None if left is None else left[4] if left[3] is None else left[3]
    connection.execute(
        "UPDATE stream SET start = ?, stored = ?, oldest_at = ? WHERE id = ?",
        (entry.start, entry.stored, entry.oldest_at, entry.id),
    )
    return entry.start, count == SLICE_BLOCKS


def _drop_deleted(connection: apsw.Connection) -> bool:
    found = connection.execute("SELECT id FROM stream WHERE state = 1 LIMIT 1").fetchone()
    if found is None:
        return False
    blocks = "SELECT id FROM block INDEXED BY block_place WHERE stream = ? LIMIT ?"
    connection.execute(f"DELETE FROM block WHERE id IN ({blocks})", (*found, SLICE_BLOCKS))  # noqa: S608
    if connection.changes() < SLICE_BLOCKS:
        connection.execute("DELETE FROM run WHERE stream = ?", found)
        connection.execute("DELETE FROM stream WHERE id = ?", found)
    return True
