"""What leases are made of: what may be wanted, who waits for it, how it ends, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.core.ports import Promise
from hub.core.sessions import Session
from hub.model.lease import stream_of
from hub.model.pattern import Pattern


@dataclass(slots=True, eq=False)
class Lease:
    """A name that a session holds."""

    name: str
    session: Session
    fence: int
    ttl_s: int
    since: float
    expires_at: float
    """Monotonic, as `since` is."""
    untold: bool = False
    """Whether its holder may not know that it has it: it is told once it is there, unless it asks before."""


class Want(NamedTuple):
    """What may be had: one of some names, or the lease of any live stream that matches."""

    names: tuple[str, ...]
    pattern: Pattern | None = None

    def takes(self, name: str, session: Session) -> bool:
        """Tell whether the lease of that name would do for a session."""
        if self.pattern is None:
            return name in self.names
        stream = stream_of(name)
        return stream is not None and self.pattern.matches(stream) and session.principal.may_see(stream)


@dataclass(slots=True, eq=False)
class Waiter:
    """A session that waits; without a promise while its connection is gone."""

    session: Session
    want: Want
    ttl_s: int
    until: float
    """Monotonic. Its call ends its waiting then; a place that is kept without one ends by itself."""
    promise: Promise[Lease] | None
    lease: Lease | None = None
    """What it was given, though perhaps not told of yet."""


class End(NamedTuple):
    """How a lease ended: `released`, `expired`, `away`, `session_ended`, `handed_over` or `stolen`."""

    fence: int
    cause: str
    by: str | None = None
    """Whose doing it was, where it was another's."""
    reason: str = ""


class LeaseNews(Protocol):
    """Who is told what becomes of leases."""

    def acquired(self, lease: Lease) -> None:
        """Somebody holds it now."""

    def granted(self, lease: Lease) -> None:
        """Its holder, who is not asking for it, is to be told that it has it."""

    def changed(self, lease: Lease) -> None:
        """It was renewed."""

    def queued(self, lease: Lease) -> None:
        """Who waits for it changed."""

    def ended(self, lease: Lease, end: End) -> None:
        """It is held no more, and why."""

    def left(self, session: Session) -> None:
        """A session was away for too long, and has nothing of all this any more."""
