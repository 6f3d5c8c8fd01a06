"""`python -m bench.store`: what the store does, through a real hub: acknowledged writes, replay, commits, restarts."""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.peers.hub import port_of
from bench.store_peers import measure_peers
from hub.client.framed.producer import Producer
from hub.client.locator import Locator

MB = 1_000_000
LINES = 400
PEER_MB = 500
START_SECONDS = 60.0


class Figures(NamedTuple):
    """What was measured; MB are 10^6 bytes of text."""

    stored_gb: float
    write_mb_s: float
    """Acknowledged, from the first byte written to the hub's BYE."""
    replay_mb_s: float
    """To `hub cat` into nothing, after a restart: nothing is in the hub's memory."""
    disk_bytes_per_byte: float
    commit_p50_ms: float
    """One line sent to its ACK, one after the other."""
    commit_p99_ms: float
    restart_s: float
    """From the start of a killed hub's successor to the first live line at a reader."""


class Running:
    """`hub serve` over one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        (self.directory / "endpoints.json").unlink(missing_ok=True)
        ports = [part for name in ("producers", "commands", "data", "web") for part in (f"--{name}", "tcp:0")]
        ports = [part if part.startswith("--") else f"{part}:interface=127.0.0.1" for part in ports]
        command = [sys.executable, "-m", "hub", "serve", "--data-dir", str(self.directory), *ports]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not (self.directory / "endpoints.json").exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("the hub did not start")
            time.sleep(0.005)

    def kill_and_start(self) -> None:
        """Kill it, and start another one over what it left."""
        self.process.kill()
        self.process.wait()
        self.start()

    def end(self) -> None:
        """End it in good order: its own processes are then done with the directory."""
        self.process.terminate()
        self.process.wait()

    def port(self, name: str) -> int:
        """Return where a listener listens."""
        return port_of(json.loads((self.directory / "endpoints.json").read_text())[name])

    @property
    def locator(self) -> Locator:
        """How clients find it."""
        return Locator(data_dir=str(self.directory))


def text(size: int) -> bytes:
    """Return lines as of a build, of about `size` bytes in all."""
    line = b"[%6d] cc -O2 -g -Wall -c src/module_%d/file_%d.c -o build/%d.o\n"
    return b"".join([line % (n, n % 97, n, n) for n in range(size // 60)])[:size]


def write(hub: Running, stream: str, size: int) -> float:
    """Write `size` bytes as a framed producer, and wait until all is acknowledged; return the seconds."""
    block = text(4 * MB)
    began = time.perf_counter()
    producer = Producer(hub.locator.locate, stream)
    for _ in range(size // len(block)):
        producer.write(block)
    producer.end()
    if not producer.wait(600):
        raise RuntimeError("the hub did not acknowledge all")
    producer.close()
    return time.perf_counter() - began


def commits(hub: Running) -> tuple[float, float]:
    """Return p50 and p99 (ms) of a line's way to its ACK."""
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", hub.port("producers")), 10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"HELLO HUB/1 stream=bench/commits session=%s\n" % (b"k" * 22))
        sock.recv(4096)
        for number in range(LINES):
            began = time.perf_counter()
            sock.sendall(b"DATA %d {8}\nline %02d\n\n" % (number * 8, number % 100))
            while b"ACK %d " % (number * 8 + 8) not in sock.recv(4096):
                pass
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.03)  # each on its own: no two share a commit
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


def restart(hub: Running) -> float:
    """Return the seconds from the start of a killed hub's successor to the first live line at a reader."""
    hub.process.kill()
    hub.process.wait()
    began = time.perf_counter()
    hub.start()
    token = (hub.directory / "admin.token").read_bytes().strip()
    with socket.create_connection(("127.0.0.1", hub.port("data")), 10) as reader:
        reader.sendall(b"HELLO HUB/1 token=%s\nSUB 1 bench/live\nPING there\n" % token)
        while b"PONG there" not in reader.recv(65536):
            pass
        with socket.create_connection(("127.0.0.1", hub.port("producers")), 10) as producer:
            producer.sendall(b"HUB/1 RAW stream=bench/live\nfirst\n")
            while b"first" not in reader.recv(65536):
                pass
            return time.perf_counter() - began


def measure(gigabytes: float) -> Figures:
    """Run it all in a directory of its own, which is removed."""
    directory = Path(tempfile.mkdtemp(prefix="hub-bench-store-"))
    size = int(gigabytes * 1000) * MB
    hub = Running(directory / "hub")
    try:
        seconds = write(hub, "bench/text", size)
        p50, p99 = commits(hub)
        live = restart(hub)
        on_disk = sum(path.stat().st_size for path in hub.directory.glob("hub.db*"))
        hub.kill_and_start()
        began = time.perf_counter()
        command = [sys.executable, "-m", "hub", "cat", "bench/text", "--data-dir", str(hub.directory)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        replayed = time.perf_counter() - began
        return Figures(gigabytes, size / MB / seconds, size / MB / replayed, on_disk / size, p50, p99, live)
    finally:
        hub.end()
        shutil.rmtree(directory)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.store", description=__doc__)
    parser.add_argument("--gb", type=float, default=1.0, help="how much text is stored (1)")
    parser.add_argument("--no-peers", action="store_true", help="leave JetStream out")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    figures = measure(given.gb)
    peers = [] if given.no_peers else list(measure_peers(text(4 * MB), PEER_MB * MB))
    if given.json:
        print(json.dumps({"hub": figures._asdict(), "peers": [each._asdict() for each in peers]}))
        return 0
    for name, value in figures._asdict().items():
        print(f"{name:22} {value:10.2f}")
    for each in peers:
        print(
            f"{each.name:26} write {each.write_mb_s:8.2f} MB/s (hub {figures.write_mb_s / each.write_mb_s:.1f} x), "
            f"replay {each.replay_mb_s:8.2f} MB/s (hub {figures.replay_mb_s / each.replay_mb_s:.1f} x), "
            f"of {each.written_mb:.1f} MB"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
