"""One HTTP connection: counted in and out with all others, and never without a deadline."""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IHandshakeListener, ISSLTransport
from twisted.python.failure import Failure
from twisted.web.http import Request
from zope.interface import implementer

from hub.adapters.reactor.far_end import Proxies, address_of, far_end, proxy_of
from hub.adapters.reactor.flow import keep_alive
from hub.adapters.web.answer import refusal
from hub.adapters.web.portioned import PortionedChannel
from hub.core.hub import Hub
from hub.core.timeout import Timeout
from hub.core.turn_share import TurnShare
from hub.model.peer import Peer
from hub.model.problem import Problem

IDLE_SECONDS = 60
"""How long a connection may be silent between two requests."""
DISCARD_SECONDS = 2
"""How long the rest of a refused body is read and thrown away, so that the client sees why."""


PROXY = Peer(None)
"""Whom a proxy's connection counts for while it passes nothing on."""


class Talker(Protocol):
    """What speaks on a connection: HTTP, or a WebSocket that took it over."""

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the peer that the hub closes soon, where the protocol has a word for it."""

    def hold(self) -> None:
        """Take nothing more from a producer."""

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection, and close it."""


class Connections:
    """What is open on the web listener."""

    def __init__(self, hub: Hub, proxies: Proxies) -> None:
        self.hub = hub
        self.proxies = proxies
        self._open: dict[object, tuple[Peer, Talker]] = {}
        self._all_closed: Deferred[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, transport: Any, talker: Talker) -> None:
        """Count a connection in; raise Problem BUSY, LIMIT or DENIED, counted, where it may not be."""
        proxy = proxy_of(transport)
        direct = transport.getPeer() if proxy is None else address_of(proxy)
        proxied = self.proxies.believes(direct)
        # A proxy's many connections are its clients': they count in all, and for an address while it asks.
        peer = PROXY if proxied else far_end(transport)
        try:
            if proxy is not None and not proxied:
                raise Problem("DENIED", "this listener is for the proxies that are named in proxies")
            self.hub.admission.enter(peer)
        except Problem as problem:
            self.hub.counters.problem(problem.word)
            raise
        self._open[transport] = (peer, talker)

    def taken_over(self, transport: object, talker: Talker) -> None:
        """Take note that something else speaks on a connection from now on."""
        peer, _ = self._open[transport]
        self._open[transport] = (peer, talker)

    def asks(self, transport: object, peer: Peer) -> None:
        """Count a proxy's connection for whom its request comes from; raise Problem LIMIT where they have too many.

        A proxy that names nobody asks for itself, and that counts for no address.
        """
        before, talker = self._open.get(transport, (None, None))
        if before is None or talker is None or not peer.proxied or self.proxies.believes_peer(peer):
            return
        self.hub.admission.speaks_for(before, peer)
        self._open[transport] = (peer, talker)

    def answered(self, transport: object) -> None:
        """Take note that a request is over; a proxy keeps the connection for whoever comes next."""
        before, talker = self._open.get(transport, (None, None))
        if before is not None and talker is not None and before.proxied:
            self.hub.admission.speaks_for(before, PROXY)
            self._open[transport] = (PROXY, talker)

    def leave(self, transport: object) -> None:
        """Count a connection out, once."""
        peer, _ = self._open.pop(transport, (None, None))
        if peer is not None:
            self.hub.admission.leave(peer)
        if not self._open and self._all_closed is not None:
            closed, self._all_closed = self._all_closed, None
            closed.callback(None)

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell everybody that the hub closes soon."""
        for _, talker in list(self._open.values()):
            talker.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Take nothing more from producers."""
        for _, talker in list(self._open.values()):
            talker.hold()

    async def dismiss_all(self, problem: Problem) -> None:
        """Tell everybody why the hub ends, and wait until all are closed; each has a deadline for that."""
        for _, talker in list(self._open.values()):
            talker.dismiss(problem)
        if self._open:
            self._all_closed = Deferred()
            await self._all_closed


