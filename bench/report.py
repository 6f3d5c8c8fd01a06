"""The report of one run: tables for people, one JSON object for programs."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console

from bench.peers.peer import Peer
from bench.plan import WINDOW
from bench.results import MIB, Failure, Row, ratio
from bench.sheet import Sheet, idle_sheet, load_sheet, target_sheet
from bench.targets import verdicts
from bench.workloads import WORKLOADS, Scale

_NOTES = """\
Lines have 128 bytes and are sent in blocks of 64 KiB (trickle: one line; paced: 20 lines). At most {window} MiB are \
under way to the slowest reader that reads. Every byte that a reader gets is compared with what was sent.
Loads last {seconds:g} s after {warm_up:g} s of warm-up; figures are medians of {rounds} rounds in which all servers \
take turns (idle: one round); each load has a fresh server.
CPU is user and system time of the server and its children, "cores" how many of them it used. Ratios are the hub's \
figure divided by that row's.
Latency under a flat-out load is time in the backlog: it says how much of it a server holds, not how quick it is."""

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
"""What stands between these in a page is replaced by the figures of a run."""


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
        """Print a table a workload, the targets, how it was measured, and what failed."""
        for sheet in self.sheets():
            console.print(sheet.rich())
        console.print("How it was measured", style="bold")
        for note in self.notes():
            console.print(f"- {note}", highlight=False)
        for failure in self.failures:
            console.print(f"FAILED {failure.workload} {failure.peer}: {failure.reason}", style="red", highlight=False)

    def sheets(self) -> list[Sheet]:
        """Return a table for each workload that was measured, and one of the targets."""
        made = []
        for workload in WORKLOADS:
            rows = [row for row in self.rows if row.workload == workload.key]
            if rows:
                make = idle_sheet if workload.key == "idle" else load_sheet
                made.append(make(f"{workload.key}: {workload.title}", rows))
        judged = verdicts(self.rows)
        return [*made, target_sheet(judged)] if judged else made

    def notes(self) -> list[str]:
        """Return what a reader must know of how the figures came about, a paragraph each."""
        scale = self.scale
        text = _NOTES.format(window=WINDOW // MIB, seconds=scale.seconds, warm_up=scale.warm_up, rounds=scale.rounds)
        notes = text.splitlines() + list(dict.fromkeys(peer.settings for peer in self.peers))
        notes.append("Versions: " + ", ".join(f"{name} {version}" for name, version in self.versions.items()))
        return notes + list(self.left_out)

    def markdown(self) -> str:
        """Return tables and notes as Markdown."""
        notes = "\n".join(f"- {note}" for note in self.notes())
        return "\n".join(sheet.markdown() for sheet in self.sheets()) + f"\n### How it was measured\n\n{notes}\n"

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
        figures = ["lines_per_s", "lines_per_cpu_s", "cpu_us_per_line", "p50_us", "p99_us"]
        names = {"workload": row.workload, "variant": row.variant, "peer": row.peer, "way": row.way}
        values = {name: _plain(value) for name, value in row.values.items()}
        compared = ["kib_each"] if row.workload == "idle" else figures
        return {**names, **values, "hub_to_this": {name: _plain(ratio(self.rows, row, name)) for name in compared}}


def with_figures(page: str, figures: str) -> str:
    """Return a page with these figures between its marks; a page without marks is made of the figures alone."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        before = after = ""
    return f"{before}{BEGIN}\n\n{figures}\n{END}{after or chr(10)}"


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
