"""`presence.*` and `session.*`: who watches, who is here, and how to end it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core import presence, roster
from hub.core.rows import KickAnswer, LeaseRow, PresenceAnswer, SessionRow, SessionsAnswer, WatcherRow
from hub.model.principal import Role
from hub.wire import json_rpc
from hub.wire.session_commands import PresenceList, SessionKick, SessionList

ENVELOPE_BYTES = 8 * 1024
Row = TypeVar("Row", WatcherRow, SessionRow, LeaseRow)


def _presence(commander: Commander, params: PresenceList) -> PresenceAnswer:
    hub = commander.hub
    stream = None if params.stream is None else hub.streams.find(params.stream, commander.principal)
    found = presence.watchers(hub, commander.principal, stream)
    rows = fitting(found[: params.limit], hub.limits.answer_bytes - ENVELOPE_BYTES)
    answer: PresenceAnswer = {"watchers": rows, "total": len(found)}
    if len(rows) < len(found):
        answer["truncated"] = True
    return answer


def _sessions(commander: Commander, params: SessionList) -> SessionsAnswer:
    hub = commander.hub
    found = roster.sessions(hub, commander.principal)
    rows = fitting(found[: params.limit], hub.limits.answer_bytes - ENVELOPE_BYTES)
    answer: SessionsAnswer = {"sessions": rows, "total": len(found)}
    if len(rows) < len(found):
        answer["truncated"] = True
    return answer


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
