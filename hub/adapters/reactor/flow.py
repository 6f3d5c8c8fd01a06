"""A Twisted transport as a `Sink`: the only place that registers producers.

`transport.write` never refuses: it buffers without bound unless a streaming producer is registered, which is told to
pause once more than 64 KiB wait. That pause is our `open`: conversations write only while it is True, so the
transport holds at most one write more than its mark.
"""

from __future__ import annotations

import fcntl
import socket
import struct
import termios
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.tcp import Server as TcpServer
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.web.http import Request
from zope.interface import implementer

from hub.model.problem import Problem

_TCP_INFO_BYTES_ACKED = struct.Struct("=120xQ")
_KEEPALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 45_000))


_MANY_PIECES = 300
"""Above this a gathered write costs more than joining, and the system's own bound (1,024) comes near."""


_SMALL_BYTES = 8 * 1024
"""What is written at once over TLS. A line need not wait for another turn; bulk waits for the socket, in which turns
stay short: a record costs what it costs, and twenty readers that begin from the start take megabytes."""


_GATHERED_BYTES = 64 * 1024
"""What one read's answers may come to before they are written: as much as a transport takes before it says stop."""


class Transport(Protocol):
    """What Twisted's TCP, Unix and TLS transports have in common, and we use."""

    producerPaused: bool

    def writeSequence(self, iovec: list[bytes]) -> None:
        """Write pieces."""

    def registerProducer(self, producer: object, streaming: bool) -> None:
        """Take a producer."""

    def unregisterProducer(self) -> None:
        """Let it go."""

    def pauseProducing(self) -> None:
        """Stop reading."""

    def resumeProducing(self) -> None:
        """Read again."""

    def loseConnection(self) -> None:
        """Close once all is written."""

    def abortConnection(self) -> None:
        """Close now."""


