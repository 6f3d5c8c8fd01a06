"""Counters that the generator's processes share, one writer each: phases, what was sent, what was taken.

Senders stop when `window` bytes are on their way to the slowest reader that reads, so that every peer is measured with
the same backlog, and none has to buffer without bound or cut a reader which merely shares a core with it.
"""

from __future__ import annotations

import mmap
from enum import IntEnum

_CELL = 8
_GROUP = 4
"""Processes of one kind, at most."""


class Phase(IntEnum):
    """What the generator does; it only ever rises."""

    CONNECT = 0
    WARM_UP = 1
    MEASURE = 2
    FINISH = 3
    """Senders end with the block in hand, receivers with the last byte that was sent."""
    ABORT = 4


class Board:
    """Shared cells; made before the processes are forked. All sizes are bytes of lines, without framing."""

    def __init__(self, producers: int, senders: int, receivers: int) -> None:
        if max(senders, receivers) > _GROUP:
            raise ValueError(f"at most {_GROUP} processes of a kind")
        size = (1 + 3 * _GROUP + producers) * _CELL
        self._cells = memoryview(mmap.mmap(-1, size)).cast("q")
        self._senders = senders
        self._sent = 1
        self._taken = 1 + _GROUP
        self._delivered = 1 + 2 * _GROUP
        self._blocks = 1 + 3 * _GROUP
        self._receivers = receivers
        for producer in range(producers):
            self._cells[self._blocks + producer] = -1

    @property
    def phase(self) -> Phase:
        """What the generator does now."""
        return Phase(self._cells[0])

    @phase.setter
    def phase(self, phase: Phase) -> None:
        self._cells[0] = phase

    def note_sent(self, sender: int, size: int) -> None:
        """Add what a sender process has begun to send."""
        self._cells[self._sent + sender] += size

    def note_taken(self, receiver: int, slowest: int, delivered: int) -> None:
        """Set what the slowest reader of a receiver process has taken, and all of its readers together."""
        self._cells[self._taken + receiver] = slowest
        self._cells[self._delivered + receiver] = delivered

    def under_way(self) -> int:
        """Return the bytes sent which the slowest reader has not taken yet."""
        sent = sum(self._cells[self._sent : self._sent + self._senders])
        return sent - min(self._cells[self._taken : self._taken + self._receivers])

    def delivered(self) -> int:
        """Return the bytes delivered to all readers together."""
        return sum(self._cells[self._delivered : self._delivered + self._receivers])

    def note_final(self, producer: int, blocks: int) -> None:
        """Tell the receivers how many blocks a producer has sent in all."""
        self._cells[self._blocks + producer] = blocks

    def finals(self) -> list[int] | None:
        """Return how many blocks each producer sent, or None while one has not ended."""
        blocks = list(self._cells[self._blocks :])
        return None if min(blocks) < 0 else blocks
