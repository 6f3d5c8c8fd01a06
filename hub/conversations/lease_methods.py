"""`lease.*`: holding names, waiting for them, and taking them away."""

from __future__ import annotations

from bisect import bisect_right

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.conversations.session_methods import ENVELOPE_BYTES, fitting
from hub.core.hub import Hub
from hub.core.lease_news import lease_row, may_use
from hub.core.lease_parts import Lease, Want
from hub.core.presence import wall_ms
from hub.core.rows import LeaseAnswer, LeasesAnswer
from hub.core.sessions import Session
from hub.model.lease import check_lease_name, stream_of
from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role
from hub.model.problem import Problem
from hub.wire.lease_commands import (
    LeaseAcquire,
    LeaseHandOver,
    LeaseList,
    LeaseRelease,
    LeaseRenew,
    LeaseSteal,
)


async def _acquire(commander: Commander, params: LeaseAcquire) -> LeaseAnswer:
    hub, session = commander.hub, _session(commander)
    want = _want(params, commander.principal)
    lease = hub.leases.acquire(session, want, params.ttl_s)
    if lease is None:
        if not params.wait_s:
            raise _not_free(hub, want)
        lease = await _wait(commander, session, want, params)
    try:
        await hub.kept_leases.durable()
    except Problem:
        raise
    except BaseException:
        # Cancelled while it was stored, so nobody hears of it. Whose connection is lost keeps it for a while.
        if commander.over:
            lease.untold = True
        else:
            _give_back(hub, lease)
        raise
    hub.leases.owned(session, lease.name, lease.fence)
    return _answer(hub, lease)


async def _wait(commander: Commander, session: Session, want: Want, params: LeaseAcquire) -> Lease:
    hub = commander.hub
    promise = hub.tasks.promise()
    waiter = hub.leases.wait(session, want, params.ttl_s, params.wait_s, promise)
    late = hub.clock.call_later(float(params.wait_s), lambda: promise.break_off(_not_free(hub, want)))
    try:
        lease: Lease = await promise
        return lease
    except Problem:
        if waiter.lease is not None:
            return waiter.lease  # its turn came in the very moment in which its time was up
        hub.leases.give_up(waiter, keep_turn=False)
        raise
    except BaseException:
        hub.leases.give_up(waiter, keep_turn=commander.over)
        if waiter.lease is not None and not commander.over:
            _give_back(hub, waiter.lease)
        raise
    finally:
        late.cancel()


def _give_back(hub: Hub, lease: Lease) -> None:
    if hub.leases.get(lease.name) is lease:
        hub.leases.release(lease.session, lease.name, lease.fence)


async def _renew(commander: Commander, params: LeaseRenew) -> LeaseAnswer:
    hub, session = commander.hub, _session(commander)
    lease = hub.leases.renew(session, params.name, params.fence, params.ttl_s)
    await hub.kept_leases.durable()
    hub.leases.owned(session, lease.name, lease.fence)  # it may have been stolen, or have run out, meanwhile
    return _answer(hub, lease)


async def _release(commander: Commander, params: LeaseRelease) -> dict[str, str]:
    hub = commander.hub
    hub.leases.release(_session(commander), params.name, params.fence)
    await hub.kept_leases.durable()
    return {"name": params.name}


async def _hand_over(commander: Commander, params: LeaseHandOver) -> LeaseAnswer:
    hub = commander.hub
    hub.leases.owned(_session(commander), params.name, params.fence)
    to = hub.sessions.by_id(params.session)
    if to is None or not may_use(to.principal, params.name):
        raise Problem("NOTFOUND", "there is no such session, or its principal may not hold this lease")
    lease = hub.leases.hand_over(_session(commander), params.name, params.fence, to)
    await hub.kept_leases.durable()
    return _answer(hub, lease)


async def _steal(commander: Commander, params: LeaseSteal) -> LeaseAnswer:
    hub, session = commander.hub, _session(commander)
    _check(params.name, commander.principal)
    lease = hub.leases.steal(session, params.name, params.reason, params.ttl_s)
    await hub.kept_leases.durable()
    hub.leases.owned(session, lease.name, lease.fence)
    return _answer(hub, lease)


def _list(commander: Commander, params: LeaseList) -> LeasesAnswer:
    hub, principal = commander.hub, commander.principal
    found = sorted((lease for lease in hub.leases if may_use(principal, lease.name)), key=lambda lease: lease.name)
    first = 0 if params.after is None else bisect_right(found, params.after, key=lambda lease: lease.name)
    wanted = [lease_row(hub, lease) for lease in found[first : first + params.limit]]
    rows = fitting(wanted, hub.limits.answer_bytes - ENVELOPE_BYTES)
    more = first + len(rows) < len(found)
    next_ = rows[-1]["name"] if more and rows else None
    answer: LeasesAnswer = {"leases": rows, "next": next_, "waiters": hub.leases.waiters, "total": len(found)}
    if more:
        answer["truncated"] = True
    return answer


def _want(params: LeaseAcquire, principal: Principal) -> Want:
    if (params.name is None) == (params.any_of is None):
        raise Problem("PROTO", "lease.acquire takes either a name or any_of")
    if isinstance(params.any_of, str):
        return Want((), Pattern(params.any_of))
    names = tuple(dict.fromkeys(params.any_of or (params.name or "",)))
    for name in names:
        _check(name, principal)
    return Want(names)


def _check(name: str, principal: Principal) -> None:
    check_lease_name(name)
    if not may_use(principal, name):
        raise Problem("NOTFOUND", "there is no such lease, or it is not for you")


def _not_free(hub: Hub, want: Want) -> Problem:
    held = [lease for name in want.names if (lease := hub.leases.get(name)) is not None]
    if not held:
        what = f"no live stream of {want.pattern.text} is free" if want.pattern is not None else "others wait for it"
        return Problem("CONFLICT", what)
    first = min(held, key=lambda lease: lease.expires_at)
    left = max(int((first.expires_at - hub.clock.monotonic()) * 1000), 1)
    who = f"{first.session.principal.name} (session {first.session.id})"
    return Problem("CONFLICT", f"{first.name} is held by {who}", retry_after=left, session=first.session.id)


def _answer(hub: Hub, lease: Lease) -> LeaseAnswer:
    return {
        "name": lease.name,
        "stream": stream_of(lease.name),
        "session": lease.session.id,
        "fence": lease.fence,
        "expires_at": wall_ms(hub, lease.expires_at),
    }


def _session(commander: Commander) -> Session:
    if commander.session is None:
        raise Problem("AUTH", "hub.hello comes first")
    return commander.session


LEASE_METHODS = {
    "lease.acquire": Method(Role.OPERATOR, LeaseAcquire, _acquire, waits=True, lasting=False),
    "lease.renew": Method(Role.OPERATOR, LeaseRenew, _renew, audited=False),
    "lease.release": Method(Role.OPERATOR, LeaseRelease, _release),
    "lease.hand_over": Method(Role.OPERATOR, LeaseHandOver, _hand_over),
    "lease.steal": Method(Role.OPERATOR, LeaseSteal, _steal),
    "lease.list": Method(Role.OPERATOR, LeaseList, _list),
}