@implementer(IPushProducer)
class FlowSink:
    """The way out to one peer over a transport, and the tap of the way in."""

    __slots__ = (
        "_below",
        "_close_seconds",
        "_deaf",
        "_gathered",
        "_gathered_bytes",
        "_give_up",
        "_lost",
        "_reactor",
        "_reading",
        "_sent",
        "_socket",
        "_taken",
        "_transport",
        "_wanted",
        "_writable",
        "closed",
        "open",
    )

    def __init__(
        self, transport: Transport, reactor: IReactorTime, close_seconds: float, writable: Callable[[], None]
    ) -> None:
        self.open = True
        self._transport = transport
        self._reactor = reactor
        self._close_seconds = close_seconds
        self._writable = writable
        self._reading = True
        self._wanted = True
        """Whether the conversation wants to read."""
        self._taken = True
        """Whether what was read is taken: nothing is read before, whatever the conversation wants."""
        self._deaf = False
        """Whether nobody takes anything any more. What the peer said before that is still to be read."""
        self._lost = False
        self._sent = 0
        self._gathered: list[bytes] | None = None
        """What is sent while one read is taken; None while none is."""
        self._gathered_bytes = 0
        self._give_up: IDelayedCall | None = None
        self._socket = transport.socket if type(transport) is TcpServer and not transport.TLS else None
        """Where to write past the transport; None for TLS and Unix sockets."""
        self._below = _below_tls(transport)
        self.closed = False
        # An HTTP channel holds the only slot while it speaks HTTP, and would pause its own reading for us.
        transport.unregisterProducer()
        transport.registerProducer(self, True)

    # What conversations call.

    def taken(self) -> int:
        """Return the bytes that the peer's system acknowledged; what we sent minus what waits, where it cannot tell."""
        handle = find_socket(self._transport)
        if handle is None:
            return self._sent if self.open else 0
        try:
            if handle.family == socket.AF_UNIX:
                queued = struct.unpack("i", fcntl.ioctl(handle.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
                return self._sent - int(queued) - _buffered(self._transport)
            info = handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES_ACKED.size)
            return int(_TCP_INFO_BYTES_ACKED.unpack(info)[0])
        except (OSError, struct.error, AttributeError):
            return self._sent if self.open else 0

    def send(self, frames: Sequence[tuple[bytes, ...]]) -> None:
        """Write frames in one gathered write."""
        if self.closed:
            return
        pieces = list(chain.from_iterable(frames))
        size = sum(map(len, pieces))
        if self._gathered is None:
            self._write(pieces, size)
            return
        self._gathered += pieces
        self._gathered_bytes += size
        if self._gathered_bytes >= _GATHERED_BYTES:
            self._write_gathered()

    def gather(self) -> None:
        """Write nothing, unless it is much, until `let_go`: a thousand answers to what one read brought are one."""
        self._gathered = []

    def let_go(self) -> None:
        """Write what was gathered."""
        self._write_gathered()
        self._gathered = None

    def _write_gathered(self) -> None:
        if self._gathered and not self.closed:
            pieces, size = self._gathered, self._gathered_bytes
            self._gathered, self._gathered_bytes = [], 0
            self._write(pieces, size)

    def _write(self, pieces: list[bytes], size: int) -> None:
        if self._deaf:
            return
        self._sent += size
        if self._socket is not None and self.open:
            pieces = self._send_now(self._socket, pieces)
        if pieces:
            below = self._below
            if below is not None and (size > _SMALL_BYTES or not self.open or below.disconnecting or _buffered(below)):
                below = None
            self._transport.writeSequence(pieces)
            if below is not None and isinstance(below.doWrite(), Exception):
                self._deaf = True
                below.stopWriting()

    def _send_now(self, handle: socket.socket, pieces: list[bytes]) -> list[bytes]:
        """Hand pieces to the kernel without copying them; return what it did not take.

        Twisted's transport joins all pieces, and joins what is left again with each further write. While nothing
        waits there, the same bytes can go from where they are. What the kernel leaves goes the usual way, and closes
        the gate until it is gone, so that order holds and the joined rest stays small.

        A peer that is gone may have said much before: whoever streams and leaves does not wait for answers. The
        transport would close the socket, and forget what the kernel still has of it; here that is read first.
        """
        if len(pieces) > _MANY_PIECES:
            pieces = [b"".join(pieces)]
        try:
            taken = handle.sendmsg(pieces)
        except (BrokenPipeError, ConnectionResetError):
            self._deaf = True
            return []
        except OSError:
            # It takes nothing now, or never again: then the transport meets the same error, and ends the connection.
            taken = 0
        rest = _after(pieces, taken)
        if rest:
            self.open = False
            # So that `resumeProducing` comes when the rest is gone, however small it is.
            self._transport.producerPaused = True
        return rest

    def pause_reading(self) -> None:
        """Stop reading from the peer."""
        self._wanted = False
        self._read_or_not()

    def resume_reading(self) -> None:
        """Read from the peer again."""
        self._wanted = True
        self._read_or_not()

    def read_more(self, taken: bool) -> None:
        """Read only once what was read is `taken`, and then only if the conversation wants to, too."""
        self._taken = taken
        self._read_or_not()

    def _read_or_not(self) -> None:
        reads = self._wanted and self._taken
        if reads != self._reading and not self.closed:
            self._reading = reads
            if reads:
                self._transport.resumeProducing()
            else:
                self._transport.pauseProducing()

    def close(self, problem: Problem | None = None) -> None:
        """Close once all that was sent is taken, or after a while."""
        if self.closed:
            return
        self._write_gathered()
        # TLS ends when the peer says so too, which has to be read.
        self._wanted = self._taken = True
        self._read_or_not()
        self.closed = True
        self._give_up = self._reactor.callLater(self._close_seconds, self._transport.abortConnection)
        # TCP does not wait for a producer before it closes, TLS waits for ever.
        self._transport.unregisterProducer()
        self._transport.loseConnection()

    def abort(self) -> None:
        """Close now."""
        self.closed = True
        if not self._lost:
            self._transport.abortConnection()

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.closed = self._lost = True
        self._socket = self._below = None
        if self._give_up is not None and self._give_up.active():
            self._give_up.cancel()

    # What the transport calls.

    def pauseProducing(self) -> None:
        """The transport holds enough."""
        self.open = False

    def resumeProducing(self) -> None:
        """The transport is empty again."""
        self.open = True
        if not self.closed:
            self._writable()

    def stopProducing(self) -> None:
        """The transport is gone; `lost` follows."""
        self.open = False
        self.closed = True


def _below_tls(transport: object) -> TcpServer | None:
    """Return the TCP transport below one that encrypts what it is given at once; None for all others."""
    if type(transport) is not TLSMemoryBIOProtocol or type(transport.transport) is not TcpServer:
        return None
    return transport.transport


def _after(pieces: list[bytes], taken: int) -> list[bytes]:
    """Return what is left of pieces after the first `taken` bytes."""
    for index, piece in enumerate(pieces):
        if taken < len(piece):
            return [piece[taken:], *pieces[index + 1 :]]
        taken -= len(piece)
    return []


def _buffered(transport: object) -> int:
    """Return what waits in a plain Twisted transport."""
    whole = len(getattr(transport, "dataBuffer", b"")) - int(getattr(transport, "offset", 0))
    return whole + int(getattr(transport, "_tempDataLen", 0))


def find_socket(transport: object) -> socket.socket | None:
    """Return the socket below a transport, through TLS if need be; None if there is none."""
    for _ in range(4):
        found = getattr(transport, "socket", None)
        if isinstance(found, socket.socket):
            return found
        transport = getattr(transport, "transport", None)
        if transport is None:
            return None
    return None


def keep_alive(transport: object) -> None:
    """Let the system find dead peers (keepalive 30/10/3, user timeout 45 s), and delay no small write."""
    handle = find_socket(transport)
    if handle is None or handle.family not in (socket.AF_INET, socket.AF_INET6):
        return
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)


