"""What came when: from the index of the blocks, and only those that lie across a bucket's border are opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import apsw

from hub.adapters.store.sqlite.block import COLUMNS, Arrival, Block, CorruptBlock, arrivals
from hub.adapters.store.sqlite.reading import snapshot
from hub.model.buckets import Buckets, Counted

_WITHIN = "stream = ?1 AND reason IS NULL AND min_at >= ?2 AND max_at < ?3 AND (min_at - ?2) / ?4 = (max_at - ?2) / ?4"
_SUMS = (
    f"SELECT (min_at - ?2) / ?4, sum(lines), sum(end - start) FROM block INDEXED BY block_place "  # noqa: S608
    f"WHERE {_WITHIN} GROUP BY 1"
)
_ACROSS = (
    f"SELECT id, min_at, lines, end - start FROM block INDEXED BY block_place "  # noqa: S608
    f"WHERE stream = ?1 AND reason IS NULL AND max_at >= ?2 AND min_at < ?3 AND NOT ({_WITHIN})"
)
_READ = f"SELECT {COLUMNS} FROM block WHERE id = ?"  # noqa: S608


def count(connection: apsw.Connection, name: str, buckets: Buckets) -> Counted:
    """Return lines and bytes of a stream by the time of their receipt.

    Where times grow, a block lies across at most so many borders as no other does: so no more blocks are opened than
    there are buckets, however long the stream is. One that cannot be read is counted where it begins.
    """
    with snapshot(connection):
        stream = connection.execute("SELECT id, end FROM stream WHERE name = ? AND state = 0", (name,)).fetchone()
        if stream is None:
            return Counted.nothing(buckets)
        number, end = stream
        counted = Counted.nothing(buckets, end)
        asked = (number, buckets.since, buckets.until, buckets.step)
        for index, lines, size in connection.execute(_SUMS, asked):
            counted.lines[index] += lines
            counted.bytes[index] += size
        across: Iterable[tuple[Any, ...]] = connection.execute(_ACROSS, asked).fetchall()
        for block_id, *header in across:
            for arrival in _arrivals(connection, block_id) or [Arrival(*header)]:
                place = buckets.place(arrival.at)
                if place is not None:
                    counted.lines[place] += arrival.lines
                    counted.bytes[place] += arrival.bytes
    return counted


def _arrivals(connection: apsw.Connection, block_id: Any) -> list[Arrival] | None:
    try:
        return arrivals(Block(*connection.execute(_READ, (block_id,)).get))
    except (CorruptBlock, apsw.CorruptError, apsw.IOError):
        return None
