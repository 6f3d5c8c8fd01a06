"""What was written and is not acknowledged yet."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import NamedTuple, Protocol


class Piece(NamedTuple):
    """Bytes that were written at once. Positions count from the producer's own first byte."""

    position: int
    data: bytes
    at: int
    """When they were written, Unix ms."""
    channel: str | None

    @property
    def end(self) -> int:
        """Position after the last byte."""
        return self.position + len(self.data)


class Buffer(Protocol):
    """Where pieces wait. Not for several threads at once."""

    @property
    def first(self) -> int:
        """Position of the first byte that is held."""

    @property
    def end(self) -> int:
        """Position after the last byte that was written."""

    @property
    def size(self) -> int:
        """Bytes that are held."""

    def append(self, data: bytes, at: int, channel: str | None) -> None:
        """Add bytes at the end; they are not empty."""

    def read(self, position: int, most: int) -> Piece | None:
        """Return bytes of one channel from `position` (see `next`) on, at most `most`; None at the end."""

    def next(self, position: int) -> int:
        """Return the first position, from this one on, whose byte is held or still to be written."""

    def release(self, position: int) -> None:
        """Let go of all below a position: the hub holds it."""


class MemoryBuffer:
    """`Buffer` in memory."""

    JOIN_MS = 50
    """Pieces of one channel that were written within so much time are sent as one."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._ends: list[int] = []
        self._head = 0
        self._first = self._end = 0
        self._holes: deque[tuple[int, int]] = deque()
        """Positions whose bytes never were: each hole has bytes before and after it, or is the only one at its end."""
        self._missing = 0

    @property
    def first(self) -> int:
        """Position of the first byte that is held."""
        return self._first

    @property
    def end(self) -> int:
        """Position after the last byte that was written."""
        return self._end

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return self._end - self._first - self._missing

    def append(self, data: bytes, at: int, channel: str | None) -> None:
        """Add bytes at the end."""
        self._pieces.append(Piece(self._end, data, at, channel))
        self._end += len(data)
        self._ends.append(self._end)

    def skip(self, size: int) -> None:
        """Leave room for bytes that can be had nowhere: they will be said to be missing, between those around them."""
        begin = self._holes.pop()[0] if self._holes and self._holes[-1][1] == self._end else self._end
        self._end += size
        self._missing += size
        self._holes.append((begin, self._end))

    def next(self, position: int) -> int:
        """Return the first position, from this one on, whose byte is held or still to be written."""
        position = max(position, self._first)
        return next((end for begin, end in self._holes if begin <= position < end), position)

    def read(self, position: int, most: int) -> Piece | None:
        """Return bytes from `position` on; small pieces come joined, but not over a hole."""
        index = max(bisect_right(self._ends, position), self._head)
        if index >= len(self._pieces):
            return None
        first = self._pieces[index]
        follows = max(first.position, position)
        if follows > position:
            return None  # a hole
        found: list[bytes] = []
        size = 0
        while index < len(self._pieces) and size < most:
            piece = self._pieces[index]
            if piece.channel != first.channel or piece.at - first.at > self.JOIN_MS or piece.position > follows:
                break
            begin = max(position - piece.position, 0)
            found.append(piece.data[begin : begin + most - size])
            size += len(found[-1])
            follows = piece.end
            index += 1
        return Piece(position, b"".join(found), first.at, first.channel)

    def release(self, position: int) -> None:
        """Let go of all below a position."""
        self._first = max(self._first, min(position, self._end))
        while self._holes and self._holes[0][0] < self._first:
            begin, end = self._holes.popleft()
            self._missing -= min(end, self._first) - begin
            if end > self._first:
                self._holes.appendleft((self._first, end))
        while self._head < len(self._ends) and self._ends[self._head] <= position:
            self._head += 1
        if self._head * 2 > len(self._pieces):
            del self._pieces[: self._head], self._ends[: self._head]
            self._head = 0

    def drop_oldest(self, size: int) -> None:
        """Let go of at least `size` bytes that are not acknowledged: they are lost, and will be said to be."""
        left = max(self.size - size, 0)
        while self.size > left:  # where there is a hole it takes more than one step
            self.release(self._first + self.size - left)
