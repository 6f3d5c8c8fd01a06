"""The three TCP listeners: a protocol that carries any conversation over a stream transport."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet import error
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IHandshakeListener, IReactorTime, ISSLTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from hub.adapters.reactor.far_end import Proxies, address_of, far_end, proxy_has_spoken, proxy_of
from hub.adapters.reactor.flow import FlowSink, keep_alive
from hub.adapters.reactor.portions import Portions
from hub.core.admission import Admission
from hub.core.ports import Conversation, Failures, Sink
from hub.core.timeout import Timeout
from hub.core.turn_share import TurnShare
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.problem import Problem
from hub.wire.error_line import encode_error

KEEPALIVE_GIVES_UP_SECONDS = 40.0
"""A little less than the 45 s after which the system closes a connection to a peer that vanished."""

MakeConversation = Callable[[Peer, Sink], Conversation]

NARROW_READ = 64 * 1024
WIDE_READ = 256 * 1024
"""A peer that fills a read gets a wider one: what is paid per chunk is paid a quarter as often."""


@implementer(IHandshakeListener)
class ConversationProtocol(Protocol):
    """Carries one conversation: bytes in, bytes out, and how it ended."""

    def __init__(self, factory: ConversationFactory) -> None:
        self._made_by = factory
        self._conversation: Conversation | None = None
        self._sink: FlowSink | None = None
        self._portions: Portions | None = None
        self._peer: Peer | None = None
        self._late: Timeout | None = None
        self._shakes = False
        """Whether TLS is not up yet."""
        self._wide = False
        self._heard_at = time.monotonic()

    def connectionMade(self) -> None:
        """Admit the peer, and begin its conversation once it is known who that is."""
        made_by = self._made_by
        transport: Any = self.transport  # TCP, Unix or TLS: what they have in common is no single interface
        keep_alive(transport)
        proxy = proxy_of(transport)
        if proxy is not None and not made_by.proxies.believes(address_of(proxy)):
            made_by.refuse(Problem("DENIED", "this listener is for the proxies that are named in proxies"))
            transport.abortConnection()
            return
        if ISSLTransport.providedBy(transport):
            try:
                made_by.admission.begin_handshake()
            except Problem:
                transport.abortConnection()  # no word can be said before the handshake is done
                return
            self._shakes = True
        self._sink = FlowSink(transport, made_by.reactor, made_by.limits.close_seconds, self._writable)
        self._portions = Portions(made_by.frames, self._sink.read_more, self._take)
        # Whoever has not said yet whom they speak for counts in all, and for no address.
        if not self._admit(Peer(None) if proxy is not None else far_end(transport)):
            return
        made_by.protocols.add(self)
        if proxy is None and not ISSLTransport.providedBy(transport):
            self._begin()
        else:
            seconds = made_by.limits.first_frame_seconds
            self._late = Timeout(made_by.reactor.callLater, made_by.ends, seconds, self._too_late)

    def _admit(self, peer: Peer) -> bool:
        """Count the peer in; tell it why where there is no room."""
        made_by = self._made_by
        try:
            made_by.admission.enter(peer)
        except Problem as problem:
            made_by.refuse(problem)
            if self._sink is not None:
                self._sink.send([encode_error(problem)])
                self._sink.close()
            return False
        self._peer = peer
        return True

    def _begin(self) -> None:
        """TLS is up and the proxy has spoken, where they stand between: it is known who is there."""
        self._stop_waiting()
        made_by, before, sink = self._made_by, self._peer, self._sink
        if before is None or sink is None:
            return
        peer = far_end(self.transport)
        if peer.proxied:
            made_by.admission.leave(before)
            self._peer = None
            if not self._admit(peer):
                return
        self._peer = peer
        self._conversation = made_by.converse(peer, sink)

    def _too_late(self) -> None:
        """End a handshake that takes too long. A proxy that has spoken for somebody who is silent did its part."""
        self._late = None
        transport: Any = self.transport
        proxy = proxy_of(transport)
        if proxy is not None and proxy_has_spoken(proxy) and not ISSLTransport.providedBy(transport):
            self._begin()
        else:
            transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        """Hand bytes to the conversation; a fault of ours closes this connection and no other."""
        self._heard_at = time.monotonic()
        size = len(data)
        if size == NARROW_READ:
            self._read_up_to(WIDE_READ)
        elif self._wide and size < NARROW_READ // 4:
            self._read_up_to(NARROW_READ)
        if self._portions is not None:
            self._portions.feed(data)

    def _take(self, data: bytes) -> bool:
        try:
            if self._late is not None:
                self._begin()
            conversation, sink = self._conversation, self._sink
            if conversation is None or sink is None:
                return False
            sink.gather()
            try:
                return conversation.received(data)
            finally:
                sink.let_go()
        except Exception:
            self._failed("in a conversation")
            return False

    def handshakeCompleted(self) -> None:
        """TLS is up."""
        if self._late is not None:
            self._begin()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the conversation how it ended, after all that came before."""
        self._stop_waiting()
        if self._sink is not None:
            self._sink.lost()
        cause = cause_of(reason, time.monotonic() - self._heard_at)
        if self._portions is None:
            self._leave(cause)
        else:
            self._portions.then(lambda: self._leave(cause))

    def _leave(self, cause: str) -> None:
        conversation, self._conversation = self._conversation, None
        peer, self._peer = self._peer, None
        if peer is not None:
            self._made_by.admission.leave(peer)
        try:
            if conversation is not None:
                conversation.lost(cause)
        except Exception:
            self._made_by.failures.report("while ending a conversation")
        self._made_by.gone(self)

    def _read_up_to(self, size: int) -> None:
        """Set how much the next read may bring; for a plain transport, TLS has its own records."""
        self._wide = size > NARROW_READ
        transport: Any = self.transport
        transport.bufferSize = size

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the peer that the hub closes soon."""
        if self._conversation is not None:
            self._conversation.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Take nothing more from a producer."""
        if self._conversation is not None:
            self._conversation.hold()

    def say_goodbye(self, problem: Problem) -> None:
        """Tell why the connection ends, and close it once that is taken."""
        if self._conversation is not None:
            self._conversation.dismiss(problem)
        elif self._sink is not None:
            self._sink.abort()

    def _writable(self) -> None:
        try:
            if self._conversation is not None:
                self._conversation.writable()
        except Exception:
            self._failed("while writing")

    def _failed(self, what: str) -> None:
        self._made_by.failures.report(what)
        if self._sink is not None:
            self._sink.send([encode_error(Problem("INTERNAL", "the hub made a mistake; its log has it"))])
            self._sink.close()

    def _stop_waiting(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late.cancel()
        if self._shakes:
            self._shakes = False
            self._made_by.admission.end_handshake()


class ConversationFactory(Factory):
    """Makes a protocol for each connection of one listener."""

    noisy = False

    def __init__(
        self,
        converse: MakeConversation,
        *,
        reactor: IReactorTime,
        limits: Limits,
        admission: Admission,
        failures: Failures,
        frames: TurnShare,
        ends: TurnShare,
        refuse: Callable[[Problem], None],
        proxies: Proxies | None = None,
    ) -> None:
        """`frames` and `ends` are what of a turn is for the many frames that one peer sent, and for ends.

        `refuse` is told each Problem for which a peer is not admitted.
        """
        self.converse = converse
        self.reactor = reactor
        self.limits = limits
        self.admission = admission
        self.failures = failures
        self.frames = frames
        self.ends = ends
        self.refuse = refuse
        self.proxies = proxies or Proxies()
        self.protocols: set[ConversationProtocol] = set()
        """Connections that are open now."""
        self._closed: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> ConversationProtocol:
        """Make the protocol of one connection."""
        return ConversationProtocol(self)

    def gone(self, protocol: ConversationProtocol) -> None:
        """Take note that a connection is closed."""
        self.protocols.discard(protocol)
        if not self.protocols and self._closed is not None:
            closed, self._closed = self._closed, None
            closed.callback(None)

    async def all_closed(self) -> None:
        """Wait until no connection is open."""
        if self.protocols:
            self._closed = Deferred()
            await self._closed


def cause_of(reason: Failure, silent_seconds: float) -> str:
    """Return the word for how a connection ended: `eof`, `timeout` or `reset`.

    Twisted does not pass on whether the system gave up on the peer or the peer reset the connection. After as long a
    silence as the system waits for a sign of life (see `keep_alive`) it was the former.
    """
    if reason.check(ConnectionDone):
        return "eof"
    timed_out = reason.check(error.TimeoutError) or silent_seconds >= KEEPALIVE_GIVES_UP_SECONDS
    return "timeout" if timed_out else "reset"
