"""Gaps, ends, sizes and times in words."""

from __future__ import annotations

from datetime import datetime

from hub.app.cli.harmless import printable
from hub.client.news import Away, Back, CutBack, Ended, Hole, NotTaken

_REASONS = {
    "retention": "no longer kept",
    "producer_skip": "skipped by its producer",
    "store_loss": "lost by the store",
    "corrupt": "unreadable in the store",
    "lag": "skipped because this reader was too slow",
    "filter": "filtered out",
}


def size(count: float) -> str:
    """Return a number of bytes for people: 1536 is `1.5 KiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def number(count: float) -> str:
    """Return a count for people: 12345 is `12,345`, 0.25 is `0.2`."""
    return f"{count:,.0f}" if count >= 10 or count == int(count) else f"{count:.1f}"


def span(seconds: float) -> str:
    """Return a length of time for people, in its two largest units at most."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for unit, length, smaller, smaller_length in (
        ("d", 86400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= length:
            rest = whole % length // smaller_length
            return f"{whole // length} {unit} {rest} {smaller}" if rest else f"{whole // length} {unit}"
    return f"{whole} s"


def clock(at_ms: int) -> str:
    """Return Unix ms as local time with ms: `2026-11-01T10:00:00.250`."""
    return datetime.fromtimestamp(at_ms / 1000).isoformat(timespec="milliseconds")


def left_out(count: int) -> str:
    """Say how much did not match."""
    return f"{size(count)} in lines that do not match were left out"


def hole(news: Hole) -> str:
    """Say what is missing and why."""
    reason = _REASONS.get(news.reason, f"missing ({printable(news.reason)})")
    return f"{news.name}: {size(news.end - news.offset)} {reason}, offsets {news.offset} to {news.end}"


def ended(news: Ended) -> str:
    """Say how a run ended."""
    how = printable(news.status or "") or {"eof": "end of input", "end": "done"}.get(
        news.cause or "end", printable(news.cause or "")
    )
    return f"{news.name}#{news.run} ended: {how}"


def cut_back(news: CutBack) -> str:
    """Say that bytes which were shown are no part of the stream any more."""
    lost = size(news.held - news.offset)
    return f"{news.name}: the last {lost} shown are not part of the stream any more; it goes on at {news.offset}"


def away(news: Away) -> str:
    """Say that the connection is lost."""
    return f"{printable(news.reason)}; trying again in {span(news.retry_in)}"


def back(news: Back) -> str:
    """Say that the connection is there again."""
    return f"connected again after {span(news.seconds)}"


def not_taken(news: NotTaken) -> str:
    """Say what the hub refused."""
    return f"{printable(news.subject)}: {printable(str(news.problem))}"
