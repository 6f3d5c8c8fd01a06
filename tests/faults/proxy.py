"""A bad network: it passes bytes between peers and the hub, until it is told to do otherwise.

A thread each way of each link, with blocking sockets: slow, and easy to see through. Bytes are never changed, left out
or swapped, since TCP does not do that; they come late, in pieces, not to their end, or from somebody once more.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

READ_BYTES = 1 << 16
KEPT_BYTES = 1 << 20
"""How much of what a peer sent is kept, from its first byte, for a duplicate of the connection."""


class Way:
    """One direction of a link, from one socket to another."""

    def __init__(self, source: socket.socket, target: socket.socket, *, keeps: bool = False) -> None:
        self.delay = 0.0
        self.sliced = 0
        """How many bytes more go one by one."""
        self.left: int | None = None
        """How many bytes more pass before the link is cut; None: all."""
        self.passes = threading.Event()
        """Cleared: bytes stay here, and nobody is told."""
        self.passes.set()
        self.over = False
        self.kept = bytearray()
        self._source, self._target, self._keeps = source, target, keeps

    def run(self) -> bool:
        """Pass bytes until the source is at its end; return whether only this way is over."""
        while True:
            data = self._source.recv(READ_BYTES)
            self.passes.wait()
            if self.over:
                return False
            if not data:
                with suppress(OSError):
                    self._target.shutdown(socket.SHUT_WR)
                return True
            if self.delay:
                time.sleep(self.delay)
            if self._keeps and len(self.kept) < KEPT_BYTES:
                self.kept += data
            left = self.left
            self._send(data[:left])
            if left is not None:
                self.left = left - len(data)
                if self.left <= 0:
                    return False

    def _send(self, data: bytes) -> None:
        alone = min(self.sliced, len(data))
        self.sliced -= alone
        for place in range(alone):
            self._target.sendall(data[place : place + 1])
        self._target.sendall(data[alone:])


class Link:
    """A peer's connection and the one to the hub that stands for it."""

    def __init__(self, peer: socket.socket, hub: socket.socket, over: Callable[[Link], None]) -> None:
        self._peer, self._hub, self._over = peer, hub, over
        for each in (peer, hub):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.up, self.down = Way(peer, hub, keeps=True), Way(hub, peer)
        self._open = 2
        self._ended = False
        self._lock = threading.Lock()
        for way in (self.up, self.down):
            threading.Thread(target=self._run, args=(way,), daemon=True).start()

    def _run(self, way: Way) -> None:
        only_this = False
        with suppress(OSError):
            only_this = way.run()
        with self._lock:
            self._open -= 1
            last = self._open == 0
        if last or not only_this:
            self.cut()

    def cut(self) -> None:
        """Close both connections."""
        self._end(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End both connections with RST: what is under way is lost."""
        for each in (self._peer, self._hub):
            with suppress(OSError):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A thread in recv holds its socket open beyond close(): shutting only the read side wakes it and says nothing.
        self._end(socket.SHUT_RD)

    def _end(self, how: int) -> None:
        with self._lock:
            if self._ended:
                return
            self._ended = True
        self._over(self)
        for way in (self.up, self.down):
            way.over = True
            way.passes.set()
        for each in (self._peer, self._hub):
            with suppress(OSError):
                each.shutdown(how)
            each.close()

    def half_close(self) -> None:
        """Say to the hub that its peer writes no more; the hub may still write."""
        with suppress(OSError):
            self._hub.shutdown(socket.SHUT_WR)

    def die(self) -> None:
        """Pass nothing any more, and tell nobody: the other side's machine is gone."""
        for way in (self.up, self.down):
            way.passes.clear()


class Proxy:
    """Listens on a port of loopback for one port of the hub."""

    def __init__(self, hub_port: int) -> None:
        self.hub_port = hub_port
        self._links: list[Link] = []
        self._lock = threading.Lock()
        self._serves = True
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def links(self) -> list[Link]:
        """Return the links that stand, the oldest first."""
        with self._lock:
            return list(self._links)

    def cut_all(self) -> None:
        """Close every link, and every new one, until `restore`."""
        self._serves = False
        for link in self.links():
            link.cut()

    def restore(self) -> None:
        """Let connections through again."""
        self._serves = True

    def duplicate(self, link: Link, *, wait: bool = True) -> None:
        """Connect to the hub once more and say all that the link's peer said, as a box that tries again may do.

        What the hub answers is read, for up to 2 s, and thrown away; `wait=False` leaves at once.
        """
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.hub_port), 5) as again:
            again.settimeout(2)
            again.sendall(link.up.kept)
            again.shutdown(socket.SHUT_WR)
            while wait and again.recv(READ_BYTES):
                pass

    def close(self) -> None:
        """Listen no more, and cut what there is."""
        self._listener.close()
        self.cut_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, peer: socket.socket) -> None:
        try:
            if not self._serves:
                raise ConnectionRefusedError
            hub = socket.create_connection(("127.0.0.1", self.hub_port), 5)
        except OSError:
            peer.close()
            return
        hub.settimeout(None)
        with self._lock:
            self._links.append(Link(peer, hub, self._forget))

    def _forget(self, link: Link) -> None:
        with self._lock:
            if link in self._links:
                self._links.remove(link)
