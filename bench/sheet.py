"""Tables of figures: made once, shown in a terminal or written as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from bench.results import Row, ratio
from bench.targets import Verdict


@dataclass(frozen=True)
class Sheet:
    """A table of text. The first `words` columns are words, the others figures."""

    title: str
    columns: Sequence[str]
    lines: Sequence[Sequence[str]]
    words: int
    strong: frozenset[int] = frozenset()
    """Lines that stand out: the hub's."""

    def rich(self) -> Table:
        """Return it for a terminal."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for index, column in enumerate(self.columns):
            table.add_column(column, justify="left" if index < self.words else "right")
        for index, cells in enumerate(self.lines):
            table.add_row(*cells, style="bold" if index in self.strong else None)
        return table

    def markdown(self) -> str:
        """Return it as a Markdown table under its title."""
        rules = ["---"] * self.words + ["---:"] * (len(self.columns) - self.words)
        marked = [[f"**{cell}**" for cell in line] if at in self.strong else line for at, line in enumerate(self.lines)]
        rows = "\n".join(f"| {' | '.join(cells)} |" for cells in [self.columns, rules, *marked])
        return f"### {self.title}\n\n{rows}\n"


def load_sheet(title: str, rows: Sequence[Row]) -> Sheet:
    """Return the table of a workload with load: throughput, CPU, latency, memory, and the hub beside each."""
    columns = ["server, a message", "wall s", "lines/s", "lines/CPU s", "CPU µs/line", "cores", "p50 ms", "p99 ms"]
    columns += ["MiB before/peak/after", "hub ÷ this: lines/CPU s", "p99"]
    lines = []
    for row in rows:
        values = row.values
        lines.append(
            [
                f"{row.peer}, {row.way}",
                f"{values['wall_s']:.1f}",
                _figure(values["lines_per_s"] / 1e3, "{:,.0f} k"),
                _figure(values["lines_per_cpu_s"] / 1e3, "{:,.0f} k"),
                _figure(values["cpu_us_per_line"], "{:.3g}"),
                f"{values['server_cores']:.2f}",
                _figure(values["p50_us"] / 1e3, "{:.2f}"),
                _figure(values["p99_us"] / 1e3, "{:.2f}"),
                "/".join(f"{values[f'rss_{when}_mib']:.0f}" for when in ("before", "peak", "after")),
                _ratio(ratio(rows, row, "lines_per_cpu_s")),
                _ratio(ratio(rows, row, "p99_us")),
            ]
        )
    return _with_variants(Sheet(title, columns, lines, 1, _hubs(rows)), rows, "load")


def idle_sheet(title: str, rows: Sequence[Row]) -> Sheet:
    """Return the table of idle connections."""
    columns = ["server", "connections", "KiB each", "CPU µs each a second", "MiB before", "after", "hub ÷ this: KiB"]
    lines = [
        [
            row.peer,
            f"{row.values['connections']:,.0f}",
            f"{row.values['kib_each']:.2f}",
            f"{row.values['cpu_us_per_connection_s']:.2f}",
            f"{row.values['rss_before_mib']:.0f}",
            f"{row.values['rss_after_mib']:.0f}",
            _ratio(ratio(rows, row, "kib_each")),
        ]
        for row in rows
    ]
    return _with_variants(Sheet(title, columns, lines, 1, _hubs(rows)), rows, "kind")


def target_sheet(judged: Iterable[Verdict]) -> Sheet:
    """Return the table of targets."""
    lines = [[each.workload, each.target, "yes" if each.met else "no", f"{each.reached:.2f}"] for each in judged]
    return Sheet("Targets", ["workload", "the hub is to reach", "met", "reached"], lines, 3)


def _with_variants(sheet: Sheet, rows: Sequence[Row], name: str) -> Sheet:
    """Put the variants beside the servers, where there are any."""
    if not any(row.variant for row in rows):
        return sheet
    columns = [sheet.columns[0], name, *sheet.columns[1:]]
    lines = []
    for row, cells in zip(rows, sheet.lines, strict=True):
        cut = " (cut)" if row.values.get("stalled_cut") else ""
        lines.append([cells[0], row.variant + cut, *cells[1:]])
    return Sheet(sheet.title, columns, lines, sheet.words + 1, sheet.strong)


def _hubs(rows: Sequence[Row]) -> frozenset[int]:
    return frozenset(index for index, row in enumerate(rows) if row.peer == "hub")


def _figure(value: float, text: str) -> str:
    return text.format(value) if math.isfinite(value) else "-"


def _ratio(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.2f}"
