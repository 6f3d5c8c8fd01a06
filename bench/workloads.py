"""The workloads: which loads they put on which servers. Every load gets a fresh server."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.idle import idle
from bench.peers.peer import Peer, PeerError
from bench.plan import Plan
from bench.process import Server, ServerFailed, StartFailed
from bench.results import Row, idle_values, load_values
from bench.rig import load

_BLOCK = 512
"""Lines: 64 KiB, what a program that is not slowed down hands over at once."""
_PACED_BLOCK = 20
_PACED_RATE = 250.0
"""Blocks a second: 5,000 lines/s to each of the 100 readers, half a million lines/s delivered."""
_RECEIVERS = 2 if (os.cpu_count() or 1) >= 4 else 1


@dataclass(frozen=True)
class Scale:
    """How long and how large."""

    seconds: float = 2.0
    """Measured time of one load."""
    warm_up: float = 0.5
    rounds: int = 3
    """How often a load is measured, all servers taking turns; the median counts."""
    idle: int = 5000
    """Idle connections of a kind."""


@dataclass(frozen=True)
class Workload:
    """One entry of `--only`."""

    key: str
    title: str
    repeated: bool
    """Whether it is measured in rounds."""
    measure: Callable[[Peer, Scale], Iterator[Row]]


@contextmanager
def running(peer: Peer) -> Iterator[Server]:
    """Start a peer in a directory of its own; both are gone afterwards. Raise StartFailed."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{peer.key}-") as directory:
        try:
            server = peer.start(Path(directory))
        except (ServerFailed, PeerError, OSError) as error:
            raise StartFailed(str(error)) from error
        with server:
            yield server


def _row(workload: str, variant: str, peer: Peer, plan: Plan) -> Row:
    with running(peer) as server:
        return Row(workload, variant, peer.key, peer.way, load_values(load(peer, server, plan)))


def _flat_out(key: str, producers: int, readers: int) -> Callable[[Peer, Scale], Iterator[Row]]:
    def measure(peer: Peer, scale: Scale) -> Iterator[Row]:
        plan = Plan(producers, readers, _BLOCK, None, 0, scale.warm_up, scale.seconds, receivers=_RECEIVERS)
        yield _row(key, "", peer, plan)

    return measure


def _trickle(peer: Peer, scale: Scale) -> Iterator[Row]:
    plan = Plan(1000, 1, 1, 10_000.0, 0, scale.warm_up, scale.seconds)
    yield _row("trickle", "", peer, plan)


def _idle(peer: Peer, scale: Scale) -> Iterator[Row]:
    for kind in peer.idle_kinds:
        with running(peer) as server:
            reading = idle(peer, server, kind, scale.idle, scale.seconds)
            yield Row("idle", kind, peer.key, peer.way, idle_values(reading))


def _stall(peer: Peer, scale: Scale) -> Iterator[Row]:
    for speed, block, rate in (("flat out", _BLOCK, None), ("paced", _PACED_BLOCK, _PACED_RATE)):
        for stalled, name in ((0, "all read"), (1, "1 stalled")):
            plan = Plan(1, 100, block, rate, stalled, scale.warm_up, scale.seconds, receivers=_RECEIVERS)
            yield _row("stall", f"{speed}, {name}", peer, plan)


WORKLOADS = [
    Workload("1-1", "1 producer, 1 reader, flat out", True, _flat_out("1-1", 1, 1)),
    Workload("1-10", "1 producer, 10 readers, flat out", True, _flat_out("1-10", 1, 10)),
    Workload("10-10", "10 producers, 10 readers of all, flat out", True, _flat_out("10-10", 10, 10)),
    Workload("trickle", "1,000 producers trickle 10,000 lines/s in all to 1 reader", True, _trickle),
    Workload("idle", "connections which do nothing", False, _idle),
    Workload("stall", "1 producer, 100 readers, one of them never reads", True, _stall),
]
