"""The report of one run: tables for people, one JSON object for programs."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.peers.peer import Peer
from bench.plan import WINDOW
from bench.results import Failure, Row, ratio
from bench.targets import Verdict, verdicts
from bench.workloads import WORKLOADS, Scale

_LOAD_COLUMNS = (
    ("wall s", "wall_s", 1.0, "{:.1f}"),
    ("lines/s", "lines_per_s", 1e-3, "{:,.0f} k"),
    ("lines/CPU s", "lines_per_cpu_s", 1e-3, "{:,.0f} k"),
    ("CPU µs/line", "cpu_us_per_line", 1.0, "{:.2f}"),
    ("cores", "server_cores", 1.0, "{:.2f}"),
    ("p50 ms", "p50_us", 1e-3, "{:.2f}"),
    ("p99 ms", "p99_us", 1e-3, "{:.2f}"),
)
_IDLE_COLUMNS = (
    ("connections", "connections", 1.0, "{:,.0f}"),
    ("KiB each", "kib_each", 1.0, "{:.2f}"),
    ("CPU µs each a second", "cpu_us_per_connection_s", 1.0, "{:.2f}"),
    ("MiB before", "rss_before_mib", 1.0, "{:.0f}"),
    ("MiB after", "rss_after_mib", 1.0, "{:.0f}"),
)


@dataclass(frozen=True)
class Report:
    """All that a run found out."""

    scale: Scale
    peers: Sequence[Peer]
    rows: Sequence[Row]
    failures: Sequence[Failure]
    left_out: Sequence[str]
    """Why peers that were wanted are not in it."""
    versions: Mapping[str, str]

    def print(self, console: Console) -> None:
        """Print a table a workload, the targets, the settings and what failed."""
        for workload in WORKLOADS:
            rows = [row for row in self.rows if row.workload == workload.key]
            if rows:
                console.print(_table(workload.title, rows))
        judged = verdicts(self.rows)
        if judged:
            console.print(_targets(judged))
        console.print("Settings", style="bold")
        for line in self.notes():
            console.print(f"  {line}", highlight=False)
        for failure in self.failures:
            console.print(f"FAILED {failure.workload} {failure.peer}: {failure.reason}", style="red", highlight=False)

    def notes(self) -> list[str]:
        """Return what a reader must know of how the figures came about, a line each."""
        settings = list(dict.fromkeys(peer.settings for peer in self.peers))
        lines = [
            "lines of 128 bytes, sent in blocks of 64 KiB (trickle: 1 line; paced: 20); at most "
            f"{WINDOW // 1024 // 1024} MiB under way to the slowest reader that reads; every byte read is checked",
            f"loads of {self.scale.seconds:g} s after {self.scale.warm_up:g} s of warm-up, medians of "
            f"{self.scale.rounds} rounds (idle: one); a fresh server a load",
            "CPU: user and system time of the server and its children; cores: how many of them it used; "
            "ratios: hub's figure ÷ that row's",
            "flat-out latency is time in the backlog: it says how much of it a server holds, not how quick it is",
        ]
        return (
            lines
            + settings
            + [f"versions: {', '.join(f'{k} {v}' for k, v in self.versions.items())}"]
            + list(self.left_out)
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values; NaN and infinity become null."""
        return {
            "machine": {"cores": os.cpu_count(), "architecture": platform.machine(), "system": platform.system()},
            "versions": dict(self.versions),
            "scale": asdict(self.scale),
            "notes": self.notes(),
            "rows": [self._row(row) for row in self.rows],
            "targets": [asdict(verdict) for verdict in verdicts(self.rows)],
            "failures": [asdict(failure) for failure in self.failures],
        }

    def _row(self, row: Row) -> dict[str, Any]:
        values = {name: value if math.isfinite(value) else None for name, value in row.values.items()}
        figures = (
            ("kib_each",) if row.workload == "idle" else ("lines_per_s", "lines_per_cpu_s", "cpu_us_per_line", "p99_us")
        )
        ratios = {figure: ratio(self.rows, row, figure) for figure in figures}
        return (
            {"workload": row.workload, "variant": row.variant, "peer": row.peer, "way": row.way}
            | values
            | {"hub_to_this": ratios}
        )


def _table(title: str, rows: Sequence[Row]) -> Table:
    idle = rows[0].workload == "idle"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("server, a message")
    if any(row.variant for row in rows):
        table.add_column("load" if not idle else "kind")
    columns = _IDLE_COLUMNS if idle else _LOAD_COLUMNS
    ratios = (
        (("hub ÷ this, KiB", "kib_each"),)
        if idle
        else (("hub ÷ this, lines/CPU s", "lines_per_cpu_s"), ("p99", "p99_us"))
    )
    for name in (
        [column[0] for column in columns] + ([] if idle else ["MiB before/peak/after"]) + [each[0] for each in ratios]
    ):
        table.add_column(name, justify="right")
    for row in rows:
        cells = [f"{row.peer}, {row.way}"] + ([row.variant] if any(each.variant for each in rows) else [])
        cells += [_figure(row.values[name] * scale, text) for _, name, scale, text in columns]
        if not idle:
            cells.append("/".join(f"{row.values[f'rss_{when}_mib']:.0f}" for when in ("before", "peak", "after")))
            cells[1] += ", cut" if row.values["stalled_cut"] else ""
        cells += [_ratio(ratio(rows, row, name)) for _, name in ratios]
        table.add_row(*cells, style="bold" if row.peer == "hub" else None)
    return table


def _targets(judged: Iterable[Verdict]) -> Table:
    table = Table(
        "workload", "the hub is to reach", "reached", "met", title="Targets", title_justify="left", title_style="bold"
    )
    for verdict in judged:
        met = "[green]yes[/]" if verdict.met else "[red]no[/]"
        table.add_row(verdict.workload, verdict.target, f"{verdict.reached:.2f}", met)
    return table


def _figure(value: float, text: str) -> str:
    return text.format(value) if math.isfinite(value) else "–"


def _ratio(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.2f}"
