"""A peer that takes everything, until it is told not to."""

from __future__ import annotations

from collections.abc import Sequence

from hub.core.ports import Conversation
from hub.model.problem import Problem
from hub.wire.frame import Frame
from hub.wire.frame_reader import FrameReader


class RecordingSink:
    """`Sink` that keeps what was sent. `stall` makes it full; `drain` makes it take again and tells so."""

    def __init__(self) -> None:
        self.open = True
        self.reading = True
        self.closed = False
        self.aborted = False
        self.problem: Problem | None = None
        """Why it was closed, where a reason was given."""
        self.conversation: Conversation | None = None
        self.breaks = False
        """Set by a test: the next send fails as a fault of ours would."""
        self.sends = 0
        self._sent = bytearray()
        self._read = 0
        self._taken = 0
        self._frames = FrameReader(4096, 1 << 20)

    def taken(self) -> int:
        return self._taken

    def send(self, frames: Sequence[tuple[bytes, ...]]) -> None:
        assert not self.aborted, "sent after abort"
        if self.breaks:
            self.breaks = False
            raise RuntimeError("broken on purpose")
        if self.closed:
            return
        self.sends += 1
        for pieces in frames:
            for piece in pieces:
                self._sent += piece
        if self.open:
            self._taken = len(self._sent)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self, problem: Problem | None = None) -> None:
        if not self.closed:
            self.closed, self.problem = True, problem

    def abort(self) -> None:
        self.closed = self.aborted = True

    # What tests do.

    def stall(self) -> None:
        """Take no byte any more."""
        self.open = False

    def trickle(self, count: int = 1) -> None:
        """Take some bytes, but not so many that it is open again."""
        self._taken += count

    def drain(self) -> None:
        """Take everything again."""
        self.open = True
        self._taken = len(self._sent)
        if self.conversation is not None:
            self.conversation.writable()

    def bytes(self) -> bytes:
        """Return what was sent since the last look."""
        new = bytes(self._sent[self._read :])
        self._read = len(self._sent)
        return new

    def lines(self) -> list[bytes]:
        """Return the whole lines sent since the last look."""
        new = self.bytes()
        assert not new or new.endswith(b"\n"), f"an unfinished line: {new[-80:]!r}"
        return new.split(b"\n")[:-1]

    def frames(self) -> list[Frame]:
        """Return the frames sent since the last look."""
        frames = list(self._frames.feed(self.bytes()))
        assert not self._frames.held, "an unfinished frame"
        return frames
