"""`hub stats`: counts and rates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.stream_names import suggestion
from hub.app.cli.table import Cell, Column, print_rows
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem
from hub.model.stream_name import split_run


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", required=False, type=NameType(with_run=True), metavar="[NAME[#RUN]]")
@click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")
@hub_options
def stats(locator: Locator, name: str | None, as_json: bool) -> None:
    """Show counts and rates of the hub, or of one stream or run."""
    with Commander.connect(locator.locate()) as commander:
        answer = commander.call("hub.stats") if name is None else _of_stream(commander, name)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    rows = [[Cell(key, key), Cell(shown, plain)] for key, shown, plain in _flat(answer)]
    print_rows((Column("WHAT"), Column("VALUE", right=True)), rows)


def _of_stream(commander: Commander, name: str) -> Any:
    stream, run = split_run(name)
    try:
        return commander.call("stream.stats", stream=stream, run=run)
    except Problem as problem:
        if problem.word != "NOTFOUND":
            raise
        raise click.ClickException(f"there is no stream {name}{suggestion(commander, [stream])}") from None


def _flat(answer: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for key, value in answer.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif value is not None:
            yield path, _shown(path, value), value if isinstance(value, str) else json.dumps(value)


def _shown(path: str, value: Any) -> str:
    last = path.rpartition(".")[2]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value)
    if last == "uptime_s" or last.endswith("_seconds"):
        return words.span(value)
    if last.endswith("_at"):
        return words.clock(int(value))
    if last in ("bytes", "start", "end") or last.endswith("_bytes") or "bytes_per_s" in path:
        return words.size(value) + ("/s" if "per_s" in path else "")
    return words.number(value)
