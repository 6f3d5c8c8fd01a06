"""What was measured, as rows: several rounds become their median, and the hub's rows are put beside the others'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median

from bench.idle import IdleReading
from bench.rig import Reading

MIB = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One server, used in one way, under one load."""

    workload: str
    variant: str
    """What of the workload, where it has several loads; else empty."""
    peer: str
    way: str
    values: Mapping[str, float] = field(default_factory=dict)
    """Figures by name; the unit is the end of the name."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Return what tells rows of different measurements apart."""
        return self.workload, self.variant, self.peer, self.way


@dataclass(frozen=True)
class Failure:
    """A measurement that is worth nothing, and why."""

    workload: str
    peer: str
    reason: str


def load_values(reading: Reading) -> dict[str, float]:
    """Return the figures of a load."""
    return {
        "wall_s": reading.seconds,
        "lines": reading.lines,
        "lines_per_s": reading.lines / reading.seconds,
        "lines_per_cpu_s": reading.lines / reading.cpu if reading.cpu else float("inf"),
        "cpu_us_per_line": reading.cpu * 1e6 / reading.lines if reading.lines else float("inf"),
        "server_cores": reading.cpu / reading.seconds,
        "generator_cores": reading.generator_cpu / reading.seconds,
        "p50_us": reading.p50 / 1e3,
        "p99_us": reading.p99 / 1e3,
        "rss_before_mib": reading.rss_before / MIB,
        "rss_peak_mib": reading.rss_peak / MIB,
        "rss_after_mib": reading.rss_after / MIB,
        "stalled_cut": float(reading.stalled_cut),
    }


def idle_values(reading: IdleReading) -> dict[str, float]:
    """Return the figures of idle connections."""
    return {
        "connections": reading.connections,
        "kib_each": reading.each / 1024,
        "cpu_us_per_connection_s": reading.cpu * 1e6 / reading.seconds / reading.connections,
        "rss_before_mib": reading.rss_before / MIB,
        "rss_after_mib": reading.rss_after / MIB,
    }


def medians(rows: Iterable[Row]) -> list[Row]:
    """Join the rounds of each measurement: every figure becomes its median; the order of first rows stays."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault(row.place, []).append(row)
    return [
        Row(*place, {name: median(row.values[name] for row in group) for name in group[0].values})
        for place, group in groups.items()
    ]


def ratio(rows: Iterable[Row], row: Row, figure: str, reference: str = "hub") -> float | None:
    """Return the reference's figure divided by this row's, in the same workload and variant; None without either."""
    for other in rows:
        if other.peer == reference and (other.workload, other.variant) == (row.workload, row.variant):
            mine = row.values.get(figure)
            return other.values[figure] / mine if mine else None
    return None
