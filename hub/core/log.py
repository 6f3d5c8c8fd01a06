"""Everything a piece passes on its way in, beside its readers: counts, tail, statistics, store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.committer import Committer
from hub.core.counters import Counters
from hub.core.guarded import Guarded
from hub.core.ports import Analyzer, Clock
from hub.core.tail import TailMemory
from hub.model.chunk import Chunk, Gap, Piece

if TYPE_CHECKING:
    from hub.core.stream import Stream


class Log:
    """What all streams share. One per hub."""

    def __init__(
        self,
        clock: Clock,
        counters: Counters,
        tails: TailMemory,
        committer: Committer,
        guarded: Guarded,
        gaps_per_stream: int,
    ) -> None:
        self.clock = clock
        self._guarded = guarded
        self.counters = counters
        self.tails = tails
        self.committer = committer
        self.gaps_per_stream = gaps_per_stream
        self.active: set[Stream] = set()
        """Streams that have counted something since their meter was found quiet."""
        self.analyzer: Analyzer | None = None
        """Looks at what is appended, where one is set."""

    def appended(self, stream: Stream, chunk: Chunk, lines: int, size: int) -> None:
        """Take note of a chunk; it is not yet durable."""
        self.counters.lines += lines
        self.counters.bytes += size
        # The store is first: whoever only looks on cannot keep from it what will be acknowledged.
        self._keep(stream, chunk)
        if self.analyzer is not None:
            self._guarded.run("when the analyzer was offered something", self.analyzer.offer, stream.life, chunk)

    def errors(self, life: str) -> int | None:
        """Return how many errors the stream of that `life` has; None where nobody looked at it."""
        return None if self.analyzer is None else self.analyzer.errors(life)

    def forget(self, stream: Stream) -> None:
        """Let go of what was found in a stream that is gone."""
        if self.analyzer is not None:
            self._guarded.run("when the analyzer was to forget a stream", self.analyzer.forget, stream.life)

    def gap_appended(self, stream: Stream, gap: Gap) -> None:
        """Take note of a gap in a stream."""
        self.counters.gap_bytes += gap.end - gap.offset
        self._keep(stream, gap)

    def _keep(self, stream: Stream, piece: Piece) -> None:
        self.committer.add(stream, piece)
        self.active.add(stream)
        self.tails.grown(stream, stream.tail.append(piece))

    def mark_meters(self) -> list[Stream]:
        """Set a mark in the meter of each stream that is not quiet; return those. To be called once a second."""
        now = self.clock.monotonic()
        marked = list(self.active)
        for stream in marked:
            stream.meter.mark(now, stream.lines, stream.received)
            if stream.meter.is_quiet(stream.lines, stream.received):
                stream.meter.rest()
                self.active.discard(stream)
        return marked
