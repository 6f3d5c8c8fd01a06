"""One direction of speech on a WebSocket, text or binary, as a `Sink`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.adapters.reactor.flow import FlowSink
from hub.model.problem import Problem


class TwoLanes(Protocol):
    """The socket that both lanes are on."""

    flow: FlowSink
    holding: set[Lane]

    @property
    def speaks(self) -> bool:
        """Whether messages may be sent: not once it closes, or is gone."""

    def say(self, message: bytes, *, isBinary: bool) -> None:
        """Send a message."""

    def close(self, problem: Problem | None) -> None:
        """Close with the code that tells the problem."""


class Lane:
    """One of the two directions of speech on a socket as a `Sink`; both lanes share the transport's flow.

    What one of them holds up is not read because the other one is ready.
    """

    def __init__(self, socket: TwoLanes, *, binary: bool) -> None:
        self._socket = socket
        self._binary = binary

    @property
    def open(self) -> bool:
        """Whether the transport takes more."""
        return self._socket.flow.open

    def taken(self) -> int:
        """Return a count that grows as the peer takes bytes."""
        return self._socket.flow.taken()

    def send(self, frames: Sequence[tuple[bytes, ...]]) -> None:
        """Send each frame as a message; a socket that is closing takes none, nor one that is gone."""
        for frame in frames if self._socket.speaks else ():
            self._socket.say(b"".join(frame), isBinary=self._binary)

    def pause_reading(self) -> None:
        """Stop reading from the peer."""
        self._socket.holding.add(self)
        self._socket.flow.pause_reading()

    def resume_reading(self) -> None:
        """Read from the peer again, unless the other lane holds it."""
        self._socket.holding.discard(self)
        if not self._socket.holding:
            self._socket.flow.resume_reading()

    def close(self, problem: Problem | None = None) -> None:
        """Close with the code that tells the problem."""
        self._socket.close(problem)

    def abort(self) -> None:
        """Close now."""
        self._socket.flow.abort()
