"""The producer port: what a connection speaks, then raw bytes into a stream (PROTOCOL 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.writer import Writer
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name, name_for_raw_peer
from hub.wire import json_rpc
from hub.wire.error_line import encode_error
from hub.wire.first_bytes import Mistake, ProducerFirstBytes, Raw, Speech
from hub.wire.frame import Frame

_META_DEPTH = 16


class RawProducer:
    """One connection to the producer port. The stream is made at the first byte; an empty connection leaves nothing."""

    __slots__ = ("_deadline", "_first", "_hub", "_open_writer", "_over", "_peer", "_sink", "_writer")

    def __init__(self, hub: Hub, peer: Peer, sink: Sink) -> None:
        self._hub = hub
        self._peer = peer
        self._sink = sink
        self._first: ProducerFirstBytes | None = ProducerFirstBytes(hub.limits.header_bytes)
        self._deadline: Cancellable | None = None
        self._open_writer: Callable[[], Writer] | None = None
        self._writer: Writer | None = None
        self._over = False

    def received(self, data: bytes) -> None:
        """Take bytes from the peer."""
        if self._writer is not None and not self._over:
            self._append(self._writer, data)
        elif self._first is not None:
            self._listen(self._first.feed(data))
            if self._first is not None and self._deadline is None:
                self._deadline = self._hub.clock.call_later(self._hub.limits.raw_prefix_seconds, self._expired)
        elif not self._over:
            self._begin(data)

    def writable(self) -> None:
        """Nothing waits to be written here."""

    def dismiss(self, problem: Problem) -> None:
        """Stop reading; raw output gets no answer, and its run ends with the hub."""
        if self._first is not None:
            self._listen(self._first.expire())
        self._settle()
        self._over = True
        if self._writer is not None:
            self._writer.end("hub_lost")
        self._sink.close()

    def lost(self, cause: str) -> None:
        """End the run: `eof`, `reset` or `timeout`."""
        if self._first is not None:
            self._listen(self._first.expire())
        self._settle()
        self._over = True
        if self._writer is not None:
            self._writer.end(cause)

    def _listen(self, speech: Speech | None) -> None:
        if speech is None:
            return
        self._settle()
        if isinstance(speech, Raw):
            try:
                self._prepare(speech.header)
                if speech.data:
                    self._begin(speech.data)
            except Problem as problem:
                self._refuse(problem)
        elif isinstance(speech, Mistake):
            self._mistake(speech)
        else:
            self._refuse(Problem("PROTO", "this version takes raw output only; send it as it is, or after HUB/1 RAW"))

    def _mistake(self, mistake: Mistake) -> None:
        self._hub.counters.mistake(mistake.kind)
        if mistake.problem is None:
            self._over = True
            self._sink.abort()
        else:
            self._refuse(mistake.problem)

    def _prepare(self, header: Frame | None) -> None:
        """Decide who it is and what the stream will be called; raise Problem."""
        keys = {} if header is None else header.keys
        streams = self._hub.streams
        principal = self._hub.producer_principal(self._peer, keys.get("token"), raw=True)
        meta = parse_meta(keys.get("meta"), self._hub.limits.meta_bytes)
        if "stream" in keys:
            name = check_stream_name(keys["stream"])
            if not principal.may_see(name):
                raise Problem("DENIED", "this token is not for a stream of that name")
            self._open_writer = lambda: streams.open_beside(name, principal, meta)
        elif header is not None:
            raise Problem("PROTO", "HUB/1 RAW names its stream: HUB/1 RAW stream=<name>")
        else:
            self._open_writer = lambda: self._open_unnamed(principal)

    def _open_unnamed(self, principal: Principal) -> Writer:
        prefix = name_for_raw_peer(self._peer.host, self._hub.clock.now_ms())
        return self._hub.streams.open_numbered(prefix, principal, {})

    def _begin(self, data: bytes) -> None:
        if self._open_writer is None:
            return
        try:
            self._writer = self._open_writer()
        except Problem as problem:
            self._refuse(problem)
            return
        self._append(self._writer, data)

    def _append(self, writer: Writer, data: bytes) -> None:
        writer.append(data, self._hub.clock.now_ms())
        if writer.full:
            self._sink.pause_reading()
            self._hub.log.committer.when_free(self._sink.resume_reading)

    def _expired(self) -> None:
        self._deadline = None
        if self._first is not None:
            self._listen(self._first.expire())

    def _settle(self) -> None:
        self._first = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, problem: Problem) -> None:
        self._over = True
        self._hub.counters.problem(problem.word)
        self._sink.send([encode_error(problem)])
        self._sink.close(problem)


def parse_meta(text: str | None, bound: int) -> dict[str, Any]:
    """Return the JSON object that `meta=` holds, empty where there is none; raise Problem PROTO or LIMIT."""
    if not text:
        return {}
    if len(text) > bound:
        raise Problem("LIMIT", f"meta is longer than limits.meta_bytes ({bound})")
    # As strict as what reads it again: no NaN, no lone surrogate, nothing that could not be printed for everybody.
    try:
        meta = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Problem("PROTO", "meta is a JSON object, percent-encoded") from None
    if json_rpc.deeper_than(meta, _META_DEPTH):
        raise Problem("PROTO", f"meta is nested deeper than {_META_DEPTH}")
    return meta
