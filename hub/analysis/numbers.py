"""The numbers of many streams: the recent ones in memory, bounded, the others on a shelf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from hub.analysis.stream_numbers import StreamNumbers

STEPS_IN_MEMORY = 400_000
"""Steps of time that are held in memory, of all streams: about 250 bytes each."""


class Place(Protocol):
    """Where numbers are kept that are not in memory."""

    def get(self, stream: str) -> bytes | None:
        """Return what was put of a stream."""

    def put(self, values: Mapping[str, bytes], errors: Mapping[str, int]) -> None:
        """Keep the numbers of some streams, and how many errors each has."""

    def errors(self) -> dict[str, int]:
        """Return how many errors the streams have that are kept, where it is known."""

    def forget(self, stream: str) -> None:
        """Let go of a stream."""


class Numbers:
    """Takes what came of each stream, and answers questions."""

    def __init__(self, shelf: Place, most: int = STEPS_IN_MEMORY) -> None:
        self._shelf = shelf
        self._most = most
        self._streams: dict[str, StreamNumbers] = {}
        """Those used last are last."""
        self._sizes: dict[str, int] = {}
        self._size = 0
        self._changed: set[str] = set()

    def eat(self, stream: str, data: bytes, at: int, cut: bool) -> int:
        """Look at bytes of a stream; where `cut`, they do not follow on those before. Return its errors so far."""
        numbers = self._find(stream)
        if cut:
            numbers.cut()
        numbers.eat(data, at)
        self._changed.add(stream)
        self._weigh(stream, numbers)
        return numbers.errors

    def errors(self) -> dict[str, int]:
        """Return how many errors streams have that are on the shelf."""
        return self._shelf.errors()

    def stats(self, stream: str) -> dict[str, Any]:
        """Return the statistics of a stream, see StreamNumbers; one that is not known has none."""
        return self._find(stream).stats()

    def series(self, stream: str, field: str, since: int | None, until: int, points: int) -> dict[str, Any]:
        """Return a field of a stream over time, see StreamNumbers."""
        return self._find(stream).read(field, since, until, points)

    def forget(self, stream: str) -> None:
        """Let go of a stream that was deleted."""
        self._streams.pop(stream, None)
        self._size -= self._sizes.pop(stream, 0)
        self._changed.discard(stream)
        self._shelf.forget(stream)

    def save(self) -> None:
        """Put what has changed onto the shelf."""
        changed, self._changed = self._changed, set()
        if changed:
            self._put({stream: self._streams[stream] for stream in changed})

    def _find(self, stream: str) -> StreamNumbers:
        numbers = self._streams.pop(stream, None)
        if numbers is None:
            numbers = self._taken_down(stream)
            self._weigh(stream, numbers)
        self._streams[stream] = numbers
        return numbers

    def _taken_down(self, stream: str) -> StreamNumbers:
        packed = self._shelf.get(stream)
        if packed is None:
            return StreamNumbers()
        try:
            return StreamNumbers.unpack(packed)
        except msgspec.DecodeError:
            # A hub of another version kept other numbers.
            return StreamNumbers()

    def _weigh(self, stream: str, numbers: StreamNumbers) -> None:
        size = numbers.size + 10
        self._size += size - self._sizes.get(stream, 0)
        self._sizes[stream] = size
        while self._size > self._most and len(self._streams) > 1:
            oldest = next(iter(self._streams))
            gone = self._streams.pop(oldest)
            self._size -= self._sizes.pop(oldest)
            if oldest in self._changed:
                self._changed.discard(oldest)
                self._put({oldest: gone})

    def _put(self, streams: Mapping[str, StreamNumbers]) -> None:
        packed = {stream: numbers.pack() for stream, numbers in streams.items()}
        self._shelf.put(packed, {stream: numbers.errors for stream, numbers in streams.items()})
