"""Readers' sessions outlive the hub: what they follow is stored at once, what they acknowledged every few seconds."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from hub.core.account_book import AccountBook
from hub.core.ports import Clock, Store, Tasks
from hub.core.sessions import Session, Sessions
from hub.core.subscription import NONE, Subscription
from hub.model.kept_session import KeptSession, KeptSubscription, pack_session, unpack_session
from hub.model.pattern import Pattern
from hub.model.problem import Problem

KIND = "session"
SAVE_SECONDS = 5.0
SOON_SECONDS = 0.1
"""So long a session that follows something else waits for others to be stored with."""
UNKNOWN = 0


class KeptSessions:
    """Saves what changed, and restores all at a start. After a crash a reader goes on earlier perhaps, never later."""

    def __init__(self, sessions: Sessions, store: Store, accounts: AccountBook, clock: Clock, tasks: Tasks) -> None:
        self._sessions = sessions
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._tasks = tasks
        self._written: dict[str, int] = {}
        """By key hash, the hash of what was stored last."""
        self._forgetting: set[str] = set()
        """Those that are over, and that the store did not forget when it was told to."""
        self._saved_at = clock.monotonic()
        self._saving = False
        self._soon: dict[Session, None] = {}
        """Those that follow something else than a moment ago."""

    def soon(self, session: Session) -> None:
        """Store a session shortly that follows something else now: it is to be there after a crash, too."""
        if not self._soon:
            self._clock.call_later(SOON_SECONDS, self._save_soon)
        self._soon[session] = None

    def _save_soon(self) -> None:
        if self._saving:
            self._clock.call_later(SOON_SECONDS, self._save_soon)
            return
        sessions, self._soon = list(self._soon), {}
        self._tasks.spawn(self._save(sessions))

    def tick(self) -> None:
        """Save now and then; to be called once a second."""
        if not self._saving and self._clock.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._tasks.spawn(self.save())

    async def save(self) -> None:
        """Store what changed since the last time; what the store does not take is tried again the next time."""
        with suppress(Problem):
            await self.store_changes()

    async def _save(self, sessions: list[Session]) -> None:
        with suppress(Problem):
            await self._store_sessions(sessions)

    async def store_changes(self) -> None:
        """Store what changed since the last time; raise Problem STORE where it is not stored, and tried again later."""
        self._saved_at = self._clock.monotonic()
        await self._store_sessions(self._sessions.take_changed())

    async def _store_sessions(self, sessions: Iterable[Session]) -> None:
        written = self._written
        values: dict[str, bytes | None] = dict.fromkeys(self._forgetting)
        self._forgetting.clear()
        for session in sessions:
            packed = _pack(session)
            if packed is None:
                if session.key_hash in written:
                    values[session.key_hash] = None
            elif written.get(session.key_hash) != hash(packed):
                values[session.key_hash] = packed
                # Known at once: one that ends before the store has answered is to be forgotten there as well.
                written[session.key_hash] = hash(packed)
        if not values:
            return
        self._saving = True
        try:
            await self._store.put(KIND, values)
        except Problem:
            written.update(dict.fromkeys(values, UNKNOWN))
            self._sessions.changed_again(values)
            self._forgetting.update(key_hash for key_hash, packed in values.items() if packed is None)
            raise
        finally:
            self._saving = False
        for key_hash, packed in values.items():
            if packed is None:
                written.pop(key_hash, None)

    async def restore(self) -> None:
        """Take up the sessions of the former hub, detached from now on; what makes no sense any more is forgotten."""
        stale: dict[str, bytes | None] = {}
        for key_hash, packed in (await self._store.records(KIND)).items():
            try:
                kept = unpack_session(packed)
                subscriptions = [_subscription(each) for each in kept.subscriptions]
            except (ValueError, Problem):
                stale[key_hash] = None
                continue
            principal = self._accounts.by_credential(kept.credential)
            if principal is None:
                stale[key_hash] = None
                continue
            self._written[key_hash] = hash(packed)
            self._sessions.adopt(key_hash, principal, subscriptions)
        if stale:
            await self._store.put(KIND, stale)


def _pack(session: Session) -> bytes | None:
    """Return a session as it is kept; None for one that is over, or follows nothing."""
    if session.over:
        return None
    kept = tuple(_kept(session.current_subscriptions()))
    return pack_session(KeptSession(session.principal.credential, kept)) if kept else None


def _kept(subscriptions: Iterable[Subscription]) -> Iterable[KeptSubscription]:
    for each in subscriptions:
        yield KeptSubscription(
            each.id,
            each.pattern.text,
            each.begin,
            each.skip,
            dict(each.cursors),
            each.ordinal,
            tuple(each.unplaced),
            each.match,
        )


def _subscription(kept: KeptSubscription) -> Subscription:
    return Subscription(
        kept.id,
        Pattern(kept.pattern),
        kept.begin,
        kept.skip,
        kept.cursors,
        kept.ordinal,
        resumed=True,
        unplaced=frozenset(kept.unplaced) or NONE,
        match=kept.match,
    )
