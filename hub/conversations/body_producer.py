"""A request body into a stream (PROTOCOL 7: PUT and POST): decided when the headers are in, appended as bytes come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hub.core.hub import Hub
from hub.core.ports import Sink
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name


class BodyProducer:
    """One request. The run begins with it, and ends `eof` with a whole body, `reset` with a cut one."""

    commands: tuple[str, ...] = ()

    def __init__(
        self, hub: Hub, peer: Peer, sink: Sink, name: str, principal: Principal | None, meta: Mapping[str, Any]
    ) -> None:
        """Open the writer; raise Problem AUTH, DENIED, CONFLICT, LIMIT or PROTO before a byte of the body is read.

        `principal` is who the request's credentials say; None where it brought none.
        """
        self.peer = replace(peer, via="http")
        self._hub = hub
        self._sink = sink
        who = principal or hub.credentials.producer(peer, None, raw=False)
        check_stream_name(name)
        if not who.may_produce or not who.may_see(name):
            raise Problem("DENIED", "these credentials are not for a stream of that name")
        self._writer = hub.streams.open_exact(name, who, meta)
        self._writer.holder = self
        self._start = self._writer.stream.end
        self._principal = who
        hub.standing.enter(who, self)

    def received(self, data: bytes) -> None:
        """Append bytes of the body."""
        if not data:
            return
        self._writer.append(data, self._hub.clock.now_ms())
        if self._writer.full:
            self._sink.pause_reading()
            self._hub.log.committer.when_free(self._sink.resume_reading)

    def complete(self) -> dict[str, object]:
        """End the run of a whole body; return the answer, which is to be sent once `when_durable` calls back."""
        self._end("eof")
        stream = self._writer.stream
        return {
            "stream": stream.name,
            "run": stream.run.number,
            "epoch": stream.epoch,
            "from": self._start,
            "to": stream.end,
            "durability": self._hub.store.durability,
        }

    def when_durable(self, call: Callable[[], None]) -> None:
        """Call back once all that was appended is durable, or `deleted`."""
        self._hub.log.committer.when_durable(self._writer.stream, call)

    @property
    def deleted(self) -> bool:
        """Whether somebody deleted the stream before it was durable."""
        return self._writer.stream.deleted

    def displaced(self, problem: Problem) -> None:
        """Give way: the stream was deleted."""
        self._hub.standing.leave(self._principal, self)
        self._sink.abort()

    def committed(self) -> None:
        """The whole body is acknowledged at once."""

    def watched(self, watchers: int) -> None:
        """The body comes as it comes."""

    def command(self, command_id: str, name: str, arguments: bytes, idem: str | None) -> None:
        """Refuse a command; raise Problem NOTFOUND."""
        raise Problem("NOTFOUND", "this is the body of a request: its producer takes no commands")

    def writable(self) -> None:
        """Nothing waits to be written here."""

    def dismiss(self, problem: Problem) -> None:
        """Break off; what came is kept."""
        self._end("hub_lost")
        self._sink.abort()

    def lost(self, cause: str) -> None:
        """End the run of a body that broke off; what came is kept."""
        self._end("reset" if cause == "eof" else cause)

    def revoked(self, problem: Problem) -> None:
        """Give way: the token is over, and the run with it."""
        self._end("revoked")
        self._sink.abort()

    def _end(self, cause: str) -> None:
        self._hub.standing.leave(self._principal, self)
        self._writer.end(cause)