@implementer(IPushProducer)
class ResponseSink:
    """The body of an HTTP response as a `Sink`; the HTTP channel stays between us and the transport."""

    def __init__(self, request: Request, writable: Callable[[], None]) -> None:
        self.open = True
        self.closed = False
        self._request = request
        self._writable = writable
        request.registerProducer(self, True)

    def taken(self) -> int:
        """Return the bytes that the peer's system acknowledged, 0 where it cannot tell."""
        handle = None if self.closed else find_socket(self._request.channel)
        if handle is None or handle.family == socket.AF_UNIX:
            return 0
        try:
            info = handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES_ACKED.size)
            return int(_TCP_INFO_BYTES_ACKED.unpack(info)[0])
        except (OSError, struct.error, AttributeError):
            return 0

    def send(self, frames: Sequence[tuple[bytes, ...]]) -> None:
        """Write pieces of the body."""
        if not self.closed:
            self._request.write(b"".join(chain.from_iterable(frames)))

    def pause_reading(self) -> None:
        """The channel reads nothing while it answers."""

    def resume_reading(self) -> None:
        """The channel reads on by itself."""

    def close(self, problem: Problem | None = None) -> None:
        """End the body as a whole one."""
        if not self.closed:
            self.closed = True
            self._request.unregisterProducer()
            self._request.finish()

    def break_off(self) -> None:
        """End the body in the middle: no last chunk, so that the client knows."""
        if not self.closed:
            self.closed = True
            self._request.unregisterProducer()
            self._request.channel.loseConnection()

    def abort(self) -> None:
        """Close the connection now."""
        if not self.closed:
            self.closed = True
            transport: Any = self._request.channel.transport
            transport.abortConnection()

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.closed = True

    def pauseProducing(self) -> None:
        """The transport holds enough."""
        self.open = False

    def resumeProducing(self) -> None:
        """The transport is empty again."""
        self.open = True
        if not self.closed:
            self._writable()

    def stopProducing(self) -> None:
        """The transport is gone."""
        self.open = False
        self.closed = True
