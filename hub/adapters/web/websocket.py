"""`/ws`: both languages on one socket. The only file that knows Autobahn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.python.failure import Failure

from hub.adapters.reactor.flow import FlowSink
from hub.adapters.reactor.portions import Portions
from hub.adapters.web.lane import Lane
from hub.adapters.web.request import HubRequest
from hub.conversations.web_socket import ProducerSocket, WebSocketConversation
from hub.core.ports import Failures, Sink
from hub.core.turn_share import TurnShare
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem

PROTOCOL = "hub.v1"
PRODUCER_PROTOCOL = "hub.v1.producer"
PROTOCOLS = (PROTOCOL, PRODUCER_PROTOCOL)
NORMAL_CLOSE = 1000
INTERNAL_CLOSE = 1011
MAX_REASON = 120
"""A close frame holds 125 bytes, two of them the code."""
LOOK_EVERY = 8
"""Steps of Autobahn between two looks at the clock: it takes two for a message, of some twenty microseconds each."""

SocketConversation = WebSocketConversation | ProducerSocket
MakeConversation = Callable[[Principal | None, "HubSocket", str, Sink, Sink], SocketConversation]


def offers_producer(protocols: str) -> bool:
    """Tell whether a handshake's list of subprotocols leads to `hub.v1.producer`."""
    offered = [each.strip() for each in protocols.split(",")]
    return next((each for each in offered if each in PROTOCOLS), None) == PRODUCER_PROTOCOL


class _Silence:
    """Autobahn's log. What peers do wrong is counted and not logged; what we do wrong is caught before it sees it."""

    def _nothing(self, *_: object, **__: object) -> None:
        """Say nothing."""

    trace = debug = info = warn = error = _nothing


