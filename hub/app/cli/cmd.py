"""`hub cmd` and `hub mark`: saying something to a stream's producer, and of a stream."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.send import parse_meta
from hub.app.cli.stream_names import suggestion
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import ANSWER_SECONDS, Commander
from hub.client.locator import Locator
from hub.model.problem import Problem

MARK_COLUMNS = (Column("OFFSET", right=True), Column("WHEN"), Column("WHO"), Column("MARK", style="bold"))
_SIZE = re.compile(r"(\d{1,4})x(\d{1,4})")


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("stream", type=NameType(with_run=False))
@click.argument("command")
@click.argument("args", nargs=-1, metavar="[ARG]...")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 300),
    default=10.0,
    metavar="SECONDS",
    help="wait so long for the reply (10)",
)
@click.option("--fence", type=click.IntRange(0), metavar="N", help="only under this fence of the lease stream:STREAM")
@click.option("--json", "as_json", is_flag=True, help="print the reply as JSON")
@hub_options
def cmd(
    locator: Locator, stream: str, command: str, args: tuple[str, ...], timeout: float, fence: int | None, as_json: bool
) -> None:
    """Send a command to a stream's producer and print its reply.

    ARG is key=value, or all of them one JSON object. `hub run --control` understands `signal INT`, `stdin TEXT` (a
    line) and, with --pty, `resize 24x80`. A reply that says "done": false is exit code 1, its reason on standard error.
    """
    arguments = parse_args(command, args)
    with Commander.connect(locator.locate()) as commander:
        answer = _found(
            commander,
            stream,
            lambda: commander.call_within(
                timeout + ANSWER_SECONDS,
                "stream.command",
                stream=stream,
                command=command,
                args=arguments,
                timeout_s=timeout,
                fence=fence,
            ),
        )
    _show(answer["reply"], as_json=as_json)


def _show(reply: Any, *, as_json: bool) -> None:
    """Print a reply; where it says that it was not done, raise ClickException with the reason."""
    failed = isinstance(reply, dict) and reply.get("done") is False
    if as_json or not isinstance(reply, str | dict):
        click.echo(json.dumps(reply))
    elif isinstance(reply, str):
        click.echo(printable(reply))
    else:
        left_out = {"done", "error"} if failed else {"done"} if reply.get("done") is True else set()
        shown = "  ".join(f"{key}={value}" for key, value in reply.items() if key not in left_out)
        if shown or not failed:
            click.echo(printable(shown or "done"))
    if failed:
        reason = reply.get("error")
        raise click.ClickException("the producer did not do it" + (f": {reason}" if reason else ""))


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", type=NameType(with_run=False))
@click.argument("text", nargs=-1, metavar="[TEXT]...")
@click.option("--json", "as_json", is_flag=True, help="print the mark, or all marks, as JSON, one a line")
@hub_options
def mark(locator: Locator, name: str, text: tuple[str, ...], as_json: bool) -> None:
    """Put a mark at a stream's present end; without TEXT list its marks."""
    with Commander.connect(locator.locate()) as commander:
        if text:
            said = " ".join(text)
            rows = [_found(commander, name, lambda: commander.call("stream.mark", stream=name, text=said))]
        else:
            rows = _found(commander, name, lambda: commander.call("stream.marks", stream=name))["marks"]
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
    else:
        print_rows(MARK_COLUMNS, [_mark_cells(row) for row in rows])


def _mark_cells(row: Mapping[str, Any]) -> list[Cell]:
    return [
        Cell(str(row["offset"]), str(row["offset"])),
        Cell(words.clock(row["at"]), str(row["at"])),
        Cell(row["by"], row["by"]),
        Cell(row["text"], row["text"]),
    ]


def parse_args(command: str, args: Sequence[str]) -> dict[str, Any]:
    """Return the arguments of a command: one JSON object, key=value, or a known command's bare word."""
    if len(args) == 1 and args[0].startswith("{"):
        try:
            parsed = json.loads(args[0])
        except ValueError as error:
            raise click.UsageError(f"this is no JSON object: {error}") from None
        if isinstance(parsed, dict):
            return parsed
    if args and command == "stdin" and not all("=" in each.split(" ", 1)[0] for each in args):
        return {"text": " ".join(args) + "\n"}
    if len(args) == 1 and command == "signal" and "=" not in args[0]:
        return {"name": args[0]}
    if len(args) == 1 and command == "resize" and (size := _SIZE.fullmatch(args[0])) is not None:
        return {"rows": int(size[1]), "columns": int(size[2])}
    try:
        return dict(parse_meta(each) for each in args)
    except ValueError as error:
        raise click.UsageError(f"{error}, nor one JSON object") from None


def _found(commander: Commander, name: str, ask: Any) -> Any:
    try:
        return ask()
    except Problem as problem:
        if problem.word != "NOTFOUND" or problem.text != "there is no such stream":
            raise
        raise click.ClickException(f"there is no stream {name}{suggestion(commander, [name])}") from None
