"""Sessions: who is on the other side, apart from the socket that carries it now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from hub.core.counters import Counters
from hub.core.ports import Clock
from hub.core.subscription import Subscription
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.session_key import key_hash, new_key

COMMAND = 0
DATA = 1
SLOT_NAMES = ("command", "data")


class Holder(Protocol):
    """A connection that holds a slot of a session."""

    @property
    def peer(self) -> Peer:
        """The far end."""

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the slot (FENCED), or the session is over (EXPIRED)."""

    def kept(self) -> Sequence[Subscription]:
        """Return what the session would go on with if the connection were lost now."""

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        """Tell the peer something that concerns its session, where its language has words for it."""


class Ties(Protocol):
    """What else a session has beside connections and subscriptions: its leases, and its places in their queues."""

    def attached(self, session: Session) -> None:
        """A session has a command slot (again)."""

    def detached(self, session: Session) -> None:
        """A session has no command slot any more."""

    def ended(self, session: Session) -> None:
        """A session is over."""

    def concerns(self, session: Session) -> bool:
        """Tell whether a session has anything of the kind."""


class Session:
    """State under a key. Its two slots, commands and data, are held by one connection each.

    There may be very many detached sessions: no dicts, and nothing that can be derived.
    """

    __slots__ = ("_fences", "_holders", "began_at", "detached_at", "key_hash", "over", "principal", "subscriptions")

    def __init__(self, key_hash: str, principal: Principal, began_at: float) -> None:
        self.key_hash = key_hash
        self.principal = principal
        self.began_at = began_at
        """When it began, or was taken up by this hub (monotonic)."""
        self.subscriptions: tuple[Subscription, ...] = ()
        """What a detached reader goes on with."""
        self.detached_at: float | None = None
        self.over = False
        self._holders: list[Holder | None] = [None, None]
        self._fences = [0, 0]

    @property
    def id(self) -> str:
        """What others may know the session by."""
        return self.key_hash[:16]

    def take(self, slot: int, holder: Holder) -> bool:
        """Give a slot to a connection; the one that held it is fenced. Return whether one was."""
        before = self._holders[slot]
        self._holders[slot] = holder
        self._fences[slot] += 1
        self.detached_at = None
        if before is not None and before is not holder:
            before.displaced(Problem("FENCED", f"another connection took this session's {SLOT_NAMES[slot]} slot"))
            return True
        return False

    def leave(self, slot: int, holder: Holder) -> bool:
        """Free a slot if `holder` still has it; return whether it had."""
        if self._holders[slot] is not holder:
            return False
        self._holders[slot] = None
        return True

    def current_subscriptions(self) -> Sequence[Subscription]:
        """Return what it follows, or goes on with when somebody comes back."""
        holder = self._holders[DATA]
        return self.subscriptions if holder is None else holder.kept()

    def clear(self) -> None:
        """Forget what a session that is over went on with."""
        self._holders = [None, None]
        self.subscriptions = ()

    def fence(self, slot: int) -> int:
        """Return the slot's fence: it grows with each connection that takes it."""
        return self._fences[slot]

    def is_held(self, slot: int) -> bool:
        """Tell whether a connection holds a slot."""
        return self._holders[slot] is not None

    def holder(self, slot: int) -> Holder | None:
        """Return the connection that holds a slot."""
        return self._holders[slot]

    @property
    def attached(self) -> bool:
        """Whether any connection holds a slot."""
        return bool(self.holders)

    @property
    def holders(self) -> list[Holder]:
        """The connections."""
        return [holder for holder in self._holders if holder is not None]

    @property
    def slots(self) -> list[str]:
        """Names of the slots that a connection holds."""
        return [name for name, holder in zip(SLOT_NAMES, self._holders, strict=True) if holder is not None]


