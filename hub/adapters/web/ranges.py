"""What part of a stream a GET is answered with, in stream offsets (PROTOCOL 7)."""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.core.history import History
from hub.core.stream import Stream
from hub.model.chunk import Gap
from hub.model.run import Run

_RANGE = re.compile(r"bytes=(?:([0-9]{1,16})-([0-9]{1,16})?|-([0-9]{1,16}))", re.IGNORECASE)


class Span(NamedTuple):
    """What is answered; `gap` is what made it end early, or what a range begins in."""

    start: int
    end: int
    ranged: bool
    gap: Gap | None

    @property
    def satisfiable(self) -> bool:
        """Whether a range has a first byte; without a range an empty answer is one too."""
        return not self.ranged or self.start < self.end


def parse_range(text: str, first: int, last: int) -> tuple[int, int] | None:
    """Return `(start, end)` of a Range header over the offsets `first` to `last` (exclusive), `end` clipped to `last`.

    None where the header is missing, malformed or asks for several ranges: HTTP has it ignored then. A range that
    has no bytes comes back with `start >= end`. The last n bytes of fewer are all.
    """
    matched = _RANGE.fullmatch(text.replace(" ", ""))
    if matched is None:
        return None
    begin, end, suffix = matched.groups()
    if suffix is not None:
        return max(last - int(suffix), first), last
    if end is not None and int(end) < int(begin):
        return None
    return int(begin), last if end is None else min(int(end) + 1, last)


def bounds(stream: Stream, run: Run | None) -> tuple[int, int]:
    """Return the offsets of all that may be asked for: the stream's, or those of one of its runs."""
    if run is None:
        return 0, stream.end
    return run.start, stream.end if run.end is None else run.end


async def choose_span(history: History, stream: Stream, run: Run | None, asked: str) -> Span:
    """Return what is answered to a Range header, empty where there is none.

    Without a range the answer begins at the first byte that is kept, and ends before the first gap after it. A range
    ends before a gap too; one that begins in a gap, or outside the run, has no bytes. Each look at a gap costs little,
    and where there are more of them than are remembered, others have their turn in between.
    """
    first, last = bounds(stream, run)
    kept = max(first, min(stream.start, last))
    ranged = parse_range(asked, kept, last)
    if ranged is None:
        start = kept
        while (gap := await history.first_gap(stream, start, last)) is not None and gap.offset <= start:
            start = min(gap.end, last)
        return Span(start, last if gap is None else gap.offset, False, gap)
    start, end = ranged
    if not first <= start < last:
        return Span(start, start, True, None)
    gap = await history.first_gap(stream, start, end)
    if gap is None:
        return Span(start, end, True, None)
    return Span(start, max(gap.offset, start), True, gap._replace(offset=max(gap.offset, start)))
