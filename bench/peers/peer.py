"""The side of a server that the load generator sees."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol

from bench.latencies import Latencies
from bench.lines import LINE, Template
from bench.process import Server
from bench.records import Control, RecordReader

BATCH_LINES = 256
"""Lines in a 32 KiB batch."""
STALLED_BUFFER = 65536
"""Receive buffer of a reader that never reads, so that the server soon has to hold what it does not take."""
_HANDSHAKE_SECONDS = 20.0


class Unavailable(Exception):
    """A peer cannot run on this machine; the text says what is missing."""


class PeerError(Exception):
    """A server refused, or said what it should not."""


class Reader(Protocol):
    """Takes one connection's bytes out of their framing and checks each of them."""

    replies: bytearray
    """What the server wants to hear back; the caller sends and empties it."""

    @property
    def received(self) -> int:
        """Return the bytes of lines taken so far."""
        ...

    def feed(self, buffer: bytearray, end: int) -> int:
        """Take what is complete of `buffer[:end]`; return how many bytes; raise Mismatch."""
        ...

    def blocks(self) -> list[int]:
        """Return how many whole blocks came from each producer."""
        ...


class Peer(ABC):
    """A server in one way of use. After `start` it knows its ports, and the generator's processes inherit them."""

    key: str
    """The server's name on the command line."""
    way: str
    """How it is used: `a line` a message, `32 KiB` batches, or `bytes`."""
    settings: str
    """How it is set, for the table's foot."""
    batch: int = 1
    """Lines in a message, at most."""
    idle_kinds: tuple[str, ...] = ("plain", "subscribed")
    """Which idle connections it knows: `plain`, `subscribed` to a stream of their own, `detached` (no socket left)."""
    workloads: frozenset[str]
    """The workloads in which this way of use makes sense."""

    @property
    def label(self) -> str:
        """The row's name in the table."""
        return f"{self.key}, {self.way}"

    @abstractmethod
    def check(self) -> None:
        """Raise Unavailable where this machine lacks the server."""

    def version(self) -> dict[str, str]:
        """Return the server's version by its program's name; nothing for a program of ours."""
        return {}

    @abstractmethod
    def start(self, directory: Path) -> Server:
        """Start it on free ports and wait until it listens."""

    @abstractmethod
    def connect_producer(self, producer: int) -> socket.socket:
        """Return a blocking socket on which the blocks of this producer can be written."""

    @abstractmethod
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        """Return a blocking socket subscribed to all producers, and what came after the handshake's end."""

    def connect_idle(self, number: int, kind: str) -> socket.socket:
        """Return a connection of one of `idle_kinds` that does nothing; a `detached` one is closed already."""
        raise PeerError(f"{self.key} takes no part in the idle workload")

    def framing(self, producer: int, size: int, *, delivered: bool) -> tuple[bytes, bytes]:
        """Return what stands before and after a message of `size` bytes, as sent or as delivered."""
        return b"", b""

    def template(self, producer: int, per_block: int, *, delivered: bool) -> Template:
        """Return a producer's block of `per_block` lines, framed as it is sent or as it is delivered."""
        per_message = min(self.batch, per_block)
        prefix, suffix = self.framing(producer, per_message * LINE, delivered=delivered)
        return Template(producer, per_block, per_message, prefix, suffix)

    def harmless(self, said: bytes) -> bool:
        """Return whether the server may say this to a producer."""
        return False

    control: Control | None = None
    """Takes messages that are no records out of what a reader gets."""

    def reader(self, templates: list[Template], latencies: Latencies) -> Reader:
        """Return a fresh checker for one reader; readers share the templates."""
        return RecordReader(templates, latencies, self.control)


def dial(port: int, *, stalled: bool = False) -> socket.socket:
    """Connect to a loopback port; the socket blocks, with a deadline for the handshake."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if stalled:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, STALLED_BUFFER)
    sock.settimeout(_HANDSHAKE_SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.connect(("127.0.0.1", port))
    return sock


def receive_until(sock: socket.socket, mark: bytes) -> tuple[bytes, bytes]:
    """Read until `mark` has come; return what came up to its end, and the rest."""
    got = b""
    while mark not in got:
        data = sock.recv(65536)
        if not data:
            raise PeerError(f"closed in the handshake after {got[-200:]!r}")
        got += data
    end = got.index(mark) + len(mark)
    return got[:end], got[end:]


def free_port() -> int:
    """Return a loopback port that is free now, for servers which cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
