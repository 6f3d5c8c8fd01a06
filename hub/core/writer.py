"""Who writes a stream now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.model.principal import Principal

if TYPE_CHECKING:
    from hub.core.stream import Stream
    from hub.core.streams import Streams


class Writer:
    """The one hand that may append to a stream; letting go of it ends the run."""

    __slots__ = ("_streams", "attached", "principal", "stream")

    def __init__(self, stream: Stream, principal: Principal, streams: Streams) -> None:
        self.stream = stream
        self.principal = principal
        self.attached = True
        self._streams = streams

    @property
    def full(self) -> bool:
        """Whether the writer is to wait before it reads on: the store is behind."""
        return self._streams.log.committer.full

    def append(self, data: bytes, at: int) -> None:
        """Append bytes, received at `at` (ms)."""
        self.stream.append(data, at)

    def committed(self) -> None:
        """Take note that more of the stream is durable."""

    def end(self, cause: str, status: str | None = None) -> None:
        """End the run; the stream is free for the next writer."""
        self._streams.end_writer(self, cause, status)
