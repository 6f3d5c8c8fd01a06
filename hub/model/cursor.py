"""Where a reader is, and how the hub judges a cursor that comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cursor(NamedTuple):
    """All that a reader needs to go on: which life of the stream it read, and how far."""

    epoch: int
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


class EpochStart(NamedTuple):
    """A stream's first append under an epoch: the offset from which bytes may differ from earlier epochs'."""

    epoch: int
    offset: int


class Verdict(NamedTuple):
    """Where a judged reader goes on."""

    offset: int
    truncate: int | None
    """Not None: the reader holds bytes up to here that the stream no longer has; it drops all from `offset` on."""


def judge(cursor: Cursor, epochs: Sequence[EpochStart], end: int) -> Verdict:
    """Say where a reader with `cursor` goes on in a stream that ends at `end`.

    The least first offset of the epochs after the cursor's is the last place where both are known to agree
    (PROTOCOL 1); where there is none, all up to the stream's end agrees.
    """
    safe = min((start.offset for start in epochs if start.epoch > cursor.epoch), default=end)
    if cursor.offset > safe:
        return Verdict(safe, cursor.offset)
    return Verdict(cursor.offset, None)
