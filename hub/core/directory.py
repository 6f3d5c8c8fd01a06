"""All streams by name: those that something goes on with, and the many that sleep as a few hundred bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from hub.model.record import Facts, StreamRecord, pack, packed_facts, unpack

if TYPE_CHECKING:
    from hub.core.stream import Stream

_STALE_AT_LEAST = 1000


class Directory:
    """Streams by name, and in the order of their last runs. Asking for one that sleeps wakes it."""

    def __init__(self, wake: Callable[[StreamRecord], Stream]) -> None:
        self._wake = wake
        self._awake: dict[str, Stream] = {}
        self._asleep: dict[str, bytes] = {}
        # One entry a run that was opened, in the order of their ordinals; all but a stream's last are stale. Two plain
        # arrays: a tuple each would weigh more than what it tells.
        self._ordinals = array("q")
        self._names: list[str] = []

    def __len__(self) -> int:
        return len(self._awake) + len(self._asleep)

    def __contains__(self, name: str) -> bool:
        return name in self._awake or name in self._asleep

    @property
    def awake(self) -> Iterable[Stream]:
        """The streams that are awake: all with a writer, a watcher or something in memory, and some more."""
        return self._awake.values()

    def get(self, name: str) -> Stream | None:
        """Return a stream, woken if it slept; None if there is none."""
        stream = self._awake.get(name)
        if stream is None and (packed := self._asleep.pop(name, None)) is not None:
            stream = self._awake[name] = self._wake(unpack(packed))
        return stream

    def add(self, stream: Stream) -> None:
        """Take a stream that was made."""
        self._awake[stream.name] = stream

    def load(self, record: StreamRecord) -> None:
        """Take a stream as the store kept it, asleep; those with older runs come first."""
        self._asleep[record.name] = pack(record)
        self._note(record.run.ordinal, record.name)

    def run_opened(self, stream: Stream) -> None:
        """Take note of the newest run."""
        self._note(stream.run.ordinal, stream.name)

    def sleep(self, stream: Stream) -> None:
        """Keep only the record of a stream that nothing refers to any more."""
        del self._awake[stream.name]
        self._asleep[stream.name] = pack(stream.record())

    def remove(self, name: str) -> None:
        """Forget a stream."""
        self._awake.pop(name, None)
        self._asleep.pop(name, None)

    def names(
        self, after: int = 0, before: int | None = None, *, oldest_first: bool = False, latest: int | None = None
    ) -> Iterator[tuple[int, str]]:
        """Iterate over (ordinal of the last run, name) of those past `after` and under `before`, the newest first.

        Streams may come and go meanwhile; one that gets a new run comes where it was when `latest`, else the newest
        one now, was the newest run of all. What was made after that is left out.
        """
        ordinals, names = self._ordinals, self._names
        if latest is None:
            latest = ordinals[-1] if ordinals else 0
        length = bisect_right(ordinals, latest)
        first = bisect_right(ordinals, after)
        last = length if before is None else min(bisect_left(ordinals, before), length)
        for index in range(first, last) if oldest_first else range(last - 1, first - 1, -1):
            ordinal = ordinals[index]
            name = names[index]
            facts = self.facts(name)
            if facts is None:
                continue
            if facts.ordinal == ordinal or (facts.ordinal > latest and name not in islice(names, index + 1, length)):
                yield ordinal, name

    def share(self, ordinal: int) -> float:
        """Return about which share of all streams had their last run before this ordinal."""
        return bisect_left(self._ordinals, ordinal) / max(len(self._ordinals), 1)

    def asleep(self, name: str) -> StreamRecord | None:
        """Return the record of a stream that sleeps, without waking it; None if it is awake or not there."""
        packed = self._asleep.get(name)
        return None if packed is None else unpack(packed)

    def is_awake(self, name: str) -> bool:
        """Tell whether a stream is awake."""
        return name in self._awake

    def facts(self, name: str) -> Facts | None:
        """Return what a stream is put in order by; None where there is none."""
        packed = self._asleep.get(name)
        if packed is not None:
            return packed_facts(packed)
        stream = self._awake.get(name)
        return None if stream is None else Facts(stream.run.ordinal, stream.lines, stream.received)

    def _note(self, ordinal: int, name: str) -> None:
        self._ordinals.append(ordinal)
        self._names.append(name)
        if len(self._names) > 2 * len(self) + _STALE_AT_LEAST:
            current = list(self.names())
            current.reverse()
            self._ordinals = array("q", [ordinal for ordinal, _ in current])
            self._names = [name for _, name in current]
