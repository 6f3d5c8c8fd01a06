"""Streams kept in memory, bounded in all, for each stream, and for all anonymous ones together."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence

from hub.core.ports import Append
from hub.model.chunk import Chunk, Piece

PIECE_OVERHEAD = 256
"""What a piece costs beside its bytes."""


_Entry = tuple[int, str, int]
_SWEEP_ENTRIES = 1024


class _Kept:
    """The pieces of one stream; dropped ones leave the front of the lists in large steps."""

    __slots__ = ("anonymous", "ends", "head", "pieces", "serial", "size")

    def __init__(self, anonymous: bool, serial: int) -> None:
        self.anonymous = anonymous
        self.serial = serial
        """Tells it from what was kept under the same name before that was deleted."""
        self.pieces: list[Piece | None] = []
        self.ends: list[int] = []
        self.head = 0
        self.size = 0

    def drop_first(self) -> int:
        """Drop the oldest piece; return what it cost."""
        freed = _cost(self.pieces[self.head])
        self.pieces[self.head] = None
        self.head += 1
        self.size -= freed
        # The last entry stays: it says where the stream ends when all its pieces are gone.
        if 512 < self.head < len(self.pieces) < self.head * 2:
            del self.pieces[: self.head], self.ends[: self.head]
            self.head = 0
        return freed

    @property
    def start(self) -> int:
        first = self.pieces[self.head] if self.head < len(self.pieces) else None
        return self.ends[-1] if first is None else first.offset


def _cost(piece: Piece | None) -> int:
    return PIECE_OVERHEAD + (len(piece.data) if isinstance(piece, Chunk) else 0)


class MemoryStore:
    """`Store` without a disk. Over a bound the oldest pieces go first: of the stream, of the anonymous ones, of all."""

    durability = "memory"

    def __init__(self, total_bytes: int, stream_bytes: int, anonymous_bytes: int) -> None:
        self.trimmed: Callable[[str, int], None] = lambda stream, start: None
        self._bounds = {False: total_bytes, True: anonymous_bytes}
        self._stream_bytes = stream_bytes
        self._kept: dict[str, _Kept] = {}
        self._sizes = {False: 0, True: 0}
        self._pieces = {False: 0, True: 0}
        # One entry a piece, in the order of arrival: the serial of what is kept of a stream, its name, the piece's end.
        # Plain values, since the garbage collector does not look at tuples of those. Entries of pieces that went with
        # their stream's bound are stale; they are swept when they outnumber the others.
        self._order: dict[bool, deque[_Entry]] = {False: deque(), True: deque()}
        self._last_serial = 0

    async def append(self, batch: Sequence[Append]) -> None:
        """Keep the pieces, and drop what is over a bound."""
        trimmed: set[str] = set()
        for stream, _, anonymous, piece in batch:
            kept = self._kept.get(stream)
            if kept is None:
                self._last_serial += 1
                kept = self._kept[stream] = _Kept(anonymous, self._last_serial)
            cost = _cost(piece)
            kept.pieces.append(piece)
            kept.ends.append(piece.end)
            kept.size += cost
            self._sizes[kept.anonymous] += cost
            self._pieces[kept.anonymous] += 1
            self._order[kept.anonymous].append((kept.serial, stream, piece.end))
            while kept.size > self._stream_bytes and len(kept.pieces) - kept.head > 1:
                self._drop_first(kept)
                trimmed.add(stream)
        self._trim(True, lambda: self._sizes[True] > self._bounds[True], trimmed)
        self._trim(True, lambda: sum(self._sizes.values()) > self._bounds[False], trimmed)
        self._trim(False, lambda: sum(self._sizes.values()) > self._bounds[False], trimmed)
        self._sweep(True)
        self._sweep(False)
        for stream in trimmed:
            found = self._kept.get(stream)
            if found is not None:
                self.trimmed(stream, found.start)

    def _trim(self, anonymous: bool, is_over: Callable[[], bool], trimmed: set[str]) -> None:
        order = self._order[anonymous]
        while order and (is_over() or self._is_stale(order[0])):
            entry = order.popleft()
            if not self._is_stale(entry):
                self._drop_first(self._kept[entry[1]])
                trimmed.add(entry[1])

    def _drop_first(self, kept: _Kept) -> None:
        self._sizes[kept.anonymous] -= kept.drop_first()
        self._pieces[kept.anonymous] -= 1

    def _sweep(self, anonymous: bool) -> None:
        order = self._order[anonymous]
        if len(order) > 2 * self._pieces[anonymous] + _SWEEP_ENTRIES:
            self._order[anonymous] = deque(entry for entry in order if not self._is_stale(entry))

    def _is_stale(self, entry: _Entry) -> bool:
        serial, stream, end = entry
        kept = self._kept.get(stream)
        if kept is None or kept.serial != serial or kept.head >= len(kept.ends):
            return True
        return kept.ends[kept.head] > end

    async def read(self, stream: str, offset: int, max_bytes: int) -> Sequence[Piece]:
        """Return pieces from `offset` on, the first one cut to begin there."""
        kept = self._kept.get(stream)
        if kept is None:
            return []
        found: list[Piece] = []
        for index in range(max(bisect_right(kept.ends, offset), kept.head), len(kept.pieces)):
            piece = kept.pieces[index]
            if piece is None:
                continue
            if piece.offset < offset:
                piece = piece.cut(offset, piece.end) if isinstance(piece, Chunk) else piece._replace(offset=offset)
            found.append(piece)
            if isinstance(piece, Chunk):
                max_bytes -= len(piece.data)
            if max_bytes <= 0:
                break
        return found

    async def seek_line(self, stream: str, line: int) -> int | None:
        """Return the offset after the stream's `line`-th LF, or the first kept one; None where it comes later."""
        kept = self._kept.get(stream)
        if kept is None:
            return None
        low, high = kept.head, len(kept.pieces)
        while low < high:
            middle = (low + high) // 2
            if self._lines_before_end(kept, middle) >= line:
                high = middle
            else:
                low = middle + 1
        if low == len(kept.pieces):
            return None
        piece = kept.pieces[low]
        if not isinstance(piece, Chunk) or line <= piece.first_line:
            return kept.start
        index = 0
        for _ in range(line - piece.first_line):
            index = piece.data.index(b"\n", index) + 1
        return piece.offset + index

    @staticmethod
    def _lines_before_end(kept: _Kept, index: int) -> int:
        """Return how many LFs come before the end of a piece; a gap has as many as what comes before it."""
        while index >= kept.head:
            piece = kept.pieces[index]
            if isinstance(piece, Chunk):
                return piece.first_line + piece.lines
            index -= 1
        return 0

    async def seek_time(self, stream: str, at: int) -> int | None:
        """Return where the first chunk received at or after `at` begins."""
        kept = self._kept.get(stream)
        if kept is None:
            return None
        for piece in kept.pieces[kept.head :]:
            if isinstance(piece, Chunk) and piece.at >= at:
                return piece.offset
        return None

    async def delete(self, stream: str) -> None:
        """Forget a stream."""
        kept = self._kept.pop(stream, None)
        if kept is not None:
            self._sizes[kept.anonymous] -= kept.size
            self._pieces[kept.anonymous] -= len(kept.pieces) - kept.head
