"""Connections that do nothing: resident memory for each, and the CPU time they cost while they wait."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.peers.peer import Peer
from bench.process import Server

_FIRST = 200
"""Connections opened before the first look, so that what a server loads once is not counted."""
_SETTLE_SECONDS = 10.0


@dataclass(frozen=True)
class IdleReading:
    """What one kind of idle connection costs."""

    connections: int
    rss_before: int
    """Bytes, with some first connections open."""
    rss_after: int
    cpu: float
    """CPU seconds of the server over `seconds` of waiting."""
    seconds: float

    @property
    def each(self) -> float:
        """Return resident bytes a connection."""
        return (self.rss_after - self.rss_before) / self.connections


def idle(peer: Peer, server: Server, kind: str, connections: int, seconds: float) -> IdleReading:
    """Open connections of a kind, wait, close them; memory is read once the server has taken all and has settled."""
    idle_ones: list[socket.socket] = []

    def settled() -> int:
        expected = at_rest + sum(sock.fileno() >= 0 for sock in idle_ones)
        server.wait_for(lambda: True if server.sockets() == expected else None, f"{expected} sockets")
        return _steady(lambda: server.usage().rss)

    try:
        at_rest = _steady(server.sockets)
        idle_ones += [peer.connect_idle(number, kind) for number in range(_FIRST)]
        before = settled()
        idle_ones += [peer.connect_idle(_FIRST + number, kind) for number in range(connections)]
        after = settled()
        used, begin = server.usage().cpu, time.monotonic()
        time.sleep(seconds)
        return IdleReading(connections, before, after, server.usage().cpu - used, time.monotonic() - begin)
    finally:
        for sock in idle_ones:
            sock.close()


def _steady(look: Callable[[], int]) -> int:
    """Return a number once it stayed the same for a while, or the last one after 10 s."""
    deadline, last = time.monotonic() + _SETTLE_SECONDS, look()
    while time.monotonic() < deadline:
        time.sleep(0.3)
        now = look()
        if now == last:
            break
        last = now
    return last