@implementer(IHandshakeListener)
class HubChannel(PortionedChannel):
    """HTTP/1.1 on one connection.

    Beside what twisted.web bounds (16 KiB of headers, a minute of silence, pipelining), a request has to be whole
    within `limits.first_frame_seconds`, unless its body goes into a stream, and closing takes `limits.close_seconds`
    at most. A TLS handshake has as long as a request, and counts among those of all listeners. Requests and bodies
    share with calls what of a turn is for them.
    """

    site: Any
    _entered = False
    _closing = False
    _gone = False
    _shakes = False
    """Whether TLS is not up yet."""
    _late: Timeout | None = None
    _silent = False
    """Whether it was silent for so long that it is to be closed."""
    _discarding: IDelayedCall | None = None

    # What twisted.web calls.

    def connectionMade(self) -> None:
        """Admit the peer, or tell it why not."""
        connections: Connections = self.site.connections
        self._limits = connections.hub.limits
        self.abortTimeout = self._limits.close_seconds
        transport: Any = self.transport
        self.base_path: bytes = self.site.base_path
        if ISSLTransport.providedBy(transport):
            try:
                connections.hub.admission.begin_handshake()
            except Problem:
                transport.abortConnection()  # no word can be said before the handshake is done
                return
            self._shakes = True
        try:
            connections.enter(transport, self)
        except Problem as problem:
            transport.write(refusal(problem))
            transport.loseConnection()
            self._abortingCall = self.callLater(self._limits.close_seconds, self.forceAbortClient)
            return
        self._entered = True
        self.take_turns(connections.hub.turn.share, self.site.failures)
        keep_alive(transport)
        super().connectionMade()
        self._start_deadline()

    def handshakeCompleted(self) -> None:
        """TLS is up: the first request has its own time."""
        self._end_handshake()
        if self._late is not None:
            self._stop_deadline()
            self._start_deadline()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes."""
        self._silent = False
        super().dataReceived(data)

    def ignores(self) -> bool:
        """Tell whether nobody wants what comes any more."""
        return self._closing or self._discarding is not None

    def is_put_off(self) -> None:
        """Take note that a request waits for its turn: it is not the peer that is late."""
        self._stop_deadline()

    def begins(self) -> None:
        """Take note that some of a request's first line is there: the deadline of the request has begun."""
        if self._late is None:
            self._start_deadline()

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the head; the first one starts the deadline of the request."""
        if self._late is None:
            self._start_deadline()
        super().lineReceived(line)

    def allHeadersReceived(self) -> None:
        """The head is whole. A proxy passes on the path under which it has the hub: from here on it is as any other."""
        if self.base_path and self._path.startswith(self.base_path + b"/"):
            self._path = self._path[len(self.base_path) :]
        super().allHeadersReceived()

    def allContentReceived(self) -> None:
        """The request is whole."""
        self._stop_deadline()
        super().allContentReceived()

    def timeoutConnection(self) -> None:
        """Close a connection that was silent between two requests; many at once are closed some a turn."""
        self._silent = True
        self._ends.wait(self._end_silence, again=True)

    def loseConnection(self) -> None:
        """Close once all is taken that was sent, or after a while."""
        if self._closing or self._gone:
            return
        self._closing = True
        # TLS ends when the peer says so too, which has to be read.
        transport: Any = self.transport
        if not transport.disconnecting:
            self._networkProducer.resumeProducing()
        super().loseConnection()
        if self._abortingCall is None:
            self._abortingCall = self.callLater(self._limits.close_seconds, self.forceAbortClient)

    def leave(self, reason: Failure) -> None:
        """Count the peer out."""
        self._gone = True
        self._end_handshake()
        self._stop_deadline()
        if self._discarding is not None and self._discarding.active():
            self._discarding.cancel()
        super().leave(reason)
        if self._entered:
            self.site.connections.leave(self.transport)

    # What requests call.

    @property
    def crowded(self) -> bool:
        """Whether answers to earlier requests still wait to be taken."""
        return bool(self._waitingForTransport)

    @property
    def head(self) -> tuple[bytes, bytes]:
        """Method and URI of the request whose headers have just come in; twisted.web tells them with the body only."""
        return self._command, self._path

    def asks(self, peer: Peer) -> None:
        """Take note of whom the request that comes now is from; raise Problem LIMIT where they have too many."""
        self.site.connections.asks(self.transport, peer)

    def requestDone(self, request: Request) -> None:
        """The answer is out."""
        if self._entered and not self._gone:
            self.site.connections.answered(self.transport)
        super().requestDone(request)

    def hold_open(self) -> None:
        """Set no deadline for the body that comes now: a build may be silent for an hour."""
        self._stop_deadline()
        idle = self.setTimeout(None)
        if idle:
            self._savedTimeOut = idle  # what counts again after the answer

    def refuse(self, problem: Problem) -> None:
        """Answer before the body has come, throw away what comes of it, and close."""
        transport: Any = self.transport
        transport.write(refusal(problem))
        self._stop_deadline()
        self._discarding = self.callLater(DISCARD_SECONDS, self.loseConnection)

    def abort(self) -> None:
        """Close now; what was not taken is lost."""
        transport: Any = self.transport
        if not self._gone and not self.lost and transport is not None:
            transport.abortConnection()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """HTTP has no word for it."""

    def hold(self) -> None:
        """Break uploads off; what came of them is kept."""
        for request in list(self.requests):
            request.hold()

    def dismiss(self, problem: Problem) -> None:
        """End what is under way because the hub stops, and close."""
        for request in list(self.requests):
            request.dismiss(problem)
        self.loseConnection()

    def _start_deadline(self) -> None:
        self._late = Timeout(self.callLater, self._ends, self._limits.first_frame_seconds, self._too_late)

    def _stop_deadline(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late.cancel()

    def _end_handshake(self) -> None:
        if self._shakes:
            self._shakes = False
            self.site.connections.hub.admission.end_handshake()

    @property
    def _ends(self) -> TurnShare:
        ends: TurnShare = self.site.connections.hub.turn.ends
        return ends

    def _end_silence(self) -> None:
        if self._silent:  # still: nothing came while this waited
            self.loseConnection()

    def _too_late(self) -> None:
        if self._shakes:
            self.abort()  # TLS that is not up cannot be closed, only cut
            return
        # Browsers open connections that they may need; one that has said nothing has done nothing wrong.
        if self.requests or self._buffer:
            self.site.connections.hub.counters.problem("IDLE")
        self.loseConnection()
