"""Parameters of `presence.*` and `session.*` (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hub.wire.commands import Count, Mutation, Params

Reason = Annotated[str, Meta(max_length=200)]


class PresenceList(Params):
    """`presence.list`; without `stream` of all streams."""

    stream: str | None = None
    limit: Count = 1000


class SessionList(Params):
    """`session.list`."""

    limit: Count = 1000


class SessionKick(Mutation, kw_only=True):
    """`session.kick`; `session` is a public id, `reason` is told to whom it was."""

    session: Annotated[str, Meta(min_length=16, max_length=16)]
    reason: Reason = ""
