"""`hub sessions` and `hub kick`: who is here, and how to end it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import hub_options
from hub.app.cli.pages import every_page
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.stream_name import is_stream_name

COLUMNS = (
    Column("SESSION", style="bold"),
    Column("WHO"),
    Column("KIND"),
    Column("STATE"),
    Column("SINCE", right=True),
    Column("PEER"),
    Column("STREAM"),
)
SHORTEST = 4
_WHOLE = 16


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("--json", "as_json", is_flag=True, help="print the rows as JSON, one a line")
@hub_options
def sessions(locator: Locator, as_json: bool) -> None:
    """List sessions, newest first: clients' and framed producers', attached or detached.

    A pipe gets tab-separated columns without a header: session, principal, kind, state, since (Unix ms), peer, stream.
    """
    with Commander.connect(locator.locate()) as commander:
        own = commander.session["id"]
        rows = [row for row in every_page(commander, "session.list", "sessions") if row["session"] != own]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
    else:
        now = time.time() * 1000
        print_rows(COLUMNS, [cells(row, now) for row in rows])


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION|STREAM...")
@click.option("--reason", default="", metavar="TEXT", help="why; told to whom it was")
@click.option("--json", "as_json", is_flag=True, help="print what was ended as JSON, one a line")
@hub_options
def kick(locator: Locator, sessions: tuple[str, ...], reason: str, as_json: bool) -> None:
    """End sessions for ever: their connections are closed, and they cannot come back.

    SESSION is an id of `hub sessions` or `hub watchers`, or the beginning of one; STREAM stands for its producer.
    """
    with Commander.connect(locator.locate()) as commander:
        own = commander.session["id"]
        rows = [row for row in every_page(commander, "session.list", "sessions") if row["session"] != own]
        for wanted in [_find(rows, each) for each in sessions]:
            ended = commander.call("session.kick", session=wanted, reason=reason or None)
            if as_json:
                click.echo(json.dumps(ended, separators=(",", ":")))
            else:
                what = f"which wrote {ended['stream']}" if ended["stream"] else "a client's"
                click.echo(f"ended {ended['session']} of {ended['principal']}, {what}")


def _find(rows: Sequence[Mapping[str, Any]], wanted: str) -> str:
    """Return the whole id of a session that was named by its beginning or by its stream."""
    if len(wanted) == _WHOLE and all(each in "0123456789abcdef" for each in wanted):
        return wanted
    by_stream = [str(row["session"]) for row in rows if row["stream"] == wanted]
    found = by_stream or [str(row["session"]) for row in rows if str(row["session"]).startswith(wanted)]
    if len(found) == 1 and (by_stream or len(wanted) >= SHORTEST):
        return found[0]
    if len(found) > 1 or (found and len(wanted) < SHORTEST):
        raise click.ClickException(f"{wanted} may be any of {len(found)} sessions; say more of the id")
    hint = "; raw output has none: `hub delete --force` ends it" if is_stream_name(wanted) else ""
    raise click.ClickException(f"there is no session {wanted}{hint}")


def cells(row: Mapping[str, Any], now_ms: float) -> list[Cell]:
    """Return a row of the table."""
    state = row["via"] if row["attached"] else "detached"
    if row["slots"]:
        state = f"{state} ({', '.join(row['slots'])})"
    return [
        Cell(row["session"], row["session"]),
        Cell(row["principal"], row["principal"]),
        Cell(row["kind"], row["kind"]),
        Cell(state, state, "" if row["attached"] else "yellow"),
        Cell(f"{words.span(max(now_ms - row['since'], 0) / 1000)} ago", str(row["since"])),
        Cell(row["peer"] or "", row["peer"] or ""),
        Cell(row["stream"] or "", row["stream"] or ""),
    ]
