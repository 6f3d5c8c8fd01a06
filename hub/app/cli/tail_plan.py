"""What `hub tail` subscribes to, given what it was asked and which streams there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.app.cli import words
from hub.client.follower import Wanted
from hub.model.pattern import Pattern

DEFAULT_LINES = 10
MOST_LIVE_ONE_BY_ONE = 200
"""Live streams that are begun with their last lines; a connection has 256 subscriptions."""


class Asked(NamedTuple):
    """The options that decide where reading begins and when it is over."""

    patterns: tuple[str, ...]
    lines: int | None = None
    """How many last lines; None where it was not said, -1 for all."""
    since: int | None = None
    """Unix ms."""
    follow: bool = True


class Plan(NamedTuple):
    """The subscriptions, and the streams that are sure to be delivered to their present end."""

    wanted: list[Wanted]
    expected: frozenset[str]
    remark: str | None


def plan_tail(asked: Asked, rows: Sequence[Mapping[str, Any]]) -> Plan:
    """Return the plan; `rows` are the streams that match, newest first.

    Without a wish for lines or times, a pattern shows the last lines of the streams that go on: the ended ones may be
    thousands, and somebody who watches did not ask for them. A name shows its last lines in any case.
    """
    names = frozenset(row["stream"] for row in rows)
    if asked.since is not None:
        return Plan([Wanted(pattern, f"@{asked.since}") for pattern in asked.patterns], names, None)
    if asked.lines is not None or not asked.follow:
        begin = _last(DEFAULT_LINES if asked.lines is None else asked.lines)
        expected = names if begin != "end" else _going_on(rows)
        remark = _cut_short(rows) if begin == "start" else None
        return Plan([Wanted(pattern, begin) for pattern in asked.patterns], expected, remark)
    return _live_first(asked.patterns, rows)


def _live_first(patterns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Plan:
    literal = [pattern for pattern in patterns if Pattern(pattern).is_literal]
    others = [pattern for pattern in patterns if not Pattern(pattern).is_literal]
    going_on = _going_on(rows)
    # Oldest first, so that what moved last stands nearest to the live lines.
    live = [row["stream"] for row in reversed(rows) if row["stream"] in going_on and row["stream"] not in literal]
    remark = None
    if len(live) + len(patterns) > MOST_LIVE_ONE_BY_ONE:
        remark = f"{len(live)} streams are live: showing new lines only; -n 10 shows the last ones of each"
        live = []
    elif others and rows and not live and not literal:
        remark = f"{len(rows)} matching streams have ended, the newest is {rows[0]['stream']}; waiting for new lines"
    last = _last(DEFAULT_LINES)
    wanted = [Wanted(name, last) for name in (*literal, *live)] + [Wanted(pattern, "end") for pattern in others]
    expected = going_on | {row["stream"] for row in rows if row["stream"] in literal}
    return Plan(wanted, frozenset(expected), remark)


def _cut_short(rows: Sequence[Mapping[str, Any]]) -> str | None:
    short = [row for row in rows if row.get("start")]
    if not short:
        return None
    others = f", nor those of {len(short) - 1} more streams" if len(short) > 1 else ""
    return f"{short[0]['stream']}: its first {words.size(short[0]['start'])} are no longer kept{others}"


def _last(lines: int) -> str:
    if lines < 0:
        return "start"
    return f"-{lines}" if lines else "end"


def _going_on(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(row["stream"] for row in rows if row.get("state") != "ended")