class Sessions:
    """All sessions, by the hash of their key."""

    def __init__(
        self,
        clock: Clock,
        limits: Limits,
        counters: Counters,
        news: Callable[[str, Session, str | None], None] = lambda topic, session, cause: None,
    ) -> None:
        """`news` is told the topic of each change, the session, and the cause of an end."""
        self._clock = clock
        self._limits = limits
        self._counters = counters
        self._news = news
        self.ties: Ties | None = None
        """Set by the hub."""
        self._by_hash: dict[str, Session] = {}
        self._changed: dict[Session, None] = {}
        """Sessions that may not be as they were stored."""
        self._reading: dict[Session, None] = {}
        """Those with an attached reader, whose cursors move."""
        self._detached: dict[str, dict[Session, None]] = {}
        """By principal, those detached longest first."""

    def __len__(self) -> int:
        return len(self._by_hash)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._by_hash.values())

    def begin(self, principal: Principal) -> tuple[str, Session]:
        """Begin a session; return its key, which is told once, and the session."""
        key = new_key()
        session = Session(key_hash(key), principal, self._clock.monotonic())
        self._by_hash[session.key_hash] = session
        return key, session

    def find(self, key: str, principal: Principal | None = None) -> Session:
        """Return the session of a key; raise Problem EXPIRED, or DENIED if it is not `principal`'s."""
        session = self._by_hash.get(key_hash(key))
        if session is None:
            raise Problem("EXPIRED", "there is no such session any more; begin a new one", cause="unknown")
        if principal is not None and principal.name != session.principal.name:
            raise Problem("DENIED", "this session is somebody else's")
        return session

    def take(self, session: Session, slot: int, holder: Holder) -> None:
        """Attach a connection to a slot."""
        self._detached.get(session.principal.name, {}).pop(session, None)
        if slot == DATA:
            self._reading[session] = None
        if session.take(slot, holder):
            self._counters.takeovers += 1
        if slot == COMMAND and self.ties is not None:
            self.ties.attached(session)
        self._news("session.attached", session, None)

    def leave(self, session: Session, slot: int, holder: Holder) -> None:
        """Detach a connection; a session that holds nothing ends with its last one."""
        if not session.leave(slot, holder) or session.over:
            return
        if slot == DATA:
            self._reading.pop(session, None)
            self._changed[session] = None
        if slot == COMMAND and self.ties is not None:
            self.ties.detached(session)
        if not session.attached and not self.end_if_idle(session):
            self._detach(session)

    def end_if_idle(self, session: Session) -> bool:
        """End a session that has nothing to come back for and no connection; return whether it was so."""
        if session.attached or session.subscriptions or (self.ties is not None and self.ties.concerns(session)):
            return False
        self.end(session)
        return True

    def by_hash(self, key_hash: str) -> Session | None:
        """Return the session whose key has that hash."""
        return self._by_hash.get(key_hash)

    def by_id(self, public_id: str) -> Session | None:
        """Return the session of a public id."""
        return next((session for session in self._by_hash.values() if session.id == public_id), None)

    def adopt(self, key_hash: str, principal: Principal, subscriptions: Sequence[Subscription]) -> Session:
        """Take up a session that a former hub kept; it is detached from now on."""
        session = self._by_hash[key_hash] = Session(key_hash, principal, self._clock.monotonic())
        session.subscriptions = tuple(subscriptions)
        self._detach(session)
        return session

    def take_changed(self) -> list[Session]:
        """Return the sessions that may have changed since this was last asked."""
        changed = list({**self._changed, **self._reading})
        self._changed.clear()
        return changed

    def changed_again(self, key_hashes: Iterable[str]) -> None:
        """Return these sessions once more the next time: they could not be stored."""
        for each in key_hashes:
            session = self._by_hash.get(each)
            if session is not None:
                self._changed[session] = None

    def _detach(self, session: Session) -> None:
        session.detached_at = self._clock.monotonic()
        self._news("session.detached", session, None)
        detached = self._detached.setdefault(session.principal.name, {})
        detached[session] = None
        if len(detached) > self._limits.detached_per_principal:
            self.end(next(iter(detached)), "limit")

    def end(self, session: Session, cause: str = "bye", by: Holder | None = None, text: str = "") -> None:
        """End a session: its key is dead, and so are its connections, save the one that asked for it.

        `cause` and `text` are told to those: `bye`, `ttl`, `limit` (its principal had too many) or `kicked`.
        """
        if self._by_hash.pop(session.key_hash, None) is None:
            return
        session.over = True
        self._detached.get(session.principal.name, {}).pop(session, None)
        self._news("session.ended", session, cause)
        for holder in session.holders:
            if holder is not by:
                holder.displaced(Problem("EXPIRED", text or "the session is over", cause=cause))
        if self.ties is not None:
            self.ties.ended(session)
        session.clear()
        self._reading.pop(session, None)
        self._changed[session] = None

    def expire(self) -> None:
        """End the sessions that were detached for too long; to be called now and then."""
        before = self._clock.monotonic() - self._limits.reader_session_seconds
        for name, detached in list(self._detached.items()):
            for session in list(detached):
                if (session.detached_at or 0.0) >= before:
                    break
                self.end(session, "ttl")
            if not detached:
                del self._detached[name]
