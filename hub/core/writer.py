"""Who writes a stream now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hub.model.peer import Peer
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.stream import Stream
    from hub.core.streams import Streams


OFFSETS_END = 1 << 53
"""Offsets are below this, as all integers of the protocol."""


class WriterHolder(Protocol):
    """A connection that writes."""

    @property
    def peer(self) -> Peer:
        """The far end."""

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands that it takes."""

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the session (FENCED), or it is over (EXPIRED)."""

    def committed(self) -> None:
        """Take note that more of the stream is durable."""

    def watched(self, watchers: int) -> None:
        """Take note how many readers follow the stream now."""

    def command(self, command_id: str, name: str, arguments: bytes, idem: str | None) -> None:
        """Pass on a command, which is to be done once for an `idem`; raise Problem NOTFOUND if it was not offered."""


class Writer:
    """The one hand that may append to a stream; letting go of it ends the run.

    That of a framed session goes on without a connection: its `holder` comes and goes.
    """

    __slots__ = ("_streams", "attached", "detached_at", "holder", "run", "stream")

    def __init__(self, stream: Stream, streams: Streams, *, attached: bool = True) -> None:
        self.stream = stream
        self.attached = attached
        self.holder: WriterHolder | None = None
        self.detached_at = streams.log.clock.monotonic()
        self.run = stream.run
        self._streams = streams

    @property
    def session(self) -> str | None:
        """Hash of the framed session's key; None for raw output, which has none."""
        return self.run.session

    @property
    def full(self) -> bool:
        """Whether the writer is to wait before it reads on: the store is behind."""
        return self._streams.log.committer.full

    def append(self, data: bytes, at: int, sent_at: int | None = None, channel: str | None = None) -> None:
        """Append bytes, received at `at` (ms), sent at `sent_at` where the producer says so.

        Raise Problem LIMIT where the stream has no offsets left for them.
        """
        if self.stream.end + len(data) >= OFFSETS_END:
            raise Problem("LIMIT", "the stream has no offsets left below 2^53; write another one")
        self.stream.append(data, at, sent_at, channel)

    def lose(self, end: int, reason: str) -> None:
        """Record that the bytes up to `end` will never be had."""
        self.stream.append_gap(end, reason)

    def committed(self) -> None:
        """Take note that more of the stream is durable."""
        if self.holder is not None:
            self.holder.committed()

    def watched(self, watchers: int) -> None:
        """Take note how many readers follow the stream now."""
        if self.holder is not None:
            self.holder.watched(watchers)

    def end(self, cause: str, status: str | None = None) -> None:
        """End the run; the stream is free for the next writer."""
        self._streams.end_writer(self, cause, status)
