"""Thousands of sockets in one thread: connects, reads, writes, timers. Peers are told what happens to their link."""

from __future__ import annotations

import contextlib
import heapq
import selectors
import socket
import ssl
import struct
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Protocol

READ_BYTES = 64 * 1024


class Peer(Protocol):
    """Whoever has a link."""

    def connected(self) -> None: ...

    def received(self, data: bytes) -> None: ...

    def lost(self) -> None: ...


class Link:
    """One connection, from its first SYN on."""

    def __init__(self, loop: Loop, peer: Peer, sock: socket.socket) -> None:
        self._loop, self._peer, self._sock = loop, peer, sock
        self._unsent = bytearray()
        self._up = False
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._shaking = self._tls
        self._mask = selectors.EVENT_WRITE
        loop.selector.register(sock, self._mask, self)

    def send(self, data: bytes) -> None:
        self._unsent += data
        if self._up:
            self._flush()

    def cut(self) -> None:
        """Break it off with a reset; the peer is not told."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def ready(self, mask: int) -> None:
        """Take note of what the selector says."""
        try:
            if not self._up and not self._come_up():
                return
            if mask & selectors.EVENT_READ or self._tls:
                self._read()
            if self._unsent:
                self._flush()
        except OSError:
            self._lose()

    def _come_up(self) -> bool:
        if self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._lose()
            return False
        if self._shaking and isinstance(self._sock, ssl.SSLSocket):
            try:
                self._sock.do_handshake()
            except ssl.SSLWantReadError:
                self._watch(selectors.EVENT_READ)
                return False
            except ssl.SSLWantWriteError:
                self._watch(selectors.EVENT_WRITE)
                return False
            self._shaking = False
        self._up = True
        self._watch(selectors.EVENT_READ)
        self._peer.connected()
        return self._sock.fileno() >= 0

    def _read(self) -> None:
        while self._sock.fileno() >= 0:
            try:
                data = self._sock.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            if not data:
                self._lose()
                return
            self._peer.received(data)
            if not self._tls and len(data) < READ_BYTES:
                return

    def _flush(self) -> None:
        if self._sock.fileno() < 0:
            return
        try:
            sent = self._sock.send(self._unsent)
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError:
            self._lose()
            return
        del self._unsent[:sent]
        self._watch(selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0))

    def _watch(self, mask: int) -> None:
        if mask != self._mask and self._sock.fileno() >= 0:
            self._mask = mask
            self._loop.selector.modify(self._sock, mask, self)

    def _lose(self) -> None:
        if self._close():
            self._peer.lost()

    def _close(self) -> bool:
        if self._sock.fileno() < 0:
            return False
        self._loop.selector.unregister(self._sock)
        self._sock.close()
        return True


class Loop:
    """One thread's selector and timers."""

    def __init__(self, tls: bool) -> None:
        self.selector = selectors.EpollSelector()
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = count()

    def connect(self, port: int, peer: Peer, *, tls: bool | None = None) -> Link | None:
        """Begin a connection; return None where even that failed."""
        sock = socket.socket()
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            try:
                sock.connect(("127.0.0.1", port))
            except ConnectionError:
                sock.close()
                return None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None and tls is not False:
            sock = self._context.wrap_socket(sock, do_handshake_on_connect=False) if _is_up(sock) else sock
        return Link(self, peer, sock)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (monotonic() + seconds, next(self._count), call))

    def turn(self, most: float) -> None:
        """Wait for what comes next, at most so many seconds, and do it."""
        now = monotonic()
        wait = min(most, self._timers[0][0] - now) if self._timers else most
        for key, mask in self.selector.select(max(wait, 0)):
            key.data.ready(mask)
        now = monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()


def _is_up(sock: socket.socket) -> bool:
    """Wait for a loopback connection to be there: Python's TLS wraps only sockets that are."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        selector.select(5)
    return not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
