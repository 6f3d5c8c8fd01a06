"""What the analyzer is given to look at: as much as it may take, gathered by stream; the rest is skipped."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from hub.model.chunk import Chunk

PORTION_BYTES = 64 * 1024
"""Chunks of a stream are gathered up to so much, or for a second: most of the work is paid per portion."""
SHARES = 4
"""Where several streams are at work, one may have at most one through this of a second's bytes: a loud one leaves some
to the others."""


class Portion(NamedTuple):
    """Bytes of a stream that followed each other; where `cut`, some before them were not given."""

    stream: str
    at: int
    """When the first of them was received, ms."""
    parts: list[bytes]
    size: int
    cut: bool


class _Gathered:
    __slots__ = ("at", "cut", "parts", "size")

    def __init__(self, at: int, cut: bool) -> None:
        self.at = at
        self.parts: list[bytes] = []
        self.size = 0
        self.cut = cut


class AnalyzerFeed:
    """Takes every chunk that is appended, by reference. `wake` is called when there is something to take."""

    def __init__(self, wake: Callable[[], None], *, queue_bytes: int, bytes_per_second: int) -> None:
        self._wake = wake
        self._queue_bytes = queue_bytes
        self._per_second = bytes_per_second
        self._gathering: dict[str, _Gathered] = {}
        self._ready: deque[Portion] = deque()
        self._held = 0
        self._taken = 0
        self._taken_of: dict[str, int] = {}
        """Bytes taken in this second, in all and of each stream."""
        self._most_of_one = bytes_per_second
        """What one stream may have of this second, by how many were at work in the last one."""
        self._cut: set[str] = set()
        """Streams of which something was not given since the last portion."""

    def offer(self, stream: str, chunk: Chunk) -> None:
        """Take a chunk, or skip it where there is no time or room for it."""
        size = len(chunk.data)
        of_it = self._taken_of.get(stream, 0)
        # The first chunk of a second is always taken, however large it is: so everything is sampled.
        no_time = self._taken + size > self._per_second or (of_it and of_it + size > self._most_of_one)
        if (no_time and self._taken) or self._held + size > self._queue_bytes:
            self.lost(stream)
            return
        self._taken += size
        self._taken_of[stream] = of_it + size
        self._held += size
        gathered = self._gathering.get(stream)
        if gathered is None:
            gathered = self._gathering[stream] = _Gathered(chunk.at, stream in self._cut)
            self._cut.discard(stream)
        gathered.parts.append(chunk.data)
        gathered.size += size
        if gathered.size >= PORTION_BYTES:
            self.flush(stream)

    def tick(self) -> None:
        """A second is over: what was gathered is ready, and there is time again."""
        self._most_of_one = self._per_second // min(max(len(self._taken_of), 1), SHARES)
        self._taken = 0
        self._taken_of.clear()
        for stream in list(self._gathering):
            self._close(stream)
        if self._ready:
            self._wake()

    def flush(self, stream: str) -> None:
        """Make ready what was gathered of a stream."""
        self._close(stream)
        if self._ready:
            self._wake()

    def take(self) -> Portion | None:
        """Return what is ready longest."""
        if not self._ready:
            return None
        portion = self._ready.popleft()
        self._held -= portion.size
        return portion

    def lost(self, stream: str) -> None:
        """Take note that the next bytes of a stream do not follow on the last ones."""
        self._close(stream)
        self._cut.add(stream)

    def forget(self, stream: str) -> None:
        """Let go of a stream that was deleted."""
        gathered = self._gathering.pop(stream, None)
        self._held -= 0 if gathered is None else gathered.size
        self._cut.discard(stream)

    def _close(self, stream: str) -> None:
        gathered = self._gathering.pop(stream, None)
        if gathered is not None:
            self._ready.append(Portion(stream, gathered.at, gathered.parts, gathered.size, gathered.cut))
