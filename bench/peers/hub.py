"""The hub itself: raw bytes to the producer port, frames from the data port."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from typing_extensions import override

from bench.latencies import Latencies
from bench.lines import Template
from bench.peers.hub_frames import FrameReader
from bench.peers.peer import Peer, PeerError, Reader, dial, receive_until
from bench.process import Server

_SETTINGS = {
    "HUB_LIMITS_READERS_PER_PRINCIPAL": "10000",
    "HUB_LIMITS_DETACHED_PER_PRINCIPAL": "10000",
    "HUB_LIMITS_HELLOS_AT_ONCE": "20000",
}
_PORTS = ("producers", "commands", "data", "web")


class Hub(Peer):
    """`hub serve` as it is started by default, with its store on the disk."""

    key = "hub"
    way = "bytes"
    store = "sqlite"
    settings = (
        "Hub: hub serve --store sqlite (the default); raw producers, readers with window=0 and SUB bench/**; "
        "defaults, save that one principal may have 10,000 attached and 10,000 detached readers (idle connections)"
    )
    idle_kinds = ("plain", "subscribed", "detached")
    workloads = frozenset({"1-1", "1-10", "10-10", "trickle", "idle", "stall"})

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}
        self._token = ""

    def check(self) -> None:
        """It is what is measured, so it is here."""

    @override
    def start(self, directory: Path) -> Server:
        command = [sys.executable, "-m", "hub", "serve", "--data-dir", str(directory), "--store", self.store]
        for port in _PORTS:
            command += [f"--{port}", "tcp:0:interface=127.0.0.1"]
        server = Server(self.key, command, directory, _SETTINGS)
        endpoints = server.wait_for(lambda: _endpoints(directory / "endpoints.json"), "endpoints.json")
        self._ports = {name: port_of(endpoint) for name, endpoint in endpoints.items() if name in _PORTS}
        self._token = (directory / "admin.token").read_text().strip()
        return server

    @override
    def connect_producer(self, producer: int) -> socket.socket:
        sock = dial(self._ports["producers"])
        sock.sendall(b"HUB/1 RAW stream=bench/p%04d\n" % producer)
        return sock

    @override
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        sock = dial(self._ports["data"], stalled=stalled)
        return sock, self._subscribe(sock, b"bench/**")

    @override
    def connect_idle(self, number: int, kind: str) -> socket.socket:
        if kind == "plain":
            return dial(self._ports["producers"])
        sock = dial(self._ports["data"])
        self._subscribe(sock, b"idle/s%d" % number)
        if kind == "detached":
            sock.close()
        return sock

    @override
    def reader(self, templates: list[Template], latencies: Latencies) -> Reader:
        return FrameReader(templates, latencies)

    def _subscribe(self, sock: socket.socket, pattern: bytes) -> bytes:
        sock.sendall(b"HELLO HUB/1 token=%s window=0\n" % self._token.encode())
        answer, _ = receive_until(sock, b"\n")
        if not answer.startswith(b"OK "):
            raise PeerError(f"hub refused a reader: {answer!r}")
        sock.sendall(b"SUB 1 %s from=start\nPING ready\n" % pattern)
        answer, rest = receive_until(sock, b"PONG ready\n")
        if answer != b"PONG ready\n":
            raise PeerError(f"hub said {answer!r} to a subscription without streams")
        return rest


def port_of(endpoint: str) -> int:
    """Take the port out of `tcp:127.0.0.1:7411` or `http://127.0.0.1:7480`."""
    port = urlsplit(endpoint).port if "//" in endpoint else int(endpoint.rsplit(":", 1)[1])
    if port is None:
        raise PeerError(f"no port in {endpoint!r}")
    return port


def _endpoints(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    try:
        found: dict[str, str] = json.loads(path.read_text())
    except json.JSONDecodeError:
        return None  # half written; the next look has all of it
    return found


class HubInMemory(Hub):
    """The same without a disk: what the store costs."""

    key = "hub-memory"
    store = "memory"
    settings = "Hub in memory: the same with --store memory"
    workloads = frozenset({"1-1", "1-10", "10-10", "trickle"})


WAYS: list[Peer] = [Hub(), HubInMemory()]
