"""A bare relay in Twisted: what the reactor and the language leave, with nothing else done. Run as a program.

Prints `READY <producers' port> <readers' port>`. Whole lines of every producer go to every reader, a read at a time;
nothing is counted, kept or bounded. A reader is greeted with `R` and LF.
"""

from __future__ import annotations

from typing import cast

from twisted.internet import reactor as _reactor  # noqa: TID251 - a program of its own, it chooses its reactor
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress, IReactorCore, IReactorTCP, ITCPTransport
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.python.failure import Failure


class Reader(Protocol):
    """Takes what every producer writes."""

    def __init__(self, readers: dict[Reader, ITCPTransport]) -> None:
        self._readers = readers

    def connectionMade(self) -> None:
        """Greet the reader; it gets whatever comes from now on."""
        transport = cast(ITCPTransport, self.transport)
        transport.setTcpNoDelay(True)
        transport.write(b"R\n")
        self._readers[self] = transport

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Write to it no more."""
        del self._readers[self]


class Producer(Protocol):
    """Hands whole lines on as they come."""

    def __init__(self, readers: dict[Reader, ITCPTransport]) -> None:
        self._readers = readers
        self._partial_line = b""

    def dataReceived(self, data: bytes) -> None:
        """Write whole lines to every reader; keep the begin of an unfinished one."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._partial_line += data
            return
        lines = self._partial_line + data[:end]
        self._partial_line = data[end:]
        for transport in self._readers.values():
            transport.write(lines)


class Relay(ServerFactory):
    """Makes one kind of peer; both kinds share the readers."""

    noisy = False

    def __init__(self, kind: type[Reader] | type[Producer], readers: dict[Reader, ITCPTransport]) -> None:
        self._kind = kind
        self._readers = readers

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """Make the protocol of one connection."""
        return self._kind(self._readers)


def main() -> None:
    """Listen on two free ports and relay until killed."""
    readers: dict[Reader, ITCPTransport] = {}
    tcp = cast(IReactorTCP, _reactor)
    ports = []
    for kind in (Producer, Reader):
        listening = tcp.listenTCP(0, Relay(kind, readers), backlog=4096, interface="127.0.0.1")
        ports.append(cast(IPv4Address, listening.getHost()).port)
    print("READY", *ports, flush=True)
    cast(IReactorCore, _reactor).run()


if __name__ == "__main__":
    main()
