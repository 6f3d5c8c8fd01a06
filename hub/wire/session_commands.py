"""Parameters of `presence.*` and `session.*` (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hub.wire.commands import Count, Mutation, Params

Reason = Annotated[str, Meta(max_length=200)]
After = Annotated[str, Meta(max_length=200)] | None


class PresenceList(Params):
    """`presence.list`; without `stream` of all streams. `after` is a former answer's `next`."""

    stream: str | None = None
    limit: Count = 1000
    after: After = None


class SessionList(Params):
    """`session.list`; `after` is a former answer's `next`."""

    limit: Count = 1000
    after: After = None


class SessionKick(Mutation, kw_only=True):
    """`session.kick`; `session` is a public id, `reason` is told to whom it was."""

    session: Annotated[str, Meta(min_length=16, max_length=16)]
    reason: Reason = ""
