"""The pieces a stream is made of: bytes that are there, and ranges of bytes that are not."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Bytes of one stream as they were received: never split into lines, never changed, shared by all readers.

    A struct that the garbage collector does not look at, and the one value here that is not of the standard library:
    many chunks are kept, each for long, and each look at all of them would be a pause in the live lines.
    """

    offset: int
    """Stream offset of the first byte."""
    data: bytes
    at: int
    """Time of receipt, Unix ms."""
    run: int
    """Number of the run that the bytes belong to."""
    first_line: int
    """How many LFs of the stream come before the first byte (lines are counted, gaps are not)."""
    lines: int
    """LFs in `data`."""
    sent_at: int | None = None
    """The producer's own time of the first byte, Unix ms, where it gave one."""
    channel: str | None = None
    """`err` for standard error, where the producer told them apart."""

    @property
    def end(self) -> int:
        """Stream offset after the last byte."""
        return self.offset + len(self.data)

    def cut(self, start: int, end: int) -> Chunk:
        """Return the part between two stream offsets; both are clipped to the chunk."""
        low = max(start - self.offset, 0)
        high = max(min(end - self.offset, len(self.data)), low)
        if low == 0 and high == len(self.data):
            return self
        data = self.data[low:high]
        return msgspec.structs.replace(
            self,
            offset=self.offset + low,
            data=data,
            first_line=self.first_line + self.data.count(b"\n", 0, low),
            lines=data.count(b"\n"),
        )


class Gap(NamedTuple):
    """A range of offsets whose bytes a reader cannot have, and why; a hole is always said, never silent."""

    offset: int
    end: int
    reason: str
    """`retention`, `producer_skip`, `store_loss`, `corrupt`, `lag` or `filter`."""


Piece = Chunk | Gap

GAP_BYTES = 64
"""What telling a gap is counted as, in bytes: they too fill what is bounded in bytes."""


def weight(piece: Piece) -> int:
    """Return what telling a piece is counted as, in bytes."""
    return len(piece.data) if isinstance(piece, Chunk) else GAP_BYTES


def joined(before: Piece, after: Piece) -> Gap | None:
    """Return two gaps as one, where they touch and say the same; a run must not begin between them."""
    if isinstance(before, Chunk) or isinstance(after, Chunk):
        return None
    return Gap(before.offset, after.end, before.reason) if before[1:] == (after.offset, after.reason) else None
