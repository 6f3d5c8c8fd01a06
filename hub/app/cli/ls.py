"""`hub ls` and `hub ps`: which streams there are."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import KeyValueType, PatternType, hub_options
from hub.app.cli.stream_names import each_matching, suggestion
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import Commander
from hub.client.locator import Locator

COLUMNS = (
    Column("STREAM", style="bold"),
    Column("STATE"),
    Column("RUN", right=True),
    Column("LINES", right=True),
    Column("SIZE", right=True),
    Column("LINES/S", right=True),
    Column("LAST", right=True),
    Column("WATCHED", right=True),
)
NEWEST = 200
_STATE_STYLES = {"live": "green", "detached": "yellow", "failed": "red"}


def _list_options(command: Any) -> Any:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="print the rows as JSON, one a line"),
        click.option("--meta", multiple=True, type=KeyValueType(), metavar="K=V", help="only runs with this meta"),
        click.option("--failed", is_flag=True, help="only streams whose last run failed"),
        click.option(
            "-n",
            "--limit",
            type=click.IntRange(min=0),
            default=NEWEST,
            metavar="N",
            help=f"the N newest ({NEWEST}); 0: all",
        ),
        click.option("--live", is_flag=True, help="only streams that somebody writes now"),
        click.argument("patterns", nargs=-1, type=PatternType(), metavar="[PATTERN]..."),
    ):
        command = option(command)
    return hub_options(command)


@click.command(epilog=exit_codes.EXPLAINED)
@_list_options
def ls(
    locator: Locator,
    patterns: tuple[str, ...],
    live: bool,
    failed: bool,
    meta: tuple[Any, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List streams, newest first.

    A pipe gets tab-separated columns without a header: stream, state or status, run, lines, bytes, lines per second,
    time of the last bytes (Unix ms), watchers.
    """
    _list(locator, patterns, live, failed, dict(meta), limit, as_json)


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("-a", "--all", "every", is_flag=True, help="list streams that have ended as well, as `hub ls` does")
@_list_options
def ps(
    locator: Locator,
    patterns: tuple[str, ...],
    live: bool,
    failed: bool,
    meta: tuple[Any, ...],
    limit: int,
    as_json: bool,
    every: bool,
) -> None:
    """List the streams that are live now, newest first; otherwise as `hub ls`."""
    _list(locator, patterns, live or not (failed or every), failed, dict(meta), limit, as_json)


def _list(
    locator: Locator,
    patterns: Sequence[str],
    live: bool,
    failed: bool,
    meta: Mapping[str, Any],
    limit: int,
    as_json: bool,
) -> None:
    rows: list[dict[str, Any]] = []
    more = False
    with Commander.connect(locator.locate()) as commander:
        matched = False
        state = "live" if live else "ended" if failed else None
        for row in each_matching(
            commander, patterns or ("**",), state=state, limit=min(limit + 1, 1000) if limit else None
        ):
            matched = True
            if not chosen(row, live=live, failed=failed, meta=meta):
                continue
            if limit and len(rows) == limit:
                more = True
                break
            rows.append(row)
        if patterns and not matched and next(each_matching(commander, patterns, limit=1), None) is None:
            raise click.ClickException(f"no stream matches {' '.join(patterns)}{suggestion(commander, patterns)}")
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
    else:
        now = time.time() * 1000
        print_rows(COLUMNS, [cells(row, now) for row in rows])
    if more:
        click.echo(f"these are the {limit} newest; -n 0 lists all", err=True)


def chosen(row: Mapping[str, Any], *, live: bool, failed: bool, meta: Mapping[str, Any]) -> bool:
    """Tell whether a row of stream.list is among those asked for."""
    if live and row["state"] != "live":
        return False
    if failed and not is_failed(row):
        return False
    had = row.get("meta") or {}
    return all(key in had and _same(had[key], value) for key, value in meta.items())


def is_failed(row: Mapping[str, Any]) -> bool:
    """Tell whether a stream's last run ended badly."""
    return row["state"] == "ended" and exit_codes.of_run(row.get("status"), row.get("cause")) != exit_codes.OK


def _same(had: object, wanted: object) -> bool:
    # `--meta build=42` finds the number and the text: who typed it does not know which one it was.
    return had == wanted or str(had) == str(wanted)


def cells(row: Mapping[str, Any], now_ms: float) -> list[Cell]:
    """Return a row of the table."""
    state = row.get("status") or row.get("cause") or row["state"] if row["state"] == "ended" else row["state"]
    style = _STATE_STYLES.get("failed" if is_failed(row) else row["state"], "dim")
    kept = row["end"] - row["start"]
    rate = float(row.get("lines_per_s") or 0)
    last = row.get("last_at") or 0
    watchers = int(row.get("watchers") or 0)
    return [
        Cell(row["stream"], row["stream"]),
        Cell(state, state, style),
        Cell(str(row["run"]), str(row["run"])),
        Cell(words.number(row["lines"]), str(row["lines"])),
        Cell(words.size(kept), str(kept)),
        Cell(words.number(rate) if rate else "", f"{rate:g}"),
        Cell(f"{words.span(max(now_ms - last, 0) / 1000)} ago" if last else "", str(last)),
        Cell(str(watchers) if watchers else "", str(watchers)),
    ]
