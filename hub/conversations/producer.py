"""The producer port: what a connection speaks, then raw bytes or frames (PROTOCOL 4)."""

from __future__ import annotations

from hub.conversations.framed_producer import FramedProducer
from hub.conversations.raw_producer import RawProducer
from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.model.peer import Peer
from hub.model.problem import Problem
from hub.wire.error_line import encode_error
from hub.wire.first_bytes import Framed, Mistake, ProducerFirstBytes, Raw, Speech


class ProducerConversation:
    """One connection to the producer port: it listens for what is spoken, and hands on to who speaks that."""

    __slots__ = ("_deadline", "_first", "_hub", "_over", "_peer", "_sink", "_speaker")

    def __init__(self, hub: Hub, peer: Peer, sink: Sink) -> None:
        self._hub = hub
        self._peer = peer
        self._sink = sink
        self._first: ProducerFirstBytes | None = ProducerFirstBytes(hub.limits.header_bytes)
        self._deadline: Cancellable | None = None
        self._speaker: RawProducer | FramedProducer | None = None
        self._over = False

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer; return whether `received(b"")` is to go on in another turn."""
        if self._speaker is not None:
            return self._speaker.received(data)
        if self._first is None:
            return False
        left = self._listen(self._first.feed(data))
        if self._first is not None and self._deadline is None:
            self._deadline = self._hub.clock.call_later(self._hub.limits.raw_prefix_seconds, self._expired)
        return left

    def writable(self) -> None:
        """Go on writing."""
        if self._speaker is not None:
            self._speaker.writable()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell that the hub is about to close; raw output is told nothing."""
        if self._speaker is not None:
            self._speaker.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Take nothing more."""
        self._finish()
        if self._speaker is not None:
            self._speaker.hold()

    def dismiss(self, problem: Problem) -> None:
        """Tell why the hub ends the connection, and close it."""
        self._finish()
        if self._speaker is None:
            self._sink.close()
        else:
            self._speaker.dismiss(problem)

    def lost(self, cause: str) -> None:
        """Take note of the end: `eof`, `reset` or `timeout`."""
        self._finish()
        if self._speaker is not None:
            self._speaker.lost(cause)

    def _finish(self) -> None:
        """Take what was held back for what it is now."""
        if self._first is not None:
            self._listen(self._first.expire())
        self._settle()

    def _listen(self, speech: Speech | None) -> bool:
        """Hand on to who speaks that; return whether some of it is left for another turn."""
        if speech is None or self._over:
            return False
        self._settle()
        if isinstance(speech, Raw):
            self._speaker = RawProducer(self._hub, self._peer, self._sink, speech.header)
        elif isinstance(speech, Framed):
            self._speaker = FramedProducer(self._hub, self._peer, self._sink)
        else:
            self._mistake(speech)
            return False
        return bool(speech.data) and self._speaker.received(speech.data)

    def _mistake(self, mistake: Mistake) -> None:
        self._over = True
        self._hub.counters.mistake(mistake.kind)
        if mistake.problem is None:
            self._sink.abort()
            return
        self._hub.counters.problem(mistake.problem.word)
        self._sink.send([encode_error(mistake.problem)])
        self._sink.close(mistake.problem)

    def _expired(self) -> None:
        self._deadline = None
        if self._first is not None:
            self._listen(self._first.expire())

    def _settle(self) -> None:
        self._first = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
