"""What the hub is to reach beside its peers, and whether this run did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.results import Row

Values = dict[str, float]


@dataclass(frozen=True)
class Verdict:
    """One target and what came of it."""

    workload: str
    target: str
    reached: float
    """In the target's own unit."""
    met: bool


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Judge every target whose rows were measured in this run; batches are listed, not judged."""
    return [verdict for judge in (_throughput, _trickle, _idle, _stall) for verdict in judge(_Rows(rows))]


class _Rows:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._values = {(row.workload, row.variant, row.peer): row.values for row in rows if row.way != "32 KiB"}

    def find(self, workload: str, variant: str, peer: str, figure: str) -> float | None:
        """Return a figure, or None where it was not measured."""
        values = self._values.get((workload, variant, peer))
        return None if values is None else values[figure]


def _throughput(rows: _Rows) -> Iterator[Verdict]:
    figure = "lines_per_cpu_s"
    for workload, factor, peers in (
        ("1-1", 2.5, ("nats",)),
        ("1-1", 6.0, ("jetstream",)),
        ("1-10", 3.0, ("redis",)),
        ("1-10", 6.0, ("jetstream",)),
        ("10-10", 3.0, ("nats", "redis")),
    ):
        hub = rows.find(workload, "", "hub", figure)
        found = [rows.find(workload, "", peer, figure) for peer in peers]
        others = [value for value in found if value is not None]
        if hub is None or len(others) < len(peers):
            continue
        name = f"the better of {' and '.join(peers)}" if len(peers) > 1 else peers[0]
        times = hub / max(others)
        yield Verdict(workload, f"lines a CPU second ≥ {factor:g} x {name}", times, times >= factor)


def _trickle(rows: _Rows) -> Iterator[Verdict]:
    for figure, what in (("cpu_us_per_line", "CPU a line"), ("p99_us", "p99")):
        hub, nats = (rows.find("trickle", "", peer, figure) for peer in ("hub", "nats"))
        if hub is not None and nats:
            yield Verdict("trickle", f"{what} ≤ 1 x nats", hub / nats, hub <= nats)


def _idle(rows: _Rows) -> Iterator[Verdict]:
    for kind, bound in (("plain", 3.0), ("detached", 1.5)):
        each = rows.find("idle", kind, "hub", "kib_each")
        if each is not None:
            yield Verdict("idle", f"KiB a {kind} one ≤ {bound:g}", each, each <= bound)


def _stall(rows: _Rows) -> Iterator[Verdict]:
    checks: list[tuple[str, str, str, float, Callable[[float, float], bool]]] = [
        ("flat out", "lines_per_s", "lines a second of the others ≥ 0.9 x", 0.9, float.__ge__),
        ("paced", "lines_per_s", "paced lines a second of the others ≥ 0.9 x", 0.9, float.__ge__),
        ("flat out", "p99_us", "p99 of the others ≤ 1.1 x", 1.1, float.__le__),
        ("paced", "p99_us", "paced p99 of the others ≤ 1.1 x", 1.1, float.__le__),
        ("flat out", "rss_peak_mib", "peak memory ≤ 1.1 x", 1.1, float.__le__),
    ]
    for load, figure, text, bound, holds in checks:
        without = rows.find("stall", f"{load}, all read", "hub", figure)
        stalled = rows.find("stall", f"{load}, 1 stalled", "hub", figure)
        if without and stalled is not None:
            yield Verdict("stall", f"{text} without a stalled one", stalled / without, holds(stalled / without, bound))
