"""Numbers of a stream over time: lines and bytes, exact, over all that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.history import History
from hub.core.rows import SeriesAnswer
from hub.model.buckets import Buckets
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.stream import Stream

COUNTED = ("lines", "bytes")


async def count_series(
    history: History, stream: Stream, field: str, since: int | None, until: int | None, points: int, now: int
) -> SeriesAnswer:
    """Return how many lines or bytes came in each of at most `points` steps of time; all times are ms.

    Raise Problem PROTO for another field, and where `since` comes after `until`.
    """
    if field not in COUNTED:
        raise Problem("PROTO", f"field is {' or '.join(COUNTED)}")
    if until is None:
        until = now + 1 if stream.last_at is None or stream.state != "ended" else stream.last_at + 1
    if since is None:
        first = await history.first_time(stream)
        since = until if first is None else min(first, until - 1)
    if since > until:
        raise Problem("PROTO", "from is later than to")
    buckets = Buckets.between(since, until, points)
    total = stream.lines if field == "lines" else stream.received
    counted = await history.count(stream, buckets)
    values = counted.lines if field == "lines" else counted.bytes
    return {
        "stream": stream.name,
        "field": field,
        "since": buckets.since,
        "step_ms": buckets.step,
        "until": until,
        "total": total,
        "values": values,
    }
