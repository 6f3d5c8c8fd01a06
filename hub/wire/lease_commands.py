"""Parameters of `lease.*` (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hub.wire.commands import Count, Mutation, Natural, Params
from hub.wire.session_commands import After, Reason

LeaseName = Annotated[str, Meta(min_length=1, max_length=207)]
Ttl = Annotated[int, Meta(ge=1, le=86_400)]
Wait = Annotated[float, Meta(ge=0, le=86_400)]
SessionId = Annotated[str, Meta(min_length=16, max_length=16)]


class LeaseAcquire(Mutation, kw_only=True):
    """`lease.acquire`: `name`, or `any_of` some names or the live streams of a pattern; `wait_s` 0 does not wait."""

    ttl_s: Ttl
    name: LeaseName | None = None
    any_of: Annotated[list[LeaseName], Meta(min_length=1, max_length=100)] | str | None = None
    wait_s: Wait = 0


class LeaseRenew(Mutation, kw_only=True):
    """`lease.renew`; `ttl_s` where it is to be another one from now on."""

    name: LeaseName
    fence: Natural
    ttl_s: Ttl | None = None


class LeaseRelease(Mutation, kw_only=True):
    """`lease.release`."""

    name: LeaseName
    fence: Natural


class LeaseHandOver(Mutation, kw_only=True):
    """`lease.hand_over`; `session` is a public id."""

    name: LeaseName
    fence: Natural
    session: SessionId


class LeaseSteal(Mutation, kw_only=True):
    """`lease.steal`; `reason` is told to the loser, `ttl_s` is the loser's where none is given."""

    name: LeaseName
    reason: Reason
    ttl_s: Ttl | None = None


class LeaseList(Params):
    """`lease.list`; `after` is a former answer's `next`."""

    limit: Count = 1000
    after: After = None
