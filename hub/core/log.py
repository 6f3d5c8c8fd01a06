"""Everything a piece passes on its way in, beside its readers: counts, tail, statistics, store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.committer import Committer
from hub.core.counters import Counters
from hub.core.ports import Analyzer, Clock
from hub.core.tail import TailMemory
from hub.model.chunk import Chunk, Gap, Piece

if TYPE_CHECKING:
    from hub.core.stream import Stream


class Log:
    """What all streams share. One per hub."""

    def __init__(self, clock: Clock, counters: Counters, tails: TailMemory, committer: Committer) -> None:
        self.clock = clock
        self.counters = counters
        self.tails = tails
        self.committer = committer
        self.active: set[Stream] = set()
        """Streams that have counted something since their meter was found quiet."""
        self.analyzer: Analyzer | None = None
        """Looks at what is appended, where one is set."""

    def appended(self, stream: Stream, chunk: Chunk, lines: int, size: int) -> None:
        """Take note of a chunk; it is not yet durable."""
        self.counters.lines += lines
        self.counters.bytes += size
        if self.analyzer is not None:
            self.analyzer.offer(stream.life, chunk)
        self._keep(stream, chunk)

    def forget(self, stream: Stream) -> None:
        """Let go of what was found in a stream that is gone."""
        if self.analyzer is not None:
            self.analyzer.forget(stream.life)

    def gap_appended(self, stream: Stream, gap: Gap) -> None:
        """Take note of a gap in a stream."""
        self.counters.gap_bytes += gap.end - gap.offset
        self._keep(stream, gap)

    def _keep(self, stream: Stream, piece: Piece) -> None:
        self.active.add(stream)
        self.committer.add(stream, piece)
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
