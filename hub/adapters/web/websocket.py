"""`/ws`: both languages on one socket. The only file that knows Autobahn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.interfaces import IAddress
from twisted.web.server import NOT_DONE_YET, Request

from hub.adapters.reactor.flow import FlowSink, keep_alive
from hub.core.ports import Failures, Sink
from hub.model.limits import Limits
from hub.model.problem import Problem

PROTOCOL = "hub.v1"
NORMAL_CLOSE = 1000
INTERNAL_CLOSE = 1011

MakeConversation = Callable[["HubSocket", Sink, Sink], Any]


class Lane:
    """One of the two directions of speech on a socket as a `Sink`; both lanes share the transport's flow."""

    def __init__(self, socket: HubSocket, *, binary: bool) -> None:
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
        """Send each frame as a message."""
        for frame in frames:
            self._socket.sendMessage(b"".join(frame), isBinary=self._binary)

    def pause_reading(self) -> None:
        """Stop reading from the peer."""
        self._socket.flow.pause_reading()

    def resume_reading(self) -> None:
        """Read from the peer again."""
        self._socket.flow.resume_reading()

    def close(self, problem: Problem | None = None) -> None:
        """Close with the code that tells the problem."""
        code = NORMAL_CLOSE if problem is None else problem.code.websocket or NORMAL_CLOSE
        text = "" if problem is None else f"{problem.word} {problem.text}"
        self._socket.close(code, text, None if problem is None else problem.retry_after)

    def abort(self) -> None:
        """Close now."""
        self._socket.flow.abort()


class HubSocket(WebSocketServerProtocol):
    """Carries a conversation. Autobahn swallows exceptions of its callbacks, so each is caught here first."""

    flow: FlowSink
    conversation: Any = None
    request: Any = None

    def onConnect(self, request: ConnectionRequest) -> str:
        """Agree on the subprotocol."""
        if PROTOCOL not in request.protocols:
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, f"the subprotocol is {PROTOCOL}")
        return PROTOCOL

    def onOpen(self) -> None:
        """Begin the conversation."""
        self.guarded(self._begin)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Hand a message to the conversation."""
        if self.conversation is not None:
            self.guarded(lambda: (self.conversation.binary if isBinary else self.conversation.text)(payload))

    def connectionLost(self, reason: Any = None) -> None:
        """Leave both slots."""
        super().connectionLost(reason)
        self.factory.lost(self)
        conversation, self.conversation = self.conversation, None
        if conversation is not None:
            self.flow.lost()
            self.guarded(lambda: conversation.lost("reset"))

    def dismiss(self, problem: Problem) -> None:
        """Tell why the hub ends the connection."""
        if self.conversation is not None:
            self.guarded(lambda: self.conversation.dismiss(problem))

    def close(self, code: int, text: str, retry_after: int | None) -> None:
        """Send a close frame, and drop the connection when it is not answered."""
        reason = text if retry_after is None else f"{text} retry_after={retry_after}"
        # A close frame holds 125 bytes, two of them the code.
        self.sendClose(code, reason.encode("ascii", "replace")[:120].decode())

    def guarded(self, call: Callable[[], object]) -> None:
        """Run `call`; a fault of ours is reported, and closes this socket alone."""
        try:
            call()
        except Exception:
            self.factory.failures.report("on a WebSocket")
            self.sendClose(INTERNAL_CLOSE, "the hub made a mistake; its log has it")

    def _begin(self) -> None:
        keep_alive(self.transport)
        factory = self.factory
        transport: Any = self.transport
        self.flow = FlowSink(transport, factory.reactor, factory.limits.close_seconds, self._writable)
        self.conversation = factory.converse(self, Lane(self, binary=False), Lane(self, binary=True))

    def _writable(self) -> None:
        if self.conversation is not None:
            self.guarded(self.conversation.writable)


class HubSocketFactory(WebSocketServerFactory):
    """Makes sockets, with every option of Autobahn set: its defaults are unlimited sizes, any origin and no timeout."""

    protocol = HubSocket

    def __init__(self, reactor: Any, limits: Limits, failures: Failures, lost: Callable[[HubSocket], None]) -> None:
        super().__init__(url=None, protocols=[PROTOCOL], server="hub", reactor=reactor)
        self.converse: MakeConversation
        self.pending: object = None
        """What the socket that is being made is made from."""
        self.limits = limits
        self.failures = failures
        self.lost = lost
        biggest = limits.payload_bytes + limits.header_bytes + 2
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
            openHandshakeTimeout=limits.first_frame_seconds,
            closeHandshakeTimeout=1,
            tcpNoDelay=True,
            perMessageCompressionAccept=lambda offers: None,
            autoPingInterval=0,
            # The guard has compared Origin and Host before the request came here.
            allowedOrigins=["*"],
            allowNullOrigin=False,
            maxConnections=0,
            trustXForwardedFor=0,
        )


class SocketRoute:
    """Takes a request that was let in over to a WebSocket."""

    def __init__(self, factory: HubSocketFactory) -> None:
        self._factory = factory
        self._resource = WebSocketResource(_Upgrade(factory))

    def upgrade(self, request: Request, context: object) -> bytes | int:
        """Take the connection over; `context` is what the conversation is made from."""
        if b"websocket" not in (request.requestHeaders.getRawHeaders(b"upgrade") or [b""])[0].lower():
            request.setHeader(b"Upgrade", b"websocket")
            raise Problem("PROTO", "this route is a WebSocket")
        self._factory.pending = context
        try:
            answer: bytes | int = self._resource.render(request)
        finally:
            self._factory.pending = None
        return NOT_DONE_YET if answer == NOT_DONE_YET else answer


class _Upgrade:
    """What WebSocketResource asks for a protocol: each one remembers the request that it came from."""

    def __init__(self, factory: HubSocketFactory) -> None:
        self._factory = factory

    def buildProtocol(self, address: IAddress) -> HubSocket:
        """Make the protocol of one socket."""
        socket = self._factory.buildProtocol(address)
        assert isinstance(socket, HubSocket)
        socket.request = self._factory.pending
        return socket
