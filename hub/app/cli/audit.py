"""`hub audit`: who did what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import hub_options
from hub.app.cli.moments import FORMS, parse_moment
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import Commander
from hub.client.locator import Locator

PAGE = 1000
COLUMNS = (
    Column("WHEN"),
    Column("WHO", style="bold"),
    Column("FROM"),
    Column("DID"),
    Column("TO"),
    Column("OUTCOME"),
    Column("DETAIL"),
)


@click.command(epilog=exit_codes.EXPLAINED)
@click.option(
    "-n", "--limit", type=click.IntRange(0), default=50, show_default=True, help="so many, the newest; 0 is all"
)
@click.option("--since", metavar="TIME", help=f"not before: {FORMS}")
@click.option("--who", metavar="NAME", help="of this user or token only")
@click.option("--did", metavar="METHOD", help="this deed only, such as token.create, `user.*` or login")
@click.option("--to", "target", metavar="TARGET", help="done to this only: a stream, a user, a token's id, a session")
@click.option("--json", "as_json", is_flag=True, help="print the entries as JSON, one a line")
@hub_options
def audit(
    locator: Locator,
    limit: int,
    since: str | None,
    who: str | None,
    did: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Show who did what, newest first: changes by command, logins, and who was refused.

    A pipe gets tab-separated columns without a header: Unix ms, principal, peer, action, target, outcome, detail.
    """
    try:
        since_ms = None if since is None else parse_moment(since, datetime.now().astimezone())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    rows: list[dict[str, Any]] = []
    with Commander.connect(locator.locate()) as commander:
        before: int | None = None
        while True:
            wanted = min(limit - len(rows), PAGE) if limit else PAGE
            answer = commander.call(
                "audit.list", limit=wanted, before=before, since=since_ms, principal=who, action=did, target=target
            )
            rows += answer["entries"]
            before = answer["next"]
            if before is None or (limit and len(rows) >= limit):
                break
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
        return
    print_rows(COLUMNS, [cells(row) for row in rows])


def cells(row: Mapping[str, Any]) -> list[Cell]:
    """Return an entry of the table."""
    outcome = row["outcome"]
    return [
        Cell(words.clock(row["at"])[:19].replace("T", " "), str(row["at"])),
        Cell(row["principal"] or "?", row["principal"]),
        Cell(row["peer"], row["peer"]),
        Cell(row["action"], row["action"]),
        Cell(row["target"], row["target"]),
        Cell(outcome, outcome, "" if outcome == "ok" else "yellow"),
        Cell(row["detail"], row["detail"]),
    ]
