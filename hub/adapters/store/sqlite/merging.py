"""Joining small blocks: sixteen of one level become one of the next, so that streams that trickle cost little."""

from __future__ import annotations

import time
from collections.abc import Sequence

import apsw

from hub.adapters.store.sqlite.block import COLUMNS, TEXT_BYTES, Block, CorruptBlock, decode, join
from hub.adapters.store.sqlite.breath import Breath
from hub.adapters.store.sqlite.entry import Entry
from hub.adapters.store.sqlite.writer import INSERT_BLOCK_AS, MERGED_AT_ONCE, Writer
from hub.model.chunk import Chunk

STEP_SECONDS = 0.01
LONG_STEP_SECONDS = 0.03
_MANY = 100
"""Streams that wait to be merged, from which on a step may take longer than a batch should wait."""
_LOOKED_AT = 4 * MERGED_AT_ONCE
_LAST = (
    "SELECT id, level, start, end, reason IS NOT NULL FROM block INDEXED BY block_place "
    "WHERE stream = ? ORDER BY start DESC LIMIT ?"
)
_READ = f"SELECT {COLUMNS} FROM block WHERE id = ?"  # noqa: S608


def merge_next(writer: Writer) -> bool:
    """Merge blocks of some streams, not synced by itself; return whether there was anything to do.

    What cannot be read stays as it is: it is passed over until as many blocks have come after it.
    """
    if not writer.mergeable:
        return False
    writer.transact(lambda connection: _merge_some(connection, writer), durable=False, reserved=False)
    return True


def _merge_some(connection: apsw.Connection, writer: Writer) -> None:
    seconds = STEP_SECONDS if len(writer.mergeable) < _MANY else LONG_STEP_SECONDS
    end = time.monotonic() + seconds
    breath = Breath()
    while writer.mergeable and time.monotonic() < end:
        name = next(iter(writer.mergeable))
        del writer.mergeable[name]
        _merge(connection, writer, name)
        breath.take()


def _merge(connection: apsw.Connection, writer: Writer, name: str) -> None:
    entry = writer.entries.find(connection, name)
    if entry is None:
        return
    for level in sorted(entry.small):
        if entry.small[level] < MERGED_AT_ONCE:
            continue
        entry.small[level] = 0
        _merge_level(connection, writer, entry, level)


def _merge_level(connection: apsw.Connection, writer: Writer, entry: Entry, level: int) -> None:
    ids: list[int] = []
    chunks: list[Chunk] = []
    size = 0
    for block_id in _last_of_level(connection, entry.id, level):
        block = Block(*connection.execute(_READ, (block_id,)).get)
        try:
            more = decode(block)
        except CorruptBlock:
            ids, chunks, size = [], [], 0
            continue
        ids.append(block_id)
        chunks += more
        size += block.size
    if len(ids) < 2:
        return
    merged = list(join(entry.id, chunks, 0, 0, level + 1))
    connection.executemany("DELETE FROM block WHERE id = ?", [(each,) for each in ids])
    connection.executemany(INSERT_BLOCK_AS, [(block_id, *block) for block_id, block in zip(ids, merged, strict=False)])
    grown = sum(block.size for block in merged) - size
    entry.stored += grown
    writer.add_stored(entry.anonymous, grown)
    connection.execute("UPDATE stream SET stored = ? WHERE id = ?", (entry.stored, entry.id))
    for block in merged:
        writer.count(entry, block)


def _last_of_level(connection: apsw.Connection, stream: int, level: int) -> Sequence[int]:
    """Return the ids of the last blocks of one level that follow each other, oldest first, of one block's text."""
    ids: list[int] = []
    size, start = 0, -1
    for block_id, its_level, low, high, is_gap in connection.execute(_LAST, (stream, _LOOKED_AT)):
        if its_level < level and not is_gap:
            continue
        if its_level != level or is_gap or (ids and high != start) or size + high - low > 2 * TEXT_BYTES:
            break
        ids.append(block_id)
        size += high - low
        start = low
    ids.reverse()
    return ids
