"""`presence.*` and `session.*`: who watches, who is here, and how to end it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core import presence, roster
from hub.core.rows import KickAnswer, LeaseRow, PresenceAnswer, SessionRow, SessionsAnswer, WatcherRow
from hub.model.principal import Role
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.session_commands import PresenceList, SessionKick, SessionList

ENVELOPE_BYTES = 8 * 1024
Row = TypeVar("Row", WatcherRow, SessionRow, LeaseRow)


def _presence(commander: Commander, params: PresenceList) -> PresenceAnswer:
    hub = commander.hub
    stream = None if params.stream is None else hub.streams.find(params.stream, commander.principal)
    found = presence.watchers(hub, commander.principal, stream)
    first = 0 if params.after is None else bisect_right(found, _numbers(params.after, 4), key=_watcher_place)
    rows = fitting(found[first : first + params.limit], hub.limits.answer_bytes - ENVELOPE_BYTES)
    more = first + len(rows) < len(found)
    next_ = " ".join(map(str, presence.rank(rows[-1]))) if more and rows else None
    away = sum(1 for row in found if not row["attached"])
    watching = sum(1 for row in found if row["attached"] and row["streams"])
    answer: PresenceAnswer = {
        "watchers": rows,
        "next": next_,
        "total": len(found),
        "watching": watching,
        "away": away,
    }
    if more:
        answer["truncated"] = True
    return answer


def _sessions(commander: Commander, params: SessionList) -> SessionsAnswer:
    hub = commander.hub
    found = roster.sessions(hub, commander.principal)
    first = 0 if params.after is None else _after_session(found, params.after)
    rows = fitting(found[first : first + params.limit], hub.limits.answer_bytes - ENVELOPE_BYTES)
    more = first + len(rows) < len(found)
    next_ = " ".join(map(str, roster.rank(rows[-1]))) if more and rows else None
    answer: SessionsAnswer = {"sessions": rows, "next": next_, "total": len(found)}
    if more:
        answer["truncated"] = True
    return answer


def _after_session(found: Sequence[SessionRow], after: str) -> int:
    """Return where to go on; by the session itself, since when it began is known to about a millisecond."""
    place = _numbers(after, 2)
    for index, row in enumerate(found):
        if row["session"] == place[-1]:
            return index + 1
    return bisect_right(found, place, key=roster.rank)


def _watcher_place(row: WatcherRow) -> tuple[int | str, ...]:
    return presence.rank(row)


def _numbers(after: str, count: int) -> tuple[int | str, ...]:
    """Return the place that an answer's `next` tells: numbers, and a session's id."""
    *numbers, session = after.split(" ")
    try:
        place = tuple(map(int, numbers))
    except ValueError:
        place = ()
    if len(place) != count - 1:
        raise Problem("PROTO", "after is the next of an earlier answer")
    return *place, session


def _kick(commander: Commander, params: SessionKick) -> Coroutine[Any, Any, KickAnswer]:
    return roster.kick(commander.hub, commander.principal, params.session, params.reason)


def fitting(rows: Sequence[Row], room: int) -> list[Row]:
    """Return as many rows as an answer has room for."""
    fitting: list[Row] = []
    for row in rows:
        room -= len(json_rpc.encode(row)) + 1
        if room < 0:
            break
        fitting.append(row)
    return fitting


SESSION_METHODS = {
    "presence.list": Method(Role.VIEWER, PresenceList, _presence),
    "session.list": Method(Role.OPERATOR, SessionList, _sessions),
    "session.kick": Method(Role.OPERATOR, SessionKick, _kick),
}
