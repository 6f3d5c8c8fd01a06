"""`hub watchers`: who watches what, and how far behind."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.pages import every_page
from hub.app.cli.stream_names import suggestion
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem

COLUMNS = (
    Column("WHO", style="bold"),
    Column("SESSION"),
    Column("VIA"),
    Column("SINCE", right=True),
    Column("STREAMS", right=True),
    Column("BEHIND", right=True),
    Column("LINES", right=True),
    Column("WATCHES"),
)


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", required=False, type=NameType(with_run=False), metavar="[NAME]")
@click.option("--json", "as_json", is_flag=True, help="print the rows as JSON, one a line")
@hub_options
def watchers(locator: Locator, name: str | None, as_json: bool) -> None:
    """Show who watches streams, or one stream, and how far behind; those farthest behind first.

    A pipe gets tab-separated columns without a header: principal, session, way in (or detached), since (Unix ms),
    streams, bytes behind, lines behind, patterns.
    """
    with Commander.connect(locator.locate()) as commander:
        try:
            rows = every_page(commander, "presence.list", "watchers", stream=name)
        except Problem as problem:
            if problem.word != "NOTFOUND" or name is None:
                raise
            raise click.ClickException(f"there is no stream {name}{suggestion(commander, [name])}") from None
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
    else:
        now = time.time() * 1000
        print_rows(COLUMNS, [cells(row, now) for row in rows])


def cells(row: Mapping[str, Any], now_ms: float) -> list[Cell]:
    """Return a row of the table."""
    behind, lines = row["behind_bytes"], row["behind_lines"]
    via = row["via"] or "detached"
    return [
        Cell(row["principal"], row["principal"]),
        Cell(row["session"] or "", row["session"] or ""),
        Cell(via, via, "" if row["attached"] else "yellow"),
        Cell(f"{words.span(max(now_ms - row['since'], 0) / 1000)} ago", str(row["since"])),
        Cell(str(row["streams"]), str(row["streams"])),
        Cell("?" if behind is None else words.size(behind) if behind else "", "" if behind is None else str(behind)),
        Cell("?" if lines is None else words.number(lines) if lines else "", "" if lines is None else str(lines)),
        Cell(" ".join(row["watches"]), " ".join(row["watches"])),
    ]