class HubSocket(WebSocketServerProtocol):
    """Carries a conversation. Autobahn swallows exceptions of its callbacks, so each is caught here first."""

    log = _Silence()
    factory: HubSocketFactory
    principal: Principal | None = None
    """Whom the request's cookie or token speaks for."""
    asker: Peer
    """Who is on the other side, behind the proxies that are believed."""
    flow: FlowSink
    holding: set[Lane]
    """Lanes that are not to be read for now."""
    portions: Portions | None = None
    """What came and is not taken yet, once there is a conversation; the bytes of it are in Autobahn's own buffer."""
    conversation: SocketConversation | None = None
    spoken = PROTOCOL
    """The subprotocol that was agreed on."""
    _pong: bytes | None = None
    _give_up: IDelayedCall | None = None
    _greeted = False
    _answers_close = False
    _lost = False
    """Whether the connection is gone: what is taken now is the last of what it brought."""

    # What Autobahn calls.

    def onConnect(self, request: ConnectionRequest) -> str:
        """Agree on the subprotocol."""
        offered: list[str] = request.protocols
        spoken = next((each for each in offered if each in PROTOCOLS), None)
        if spoken is None:
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, f"the subprotocol is {' or '.join(PROTOCOLS)}")
        self.spoken = spoken
        return spoken

    def onOpen(self) -> None:
        """Begin the conversation."""
        self._guarded(self._begin)

    def consumeData(self) -> None:
        """Take frames out of what came, as many as fit into this turn; Autobahn's own way is all of them."""
        if self.portions is None:
            super().consumeData()
        else:
            self.portions.feed(b"")

    def _take(self, _: bytes) -> bool:
        share, count = self.factory.frames, 0
        try:
            while self.state != self.STATE_CLOSED and self.processData():
                count += 1
                if not count % LOOK_EVERY and share.used_up:
                    return True
        except Exception:
            self.factory.failures.report("on a WebSocket")
            self.flow.abort()
        return False

    def onMessageBegin(self, isBinary: bool) -> None:
        """Bound the message: what is longer is not even gathered."""
        limits = self.factory.limits
        if not self._greeted:
            self._bound = ("first_frame_bytes", limits.first_frame_bytes)
        elif isBinary:
            self._bound = ("payload_bytes", limits.payload_bytes + limits.header_bytes + 1)
        else:
            self._bound = ("request_bytes", limits.request_bytes)
        self.maxMessagePayloadSize = self._bound[1]
        super().onMessageBegin(isBinary)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand a message to the conversation."""
        conversation = self.conversation
        if conversation is None or self.state != self.STATE_OPEN:
            return
        self._greeted = True
        self._guarded(lambda: (conversation.binary if isBinary else conversation.text)(payload))

    def onPing(self, payload: bytes) -> None:
        """Answer now, or once the peer takes what it was sent: it cannot make pongs pile up."""
        if self.flow.open:
            self.sendPong(payload)
        else:
            self._pong = payload

    def _max_message_size_exceeded(self, size: int, bound: int, reason: str) -> None:
        # Autobahn closes with 1009 here; ours says which setting it was.
        name, _ = self._bound
        self.failedByMe = True  # so that nothing of the message is kept
        self.factory.count("TOOBIG")
        bound = getattr(self.factory.limits, name)
        self.close(Problem("TOOBIG", f"this message is longer than limits.{name} ({bound})"))

    def onCloseFrame(self, code: int, reasonRaw: bytes) -> bool | None:
        """Answer a close frame."""
        self._answers_close = True
        try:
            return super().onCloseFrame(code, reasonRaw)
        finally:
            self._answers_close = False

    def dropConnection(self, abort: bool = False) -> None:
        """End the connection. Where the close frame itself was a mistake, the peer is told before that."""
        super().dropConnection(abort and not (self._answers_close and self.failedByMe))

    def _closeConnection(self, abort: bool = False) -> None:
        if self._lost:
            return
        if not abort and self._give_up is None:
            factory, transport = self.factory, self._wire
            self._give_up = factory.reactor.callLater(factory.limits.close_seconds, transport.abortConnection)
        super()._closeConnection(abort)

    # What Twisted calls.

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Leave both slots, after all that was said before."""
        self._lost = True
        if self.portions is None:
            self._leave(reason)
        else:
            self.flow.lost()
            self.portions.then(lambda: self._leave(reason))

    def _leave(self, reason: Failure) -> None:
        super().connectionLost(reason)
        for timer in (self._give_up, self.closeHandshakeTimeoutCall):
            if timer is not None and timer.active():
                timer.cancel()
        self.factory.lost(self.transport)
        conversation, self.conversation = self.conversation, None
        if conversation is not None:
            self._guarded(lambda: conversation.lost("reset"))

    # What lanes and the listener call.

    def dismiss(self, problem: Problem) -> None:
        """Tell why the hub ends the connection."""
        conversation = self.conversation
        if conversation is not None:
            self._guarded(lambda: conversation.dismiss(problem))
        else:
            self._closeConnection()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell that the hub is about to close."""
        conversation = self.conversation
        if conversation is not None:
            self._guarded(lambda: conversation.go_away(deadline, retry_after))

    def hold(self) -> None:
        """Take nothing more from a producer."""
        conversation = self.conversation
        if conversation is not None:
            self._guarded(conversation.hold)

    @property
    def speaks(self) -> bool:
        """Whether messages may be sent: not once it closes, or is gone."""
        return bool(self.state == self.STATE_OPEN) and not self.flow.closed

    def say(self, message: bytes, *, isBinary: bool) -> None:
        """Send a message. Autobahn holds it to the bound of what comes in, which answers and data may be above."""
        bound, self.maxMessagePayloadSize = self.maxMessagePayloadSize, 0
        try:
            self.sendMessage(message, isBinary=isBinary)
        finally:
            self.maxMessagePayloadSize = bound

    def close(self, problem: Problem | None) -> None:
        """Send a close frame, and drop the connection when it is not answered."""
        if problem is None:
            self._close(NORMAL_CLOSE, "")
            return
        retry = "" if problem.retry_after is None else f" retry_after={problem.retry_after}"
        # What may be retried when is read by programs, so it stands first.
        self._close(problem.code.websocket or NORMAL_CLOSE, f"{problem.word}{retry} {problem.text}")

    def _close(self, code: int, reason: str) -> None:
        # Whatever paused reading: the peer's own close frame is to be read.
        self.holding.clear()
        self.flow.resume_reading()
        # Not sendClose: it refuses 1011.
        self.sendCloseFrame(code, reason.encode("ascii", "replace")[:MAX_REASON])

    @property
    def _wire(self) -> Any:
        """TCP, Unix or TLS: what they have in common is no single interface."""
        return self.transport

    def _guarded(self, call: Callable[[], object]) -> None:
        """Run `call`; a fault of ours is reported, and closes this socket alone."""
        try:
            call()
        except Exception:
            self.factory.failures.report("on a WebSocket")
            self._close(INTERNAL_CLOSE, "the hub made a mistake; its log has it")

    def _begin(self) -> None:
        factory = self.factory
        self.holding = set()
        self.flow = FlowSink(self._wire, factory.reactor, factory.limits.close_seconds, self._writable)
        self.portions = Portions(factory.frames, self.flow.read_more, self._take)
        text, binary = Lane(self, binary=False), Lane(self, binary=True)
        self.conversation = factory.converse(self.principal, self, self.spoken, text, binary)

    def _writable(self) -> None:
        pong, self._pong = self._pong, None
        if pong is not None:
            self.sendPong(pong)
        if self.conversation is not None:
            self._guarded(self.conversation.writable)


class _Timers:
    """What Autobahn puts off, on the reactor that it was given; its own timers take the global one."""

    def __init__(self, reactor: Any) -> None:
        self.call_later = reactor.callLater


class HubSocketFactory(WebSocketServerFactory):
    """Makes sockets, with every option of Autobahn set: its defaults are unlimited sizes, any origin and no timeout."""

    protocol: Any = HubSocket

    def __init__(
        self,
        reactor: Any,
        limits: Limits,
        failures: Failures,
        converse: MakeConversation,
        lost: Callable[[object], None],
        count: Callable[[str], None],
        frames: TurnShare,
    ) -> None:
        """`lost` is told the transport of each socket that is gone, `count` each problem that is told here.

        `frames` is what of a turn is for the many that one read brought.
        """
        super().__init__(url=None, protocols=list(PROTOCOLS), server="hub", reactor=reactor)
        self._batched_timer = _Timers(reactor)
        self.limits = limits
        self.failures = failures
        self.converse = converse
        self.lost = lost
        self.count = count
        self.frames = frames
        biggest = limits.payload_bytes + limits.header_bytes + 1
        self.setProtocolOptions(
            versions=[13],
            webStatus=False,
            utf8validateIncoming=True,
            maskServerFrames=False,
            requireMaskedClientFrames=True,
            applyMask=True,
            maxFramePayloadSize=biggest,
            maxMessagePayloadSize=biggest,
            autoFragmentSize=0,
            failByDrop=False,
            echoCloseCodeReason=False,
            # The request is whole when it comes here, and hub.hello has its own deadline.
            openHandshakeTimeout=0,
            closeHandshakeTimeout=limits.close_seconds,
            tcpNoDelay=True,
            perMessageCompressionAccept=lambda offers: None,
            # hub.ping and PING do this, and know when a silent peer is waiting for us.
            autoPingInterval=0,
            autoPingTimeout=0,
            autoPingSize=12,
            autoPingRestartOnAnyTraffic=True,
            serveFlashSocketPolicy=False,
            # The guard has compared Origin and Host before the request came here.
            allowedOrigins=["*"],
            allowNullOrigin=False,
            # Admission counts connections.
            maxConnections=0,
            trustXForwardedFor=0,
        )


class SocketRoute:
    """Takes a request that was let in over to a WebSocket."""

    def __init__(self, factory: HubSocketFactory, taken_over: Callable[[object, HubSocket], None]) -> None:
        """`taken_over` is told the transport of each socket before the handshake is answered."""
        self._factory = factory
        self._taken_over = taken_over

    def upgrade(self, request: HubRequest, principal: Principal | None) -> Any:
        """Take the connection over; raise Problem PROTO if that is not what is asked for."""
        upgrade = (request.requestHeaders.getRawHeaders(b"upgrade") or [b""])[0].lower()
        old = request.clientproto == b"HTTP/1.0"
        if b"websocket" not in upgrade or request.method != b"GET" or old:
            request.setHeader(b"Upgrade", b"websocket")
            raise Problem("PROTO", f"this route is a WebSocket with the subprotocol {PROTOCOL}")
        if request.channel.lost:
            raise Problem("PROTO", "the connection is gone")
        transport, peer = request.channel.transport, request.peer

        def make(address: IAddress) -> Any:
            socket: Any = self._factory.buildProtocol(address)
            socket.principal = principal
            socket.asker = peer
            self._taken_over(transport, socket)
            request.channel.hand_over(socket)
            return socket

        return WebSocketResource(_Maker(make)).render(request)


class _Maker:
    """What WebSocketResource asks for a protocol."""

    def __init__(self, make: Callable[[IAddress], Any]) -> None:
        self.buildProtocol = make
