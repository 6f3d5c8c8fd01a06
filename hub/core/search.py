"""Search through what is kept: large slabs of whole lines, scanned in threads, never line by line."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from hub.core.history import History
from hub.core.matcher import Matcher
from hub.core.ports import Tasks
from hub.core.rows import HitRow
from hub.model.chunk import Chunk, Gap, Piece

if TYPE_CHECKING:
    from hub.core.stream import Stream

SLAB_BYTES = 1 << 20
LONGEST_LINE = 16 << 20
"""A line that is longer than this is looked at in parts."""


class Hit(NamedTuple):
    """A line that was found."""

    offset: int
    line: int
    at: int
    """Time of receipt of the line's first byte, ms."""
    text: bytes
    size: int
    """Bytes of the line; `text` may have been cut."""

    def row(self, stream: Stream) -> HitRow:
        """Return the hit as an answer shows it."""
        text = self.text.decode("utf-8", "replace")
        row: HitRow = {
            "stream": stream.name,
            "epoch": stream.epoch,
            "offset": self.offset,
            "line": self.line,
            "at": self.at,
            "text": text,
            "bytes": self.size,
        }
        if len(self.text) < self.size:
            row["cut"] = True
        return row


class Slab(NamedTuple):
    """Whole lines without a gap, and when they came."""

    offset: int
    first_line: int
    pieces: list[Chunk]


@dataclass(slots=True)
class Range:
    """What of the time is searched: received at `since` or later, and before `until` (ms)."""

    since: int | None = None
    until: int | None = None

    def holds(self, at: int) -> bool:
        """Tell whether a time is in it."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Search:
    """One search, over one stream after the other. `found` is told each hit, and returns whether it wants more."""

    history: History
    tasks: Tasks
    matcher: Matcher
    range: Range
    text_bytes: int
    most: int
    """No more hits than so many are wanted of one slab."""
    found: Callable[[Stream, Hit], bool]
    scanned: int = 0
    """Bytes looked at so far."""
    progressed: Callable[[], None] = field(default=lambda: None)
    """Called after each slab."""

    async def forward(self, stream: Stream, offset: int) -> bool:
        """Search a stream from `offset` to where it ends now; return whether more is wanted."""
        end = stream.end
        if self.range.since is not None:
            offset = max(offset, await self.history.seek_time(stream, self.range.since))
            offset = await self._line_start(stream, offset)
        size = SLAB_BYTES
        while offset < end:
            pieces = await self._gather(stream, offset, end, size)
            if not pieces:
                break
            slabs, after = _whole_lines(pieces, at_end=pieces[-1].end >= end)
            if after == offset and size < LONGEST_LINE:
                size *= 4  # one line is longer than that
                continue
            if after == offset:
                slabs, after = _slabs(pieces), pieces[-1].end
            offset, size = after, SLAB_BYTES
            if not await self._scan(stream, slabs, newest=False):
                return False
            if self.range.until is not None and all(each.at >= self.range.until for s in slabs for each in s.pieces):
                break
        return True

    async def backward(self, stream: Stream, end: int) -> bool:
        """Search a stream from `end`, where a line ends, back to its start; return whether more is wanted."""
        size = SLAB_BYTES
        while end > stream.start:
            low = max(stream.start, end - size)
            pieces = await self._gather(stream, low, end, end - low)
            if not pieces:
                break
            slabs, begins = _from_first_line(pieces, at_start=low == stream.start)
            if begins >= end and size < LONGEST_LINE:
                size *= 4  # one line is longer than that
                continue
            if begins >= end:
                slabs, begins = _slabs(pieces), low
            if not await self._scan(stream, slabs, newest=True):
                return False
            times = [chunk.at for slab in slabs for chunk in slab.pieces]
            if self.range.since is not None and times and max(times) < self.range.since:
                break
            end, size = begins, SLAB_BYTES
        return True

    async def _line_start(self, stream: Stream, offset: int) -> int:
        """Return where the line begins that holds the byte at `offset`."""
        pieces = await self.history.read(stream, offset, 1)
        first = next((piece for piece in pieces if isinstance(piece, Chunk)), None)
        if first is None:
            return offset
        return min(offset, await self.history.seek_line(stream, first.first_line))

    async def _gather(self, stream: Stream, offset: int, end: int, size: int) -> list[Piece]:
        """Return the pieces from `offset` up to `end`, at least `size` bytes unless that is the end."""
        pieces: list[Piece] = []
        while offset < end and size > 0:
            found = await self.history.read(stream, offset, size)
            if not found:
                break
            for piece in found:
                if piece.offset >= end:
                    return pieces
                if piece.end > end:
                    piece = piece.cut(piece.offset, end) if isinstance(piece, Chunk) else piece._replace(end=end)
                pieces.append(piece)
                size -= piece.end - piece.offset if isinstance(piece, Chunk) else 0
                offset = piece.end
        return pieces

    async def _scan(self, stream: Stream, slabs: list[Slab], *, newest: bool) -> bool:
        for slab in reversed(slabs) if newest else slabs:
            hits = await self.tasks.in_thread(partial(self._hits, slab, newest=newest))
            self.scanned += sum(len(chunk.data) for chunk in slab.pieces)
            for hit in reversed(hits) if newest else hits:
                if not self.found(stream, hit):
                    return False
            self.progressed()
        return True

    def _hits(self, slab: Slab, *, newest: bool) -> list[Hit]:
        """Scan one slab; runs in a thread."""
        text = b"".join([chunk.data for chunk in slab.pieces])
        ends = [chunk.end - slab.offset for chunk in slab.pieces]
        hits: deque[Hit] = deque(maxlen=self.most)
        line, counted = slab.first_line, 0
        for start, end in self.matcher.spans(text):
            line += text.count(b"\n", counted, start)
            counted = start
            at = slab.pieces[bisect_right(ends, start)].at
            if self.range.holds(at):
                shown = text[start : min(end, start + self.text_bytes)]
                hits.append(Hit(slab.offset + start, line, at, shown, end - start))
                if len(hits) == self.most and not newest:
                    break
        return list(hits)


def _slabs(pieces: list[Piece]) -> list[Slab]:
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
    slabs = _slabs(pieces)
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
    slabs = _slabs(pieces)
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
