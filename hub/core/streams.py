"""The directory of all streams: names, owners, writers, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hub.core.directory import Directory
from hub.core.epochs import Epochs
from hub.core.log import Log
from hub.core.stream import Stream
from hub.core.subscription import Subscriptions
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.pattern import Pattern
from hub.model.principal import ANONYMOUS, Principal
from hub.model.problem import Problem
from hub.model.record import Facts, StreamRecord
from hub.model.stream_name import sibling_name

REST_SECONDS = 10.0


class Streams:
    """Makes streams, finds them and ends their runs; tells `news` (topic, stream) of each change."""

    def __init__(
        self,
        log: Log,
        limits: Limits,
        epochs: Epochs,
        subscriptions: Subscriptions,
        news: Callable[[str, Stream], None],
    ) -> None:
        self.log = log
        self.epochs = epochs
        self._limits = limits
        self._subscriptions = subscriptions
        self._news = news
        self._directory = Directory(lambda record: Stream.restored(record, epochs.current, log))
        self._last_ordinal = 0
        self._raw_numbers: dict[str, int] = {}
        self._rested_at = log.clock.monotonic()
        self.live = 0
        """Streams that have a writer."""
        self.retire: Callable[[Stream], None] = lambda stream: None
        """Set by the hub: forget what else is known of a stream that had to make room."""

    def __len__(self) -> int:
        return len(self._directory)

    @property
    def awake(self) -> Iterable[Stream]:
        """The streams that something goes on with; the others are in the directory alone."""
        return self._directory.awake

    def load(self, records: Iterable[StreamRecord], loaded: Callable[[StreamRecord], None]) -> None:
        """Take the streams that the store kept, and tell each to `loaded`.

        A raw run that is still open ended with the former hub; a framed one is `loaded`'s to take up.
        """
        for record in records:
            self._last_ordinal = max(self._last_ordinal, record.run.ordinal, record.ordinal)
            self._directory.load(record)
            loaded(record)
            if not record.run.ended and record.run.session is None:
                self._lose(record.name)

    def get(self, name: str) -> Stream | None:
        """Return the stream of that name, if there is one."""
        return self._directory.get(name)

    @property
    def ordinal(self) -> int:
        """The number of the latest stream or run."""
        return self._last_ordinal

    def find(self, name: str, principal: Principal) -> Stream:
        """Return a stream that `principal` may see; raise Problem NOTFOUND, the same for missing and forbidden."""
        stream = self.get(name) if principal.may_see(name) else None
        if stream is None:
            raise Problem("NOTFOUND", "there is no such stream")
        return stream

    def matching(self, pattern: Pattern, principal: Principal, *, after: int = 0) -> Iterator[str]:
        """Iterate over the names that match and that `principal` may see, those with the newest run first.

        Of many, only streams whose last run's ordinal is past `after` are looked at. None is woken.
        """
        if pattern.is_literal:
            names: Iterable[str] = (pattern.text,) if pattern.text in self._directory else ()
            return (name for name in names if principal.may_see(name))
        matches = pattern.matches
        return (name for _, name in self._directory.names(after) if matches(name) and principal.may_see(name))

    def in_order(self, *, newest: bool, latest: int, past: int | None = None) -> Iterator[tuple[int, str]]:
        """Iterate over (ordinal of the last run, name) of all streams, the oldest or the newest first.

        It is the order in which they were when `latest` was the newest run: those that were made since are left out.
        `past` is the ordinal up to which they were gone through before. None is woken.
        """
        if newest:
            return self._directory.names(before=past, latest=latest)
        return self._directory.names(past or 0, oldest_first=True, latest=latest)

    def passed(self, ordinal: int, *, newest: bool) -> int:
        """Return about how many streams come before this ordinal in that order."""
        share = self._directory.share(ordinal)
        return round(len(self) * (1 - share if newest else share))

    def is_still(self, name: str, ordinal: int) -> bool:
        """Tell whether the stream of that name is the one that came to be as this number."""
        stream = self._directory.asleep(name) or (self._directory.get(name) if self.is_awake(name) else None)
        return stream is not None and stream.ordinal == ordinal

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def is_awake(self, name: str) -> bool:
        """Tell whether something goes on, or went on lately, with a stream."""
        return self._directory.is_awake(name)

    def facts(self, name: str) -> Facts | None:
        """Return what a stream is put in order by, without waking it."""
        return self._directory.facts(name)

    def asleep(self, name: str) -> StreamRecord | None:
        """Return the record of a stream that sleeps, without waking it; None where it is awake or not there."""
        return self._directory.asleep(name)

    def at_rest(self, name: str) -> StreamRecord | None:
        """Return the record of a stream that nobody writes and of which the store has all, without waking it."""
        if not self._directory.is_awake(name):
            return self._directory.asleep(name)
        stream = self._directory.get(name)
        if stream is None or stream.writer is not None or self.log.committer.holds(stream):
            return None
        return stream.record()

    def epoch_of(self, name: str) -> int:
        """Return the epoch under which a stream is known, or will be when it wakes."""
        stream = self._directory.get(name) if self.is_awake(name) else None
        return self.epochs.current if stream is None else stream.epoch

    def open_numbered(self, prefix: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write a new stream named `prefix` and the first number that makes an unused name."""
        number = self._raw_numbers.get(prefix, 0) + 1
        while f"{prefix}{number}" in self._directory:
            number += 1
        if len(self._raw_numbers) > 10_000:
            self._raw_numbers.clear()  # only a shortcut past the names of this second
        self._raw_numbers[prefix] = number
        return self._open(self._create(f"{prefix}{number}", principal), meta)

    def open_beside(self, name: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write a stream, or the first of `name~2`, `name~3`, … that is new where it is another's or has a writer."""
        stream = self.get(name)
        if stream is not None and stream.writer is None and stream.owner == principal.name:
            return self._open(stream, meta)
        number = 2
        free = name
        while free in self._directory:
            free = sibling_name(name, number)
            number += 1
        return self._open(self._create(free, principal), meta)

    def open_exact(self, name: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write the stream of that name; raise Problem DENIED if it is another's, CONFLICT if it has a writer."""
        stream = self.get(name)
        if stream is None:
            return self._open(self._create(name, principal), meta)
        if stream.owner != principal.name:
            raise Problem("DENIED", "this stream belongs to somebody else")
        if stream.writer is not None:
            raise Problem("CONFLICT", "somebody writes this stream now", retry_after=1000)
        return self._open(stream, meta)

    def end_writer(self, writer: Writer, cause: str, status: str | None) -> None:
        """End a writer's run; one that was ended already stays as it was."""
        stream = writer.stream
        if stream.writer is not writer:
            return
        stream.writer = None
        writer.attached = False
        self.live -= 1
        stream.end_run(cause, status, self.log.clock.now_ms())
        self.log.active.add(stream)
        self._news("stream.ended", stream)

    def take_up(self, name: str) -> Writer | None:
        """Return a writer, without a connection, for the run that the store found open."""
        stream = self._directory.get(name)
        if stream is None or stream.run.ended:
            return None
        stream.writer = Writer(stream, self, attached=False)
        self.live += 1
        return stream.writer

    def attached_changed(self, writer: Writer, *, attached: bool) -> None:
        """Take note that a writer's connection came or went."""
        if writer.attached != attached:
            writer.attached = attached
            self._news("stream.attached" if attached else "stream.detached", writer.stream)

    def trimmed(self, name: str, start: int) -> None:
        """Take note that the store keeps a stream only from `start` on."""
        stream = self._directory.get(name)
        if stream is not None and start > stream.start:
            stream.start = start

    def let_sleep(self, name: str) -> None:
        """Let one stream sleep at once if nothing goes on with it: it was woken only to be looked at."""
        if self._directory.is_awake(name):
            stream = self._directory.get(name)
            if stream is not None and not stream.tail.bytes and self._is_idle(stream):
                self._directory.sleep(stream)

    def rest(self) -> None:
        """Let the streams sleep that nothing goes on with; to be called once a second."""
        now = self.log.clock.monotonic()
        if now - self._rested_at < REST_SECONDS:
            return
        self._rested_at = now
        for stream in [stream for stream in self._directory.awake if self._is_idle(stream)]:
            self.log.tails.drop(stream)
            if not stream.tail.bytes:
                self._directory.sleep(stream)

    def _is_idle(self, stream: Stream) -> bool:
        """Tell whether nobody writes or watches a stream, and all of it has been durable for a while."""
        if stream.writer is not None or stream.watchers or stream in self.log.active:
            return False
        return not self.log.committer.holds(stream)

    def _lose(self, name: str) -> None:
        stream = self._directory.get(name)
        if stream is not None:
            # Nobody saw when the former hub stopped, and what the run lasted is not how long the hub was away.
            began_at = stream.run.began_at
            stream.end_run("hub_lost", None, max(began_at, stream.last_at or began_at))

    def _create(self, name: str, principal: Principal) -> Stream:
        if len(self._directory) >= self._limits.streams:
            self._make_room()
        self._last_ordinal += 1
        epoch = self.epochs.current
        stream = Stream(name, principal.name, principal == ANONYMOUS, epoch, self._last_ordinal, self.log)
        self._directory.add(stream)
        return stream

    def _make_room(self) -> None:
        """Retire ended streams that nobody watches, anonymous and old ones first; raise Problem LIMIT if none is.

        What is not durable stays: the store would be handed pieces of a stream that it has forgotten.
        """
        idle = []
        for ordinal, name in self._directory.names():
            record = self._directory.asleep(name)
            if record is not None:
                idle.append((not record.anonymous, ordinal, name))
                continue
            stream = self._directory.get(name)
            if stream is not None and self._may_retire(stream):
                idle.append((not stream.anonymous, ordinal, name))
        if not idle:
            raise Problem("LIMIT", f"all of limits.streams ({self._limits.streams}) are written or watched")
        # A retired name may be used again, from offset 0: cursors of its former life must not fit.
        self.epochs.advance()
        # Some at a time, so that a flood of new streams does not walk the directory for each.
        idle.sort()
        for _, _, name in idle[: max(len(idle) // 50, 1)]:
            stream = self._directory.get(name)
            if stream is not None:
                self._forget(stream)
                self._news("stream.retired", stream)

    def _may_retire(self, stream: Stream) -> bool:
        return stream.writer is None and not stream.watchers and not self.log.committer.holds(stream)

    def delete(self, stream: Stream) -> None:
        """Forget a stream that nobody writes any more; its live deliveries are told where it ends."""
        self._remove(stream)
        # Before those are called who wait for it to be durable: it never will be.
        stream.delete()
        self.log.committer.forget(stream)
        self._news("stream.deleted", stream)

    def _forget(self, stream: Stream) -> None:
        self._remove(stream)
        self.retire(stream)

    def _remove(self, stream: Stream) -> None:
        self._directory.remove(stream.name)
        self.log.active.discard(stream)
        self.log.tails.forget(stream)

    def _open(self, stream: Stream, meta: Mapping[str, Any]) -> Writer:
        self._last_ordinal += 1
        created = not stream.runs
        self.live += 1
        stream.open_run(meta, self.log.clock.now_ms(), self._last_ordinal, self._limits.runs_per_stream)
        stream.writer = writer = Writer(stream, self)
        self._directory.run_opened(stream)
        self.log.active.add(stream)
        self._news("stream.created" if created else "stream.run", stream)
        for reader, subscription in self._subscriptions.matching(stream.name):
            if created:
                reader.appeared(stream, subscription)
            else:
                reader.run_opened(stream, subscription)
        return writer
