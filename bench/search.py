"""`python -m bench.search`: what live lines pay for a search beside them, in turns with and without one."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import NamedTuple

from bench.latencies import quantile
from bench.process import die_with_parent, tree_usage
from bench.store import MB, Running, write
from hub.client.commander import Commander
from hub.client.data_events import Data
from hub.client.locator import Locator
from hub.client.reader import Reader

PRODUCERS = 50
LINES_A_SECOND = 2000
WINDOW_SECONDS = 2.0
SETTLE_SECONDS = 0.5
_SPAWN = multiprocessing.get_context("spawn")


class Figures(NamedTuple):
    """What was measured; MB are 10^6 bytes of text, milliseconds from the write of a line to its reader."""

    lines: int
    """Live lines of each kind of window, together."""
    quiet_p50_ms: float
    search_p50_ms: float
    quiet_p99_ms: float
    search_p99_ms: float
    p99_ratio: float
    searched_mb_s: float
    searched_mb_cpu_s: float
    """For a second of processor time that the hub and its search process took beyond what live lines took alone."""


def send(port: int) -> None:
    """Send lines which carry the time of their writing, evenly spaced, until killed."""
    die_with_parent()
    producers = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(PRODUCERS)]
    for sock in producers:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    due, turn = time.monotonic(), 0
    while True:
        producers[turn % PRODUCERS].sendall(b"%d live\n" % time.monotonic_ns())
        turn += 1
        due += 1 / LINES_A_SECOND
        time.sleep(max(0.0, due - time.monotonic()))


def search(pipe: Connection, directory: str) -> None:
    """Search all of the stored text for what is nowhere, over and over, for the seconds that the pipe asks for."""
    die_with_parent()
    with Commander.connect(Locator(data_dir=directory).locate()) as hub:
        while True:
            seconds: float = pipe.recv()
            scanned, began = 0, time.monotonic()
            while time.monotonic() < began + seconds:
                found = hub.call_long("stream.search", _ignore, pattern="bench/text", query="needle-her[a-d]")
                scanned += found["scanned_bytes"]
            pipe.send((scanned, time.monotonic() - began))


def _ignore(progress: dict[str, object]) -> None:
    """Nobody watches the progress."""


def watch(reader: Reader, seconds: float, pipe: Connection | None = None) -> list[int]:
    """Return the latencies (ns) of what comes in `seconds`, or until the pipe has an answer."""
    taken: list[int] = []
    until = time.monotonic() + seconds
    while not pipe.poll() if pipe else time.monotonic() < until:
        for event in reader.receive(0.05):
            if isinstance(event, Data):
                now = time.monotonic_ns()
                taken += [now - int(line.split()[0]) for line in event.data.splitlines()]
    return taken


def measure(megabytes: int, rounds: int) -> Figures:
    """Run it all in a directory of its own, which is removed."""
    directory = Path(tempfile.mkdtemp(prefix="hub-bench-search-"))
    hub = Running(directory / "hub")
    mine, theirs = _SPAWN.Pipe()
    helpers: list[SpawnProcess] = []
    try:
        write(hub, "bench/text", megabytes * MB)
        hub.kill_and_start()  # nothing of it is in the hub's memory
        helpers.append(_SPAWN.Process(target=send, args=(hub.port("producers"),), daemon=True))
        helpers.append(_SPAWN.Process(target=search, args=(theirs, str(hub.directory)), daemon=True))
        for helper in helpers:
            helper.start()
        theirs.close()  # so that the end of a searcher that failed is seen
        with Reader.connect(hub.locator.locate()) as reader:
            reader.subscribe("1", "**", "end")
            return _rounds(hub, reader, mine, rounds)
    finally:
        for helper in helpers:
            helper.kill()
        hub.end()
        shutil.rmtree(directory)


def _rounds(hub: Running, reader: Reader, pipe: Connection, rounds: int) -> Figures:
    pipe.send(0.1)  # the search process is there, and all has been read once
    watch(reader, 0, pipe)
    pipe.recv()
    watch(reader, SETTLE_SECONDS)
    quiet: list[int] = []
    beside: list[int] = []
    scanned, wall, cpu = 0, 0.0, 0.0
    for _ in range(rounds):
        start = tree_usage(hub.process.pid).cpu
        quiet += watch(reader, WINDOW_SECONDS)
        middle = tree_usage(hub.process.pid).cpu
        pipe.send(WINDOW_SECONDS)
        beside += watch(reader, 0, pipe)
        size, seconds = pipe.recv()
        cpu += tree_usage(hub.process.pid).cpu - middle - (middle - start) * seconds / WINDOW_SECONDS
        scanned, wall = scanned + size, wall + seconds
        watch(reader, SETTLE_SECONDS)
    quiet.sort()
    beside.sort()
    p99s = quantile(quiet, 0.99) / 1e6, quantile(beside, 0.99) / 1e6
    return Figures(
        len(beside),
        quantile(quiet, 0.5) / 1e6,
        quantile(beside, 0.5) / 1e6,
        *p99s,
        p99s[1] / p99s[0],
        scanned / MB / wall,
        scanned / MB / max(cpu, 0.01),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--mb", type=int, default=400, help="how much text is stored and searched (400)")
    parser.add_argument("--rounds", type=int, default=12, help="how often it is watched with and without a search (12)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    figures = measure(given.mb, given.rounds)
    if given.json:
        print(json.dumps(figures._asdict()))
        return 0
    for name, value in figures._asdict().items():
        print(f"{name:20} {value:10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
