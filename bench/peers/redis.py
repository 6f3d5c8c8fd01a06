"""Redis pub/sub: `PUBLISH channel message` in, a three-element push out. redis-server where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

from typing_extensions import override

from bench.peers.peer import BATCH_LINES, Peer, PeerError, Unavailable, dial, free_port, receive_until
from bench.process import Server


class Redis(Peer):
    """Pub/sub: at most once, nothing kept."""

    key = "redis"
    settings = (
        "Redis pub/sub: defaults, no persistence; publishers with CLIENT REPLY OFF, readers SUBSCRIBE to each channel "
        "by name (no pattern)"
    )

    def __init__(self, batch: int = 1) -> None:
        self.batch = batch
        self.way = "32 KiB" if batch > 1 else "a line"
        single = {"trickle", "idle", "stall"} if batch == 1 else set()
        self.workloads = frozenset({"1-1", "1-10", "10-10"} | single)
        self._port = 0

    @override
    def check(self) -> None:
        if shutil.which("redis-server") is None:
            raise Unavailable("redis-server: install the package redis-server")

    @override
    def version(self) -> dict[str, str]:
        said = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
        return {"redis-server": said.partition("v=")[2].split()[0]}

    @override
    def start(self, directory: Path) -> Server:
        self._port = free_port()
        options = {
            "port": str(self._port),
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "no",
            "dir": str(directory),
            "maxclients": "10000",
            "tcp-backlog": "511",
        }
        command = ["redis-server"]
        for name, value in options.items():
            command += [f"--{name}", value]
        server = Server(self.key, command, directory)
        server.wait_for(self._answers, "answer to PING")
        return server

    @override
    def connect_producer(self, producer: int) -> socket.socket:
        sock = self._connect()
        sock.sendall(command(b"CLIENT", b"REPLY", b"OFF"))
        return sock

    @override
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        sock = self._connect(stalled=stalled)
        return sock, subscribe(sock, [b"bench.p%04d" % producer for producer in range(producers)])

    @override
    def connect_idle(self, number: int, kind: str) -> socket.socket:
        sock = self._connect()
        if kind == "subscribed":
            subscribe(sock, [b"idle.%d" % number])
        return sock

    @override
    def framing(self, producer: int, size: int, *, delivered: bool) -> tuple[bytes, bytes]:
        verb = b"message" if delivered else b"PUBLISH"
        return b"*3\r\n$7\r\n%s\r\n$11\r\nbench.p%04d\r\n$%d\r\n" % (verb, producer, size), b"\r\n"

    def _connect(self, *, stalled: bool = False) -> socket.socket:
        sock = dial(self._port, stalled=stalled)
        sock.sendall(command(b"PING"))
        receive_until(sock, b"+PONG\r\n")
        return sock

    def _answers(self) -> bool | None:
        try:
            self._connect().close()
        except (ConnectionError, PeerError):
            return None
        return True


def command(*words: bytes) -> bytes:
    """Return a command as an array of bulk strings."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def subscribe(sock: socket.socket, channels: list[bytes]) -> bytes:
    """Subscribe and wait until the last channel is confirmed; return what came after."""
    sock.sendall(command(b"SUBSCRIBE", *channels))
    _, rest = receive_until(sock, b"%s\r\n:%d\r\n" % (channels[-1], len(channels)))
    return rest


WAYS: list[Peer] = [Redis(), Redis(BATCH_LINES)]
