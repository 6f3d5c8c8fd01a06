"""Leases: names that one session holds at a time, and who waits for them.

A name is free or held; whoever holds it has a fence, which is greater than all that were ever given out. A name that
becomes free goes to the first waiter that wants it, in the same call, so it is never free while somebody waits. A
holder whose session has no command slot is away: it keeps what it has for a while, and a waiter its turn. Nothing here
waits or stores: `changed` says which names are not in the store as they are here (see `kept_leases`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from hub.core.lease_parts import End, Lease, LeaseNews, Waiter, Want
from hub.core.ports import Clock, Promise
from hub.core.sessions import COMMAND, Session
from hub.model.lease import stream_of
from hub.model.limits import Limits
from hub.model.pattern import Pattern
from hub.model.problem import Problem

ENDS_REMEMBERED = 10_000
"""Of so many leases it is known how they ended, after they did."""


@dataclass(slots=True)
class Leases:
    """All leases and waiters. `live_streams` returns the names of the streams that somebody writes now.

    `state_of` returns that of a stream: `live`, `detached` (its writer may come back) or `ended`.
    """

    clock: Clock
    limits: Limits
    news: LeaseNews
    live_streams: Callable[[Pattern], Iterator[str]]
    state_of: Callable[[str], str]
    fence: int = 0
    """The last one that was given out."""
    changed: dict[str, None] = field(default_factory=dict)
    _held: dict[str, Lease] = field(default_factory=dict)
    _by_session: dict[Session, dict[str, Lease]] = field(default_factory=dict)
    _waiters: dict[Waiter, None] = field(default_factory=dict)
    _away: dict[Session, float] = field(default_factory=dict)
    """Sessions without a command slot, and until when they keep what they have."""
    _ends: OrderedDict[tuple[str, int], End] = field(default_factory=OrderedDict)

    def __iter__(self) -> Iterator[Lease]:
        return iter(list(self._held.values()))

    def get(self, name: str) -> Lease | None:
        """Return the lease of a name, if it is held."""
        return self._held.get(name)

    def waiting(self, name: str) -> list[Session]:
        """Return who waits for that name by itself or among others, in order; those of a pattern are left out."""
        return [waiter.session for waiter in self._waiters if name in waiter.want.names]

    @property
    def waiters(self) -> int:
        """How many wait."""
        return len(self._waiters)

    # What sessions ask for.

    def acquire(self, session: Session, want: Want, ttl_s: int) -> Lease | None:
        """Return the lease that the session has or gets now; None where none that would do is free."""
        self.advance()
        mine = next((lease for lease in self.of(session) if self._serves(lease.name, want, session)), None)
        if mine is not None:
            self._renew(mine, ttl_s)
            return mine
        if any(self._same(waiter, session, want) for waiter in self._waiters):
            return None  # its turn has not come yet
        name = self._free(session, want)
        if name is None:
            return None
        self._check_room(session)
        return self._grant(name, session, ttl_s)

    def wait(self, session: Session, want: Want, ttl_s: int, wait_s: float, promise: Promise[Lease]) -> Waiter:
        """Stand in the queue, at the place that the session has there already, if it has one.

        The caller gives it up after `wait_s`; where its connection is gone it ends by itself then. Places that are
        kept from a former connection give way where all would be more than calls may wait.
        """
        until = self.clock.monotonic() + wait_s
        mine = [waiter for waiter in self._waiters if waiter.session is session]
        kept = [waiter for waiter in mine if waiter.promise is None]
        for waiter in kept:
            if waiter.want == want:
                waiter.promise, waiter.ttl_s, waiter.until = promise, ttl_s, until
                return waiter
        self._check_share(session)
        if kept and len(mine) >= self.limits.waiting_calls:
            self.give_up(kept[0], keep_turn=False)
        if len(self._waiters) >= self.limits.lease_waiters:
            raise Problem("LIMIT", f"all of limits.lease_waiters ({self.limits.lease_waiters}) wait")
        waiter = Waiter(session, want, ttl_s, until, promise)
        self._waiters[waiter] = None
        self._queued(want)
        return waiter

    def give_up(self, waiter: Waiter, *, keep_turn: bool) -> None:
        """Wait no more; `keep_turn`: the connection is gone, and the session may come back to its place in time."""
        waiter.promise = None
        if waiter.lease is not None:
            waiter.lease.untold = keep_turn
        if (not keep_turn or waiter.session.over) and waiter in self._waiters:
            del self._waiters[waiter]
            self._queued(waiter.want)

    def renew(self, session: Session, name: str, fence: int, ttl_s: int | None) -> Lease:
        """Let a lease go on; raise Problem FENCED where it is not the session's under that fence."""
        lease = self.owned(session, name, fence)
        self._renew(lease, lease.ttl_s if ttl_s is None else ttl_s)
        return lease

    def release(self, session: Session, name: str, fence: int) -> None:
        """Give a lease back; raise Problem FENCED where it is not the session's under that fence."""
        self._end(self.owned(session, name, fence), End(fence, "released"))

    def hand_over(self, session: Session, name: str, fence: int, to: Session) -> Lease:
        """Give a lease to another session, before all that wait; raise Problem FENCED as `renew` does."""
        lease = self.owned(session, name, fence)
        if to is session:
            return lease
        self._check_share(to)
        end = End(fence, "handed_over", session.principal.name)
        return self._pass_on(lease, to, lease.ttl_s, end)

    def steal(self, session: Session, name: str, reason: str, ttl_s: int | None) -> Lease:
        """Take a lease from whoever holds it; the loser is told the reason. A free one is just taken."""
        self.advance()
        lease = self._held.get(name)
        if lease is None:
            self._check_room(session)
            return self._grant(name, session, ttl_s or DEFAULT_TTL_S)
        if lease.session is session:
            self._renew(lease, ttl_s or lease.ttl_s)
            return lease
        self._check_share(session)
        end = End(lease.fence, "stolen", session.principal.name, reason)
        return self._pass_on(lease, session, ttl_s or lease.ttl_s, end)

    def owned(self, session: Session, name: str, fence: int) -> Lease:
        """Return what the session holds under that fence; raise Problem FENCED, which says what became of it."""
        self.advance()
        lease = self._held.get(name)
        if lease is not None and lease.session is session and lease.fence == fence:
            return lease
        raise Problem("FENCED", self._why(name, fence, lease))

    # What becomes of sessions and streams.

    def attached(self, session: Session) -> None:
        """Take note that a session has a command slot (again): it is told what it got while it was away."""
        self._away.pop(session, None)
        for lease in self.of(session):
            if lease.untold:
                # In a later turn: its hello is answered first, and it may ask for it itself.
                self.clock.call_later(0, partial(self._tell, lease))

    def detached(self, session: Session) -> None:
        """Take note that a session has no command slot any more: it keeps what it has for a while."""
        if self.concerns(session):
            self._away[session] = self.clock.monotonic() + self.limits.lease_grace_seconds

    def ended(self, session: Session) -> None:
        """Take note that a session is over: so are its leases and its waiting."""
        self._leave(session, "session_ended")

    def concerns(self, session: Session) -> bool:
        """Tell whether a session holds or waits for anything."""
        return session in self._by_session or any(waiter.session is session for waiter in self._waiters)

    def of(self, session: Session) -> Sequence[Lease]:
        """Return what a session holds."""
        return list(self._by_session.get(session, {}).values())

    def stream_appeared(self, stream: str) -> None:
        """Take note that somebody writes a stream now: its lease may be what somebody waits for, even who has it."""
        name = f"stream:{stream}"
        lease = self._held.get(name)
        if not self._waiters:
            return
        if lease is None:
            self._pass_to_waiter(name)
        elif served := self._take_out(lease):
            self._renew(lease, served[0].ttl_s)
            self._told(lease, served)

    def restore(self, name: str, session: Session, fence: int, ttl_s: int, since: float, expires_at: float) -> None:
        """Take up a lease of the former hub; its holder has some time to come back.

        A holder counts on it for its ttl, or the grace, after it last heard of the hub. So long it is kept in any case:
        when it expires is known by a clock alone that may have jumped.
        """
        now, grace = self.clock.monotonic(), self.limits.lease_grace_seconds
        expires_at = max(min(expires_at, now + ttl_s), now + min(ttl_s, grace))
        lease = Lease(name, session, fence, ttl_s, since, expires_at)
        self._held[name] = self._by_session.setdefault(session, {})[name] = lease
        if not session.is_held(COMMAND):
            self._away[session] = now + max(self.limits.lease_start_grace_seconds, grace)

    def advance(self) -> None:
        """End what is over by now; to be called once a second."""
        now = self.clock.monotonic()
        self._lapse(now)  # first: nobody gets what becomes free after their time
        for lease in [lease for lease in self._held.values() if lease.expires_at <= now]:
            if self._held.get(lease.name) is lease:
                self._end(lease, End(lease.fence, "expired"))
        gone = [session for session, until in self._away.items() if until <= now]
        for session in gone:
            self._leave(session, "away")
            self.news.left(session)

    # Inside.

    def _check_room(self, session: Session) -> None:
        if len(self._held) >= self.limits.leases:
            raise Problem("LIMIT", f"all of limits.leases ({self.limits.leases}) are held")
        self._check_share(session)

    def _check_share(self, session: Session) -> None:
        most = self.limits.leases_per_session
        if len(self._by_session.get(session, ())) >= most:
            raise Problem("LIMIT", f"session {session.id} holds limits.leases_per_session ({most})")

    def _free(self, session: Session, want: Want) -> str | None:
        if want.pattern is None:
            return next((name for name in want.names if name not in self._held), None)
        names = (f"stream:{stream}" for stream in self.live_streams(want.pattern))
        return next((name for name in names if name not in self._held and want.takes(name, session)), None)

    def _serves(self, name: str, want: Want, session: Session) -> bool:
        """Tell whether that lease would do for the session that has it: in a pool only until its stream has ended."""
        if not want.takes(name, session):
            return False
        return want.pattern is None or self.state_of(stream_of(name) or "") != "ended"

    def _grant(self, name: str, session: Session, ttl_s: int, *, asked: bool = True, given: bool = False) -> Lease:
        """Let a session have it; `asked`: it is just asking, and is told by that."""
        now = self.clock.monotonic()
        self.fence += 1
        lease = Lease(name, session, self.fence, ttl_s, now, now + ttl_s)
        self._held[name] = self._by_session.setdefault(session, {})[name] = lease
        self.changed[name] = None
        if not session.is_held(COMMAND):
            self._away.setdefault(session, now + self.limits.lease_grace_seconds)
        served = self._take_out(lease)
        self.news.acquired(lease)
        for waiter in served:
            self._queued(waiter.want, but=name)
        if given or not asked:
            self._told(lease, () if given else served)
        return lease

    def _take_out(self, lease: Lease) -> list[Waiter]:
        """Let its holder wait no more for what it has with it."""
        holder = lease.session
        served = [
            each for each in self._waiters if each.session is holder and self._serves(lease.name, each.want, holder)
        ]
        for waiter in served:
            del self._waiters[waiter]
            waiter.lease = lease
            if waiter.promise is not None:
                # In a later turn: who waits must not find this in the middle.
                self.clock.call_later(0, partial(waiter.promise.keep, lease))
        return served

    def _told(self, lease: Lease, served: Sequence[Waiter]) -> None:
        """Tell a holder that it has it, where none of its calls is answered so; now, or when it is back."""
        lease.untold = not any(waiter.promise is not None for waiter in served)
        self._tell(lease)

    def _renew(self, lease: Lease, ttl_s: int) -> None:
        lease.untold = False
        lease.ttl_s, lease.expires_at = ttl_s, self.clock.monotonic() + ttl_s
        self.changed[lease.name] = None
        self.news.changed(lease)

    def _end(self, lease: Lease, end: End) -> None:
        self._drop(lease, end)
        self._pass_to_waiter(lease.name)

    def _drop(self, lease: Lease, end: End) -> None:
        del self._held[lease.name]
        mine = self._by_session[lease.session]
        del mine[lease.name]
        if not mine:
            del self._by_session[lease.session]
        self.changed[lease.name] = None
        self._ends[lease.name, lease.fence] = end
        if len(self._ends) > ENDS_REMEMBERED:
            self._ends.popitem(last=False)
        self.news.ended(lease, end)

    def _pass_on(self, lease: Lease, to: Session, ttl_s: int, end: End) -> Lease:
        self._drop(lease, end)
        given = end.cause == "handed_over"
        return self._grant(lease.name, to, ttl_s, asked=not given, given=given)

    def _pass_to_waiter(self, name: str) -> None:
        """Give a name that is free to the first who waits for it; those who may hold no more are told so."""
        self._lapse(self.clock.monotonic())
        refused: list[tuple[Waiter, Problem]] = []
        for waiter in self._waiters:
            if not waiter.want.takes(name, waiter.session):
                continue
            if waiter.want.pattern is not None and self.state_of(stream_of(name) or "") != "live":
                continue
            try:
                self._check_room(waiter.session)
            except Problem as problem:
                refused.append((waiter, problem))
                continue
            self._grant(name, waiter.session, waiter.ttl_s, asked=False)
            break
        for waiter, full in refused:
            self._refuse(waiter, full)

    def _lapse(self, now: float) -> None:
        """End the places of lost connections whose time to wait is over."""
        for waiter in [each for each in self._waiters if each.promise is None and each.until <= now]:
            self.give_up(waiter, keep_turn=False)

    def _tell(self, lease: Lease) -> None:
        """Tell a holder what it got without asking, if it is there and has not asked meanwhile."""
        if lease.untold and self._held.get(lease.name) is lease and lease.session.is_held(COMMAND):
            lease.untold = False
            self.news.granted(lease)

    def _refuse(self, waiter: Waiter, problem: Problem) -> None:
        """Let somebody wait no more, who is told why."""
        del self._waiters[waiter]
        self._queued(waiter.want)
        if waiter.promise is not None:
            self.clock.call_later(0, partial(waiter.promise.break_off, problem))

    def _leave(self, session: Session, cause: str) -> None:
        self._away.pop(session, None)
        # Its waiting first: what it loses is not to come back to itself.
        for waiter in [each for each in self._waiters if each.session is session]:
            self._refuse(waiter, Problem("EXPIRED", "the session is over", cause="unknown"))
        for lease in self.of(session):
            self._end(lease, End(lease.fence, cause))

    def _queued(self, want: Want, but: str = "") -> None:
        """Tell that the queue of what is held of these names changed."""
        for name in want.names:
            lease = self._held.get(name)
            if lease is not None and name != but:
                self.news.queued(lease)

    def _same(self, waiter: Waiter, session: Session, want: Want) -> bool:
        return waiter.session is session and waiter.want == want

    def _why(self, name: str, fence: int, lease: Lease | None) -> str:
        end = self._ends.get((name, fence))
        if lease is not None and lease.fence == fence:
            return f"{name} is held by another session under this fence"
        held = f"; {lease.session.principal.name} holds it now" if lease is not None else ""
        if end is not None:
            whose = f" by {end.by}" if end.by else ""
            reason = f": {end.reason}" if end.reason else ""
            return f"this lease of {name} ended ({end.cause}{whose}{reason}){held}"
        return f"{name} is not held under this fence{held}"


DEFAULT_TTL_S = 30
