"""What a peer says who is dialled, as a stream."""

from __future__ import annotations

import random
from typing import Any

from twisted.internet.endpoints import clientFromString
from twisted.internet.main import CONNECTION_LOST
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from hub.app.collect.settings import Tcp, tcp_address
from hub.app.collect.source import AGAIN_SECONDS, MakeProducer, Say
from hub.client.dial_reason import dial_reason

MOST_AGAIN_SECONDS = 30.0


class TcpSource:
    """A peer that is dialled again whenever it is lost, after a while that grows."""

    def __init__(self, reactor: Any, settings: Tcp, make: MakeProducer, say: Say) -> None:
        self._reactor, self.settings, self._say = reactor, settings, say
        address = tcp_address(settings.address)
        host = address.host.replace("\\", "\\\\").replace(":", "\\:")
        kinds = {"unix": f"unix:{host}", "ssl": f"tls:{host}:{address.port}", "tcp": f"tcp:{host}:{address.port}"}
        self._endpoint = clientFromString(reactor, kinds[address.kind])
        self.producer = make(settings.stream, {"address": settings.address, **settings.meta}, (), lambda event: None)
        self._failures = 0
        self._wait = random.Random().uniform  # noqa: S311 - it only spreads those who dial again
        self._over = False
        self._line: _Dialled | None = None
        self._later = reactor.callLater(0, self._dial)

    def close(self) -> None:
        """Dial and read no more."""
        self._over = True
        if self._later.active():
            self._later.cancel()
        if self._line is not None:
            transport: Any = self._line.transport
            transport.abortConnection()

    def opened(self, line: _Dialled) -> None:
        """Take note that somebody answered."""
        self._line, self._failures = line, 0
        self._say(f"{self.settings.stream}: {self.settings.address} answers")

    def lost(self, why: str) -> None:
        """Dial again, unless it is over."""
        self._line = None
        if self._over:
            return
        if self._failures == 0:
            self._say(f"{self.settings.stream}: {self.settings.address} {why}; it is dialled again", wrong=True)
        most = min(AGAIN_SECONDS * 2.0 ** min(self._failures, 10), MOST_AGAIN_SECONDS)
        self._failures += 1
        self._later = self._reactor.callLater(self._wait(AGAIN_SECONDS / 4, most), self._dial)

    def _dial(self) -> None:
        self._endpoint.connect(_Dial(self)).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        self.lost(f"does not answer: {dial_reason(failure.value)}")


class _Dialled(Protocol):
    """One connection to a peer."""

    def __init__(self, source: TcpSource) -> None:
        self._source = source

    def connectionMade(self) -> None:
        transport: Any = self.transport
        if hasattr(transport, "setTcpKeepAlive"):
            transport.setTcpKeepAlive(1)
        self._source.opened(self)
        if self._source.settings.send:
            transport.write(self._source.settings.send.encode())

    def dataReceived(self, data: bytes) -> None:
        self._source.producer.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._source.lost("closed the connection" if reason.value is not CONNECTION_LOST else "is gone")


class _Dial(Factory):
    """Makes the protocol of one dial."""

    noisy = False

    def __init__(self, source: TcpSource) -> None:
        self._source = source

    def buildProtocol(self, addr: object) -> _Dialled:
        return _Dialled(self._source)
