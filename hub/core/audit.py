"""The audit log: who did what, and who could not get in. Bounded, in memory and in the store."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

from hub.core.ports import Clock, Store, Tasks
from hub.model.account import LONGEST_NAME
from hub.model.audit import AuditEntry, pack_entry, unpack_entry
from hub.model.problem import Problem

KIND = "audit"
LOGIN = "login"
FAILED = ("AUTH", "DENIED")
LONGEST_TEXT = 400


class Audit:
    """Deeds, and beside them a quarter as many refusals and as many logins: a storm of those washes no deeds away."""

    def __init__(self, store: Store, clock: Clock, tasks: Tasks, bound: int) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._deeds: deque[AuditEntry] = deque()
        self._failures: deque[AuditEntry] = deque()
        self._logins: deque[AuditEntry] = deque()
        self._bound = bound
        self._seq = 0
        self._unsaved: dict[str, bytes | None] = {}
        self._saving = False
        self.told: Callable[[AuditEntry], None] = lambda entry: None
        """Set by the hub: is told each entry."""

    async def restore(self) -> None:
        """Take up what the store kept."""
        kept = await self._store.records(KIND)
        for key in sorted(kept):
            try:
                entry = unpack_entry(kept[key])
            except ValueError:
                self._unsaved[key] = None
                continue
            self._seq = max(self._seq, entry.seq)
            self._keep(entry)

    def note(self, principal: str, peer: str, action: str, target: str, outcome: str = "ok", detail: str = "") -> None:
        """Note a deed; it is in the store within a second or so."""
        self._seq += 1
        entry = AuditEntry(
            self._seq,
            self._clock.now_ms(),
            principal[:LONGEST_NAME],
            peer,
            action,
            target[:LONGEST_TEXT],
            outcome,
            detail[:LONGEST_TEXT],
        )
        self._keep(entry)
        self._unsaved[_key(entry)] = pack_entry(entry)
        self.told(entry)

    def newest_first(self, before: int | None = None) -> Iterator[AuditEntry]:
        """Iterate over the entries, those with the highest number first; `before` bounds it."""
        kinds = (self._deeds, self._failures, self._logins)
        merged = heapq.merge(*map(reversed, kinds), key=lambda entry: -entry.seq)
        return (entry for entry in merged if before is None or entry.seq < before)

    def tick(self) -> None:
        """Store what is new; to be called once a second."""
        if self._unsaved and not self._saving:
            self._tasks.spawn(self.save())

    async def save(self) -> None:
        """Store what is new; what the store does not take is tried again."""
        with suppress(Problem):
            await self.store_changes()

    async def store_changes(self) -> None:
        """Store what is new; raise Problem STORE where that failed: it is tried again with the next."""
        values, self._unsaved = self._unsaved, {}
        if not values:
            return
        self._saving = True
        try:
            await self._store.put(KIND, values)
            values = {}
        finally:
            self._saving = False
            self._unsaved = {**values, **self._unsaved}

    def _keep(self, entry: AuditEntry) -> None:
        kept, bound = self._deeds, self._bound
        if entry.outcome in FAILED or entry.action == LOGIN:
            kept = self._failures if entry.outcome in FAILED else self._logins
            bound = max(bound // 4, 1)
        kept.append(entry)
        while len(kept) > bound:
            self._unsaved[_key(kept.popleft())] = None


def _key(entry: AuditEntry) -> str:
    return f"{entry.seq:016d}"
