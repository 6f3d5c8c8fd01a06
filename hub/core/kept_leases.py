"""Leases outlive the hub: each change is stored before anybody is told of it, and all are taken up at a start."""

from __future__ import annotations

from hub.core.account_book import AccountBook
from hub.core.lease_parts import Lease
from hub.core.leases import Leases
from hub.core.ports import Clock, Promise, Store, Tasks
from hub.core.sessions import Sessions
from hub.model.lease import KeptLease, pack_lease, unpack_lease
from hub.model.problem import Problem

KIND = "lease"
FENCE = " fence"
"""The key of the last fence; no lease is named so."""


class KeptLeases:
    """Writes what changed, in order and all at once; those who wait for it share a write."""

    def __init__(
        self, leases: Leases, sessions: Sessions, store: Store, accounts: AccountBook, clock: Clock, tasks: Tasks
    ) -> None:
        self._leases = leases
        self._sessions = sessions
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._tasks = tasks
        self._writing = False
        self._waiting: list[Promise[None]] = []
        """For the write that comes next."""
        self._waiting_now: list[Promise[None]] = []
        """For the write that is under way."""

    def tick(self) -> None:
        """Write what changed by itself, such as by a ttl; to be called once a second."""
        self._start()

    async def durable(self) -> None:
        """Return once all is stored as it is now; raise Problem STORE where that failed: it is tried again."""
        if not (self._leases.changed or self._writing):
            return
        promise: Promise[None] = self._tasks.promise()
        (self._waiting if self._leases.changed else self._waiting_now).append(promise)
        self._start()
        await promise

    async def restore(self) -> None:
        """Take up the leases of the former hub; those of somebody who is no more are forgotten."""
        now_ms, now = self._clock.now_ms(), self._clock.monotonic()
        # A store in memory knows of no former fence, and one out of a backup of too old ones. No hub grants as many as
        # a thousand a second for long, so the time is past them all.
        self._leases.fence = max(self._leases.fence, now_ms)
        stale: dict[str, bytes | None] = {}
        for name, packed in (await self._store.records(KIND)).items():
            if name == FENCE:
                self._leases.fence = max(self._leases.fence, int(packed))
                continue
            try:
                kept = unpack_lease(packed)
            except ValueError:
                stale[name] = None
                continue
            self._leases.fence = max(self._leases.fence, kept.fence)
            principal = self._accounts.by_credential(kept.credential)
            if principal is None:
                stale[name] = None
                continue
            session = self._sessions.by_hash(kept.session) or self._sessions.adopt(kept.session, principal, ())
            left = (kept.expires_at - now_ms) / 1000
            since = now - max(now_ms - kept.since, 0) / 1000
            self._leases.restore(name, session, kept.fence, kept.ttl_s, since, now + left)
        if stale:
            await self._store.put(KIND, stale)

    def _start(self) -> None:
        if self._leases.changed and not self._writing:
            self._writing = True
            self._tasks.spawn(self._write())

    async def _write(self) -> None:
        leases = self._leases
        try:
            while leases.changed:
                changed, leases.changed = leases.changed, {}
                self._waiting_now, self._waiting = self._waiting, []
                values: dict[str, bytes | None] = {FENCE: str(leases.fence).encode()}
                for name in changed:
                    lease = leases.get(name)
                    values[name] = None if lease is None else self._pack(lease)
                try:
                    await self._store.put(KIND, values)
                except Exception as error:
                    leases.changed = {**changed, **leases.changed}
                    known = isinstance(error, Problem)
                    self._settle(error if isinstance(error, Problem) else Problem("STORE", "the store failed"))
                    if not known:
                        raise
                    return
                self._settle(None)
        finally:
            self._writing = False

    def _settle(self, problem: Problem | None) -> None:
        waiting, self._waiting_now = self._waiting_now, []
        if problem is not None:
            waiting, self._waiting = waiting + self._waiting, []
        for promise in waiting:
            if problem is None:
                promise.keep(None)
            else:
                promise.break_off(problem)

    def _pack(self, lease: Lease) -> bytes:
        now_ms, now = self._clock.now_ms(), self._clock.monotonic()
        return pack_lease(
            KeptLease(
                lease.session.key_hash,
                lease.session.principal.credential,
                lease.fence,
                lease.ttl_s,
                now_ms - int((now - lease.since) * 1000),
                now_ms + int((lease.expires_at - now) * 1000),
            )
        )
