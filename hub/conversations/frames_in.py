"""Frames of one connection, some a turn: whoever sends a hundred thousand at once holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.hub import Hub
from hub.model.problem import Problem
from hub.wire.frame import Frame
from hub.wire.frame_reader import FrameReader

LOOK_EVERY = 16
"""Frames between two looks at the clock; what one read brings of a peer that streams is fewer, mostly."""


class FramesIn:
    """Bytes to whole frames, each handed to whoever takes it, as far as this turn's share for frames goes."""

    __slots__ = ("_counted", "_hub", "_reader", "_started", "_take", "over")

    def __init__(self, hub: Hub, take: Callable[[Frame], None]) -> None:
        self._hub = hub
        self._take = take
        self._reader = FrameReader(hub.limits.header_bytes, hub.limits.payload_bytes)
        self._started = False
        """Whether the first frame came."""
        self._counted = 0
        """What of the hub's memory for queues is counted for this."""
        self.over = False
        """Whether nothing is taken any more."""

    def feed(self, data: bytes) -> bool:
        """Hand on what is whole now; return whether some may be left, for another turn, which `feed(b"")` goes on with.

        Raise Problem PROTO or TOOBIG, and what `take` raises: then it is over.
        """
        left = not self.over and self._hand_on(data)
        if self.over:
            return False
        held = self._reader.held
        bound = self._hub.limits.first_frame_bytes
        if not self._started and held > bound:
            raise Problem("TOOBIG", f"the first frame is longer than limits.first_frame_bytes ({bound})")
        self._count(held)
        return left

    def stop(self) -> None:
        """Take nothing more, and let go of what is left."""
        self.over = True
        self._count(0)

    def _hand_on(self, data: bytes) -> bool:
        share = self._hub.turn.frames
        for count, frame in enumerate(self._reader.feed(data), 1):
            self._started = True
            self._take(frame)
            if self.over:
                return False
            if not count % LOOK_EVERY and share.used_up:
                return True
        return False

    def _count(self, held: int) -> None:
        if held != self._counted:
            self._hub.queue_memory.grow(held - self._counted)
            self._counted = held
