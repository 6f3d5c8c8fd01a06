"""The hub as one object: everything that conversations may ask, put together without any I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from hub.core.account_book import AccountBook
from hub.core.admission import Admission
from hub.core.audit import Audit
from hub.core.catch_up import CatchUp
from hub.core.committer import Committer
from hub.core.counters import Counters
from hub.core.credentials import Credentials, Policy
from hub.core.deadlines import Deadlines
from hub.core.deletion import delete_late
from hub.core.ended_logins import EndedLogins
from hub.core.epochs import Epochs
from hub.core.events import Events
from hub.core.first_answers import FirstAnswers
from hub.core.gate import Gate
from hub.core.guarded import Guarded
from hub.core.history import History
from hub.core.kept_leases import KeptLeases
from hub.core.kept_sessions import KeptSessions
from hub.core.lease_news import LeaseEvents
from hub.core.leases import Leases
from hub.core.log import Log
from hub.core.marks import Marks
from hub.core.meter import Meter
from hub.core.ports import Accounts, Analyzer, Clock, Failures, Opened, Passwords, Store, Tasks
from hub.core.producer_sessions import ProducerSessions
from hub.core.queue_memory import QueueMemory
from hub.core.reader import Reader
from hub.core.replies import Replies
from hub.core.report import hub_stats, row_of, stream_row
from hub.core.roster import client_row, may_see_session, may_see_writer, producer_row
from hub.core.sessions import Session, Sessions
from hub.core.standing import Standing
from hub.core.stream import Stream
from hub.core.streams import Streams
from hub.core.subscription import Subscriptions
from hub.core.tail import TailMemory
from hub.core.timeout import Timeout
from hub.core.turn import Turn
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.pattern import Pattern
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem

PUBLIC_LIMITS = (
    "payload_bytes",
    "request_bytes",
    "request_batch",
    "requests_at_once",
    "answer_bytes",
    "line_text_bytes",
    "subscriptions",
    "window_bytes",
    "heartbeat_seconds",
    "dead_seconds",
    "reader_session_seconds",
    "lease_grace_seconds",
    "lease_start_grace_seconds",
)


GATES = ("producers", "commands", "data", "web")
"""Each listener has a gate of its own: a storm at one keeps nobody from another."""


class Hub:
    """Owns the streams, readers and sessions of one process."""

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        failures: Failures,
        store: Store,
        accounts: Accounts,
        passwords: Passwords,
        limits: Limits,
        policy: Policy,
        opened: Opened,
    ) -> None:
        """`accounts` are those that the store does not hold: the admin's."""
        self.clock = clock
        self.tasks = tasks
        self.failures = failures
        self.store = store
        self.accounts = AccountBook(accounts, passwords, store, clock, tasks, limits)
        self.limits = limits
        self.policy = policy
        self.started_at = clock.monotonic()
        self.endpoints: dict[str, str] = {}
        """Where each listener listens; filled when they do."""
        self.draining = False

        self.counters = Counters()
        self.turn = Turn(clock, failures)
        self._guarded = Guarded(clock, failures, self.counters)
        self.deadlines = Deadlines(clock, failures, self.turn.ends)
        self.events = Events()
        self.admission = Admission(limits, self.counters)
        self.gates = {name: Gate(clock, limits, self.counters) for name in GATES}
        self.sessions = Sessions(clock, limits, self.counters, self._client_news)
        self.kept_sessions = KeptSessions(self.sessions, store, self.accounts, clock, tasks)
        self.standing = Standing(self.accounts, self.sessions)
        # At the end of the turn: whoever ended their own login is answered first.
        self.accounts.changed = lambda: self.turn.add(self.standing.review)
        self.ended_logins = EndedLogins(store, clock, tasks)
        self.audit = Audit(store, clock, tasks, limits.audit_entries)
        self.credentials = Credentials(self.accounts, self.audit, clock, limits, policy)
        self.subscriptions = Subscriptions()
        self.readers: set[Reader] = set()
        self.queue_memory = QueueMemory(limits.reader_queues_bytes)
        self.history = History(store, clock, tasks)
        self.catch_up = CatchUp(self.history, clock, tasks, failures, limits.catch_up_slice_bytes)
        self.log = self._new_log()
        self.epochs = Epochs(store, clock, tasks, opened)
        self.streams = self._new_streams()
        self.meter = Meter(self.started_at)
        self.changed: set[Stream] = set()
        """Streams whose rows changed since the last second."""
        self._found: set[str] = set()
        """Names of streams in which errors were found since then."""
        self.producer_sessions = ProducerSessions(self.streams, clock, limits, self.counters, self._producer_news)
        self.replies = Replies(opened.epoch)
        self.marks = Marks(store, limits)
        self.first_answers = FirstAnswers(clock)
        self.leases = self._new_leases()
        self.kept_leases = KeptLeases(self.leases, self.sessions, store, self.accounts, clock, tasks)
        self.streams.load(opened.streams, partial(self.producer_sessions.load, now_ms=clock.now_ms()))

    def _new_log(self) -> Log:
        limits = self.limits
        committer = Committer(self.store, self.clock, self.tasks, self.turn, self.failures, limits.not_durable_bytes)
        committer.stored_late = lambda stream: delete_late(self, stream)
        tails = TailMemory(limits.tail_stream_bytes, limits.tail_bytes)
        return Log(self.clock, self.counters, tails, committer, self._guarded, limits.gaps_per_stream)

    def _new_streams(self) -> Streams:
        streams = Streams(self.log, self.limits, self.epochs, self.subscriptions, self._news)
        streams.retire = self._retire
        self.store.trimmed = streams.trimmed
        return streams

    def _new_leases(self) -> Leases:
        leases = Leases(self.clock, self.limits, LeaseEvents(self), self._live_names, self._state_of)
        self.sessions.ties = leases
        return leases

    def first_frame_timeout(self, late: Callable[[], None]) -> Timeout:
        """Call `late` once the time for a peer's first frame is over, unless that is cancelled."""
        return Timeout(self.clock.call_later, self.turn.ends, self.limits.first_frame_seconds, late)

    def tick(self) -> None:
        """Do what is done once a second: deadlines, meters, events. What fails keeps nothing else from being done."""
        run = self._guarded.run
        run("in the tick of deadlines", self.deadlines.advance)
        run("in the tick of meters", self._mark_meters)
        if self.log.analyzer is not None:
            run("in the tick of the analyzer", self._analyze, self.log.analyzer)
        run("in the tick of sessions", self.sessions.expire)
        run("in the tick of producers' sessions", self.producer_sessions.expire)
        run("in the tick of accounts", self.accounts.tick)
        run("in the tick of the audit log", self.audit.tick)
        run("in the tick of logins", self.ended_logins.tick)
        run("in the tick of leases", self.leases.advance)
        run("in the tick of kept leases", self.kept_leases.tick)
        run("in the tick of kept sessions", self.kept_sessions.tick)
        run("in the tick of streams", self.streams.rest)
        run("in the tick of events", self._tell_news)

    def _analyze(self, analyzer: Analyzer) -> None:
        analyzer.tick()
        # A stream's life is its name and its ordinal; another life of that name has a row of its own to tell.
        self._found.update(life.rpartition("#")[0] for life in analyzer.take_found())

    def _mark_meters(self) -> None:
        self.meter.mark(self.clock.monotonic(), self.counters.lines, self.counters.bytes)
        self.changed.update(self.log.mark_meters())

    def _tell_news(self) -> None:
        changed, self.changed = self.changed, set()
        self.events.tell("stats", lambda: hub_stats(self))
        found, self._found = self._found, set()
        names = found.union(stream.name for stream in changed)
        self.events.tell_rows(list(names), lambda name: row_of(self, name))

    async def restore(self) -> None:
        """Take up what a former hub kept beside streams; to be called before anybody is let in."""
        await self.accounts.restore()
        await self.ended_logins.restore()
        await self.audit.restore()
        await self.kept_sessions.restore()
        await self.kept_leases.restore()
        await self.marks.restore(lambda name: name in self.streams)

    def public_limits(self) -> dict[str, int]:
        """Return the bounds that a client meets, by name."""
        return {name: getattr(self.limits, name) for name in PUBLIC_LIMITS}

    def check_reader_room(self, principal: Principal) -> None:
        """Raise Problem LIMIT if `principal` has as many readers attached as it may."""
        attached = sum(1 for reader in self.readers if reader.principal.name == principal.name)
        if attached >= self.limits.readers_per_principal:
            bound = self.limits.readers_per_principal
            raise Problem("LIMIT", f"{principal.name} has limits.readers_per_principal ({bound}) attached")

    def admit(self, listener: str, peer: Peer, *, resumes: bool, slot: str | None) -> None:
        """Let somebody in who said hello; raise Problem BUSY that says when to come."""
        self.gates["web" if peer.via == "websocket" else listener].admit(resumes=resumes, slot=slot)

    def watched(self, stream: Stream) -> None:
        """Take note that a stream's watchers changed."""
        self.changed.add(stream)
        if stream.writer is not None:
            stream.writer.watched(stream.watchers)

    def _retire(self, stream: Stream) -> None:
        self.log.forget(stream)
        self.tasks.spawn(self.store.delete(stream.name))
        self.tasks.spawn(self.marks.forget(stream.name))

    def _live_names(self, pattern: Pattern) -> Iterator[str]:
        if pattern.is_literal:
            return iter([pattern.text] if self._state_of(pattern.text) == "live" else [])
        # Whoever is written is awake; by name, so that the order is one that people can follow.
        live = (each.name for each in self.streams.awake if each.state == "live" and pattern.matches(each.name))
        return iter(sorted(live))

    def _state_of(self, name: str) -> str:
        """Return a stream's state; that of one that sleeps, or is not there, is `ended`."""
        stream = self.streams.get(name) if self.streams.is_awake(name) else None
        return "ended" if stream is None else stream.state

    def _client_news(self, topic: str, session: Session, cause: str | None) -> None:
        self.events.tell(
            topic,
            lambda: {**client_row(self, session), "cause": cause},
            may_hear=lambda principal: may_see_session(principal, session),
        )

    def _producer_news(self, topic: str, writer: Writer, cause: str | None) -> None:
        self.events.tell(
            topic,
            lambda: {**producer_row(self, writer), "cause": cause},
            writer.stream.name,
            may_hear=lambda principal: may_see_writer(principal, writer),
        )

    def _news(self, topic: str, stream: Stream) -> None:
        self.changed.add(stream)
        if topic in ("stream.created", "stream.run", "stream.attached"):
            self.leases.stream_appeared(stream.name)
        self.events.tell(topic, lambda: stream_row(stream, self.clock.monotonic()), stream.name)
