"""`hub delete`: delete streams for ever."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import hub_options
from hub.app.cli.stream_names import matching, suggestion
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem

_SHOWN = 10


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN...")
@click.option("-f", "--force", is_flag=True, help="also streams that somebody writes now, or may come back to")
@click.option("-y", "--yes", is_flag=True, help="do not ask")
@hub_options
def delete(locator: Locator, patterns: tuple[str, ...], force: bool, yes: bool) -> None:
    """Delete streams, with all that is kept of them.

    Readers are told that they are deleted, and so is whoever writes them. The names are free for new streams.
    """
    with Commander.connect(locator.locate()) as commander:
        rows = matching(commander, patterns)
        if not rows:
            raise click.ClickException(f"no stream matches {' '.join(patterns)}{suggestion(commander, patterns)}")
        if not yes:
            _ask(rows)
        failed = [problem for row in rows if (problem := _delete(commander, row["stream"], force)) is not None]
    if failed:
        sys.exit(exit_codes.FAILED)


def _ask(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows[:_SHOWN]:
        click.echo(f"  {row['stream']}  {row['state']}, {words.size(row['end'] - row['start'])} kept", err=True)
    if len(rows) > _SHOWN:
        click.echo(f"  … and {len(rows) - _SHOWN} more", err=True)
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask here; say --yes")
    what = "this stream" if len(rows) == 1 else f"these {len(rows)} streams"
    click.confirm(f"Delete {what} for ever?", abort=True, err=True)


def _delete(commander: Commander, name: str, force: bool) -> Problem | None:
    try:
        commander.call("stream.delete", stream=name, force=force)
    except Problem as problem:
        hint = " (--force)" if problem.word == "CONFLICT" else ""
        click.echo(f"{name}: {problem.text}{hint}", err=True)
        return problem
    click.echo(f"deleted {name}")
    return None
