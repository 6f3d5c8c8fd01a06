"""Sessions of framed producers: each is a run that outlives its sockets, and its key is the way back to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hub.core.counters import Counters
from hub.core.ports import Clock
from hub.core.stream import Stream
from hub.core.streams import Streams
from hub.core.writer import Writer, WriterHolder
from hub.model.limits import Limits
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.record import StreamRecord
from hub.model.run import Run
from hub.model.session_key import key_hash

BUSY_WRITER_MS = 1000


class Attached(NamedTuple):
    """Where a producer's HELLO led."""

    stream: Stream
    run: Run
    writer: Writer | None
    """None where the session is over by its own END: it is only told so."""
    resumed: bool


class ProducerSessions:
    """Finds the run that a key writes, and decides who may write a stream. What lasts of it is in the runs."""

    def __init__(
        self,
        streams: Streams,
        clock: Clock,
        limits: Limits,
        counters: Counters,
        news: Callable[[str, Writer, str | None], None] = lambda topic, writer, cause: None,
    ) -> None:
        """`news` is told the topic of each change, the session's writer, and the cause of an end."""
        self._streams = streams
        self._news = news
        self._clock = clock
        self._limits = limits
        self._counters = counters
        self._runs: dict[str, tuple[str, int]] = {}
        self._detached: dict[Writer, None] = {}
        """Those detached longest first."""
        self._over: dict[str, float] = {}
        """When sessions that are over are forgotten, those that were over first in front."""
        self._deleted: dict[str, int] = {}
        """Sessions of deleted streams, until they are forgotten, and where each one's run ended."""

    def load(self, record: StreamRecord, now_ms: int) -> None:
        """Take up the sessions of a stream that the store kept: one whose run is open is detached from now on."""
        keep_ms = self._limits.producer_session_seconds * 1000
        for run in record.runs:
            if run.session is None:
                continue
            if run.ended_at is None:
                self._runs[run.session] = (record.name, run.number)
                self._take_up(record.name)
            elif run.ended_at + keep_ms > now_ms:
                self._runs[run.session] = (record.name, run.number)
                self._over[run.session] = self._clock.monotonic() + (run.ended_at + keep_ms - now_ms) / 1000

    def knows(self, key: str) -> bool:
        """Tell whether a key is one to come back with."""
        return key_hash(key) in self._runs

    def attach(
        self,
        key: str,
        name: str,
        principal: Principal,
        meta: Mapping[str, Any],
        holder: WriterHolder,
        *,
        resume: bool,
        take: bool,
    ) -> Attached:
        """Attach a connection to the session of a key, or begin it.

        Raise Problem EXPIRED where a key that is to be resumed cannot be, DENIED where key or stream are somebody
        else's, CONFLICT where another session writes the stream or may still come back to it.
        """
        session = key_hash(key)
        known = self._runs.get(session)
        if known is not None:
            return self._again(session, known, name, principal, holder)
        if session in self._deleted:
            raise Problem("EXPIRED", "the session's stream was deleted", cause="deleted", offset=self._deleted[session])
        if resume:
            raise Problem("EXPIRED", "this session is not known; send what is left under a new key", cause="unknown")
        self._make_way(name, principal, take)
        writer = self._streams.open_exact(name, principal, meta)
        writer.run.session, writer.run.fence = session, 1
        writer.holder = holder
        self._runs[session] = (name, writer.run.number)
        self._news("session.attached", writer, None)
        return Attached(writer.stream, writer.run, writer, False)

    def detach(self, writer: Writer, holder: WriterHolder) -> None:
        """Take note that a connection is gone; the session holds its stream for a while."""
        if writer.holder is not holder:
            return
        writer.holder = None
        writer.detached_at = self._clock.monotonic()
        self._detached[writer] = None
        self._streams.attached_changed(writer, attached=False)
        self._news("session.detached", writer, None)

    def end(self, writer: Writer, cause: str, status: str | None = None, *, text: str = "") -> None:
        """End a session with its run; whoever holds it and did not ask for this is told why."""
        holder, writer.holder = writer.holder, None
        self._detached.pop(writer, None)
        writer.end(cause, status)
        if writer.session is not None:
            self._remember(writer.session)
            self._news("session.ended", writer, cause)
        if holder is not None and cause != "end":
            holder.displaced(Problem("EXPIRED", text or "the session is over", cause=cause, offset=writer.stream.end))

    def deleted(self, stream: Stream) -> None:
        """Take note that a stream that nobody writes is deleted, and with it what the keys of its runs led to."""
        for session, (name, number) in list(self._runs.items()):
            if name == stream.name:
                run = stream.run_numbered(number)
                del self._runs[session]
                self._deleted[session] = stream.end if run is None or run.end is None else run.end

    def expire(self) -> None:
        """End what was detached for too long, and forget what is over for as long; to be called once a second."""
        now = self._clock.monotonic()
        before = now - self._limits.producer_session_seconds
        for writer in list(self._detached):
            if writer.detached_at > before:
                break
            self.end(writer, "ttl")
        for session, until in list(self._over.items()):
            if until > now:
                break
            del self._over[session]
            if self._is_owed(session):
                self._over[session] = now + self._limits.producer_session_seconds
                continue
            self._runs.pop(session, None)
            self._deleted.pop(session, None)

    def _remember(self, session: str) -> None:
        """Keep what is over from now on for as long as a session may stay away."""
        self._over.pop(session, None)
        self._over[session] = self._clock.monotonic() + self._limits.producer_session_seconds

    def _is_owed(self, session: str) -> bool:
        """Tell whether the producer could not be told yet how far a session came: the store has not taken its end."""
        name, _ = self._runs.get(session, ("", 0))
        stream = self._streams.get(name) if self._streams.is_awake(name) else None
        return stream is not None and self._streams.log.committer.holds(stream)

    def _take_up(self, name: str) -> None:
        writer = self._streams.take_up(name)
        if writer is not None:
            # Above all that former hubs gave out, stored or not: each start has an epoch above all those before.
            writer.run.fence = max(writer.run.fence, self._streams.epochs.current)
            self._detached[writer] = None
            self._streams.log.committer.touch(writer.stream)

    def _again(
        self, session: str, known: tuple[str, int], name: str, principal: Principal, holder: WriterHolder
    ) -> Attached:
        stream = self._streams.get(known[0])
        run = None if stream is None else stream.run_numbered(known[1])
        # A name that had to make room may be another stream's by now.
        if stream is None or run is None or run.session != session:
            raise Problem("EXPIRED", "the session's run is not kept any more", cause="unknown")
        if known[0] != name or stream.owner != principal.name:
            raise Problem("DENIED", "this key belongs to another stream or to somebody else")
        if run.end is not None:
            # Who asks may have to ask once more, when the store has taken the end: it must not be forgotten between.
            self._remember(session)
            if run.cause == "end":
                return Attached(stream, run, None, True)
            raise Problem("EXPIRED", "the session is over", cause=run.cause or "unknown", offset=run.end)
        writer = stream.writer
        if writer is None or writer.run is not run:
            raise Problem("INTERNAL", "an open run without its writer")
        before, writer.holder = writer.holder, holder
        self._detached.pop(writer, None)
        run.fence += 1
        stream.continue_under_epoch()
        self._streams.log.committer.touch(stream)
        self._streams.attached_changed(writer, attached=True)
        self._news("session.attached", writer, None)
        if before is not None and before is not holder:
            self._counters.takeovers += 1
            before.displaced(Problem("FENCED", "another connection took this session"))
        return Attached(stream, run, writer, True)

    def _make_way(self, name: str, principal: Principal, take: bool) -> None:
        """Supersede a detached session that has held its stream for long enough; raise Problem CONFLICT or DENIED."""
        stream = self._streams.get(name)
        if stream is None or stream.writer is None or stream.owner != principal.name:
            return  # open_exact says what is wrong, if anything
        writer = stream.writer
        if writer.session is None or writer.attached:
            raise Problem("CONFLICT", "somebody writes this stream now", retry_after=BUSY_WRITER_MS)
        left = writer.detached_at + self._limits.hold_seconds - self._clock.monotonic()
        if left > 0 and not take:
            raise Problem(
                "CONFLICT",
                "another session may still come back to this stream; take=1 does not wait for it",
                retry_after=int(left * 1000) + 1,
            )
        self.end(writer, "superseded")
