"""The relays: programs of ours that hand on what they read and do nothing else. They show the limit."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import Peer, Unavailable, dial, receive_until
from bench.process import Server

_HERE = Path(__file__).parent
_GREETING = b"R\n"


class Relay(Peer):
    """What both relays have in common: two ports, bare lines, a greeting for readers."""

    way = "bytes"

    def __init__(self) -> None:
        self._ports = (0, 0)

    def command(self, directory: Path) -> list[str]:
        """Return the program to run, made first where it has to be."""
        raise NotImplementedError

    @override
    def start(self, directory: Path) -> Server:
        server = Server(self.key, self.command(directory), directory)
        words = server.wait_for(lambda: _ready(server.printed()), "READY line")
        self._ports = (int(words[1]), int(words[2]))
        return server

    @override
    def connect_producer(self, producer: int) -> socket.socket:
        return dial(self._ports[0])

    @override
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        sock = dial(self._ports[1], stalled=stalled)
        return sock, receive_until(sock, _GREETING)[1]

    @override
    def connect_idle(self, number: int, kind: str) -> socket.socket:
        return dial(self._ports[0]) if kind == "plain" else self.connect_reader(number, 0)[0]


class CRelay(Relay):
    """The machine's limit: epoll, recv, send."""

    key = "relay-c"
    settings = "relay-c: a bare loopback relay in C, 64 KiB a read, written at once to each reader; no queue, no store"
    workloads = frozenset({"1-1", "1-10", "10-10", "trickle"})

    @override
    def check(self) -> None:
        if _compiler() is None:
            raise Unavailable("relay-c: no C compiler (cc)")

    @override
    def command(self, directory: Path) -> list[str]:
        program = directory / "relay"
        compiler = _compiler()
        if compiler is None:
            raise Unavailable("relay-c: no C compiler (cc)")
        subprocess.run([compiler, "-O2", "-o", str(program), str(_HERE / "relay.c")], check=True)
        return [str(program)]


class TwistedRelay(Relay):
    """The language's limit: the default reactor and `transport.write`."""

    key = "relay-twisted"
    settings = "relay-twisted: a bare relay in Twisted, whole chunks, unbounded buffers; no store"
    workloads = frozenset({"1-1", "1-10", "10-10", "trickle", "idle"})

    def check(self) -> None:
        """Twisted is what the hub runs on, so it is here."""

    @override
    def command(self, directory: Path) -> list[str]:
        return [sys.executable, str(_HERE / "twisted_relay.py")]


def _compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def _ready(printed: str) -> list[str] | None:
    words = printed.split()
    return words if len(words) == 3 and words[0] == "READY" and printed.endswith("\n") else None


WAYS: list[Peer] = [CRelay(), TwistedRelay()]
