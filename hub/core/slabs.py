"""Going through a stream in slabs: large stretches of whole lines, without a gap. Says what to read, and takes it."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.core.matcher import Matcher
from hub.core.scan import Hit, Range, Wanted
from hub.model.chunk import Chunk, Gap, Piece

SLAB_BYTES = 1 << 20
LONGEST_LINE = 16 << 20
"""A line that is longer than this is looked at in parts."""


class Slab(NamedTuple):
    """Whole lines without a gap, and when they came."""

    offset: int
    first_line: int
    pieces: list[Chunk]

    @property
    def size(self) -> int:
        """Bytes of text."""
        return self.pieces[-1].end - self.offset


class Forward:
    """From a line's start on. While not `over`: read what it `wants`, and let it `take` that."""

    def __init__(self, start: int, end: int, *, to_the_end: bool) -> None:
        """`to_the_end`: the stream ends at `end`, so an unfinished line there is one."""
        self.reached = start
        """All before it has been handed out."""
        self.over = start >= end
        self._end, self._to_the_end = end, to_the_end
        self._size = SLAB_BYTES
        self._pieces: list[Piece] = []

    def wants(self) -> tuple[int, int]:
        """Return the offset to read from, and how many bytes."""
        return (self._pieces[-1].end if self._pieces else self.reached), self._size - _size(self._pieces)

    def take(self, found: Sequence[Piece]) -> list[Slab]:
        """Take what was read, nothing at the stream's end; return slabs as soon as there are whole lines."""
        self._pieces += _clipped(found, self._end)
        if not self._pieces:
            self.over = True
            return []
        if found and _size(self._pieces) < self._size and self._pieces[-1].end < self._end:
            return []
        pieces, self._pieces = self._pieces, []
        at_end = pieces[-1].end >= self._end
        slabs, after = _whole_lines(pieces, at_end=at_end and self._to_the_end)
        if after == self.reached:  # one line is longer than that
            self.over = at_end
            if at_end:
                return []
            if self._size < LONGEST_LINE:
                self._size *= 4
                return []
            slabs, after = slabs_of(pieces), pieces[-1].end
        self.reached, self._size = after, SLAB_BYTES
        self.over = after >= self._end
        return slabs


class Backward:
    """From a line's end back. The slabs of each `take` are in the stream's order."""

    def __init__(self, start: int, end: int, *, from_the_start: bool) -> None:
        """`from_the_start`: the stream begins at `start`, so a line begins there."""
        self.reached = end
        """All from it on has been handed out."""
        self.over = end <= start
        self._start, self._from_the_start = start, from_the_start
        self._size = SLAB_BYTES
        self._pieces: list[Piece] = []

    @property
    def _low(self) -> int:
        return max(self._start, self.reached - self._size)

    def wants(self) -> tuple[int, int]:
        """Return the offset to read from, and how many bytes."""
        at = self._pieces[-1].end if self._pieces else self._low
        return at, self.reached - at

    def take(self, found: Sequence[Piece]) -> list[Slab]:
        """Take what was read; return slabs as soon as there are whole lines."""
        self._pieces += _clipped(found, self.reached)
        if not self._pieces:
            self.over = True
            return []
        if found and self._pieces[-1].end < self.reached:
            return []
        pieces, self._pieces = self._pieces, []
        low = self._low
        at_start = low == self._start
        slabs, begins = _from_first_line(pieces, at_start=at_start and self._from_the_start)
        if begins >= self.reached:  # one line is longer than that
            self.over = at_start
            if at_start:
                return []
            if self._size < LONGEST_LINE:
                self._size *= 4
                return []
            slabs, begins = slabs_of(pieces), low
        self.reached, self._size = begins, SLAB_BYTES
        self.over = begins <= self._start
        return slabs


def hits_in(slab: Slab, matcher: Matcher, wanted: Wanted) -> list[Hit]:
    """Return a slab's hits in the stream's order; where more than `most` match, the first or last so many."""
    text = b"".join([chunk.data for chunk in slab.pieces])
    ends = [chunk.end - slab.offset for chunk in slab.pieces]
    hits: deque[Hit] = deque(maxlen=wanted.most)
    line, counted = slab.first_line, 0
    for start, end in matcher.spans(text):
        line += text.count(b"\n", counted, start)
        counted = start
        at = slab.pieces[bisect_right(ends, start)].at
        if wanted.range.holds(at):
            shown = text[start : min(end, start + wanted.text_bytes)]
            hits.append(Hit(slab.offset + start, line, at, shown, end - start))
            if len(hits) == wanted.most and not wanted.newest:
                break
    return list(hits)


def past(slabs: Iterable[Slab], times: Range, *, newest: bool) -> bool:
    """Tell whether all of these slabs came outside of the range, on its far side: what follows does, too."""
    found = [chunk.at for slab in slabs for chunk in slab.pieces]
    if not found:
        return False
    if newest:
        return times.since is not None and max(found) < times.since
    return times.until is not None and min(found) >= times.until


def _size(pieces: list[Piece]) -> int:
    return sum(len(piece.data) for piece in pieces if isinstance(piece, Chunk))


def _clipped(found: Sequence[Piece], end: int) -> list[Piece]:
    pieces: list[Piece] = []
    for piece in found:
        if piece.offset >= end:
            break
        if piece.end > end:
            piece = piece.cut(piece.offset, end) if isinstance(piece, Chunk) else piece._replace(end=end)
        pieces.append(piece)
    return pieces


def slabs_of(pieces: list[Piece]) -> list[Slab]:
    """Return the stretches between gaps; a gap ends the line before it."""
    slabs: list[Slab] = []
    open_slab: list[Chunk] = []
    for piece in pieces:
        if isinstance(piece, Gap):
            open_slab = []
        elif open_slab:
            open_slab.append(piece)
        else:
            open_slab = [piece]
            slabs.append(Slab(piece.offset, piece.first_line, open_slab))
    return slabs


def _whole_lines(pieces: list[Piece], *, at_end: bool) -> tuple[list[Slab], int]:
    """Return the slabs up to the last line that is whole, and where to go on."""
    end = pieces[-1].end
    slabs = slabs_of(pieces)
    if at_end or isinstance(pieces[-1], Gap):
        return slabs, end
    last = slabs[-1]
    for index in range(len(last.pieces) - 1, -1, -1):
        chunk = last.pieces[index]
        feed = chunk.data.rfind(b"\n")
        if feed >= 0:
            cut = chunk.offset + feed + 1
            last.pieces[index:] = [chunk.cut(chunk.offset, cut)]
            return slabs, cut
    return slabs[:-1], last.offset


def _from_first_line(pieces: list[Piece], *, at_start: bool) -> tuple[list[Slab], int]:
    """Return the slabs from the first line that begins within them on, and where that is."""
    slabs = slabs_of(pieces)
    if at_start or isinstance(pieces[0], Gap) or not slabs:
        return slabs, pieces[0].offset
    first = slabs[0]
    for index, chunk in enumerate(first.pieces):
        feed = chunk.data.find(b"\n")
        if feed < 0:
            continue
        cut = chunk.offset + feed + 1
        rest = ([chunk.cut(cut, chunk.end)] if cut < chunk.end else []) + first.pieces[index + 1 :]
        if not rest:
            return slabs[1:], cut
        return [Slab(cut, rest[0].first_line, rest), *slabs[1:]], cut
    if len(slabs) > 1:
        return slabs[1:], slabs[1].offset
    return [], pieces[-1].end
