"""Commands on their way to one producer: only those that it offered, and only so many that it did not take."""

from __future__ import annotations

from hub.core.ports import Sink
from hub.model.problem import Problem
from hub.wire import producer_port
from hub.wire.frame import Pieces

AGAIN_MS = 1000


class CommandsOut:
    """What may be sent. Commands come from others than the peer, so that not reading the peer does not stop them."""

    __slots__ = ("_bound", "_sink", "_waiting", "offered")

    def __init__(self, sink: Sink, bound: int) -> None:
        """`bound` is `limits.producer_commands_bytes`."""
        self._sink = sink
        self._bound = bound
        self._waiting = 0
        """Bytes that were sent since the peer last took all; those of before are gone once it is open again."""
        self.offered: tuple[str, ...] = ()

    def frame(self, command_id: str, name: str, arguments: bytes, idem: str | None) -> Pieces:
        """Return a command's frame, to be sent; raise Problem NOTFOUND for one not offered, BUSY past the bound."""
        if name not in self.offered:
            offered = ", ".join(self.offered) or "none"
            raise Problem("NOTFOUND", f"the producer does not offer this command (it offers: {offered})")
        frame = producer_port.cmd_frame(command_id, name, arguments, idem)
        size = sum(map(len, frame))
        if self._sink.open:
            self._waiting = 0
        elif self._waiting + size > self._bound:
            text = f"the producer does not read its commands: limits.producer_commands_bytes ({self._bound}) wait"
            raise Problem("BUSY", text, retry_after=AGAIN_MS)
        self._waiting += size
        return frame
