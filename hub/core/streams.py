"""The directory of all streams: names, owners, writers, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub.core.log import Log
from hub.core.stream import Stream
from hub.core.subscription import Subscriptions
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.pattern import Pattern
from hub.model.principal import ANONYMOUS, Principal
from hub.model.problem import Problem
from hub.model.stream_name import sibling_name


class Streams:
    """Makes streams, finds them and ends their runs; tells `news` (topic, stream) of each change."""

    def __init__(
        self, log: Log, limits: Limits, epoch: int, subscriptions: Subscriptions, news: Callable[[str, Stream], None]
    ) -> None:
        self.log = log
        self.epoch = epoch
        self._limits = limits
        self._subscriptions = subscriptions
        self._news = news
        self._by_name: dict[str, Stream] = {}
        self._last_ordinal = 0
        self._raw_numbers: dict[str, int] = {}
        self.live = 0
        """Streams that have a writer."""
        self.retire: Callable[[Stream], None] = lambda stream: None
        """Set by the hub: forget what else is known of a stream that had to make room."""

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Stream | None:
        """Return the stream of that name, if there is one."""
        return self._by_name.get(name)

    @property
    def ordinal(self) -> int:
        """The number of the latest stream or run."""
        return self._last_ordinal

    def find(self, name: str, principal: Principal) -> Stream:
        """Return a stream that `principal` may see; raise Problem NOTFOUND, the same for missing and forbidden."""
        stream = self._by_name.get(name)
        if stream is None or not principal.may_see(name):
            raise Problem("NOTFOUND", "there is no such stream")
        return stream

    def matching(self, pattern: Pattern, principal: Principal, *, newest_first: bool = True) -> list[Stream]:
        """Return the streams that match and that `principal` may see, by default those with the newest run first."""
        if pattern.is_literal:
            stream = self._by_name.get(pattern.text)
            return [stream] if stream is not None and principal.may_see(stream.name) else []
        found = [s for s in self._by_name.values() if pattern.matches(s.name) and principal.may_see(s.name)]
        if newest_first:
            found.sort(key=lambda stream: stream.run.ordinal, reverse=True)
        return found

    def open_numbered(self, prefix: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write a new stream named `prefix` and the first number that makes an unused name."""
        number = self._raw_numbers.get(prefix, 0) + 1
        while f"{prefix}{number}" in self._by_name:
            number += 1
        if len(self._raw_numbers) > 10_000:
            self._raw_numbers.clear()  # only a shortcut past the names of this second
        self._raw_numbers[prefix] = number
        return self._open(self._create(f"{prefix}{number}", principal), principal, meta)

    def open_beside(self, name: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write a stream, or the first of `name~2`, `name~3`, … that is new where it is another's or has a writer."""
        stream = self._by_name.get(name)
        if stream is not None and stream.writer is None and stream.owner == principal.name:
            return self._open(stream, principal, meta)
        number = 2
        free = name
        while free in self._by_name:
            free = sibling_name(name, number)
            number += 1
        return self._open(self._create(free, principal), principal, meta)

    def open_exact(self, name: str, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        """Write the stream of that name; raise Problem DENIED if it is another's, CONFLICT if it has a writer."""
        stream = self._by_name.get(name)
        if stream is None:
            return self._open(self._create(name, principal), principal, meta)
        if stream.owner != principal.name:
            raise Problem("DENIED", "this stream belongs to somebody else")
        if stream.writer is not None:
            raise Problem("CONFLICT", "somebody writes this stream now", retry_after=1000)
        return self._open(stream, principal, meta)

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

    def trimmed(self, name: str, start: int) -> None:
        """Take note that the store keeps a stream only from `start` on."""
        stream = self._by_name.get(name)
        if stream is not None and start > stream.start:
            stream.start = start

    def _create(self, name: str, principal: Principal) -> Stream:
        if len(self._by_name) >= self._limits.streams:
            self._make_room()
        self._last_ordinal += 1
        stream = Stream(name, principal.name, principal == ANONYMOUS, self.epoch, self._last_ordinal, self.log)
        self._by_name[name] = stream
        return stream

    def _make_room(self) -> None:
        """Retire ended streams that nobody watches, anonymous and old ones first; raise Problem LIMIT if none is.

        What is not durable stays: the store would be handed pieces of a stream that it has forgotten.
        """
        idle = [
            stream
            for stream in self._by_name.values()
            if stream.writer is None and not stream.watchers and stream.durable >= stream.end
        ]
        if not idle:
            raise Problem("LIMIT", f"all of limits.streams ({self._limits.streams}) are written or watched")
        # Some at a time, so that a flood of new streams does not walk the directory for each.
        idle.sort(key=lambda stream: (not stream.anonymous, stream.run.ordinal))
        for stream in idle[: max(len(idle) // 50, 1)]:
            del self._by_name[stream.name]
            self.log.active.discard(stream)
            self.log.tails.forget(stream)
            self.retire(stream)
            self._news("stream.retired", stream)
        # A retired name may be used again, from offset 0: cursors of its former life must not fit.
        self.epoch = max(self.epoch + 1, self.log.clock.now_ms())

    def _open(self, stream: Stream, principal: Principal, meta: Mapping[str, Any]) -> Writer:
        self._last_ordinal += 1
        created = not stream.runs
        writer = Writer(stream, principal, self)
        stream.writer = writer
        self.live += 1
        stream.open_run(meta, self.log.clock.now_ms(), self._last_ordinal, self._limits.runs_per_stream)
        self.log.active.add(stream)
        self._news("stream.created" if created else "stream.run", stream)
        for reader, subscription in self._subscriptions.matching(stream.name):
            if created:
                reader.appeared(stream, subscription)
            else:
                reader.run_opened(stream, subscription)
        return writer
