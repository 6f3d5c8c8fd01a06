"""Raw bytes into a stream (PROTOCOL 4): whatever comes is stream, best effort by nature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.conversations.meta import parse_meta
from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.writer import Writer
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name, name_for_raw_peer
from hub.wire.error_line import encode_error
from hub.wire.frame import Frame


class RawProducer:
    """One raw connection. The stream is made at the first byte; an empty connection leaves nothing.

    While too much is not durable it waits unread. A store that fails for longer than that is bearable lets it run on
    all the same: what comes then is counted and recorded as a GAP, so that a build is not stopped by a full disk.
    """

    commands: tuple[str, ...] = ()

    __slots__ = (
        "_hub",
        "_losing",
        "_lost",
        "_open_writer",
        "_over",
        "_patience",
        "_principal",
        "_sink",
        "_writer",
        "peer",
    )

    def __init__(self, hub: Hub, peer: Peer, sink: Sink, header: Frame | None) -> None:
        self._hub = hub
        self.peer = peer
        self._sink = sink
        self._open_writer: Callable[[], Writer] | None = None
        self._writer: Writer | None = None
        self._principal: Principal | None = None
        self._over = False
        self._patience: Cancellable | None = None
        self._losing = False
        self._lost = 0
        try:
            self._prepare(header)
        except Problem as problem:
            self._refuse(problem)

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer: all of them, as they cost what a chunk does."""
        if not self._over and (self._writer is not None or self._begin()):
            self._append(data)
        return False

    def writable(self) -> None:
        """Nothing waits to be written here."""

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Raw output is told nothing."""

    def hold(self) -> None:
        """End the run with what came."""
        self._end("hub_lost")

    def dismiss(self, problem: Problem) -> None:
        """Stop reading; raw output gets no answer, and its run ends with the hub."""
        self._end("hub_lost")
        self._sink.close()

    def lost(self, cause: str) -> None:
        """End the run: `eof`, `reset` or `timeout`."""
        self._end(cause)

    def _end(self, cause: str) -> None:
        self._over = True
        self._leave()
        self._stop_losing()
        if self._writer is not None:
            self._writer.end(cause)

    def _leave(self) -> None:
        if self._principal is not None:
            self._hub.standing.leave(self._principal, self)

    def _prepare(self, header: Frame | None) -> None:
        """Decide who it is and what the stream will be called; raise Problem."""
        keys: dict[str, str] = {} if header is None else dict(header.keys)
        streams = self._hub.streams
        principal = self._hub.credentials.producer(self.peer, keys.get("token"), raw=True)
        self._principal = principal
        self._hub.standing.enter(principal, self)
        meta = parse_meta(keys.get("meta"), self._hub.limits.meta_bytes)
        if "stream" in keys:
            name = check_stream_name(keys["stream"])
            if not principal.may_see(name):
                raise Problem("DENIED", "this token is not for a stream of that name")
            self._open_writer = lambda: streams.open_beside(name, principal, meta)
        elif header is not None:
            raise Problem("PROTO", "HUB/1 RAW names its stream: HUB/1 RAW stream=<name>")
        else:
            self._open_writer = lambda: self._open_unnamed(principal, meta)

    def _open_unnamed(self, principal: Principal, meta: dict[str, Any]) -> Writer:
        prefix = name_for_raw_peer(self.peer.host, self._hub.clock.now_ms())
        return self._hub.streams.open_numbered(prefix, principal, meta)

    def _begin(self) -> bool:
        if self._open_writer is None:
            return False
        try:
            self._writer = self._open_writer()
        except Problem as problem:
            self._refuse(problem)
            return False
        self._writer.holder = self
        return True

    # What the core calls.

    def displaced(self, problem: Problem) -> None:
        """Give way: the stream was deleted."""
        self._stop_losing()
        self._writer = None
        self._refuse(problem)

    def revoked(self, problem: Problem) -> None:
        """Give way: the token is over, and the run with it."""
        self._end("revoked")
        self._refuse(problem)

    def committed(self) -> None:
        """Nothing is acknowledged here."""

    def watched(self, watchers: int) -> None:
        """Raw output comes as it comes."""

    def command(self, command_id: str, name: str, arguments: bytes, idem: str | None) -> None:
        """Refuse a command; raise Problem NOTFOUND."""
        raise Problem("NOTFOUND", "this is raw output: its producer takes no commands")

    def _append(self, data: bytes) -> None:
        writer = self._writer
        if writer is None:
            return
        if self._losing:
            self._lost += len(data)
            return
        try:
            writer.append(data, self._hub.clock.now_ms())
        except Problem as problem:
            self._end("eof")
            self._refuse(problem)
            return
        if writer.full and self._patience is None:
            self._sink.pause_reading()
            self._hub.log.committer.when_free(self._freed)
            self._wait()

    def _wait(self) -> None:
        self._patience = self._hub.clock.call_later(self._hub.limits.raw_patience_seconds, self._out_of_patience)

    def _out_of_patience(self) -> None:
        if self._hub.log.committer.problem is None:
            self._wait()  # slow, but it goes on
            return
        self._losing = True
        self._sink.resume_reading()

    def _freed(self) -> None:
        self._stop_losing()
        if not self._over:
            self._sink.resume_reading()

    def _stop_losing(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        lost, self._lost, self._losing = self._lost, 0, False
        if lost and self._writer is not None:
            self._writer.lose(self._writer.stream.end + lost, "store_loss")

    def _refuse(self, problem: Problem) -> None:
        self._over = True
        self._leave()
        self._hub.counters.problem(problem.word)
        self._sink.send([encode_error(problem)])
        self._sink.close(problem)
