"""HTTP of one connection, parsed a portion a turn: whoever asks for much at once delays nobody else by that."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IAddress, IProtocol
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request

from hub.adapters.reactor.far_end import far_end
from hub.adapters.reactor.portions import Portions
from hub.core.ports import Failures
from hub.core.turn_share import TurnShare
from hub.model.peer import Peer

SMALL_PORTION, LARGE_PORTION = 1024, 64 * 1024
"""What is parsed between two looks at the clock: twisted.web takes six microseconds a line or chunk."""
MANY_LINES = 64
"""Above this what comes is parsed in small portions. Every chunk has its line, however small it is."""


class PortionedChannel(HTTPChannel):
    """A channel whose requests, and what comes of their bodies, have their turns.

    A thousand requests at once, on one connection or on as many, or a body in chunks of a byte, are taken as far as
    the turn's share goes; while something waits nothing more is read. A connection that is lost meanwhile is lost
    after all that it said.
    """

    far = Peer(None)
    """Who is on the other side, once something came from there."""
    _host: IAddress | None = None
    _portions: Portions | None = None
    _share: TurnShare
    _failures: Failures
    _rest = b""
    """What came and is not parsed yet, beside twisted.web's own buffer."""
    _has_turn = False
    """Whether the next request has waited already."""
    _body_wanted = True
    _heir: IProtocol | None = None
    """What has taken the connection over."""
    lost = False
    """Whether the connection is gone: what is taken now is the last of what it brought."""

    def take_turns(self, share: TurnShare, failures: Failures) -> None:
        """Begin; nothing is taken before. `share` is what of a turn is for this."""
        self._share, self._failures = share, failures
        self._portions = Portions(share, lambda _: self._read_or_not(), self._take)

    # What the channel for the hub says to this.

    def ignores(self) -> bool:
        """Tell whether nobody wants what comes any more."""
        return False

    def is_put_off(self) -> None:
        """Take note that a request waits for its turn."""

    def begins(self) -> None:
        """Take note that some of a request's first line is there, and not all of it."""

    def leave(self, reason: Failure) -> None:
        """The connection is gone, and all that it brought is taken."""
        super().connectionLost(reason)

    # What requests call.

    def getHost(self) -> IAddress | None:
        """Return where the connection came to."""
        return self._host

    def read_body(self, *, wanted: bool) -> None:
        """Read the body on, or not for now."""
        self._body_wanted = wanted
        self._read_or_not()

    def hand_over(self, heir: IProtocol) -> None:
        """Leave the connection to another protocol, and all that comes after this request."""
        self._heir = heir

    # What twisted.web calls.

    def dataReceived(self, data: bytes) -> None:
        """Take bytes."""
        if self._portions is not None:
            self._portions.feed(data)

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the head, or leave the request to another turn."""
        if self.requests or not self._put_off(line):
            super().lineReceived(line)

    def setLineMode(self, extra: bytes = b"") -> None:
        """Go on with the next request. `extra` came behind the last one's body, before all that waits here."""
        self.line_mode = 1
        if self._busyReceiving:
            self._buffer += extra
        elif self._portions is not None and self._portions.waiting:
            self._rest = extra + self._rest
        elif extra:
            self.dataReceived(extra)

    def resumeProducing(self) -> None:
        """The peer takes answers again; what it sent is taken first, where some of that waits for its turn."""
        super().resumeProducing()
        self._read_or_not()

    def requestDone(self, request: Request) -> None:
        """The answer is out."""
        self._body_wanted = True
        super().requestDone(request)
        self._read_or_not()

    def forceAbortClient(self) -> None:
        """Close a connection that is not closed in time, unless it is gone."""
        if self.lost:
            self._abortingCall = None
        else:
            super().forceAbortClient()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Leave, after all that was said before."""
        self.lost = True
        if self._portions is None:
            self.leave(reason)
        else:
            self._portions.then(lambda: self.leave(reason))

    # A portion after the other.

    def _take(self, data: bytes) -> bool:
        try:
            if self._host is None:
                # Known from here on, as TLS is up and a proxy has spoken: of a connection that is gone none can ask.
                self.far, self._host = far_end(self.transport), super().getHost()
            return self._take_some(data)
        except Exception:
            self._failures.report("on a web connection")
            self._rest = b""
            transport: Any = self.transport
            if transport is not None and not self.lost:
                transport.abortConnection()
            return False

    def _take_some(self, data: bytes) -> bool:
        data, self._rest = self._rest + data, b""
        self._has_turn, self.paused = self._portions is not None and self._portions.waiting, False
        if not (self._has_turn or self.requests) and self._share.used_up:
            # Of a crowd that asks at once nothing is parsed before its turn.
            self.is_put_off()
            self._rest = data
            return True
        left = False
        at = 0
        while not left and not self.ignores():
            size = self._size_of_portion(data, at)
            portion, at = data[at : at + size], at + size
            self._parse(portion)
            if self._heir is not None:
                self._bequeath(self._heir, data[at:])
                return False
            if not self.paused and at >= len(data):
                break
            left = self.paused or self._share.used_up
        if left:
            self._rest = data[at:]
        elif self._buffer and not self.requests:
            self.begins()
        for request in self.requests:
            request.take_gathered()
        return left

    def _size_of_portion(self, data: bytes, at: int) -> int:
        missing: int = self.requests[-1].missing if self.requests else 0
        if missing:
            return max(missing, SMALL_PORTION)  # it has no lines, whatever is in it
        return SMALL_PORTION if data.count(b"\r", at, at + LARGE_PORTION) > MANY_LINES else LARGE_PORTION

    def _parse(self, portion: bytes) -> None:
        super().dataReceived(portion)
        # Of a connection that is about to close, as where TLS brings the end with the request, it takes a line a time.
        before = 0
        while not (self.paused or self.ignores()) and len(self._buffer) != before:
            before = len(self._buffer)
            super().dataReceived(b"")

    def _put_off(self, line: bytes) -> bool:
        """Leave a request, of which this is the first line, to another turn if there is no time left in this one."""
        has_turn, self._has_turn = self._has_turn, False
        if has_turn or not self._share.used_up:
            return False
        self._buffer = line + self.delimiter + self._buffer
        self.paused = True
        self.is_put_off()
        return True

    def _bequeath(self, heir: IProtocol, rest: bytes) -> None:
        # twisted.web keeps what comes after a request that is not answered yet.
        rest = b"".join([*self._dataBuffer, self._buffer, rest])
        self._dataBuffer, self._buffer = [], b""
        if rest:
            heir.dataReceived(rest)

    def _read_or_not(self) -> None:
        transport: Any = self.transport
        if self._portions is None or self._heir is not None or self.lost or transport.disconnecting:
            return
        if self._portions.waiting or not self._body_wanted:
            self._networkProducer.pauseProducing()
        elif not (self._waitingForTransport or self._keeps_much):
            self._networkProducer.resumeProducing()

    @property
    def _keeps_much(self) -> bool:
        """Whether twisted.web keeps so much, behind a request that is not answered yet, that it stopped reading."""
        return self._handlingRequest and sum(map(len, self._dataBuffer)) > self._optimisticEagerReadSize
