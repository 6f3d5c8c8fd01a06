"""Looking stream names up: what matches a pattern, and what comes near when nothing does."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hub.client.commander import Commander
from hub.model.pattern import Pattern

_LOOKED_AT = 5000


def matching(commander: Commander, patterns: Sequence[str], *, state: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of stream.list that match any pattern, newest first for each pattern, each once."""
    return list(each_matching(commander, patterns, state=state))


def each_matching(
    commander: Commander, patterns: Sequence[str], *, state: str | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the same rows, asking the hub for no more than are looked at, `limit` at a time."""
    seen: set[str] = set()
    for pattern in patterns:
        for row in commander.each_stream(pattern=pattern, state=state, limit=limit):
            if row["stream"] not in seen:
                seen.add(row["stream"])
                yield row


def suggestion(commander: Commander, patterns: Sequence[str]) -> str:
    """Return `; did you mean …?` with names that come near, or nothing."""
    answer = commander.call("stream.list", limit=_LOOKED_AT)
    close = near(patterns, [row["stream"] for row in answer["streams"]])
    return f"; did you mean {' or '.join(close)}?" if close else ""


def near(patterns: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return up to three names that somebody who typed `patterns` may have meant, best first."""
    known = list(names)
    found: dict[str, None] = {}
    for pattern in patterns:
        word = pattern.replace("*", "").strip("/")
        if not word:
            continue
        for name in known:
            if word.lower() in name.lower():
                found.setdefault(name)
        last_segments = {name.rpartition("/")[2]: name for name in reversed(known)}
        for name in difflib.get_close_matches(word, known, n=3, cutoff=0.6):
            found.setdefault(name)
        for segment in difflib.get_close_matches(word.rpartition("/")[2], last_segments, n=3, cutoff=0.7):
            found.setdefault(last_segments[segment])
    return list(found)[:3]


def is_one_name(patterns: Sequence[str]) -> bool:
    """Tell whether `patterns` can only ever mean one stream."""
    return len(patterns) == 1 and Pattern(patterns[0]).is_literal
