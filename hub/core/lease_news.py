"""What becomes of leases, told: to everybody as events, to the loser directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.lease_parts import End, Lease
from hub.core.presence import wall_ms
from hub.core.rows import LeaseRow
from hub.core.sessions import COMMAND, Session
from hub.model.lease import stream_of
from hub.model.principal import Principal, Role

if TYPE_CHECKING:
    from hub.core.hub import Hub

QUEUE_SHOWN = 20
"""So many of those who wait for a lease are named in its row."""
TOLD = ("stolen", "expired", "away")
"""What ends a lease without the holder's own doing."""


def may_use(principal: Principal, name: str) -> bool:
    """Tell whether a lease is for `principal`: its name, or the stream that it is of, is within its patterns."""
    return principal.role >= Role.OPERATOR and principal.may_see(stream_of(name) or name)


def lease_row(hub: Hub, lease: Lease) -> LeaseRow:
    """Return a lease as `lease.list` and the events show it."""
    waiting = hub.leases.waiting(lease.name)
    return {
        "name": lease.name,
        "stream": stream_of(lease.name),
        "session": lease.session.id,
        "principal": lease.session.principal.name,
        "fence": lease.fence,
        "ttl_s": lease.ttl_s,
        "since": wall_ms(hub, lease.since),
        "expires_at": wall_ms(hub, lease.expires_at),
        "waiters": len(waiting),
        "queue": [{"session": each.id, "principal": each.principal.name} for each in waiting[:QUEUE_SHOWN]],
    }


class LeaseEvents:
    """`LeaseNews` of a hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def acquired(self, lease: Lease) -> None:
        """Tell that somebody holds it now."""
        self._tell("lease.acquired", lease, None)

    def granted(self, lease: Lease) -> None:
        """Tell the holder alone that it has it."""
        holder = lease.session.holder(COMMAND)
        if holder is not None:
            holder.notify("lease.granted", {"name": lease.name, "fence": lease.fence, "ttl_s": lease.ttl_s})

    def changed(self, lease: Lease) -> None:
        """Tell that it was renewed."""
        self._tell("lease.renewed", lease, None)

    def queued(self, lease: Lease) -> None:
        """Tell that somebody waits for it now, or does no more."""
        self._tell("lease.queued", lease, None)

    def ended(self, lease: Lease, end: End) -> None:
        """Tell that it is held no more; the loser also why."""
        self._tell("lease.ended", lease, end)
        holder = lease.session.holder(COMMAND)
        if holder is not None and end.cause in TOLD:
            detail = {"name": lease.name, "fence": lease.fence, "cause": end.cause, "by": end.by, "reason": end.reason}
            holder.notify("lease.lost", detail)

    def left(self, session: Session) -> None:
        """End a session that has nothing to come back for."""
        self._hub.sessions.end_if_idle(session)

    def _tell(self, topic: str, lease: Lease, end: End | None) -> None:
        hub = self._hub
        cause = {} if end is None else {"cause": end.cause, "by": end.by, "reason": end.reason}
        hub.events.tell(
            topic,
            lambda: {**lease_row(hub, lease), **cause},
            stream_of(lease.name),
            may_hear=lambda principal: may_use(principal, lease.name),
        )
