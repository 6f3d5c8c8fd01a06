"""Lines of a stream, for people who look: the only place of the core that looks inside chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.core.history import History
from hub.core.rows import GapRow, LineRow, LinesAnswer
from hub.model.chunk import Chunk, Gap, Piece

if TYPE_CHECKING:
    from hub.core.stream import Stream

READ_BYTES = 256 * 1024
Weigh = Callable[[LineRow | GapRow], int]
"""Tells how many bytes a row is in an answer."""


@dataclass(slots=True)
class _Line:
    """A line while it is put together from chunks."""

    number: int
    offset: int
    at: int
    channel: str | None
    text: bytearray
    size: int = 0
    rest: bool = False

    def add(self, data: bytes, keep: int) -> None:
        self.size += len(data)
        if len(self.text) < keep:
            self.text += data[: keep - len(self.text)]

    def row(self, *, partial: bool) -> LineRow:
        text = self.text.decode("utf-8", "replace")
        row: LineRow = {"line": self.number, "offset": self.offset, "at": self.at, "text": text, "bytes": self.size}
        if self.channel is not None:
            row["ch"] = self.channel
        if len(self.text) < self.size:
            row["cut"] = True
        if partial:
            row["partial"] = True
        if self.rest:
            row["rest"] = True
        return row


class LineCollector:
    """Puts contiguous pieces together to lines; a gap ends an unfinished line."""

    def __init__(self, text_bytes: int, weigh: Weigh) -> None:
        self._text_bytes = text_bytes
        self._weigh = weigh
        self._open: _Line | None = None
        self.rows: list[LineRow] = []
        self.gaps: list[GapRow] = []
        self.weight = 0
        self.begins_within = False
        """Whether what comes next is the rest of a line, whose beginning is not asked for."""
        self.next = 0
        """Offset after the last finished line, or after the last gap."""

    def add(self, piece: Piece, count: int, room: int) -> bool:
        """Take a piece; return whether `count` rows are complete now, or more than `room` bytes of them."""
        if isinstance(piece, Gap):
            self.flush()
            gap: GapRow = {"gap": (piece.offset, piece.end), "reason": piece.reason}
            self.gaps.append(gap)
            self.weight += self._weigh(gap) + 1
            self.next = piece.end
            return self._is_full(count, room)
        begin, number = 0, piece.first_line
        data = piece.data
        while begin < len(data):
            if self._is_full(count, room):
                return True
            end = data.find(b"\n", begin)
            line = self._line(piece, begin, number)
            if end < 0:
                line.add(data[begin:], self._text_bytes)
                break
            line.add(data[begin:end], self._text_bytes)
            begin = end + 1
            number += 1
            self.next = piece.offset + begin
            self._finish(line, partial=False)
        return self._is_full(count, room)

    def _is_full(self, count: int, room: int) -> bool:
        return len(self.rows) >= count or self.weight >= room

    def flush(self) -> None:
        """Take an unfinished line as it is."""
        if self._open is not None:
            line = self._open
            self.next = line.offset + line.size
            self._finish(line, partial=True)

    def _line(self, piece: Chunk, begin: int, number: int) -> _Line:
        if self._open is None:
            self._open = _Line(number, piece.offset + begin, piece.at, piece.channel, bytearray())
            self._open.rest, self.begins_within = self.begins_within, False
        return self._open

    def _finish(self, line: _Line, *, partial: bool) -> None:
        row = line.row(partial=partial)
        self.rows.append(row)
        self.weight += self._weigh(row) + 1
        self._open = None


async def _is_within_line(history: History, stream: Stream, offset: int) -> bool:
    if not stream.start < offset < stream.end:
        return False
    for piece in await history.read(stream, offset - 1, 1):
        return isinstance(piece, Chunk) and not piece.data.startswith(b"\n")
    return False


async def read_lines(
    history: History, stream: Stream, offset: int, count: int, *, text_bytes: int, weigh: Weigh, room: int
) -> LinesAnswer:
    """Return up to `count` lines from `offset` on: `{lines, gaps, next, truncated?}`, cut to about `room` bytes.

    At most one line more than fits is taken, so `room` leaves space for one.
    """
    collector = LineCollector(text_bytes, weigh)
    collector.next = position = offset
    collector.begins_within = await _is_within_line(history, stream, offset)
    full = False
    while position < stream.end and not full and collector.weight < room:
        pieces = await history.read(stream, position, READ_BYTES)
        if not pieces:
            break
        for piece in pieces:
            full = collector.add(piece, count, room)
            position = piece.end
            if full:
                break
    if not full:
        collector.flush()
    answer: LinesAnswer = {"lines": collector.rows, "gaps": collector.gaps, "next": (stream.epoch, collector.next)}
    if full and len(collector.rows) < count:
        answer["truncated"] = True
    return answer
