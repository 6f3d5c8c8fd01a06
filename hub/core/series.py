"""Numbers of a stream over time: lines and bytes, exact, over all that is kept; others as the analyzer found them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.history import History
from hub.core.ports import Analyzer
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

    Raise Problem PROTO where `since` comes after `until`.
    """
    until = _until(stream, until, now)
    if since is None:
        first = await history.first_time(stream)
        since = until if first is None else min(first, until - 1)
    _check(since, until)
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


async def found_series(
    analyzer: Analyzer | None, stream: Stream, field: str, since: int | None, until: int | None, points: int, now: int
) -> SeriesAnswer:
    """Return lines of a level, or a number that lines tell, over time; all times are ms.

    Raise Problem PROTO where nobody looks for such fields, BUSY while the one who does cannot answer.
    """
    if analyzer is None:
        raise Problem("PROTO", f"field is {' or '.join(COUNTED)} (others need the setting analyzer)")
    until = _until(stream, until, now)
    _check(since, until)
    asked = {"field": field, "since": since, "until": until, "points": points}
    answer: SeriesAnswer = await analyzer.ask("series", stream.life, asked)
    return {**answer, "stream": stream.name, "field": field, "until": until}


def _until(stream: Stream, until: int | None, now: int) -> int:
    if until is not None:
        return until
    return now + 1 if stream.last_at is None or stream.state != "ended" else stream.last_at + 1


def _check(since: int | None, until: int) -> None:
    if since is not None and since > until:
        raise Problem("PROTO", "from is later than to")
