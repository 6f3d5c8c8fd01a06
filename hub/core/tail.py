"""The recent pieces of a stream in memory, shared by all its readers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hub.model.chunk import Chunk, Gap, Piece

if TYPE_CHECKING:
    from hub.core.stream import Stream

PIECE_OVERHEAD = 256
"""What a piece costs beside its bytes: a tail of one-byte chunks is bounded too."""


class Tail:
    """Contiguous pieces up to the stream's end. Only what is durable is ever dropped."""

    __slots__ = ("_ends", "_head", "bytes", "pieces", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.bytes = 0
        self.pieces: list[Piece] = []
        self._ends: list[int] = []
        self._head = 0

    def append(self, piece: Piece) -> int:
        """Add a piece at the end; return what it costs."""
        self.pieces.append(piece)
        self._ends.append(piece.end)
        cost = piece_cost(piece)
        self.bytes += cost
        return cost

    def shrink(self, bound: int, durable: int) -> int:
        """Drop the oldest durable pieces until at most `bound` bytes are held; return what was freed."""
        freed = 0
        head, pieces = self._head, self.pieces
        while self.bytes - freed > bound and head < len(pieces) and self._ends[head] <= durable:
            freed += piece_cost(pieces[head])
            self.start = self._ends[head]
            head += 1
        # The list's front is cut off in large steps: one move of references for many drops.
        if head > 512 and head * 2 > len(pieces):
            del pieces[:head], self._ends[:head]
            head = 0
        else:
            for index in range(self._head, head):
                pieces[index] = _DROPPED
        self._head = head
        self.bytes -= freed
        return freed

    def since(self, offset: int) -> Iterator[Piece]:
        """Iterate over the pieces from `offset` on (not before `start`), the first one cut to begin there."""
        index = max(bisect_right(self._ends, offset), self._head)
        if index < len(self.pieces):
            yield cut_from(self.pieces[index], offset)
            for later in range(index + 1, len(self.pieces)):
                yield self.pieces[later]

    def lines_before(self, offset: int) -> int | None:
        """Return how many LFs of the stream come before `offset`; None where that is not in memory."""
        if offset < self.start:
            return None
        for index in range(max(bisect_right(self._ends, offset), self._head), len(self.pieces)):
            piece = self.pieces[index]
            if isinstance(piece, Chunk):
                return piece.first_line + piece.data.count(b"\n", 0, max(offset - piece.offset, 0))
        return None

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces[self._head :])


_DROPPED = Gap(0, 0, "dropped")


def piece_cost(piece: Piece) -> int:
    """Return what holding a piece is counted as, in bytes."""
    return PIECE_OVERHEAD + (len(piece.data) if isinstance(piece, Chunk) else 0)


def cut_from(piece: Piece, offset: int) -> Piece:
    """Return the part of a piece from `offset` on."""
    if piece.offset >= offset:
        return piece
    return piece.cut(offset, piece.end) if isinstance(piece, Chunk) else piece._replace(offset=offset)


class TailMemory:
    """Bounds the tails, each and in all; over the bound the streams that were silent longest give way first."""

    def __init__(self, stream_bytes: int, total_bytes: int) -> None:
        self._stream_bytes = stream_bytes
        self._total_bytes = total_bytes
        self._streams: dict[Stream, None] = {}
        self.bytes = 0

    def grown(self, stream: Stream, cost: int) -> None:
        """Take note of a piece appended to a stream's tail, and make room for it."""
        self.bytes += cost
        streams = self._streams
        streams.pop(stream, None)
        streams[stream] = None
        if stream.tail.bytes > self._stream_bytes:
            self.bytes -= stream.tail.shrink(self._stream_bytes, stream.durable)
        if self.bytes > self._total_bytes:
            self._make_room()

    def forget(self, stream: Stream) -> None:
        """Stop counting a deleted stream."""
        if self._streams.pop(stream, self) is None:
            self.bytes -= stream.tail.bytes

    def drop(self, stream: Stream) -> None:
        """Let go of all that is durable of a stream."""
        self.bytes -= stream.tail.shrink(0, stream.durable)
        if not stream.tail.bytes:
            self._streams.pop(stream, None)

    def _make_room(self) -> None:
        emptied = []
        for stream in self._streams:
            self.bytes -= stream.tail.shrink(0, stream.durable)
            if not stream.tail.bytes:
                emptied.append(stream)
            if self.bytes <= self._total_bytes:
                break
        for stream in emptied:
            del self._streams[stream]
