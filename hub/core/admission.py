"""Who may come in: connections in all and per address."""

from __future__ import annotations

from hub.core.counters import Counters
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.problem import Problem


class Admission:
    """Counts connections of all listeners."""

    def __init__(self, limits: Limits, counters: Counters) -> None:
        self._limits = limits
        self._counters = counters
        self._by_host: dict[str, int] = {}
        self.connections = 0
        self.handshakes = 0
        """TLS handshakes under way."""

    def enter(self, peer: Peer) -> None:
        """Count a connection in; raise Problem BUSY or LIMIT (named) if there is no room for it."""
        limits = self._limits
        if self.connections >= limits.connections:
            self._counters.connections_refused += 1
            raise Problem("BUSY", f"all of limits.connections ({limits.connections}) are taken", retry_after=1000)
        self._check_host(peer)
        self._count(peer)

    def speaks_for(self, before: Peer, peer: Peer) -> None:
        """Count a proxy's connection for another peer than `before`; raise Problem LIMIT (named), and leave it so."""
        if before.counted_as == peer.counted_as:
            return
        self._check_host(peer)
        self.leave(before)
        self._count(peer)

    def begin_handshake(self) -> None:
        """Count a TLS handshake; raise Problem BUSY where too many are under way: the peer can be told nothing."""
        bound = self._limits.handshakes
        if self.handshakes >= bound:
            self._counters.handshakes_refused += 1
            raise Problem("BUSY", f"all of limits.handshakes ({bound}) are under way", retry_after=1000)
        self.handshakes += 1

    def end_handshake(self) -> None:
        """Count one out: it is done, or over."""
        self.handshakes -= 1

    def _count(self, peer: Peer) -> None:
        self.connections += 1
        host = peer.counted_as
        self._by_host[host] = self._by_host.get(host, 0) + 1

    def _check_host(self, peer: Peer) -> None:
        bound = self._limits.connections_per_address
        if not peer.is_local and self._by_host.get(peer.counted_as, 0) >= bound:
            self._counters.connections_refused += 1
            raise Problem("LIMIT", f"this address has all of limits.connections_per_address ({bound})")

    def leave(self, peer: Peer) -> None:
        """Count a connection out."""
        self.connections -= 1
        host = peer.counted_as
        left = self._by_host.get(host, 0) - 1
        if left > 0:
            self._by_host[host] = left
        else:
            self._by_host.pop(host, None)
