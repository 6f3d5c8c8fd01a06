"""`hub stats`: counts and rates, and numbers over time."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.chart import chart
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.moments import FORMS, parse_deadline, parse_moment
from hub.app.cli.stream_names import suggestion
from hub.app.cli.table import Cell, Column, print_rows
from hub.app.cli.tail import Moment
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem
from hub.model.stream_name import split_run

CHART_ROWS = 6
MARGIN_COLUMNS = 14
MOST_POINTS = 2000


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", required=False, type=NameType(with_run=True), metavar="[NAME[#RUN]]")
@click.option("--series", metavar="FIELD", help="over time: lines, bytes, level.error, or a number in the lines")
@click.option("--since", type=Moment(parse_moment), metavar="TIME", help=f"with --series: from a time on: {FORMS}")
@click.option("--until", type=Moment(parse_deadline), metavar="TIME", help="with --series: before a time")
@click.option(
    "--points",
    type=click.IntRange(1, MOST_POINTS),
    metavar="N",
    help="with --series: steps of time at most; by default what the terminal has room for",
)
@click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")
@hub_options
def stats(
    locator: Locator,
    name: str | None,
    series: str | None,
    since: int | None,
    until: int | None,
    points: int | None,
    as_json: bool,
) -> None:
    """Show counts and rates of the hub, or of one stream or run; or how many lines or bytes a stream got when."""
    if series is None and (since, until, points) != (None, None, None):
        raise click.UsageError("--since, --until and --points go with --series")
    if series is not None and (name is None or split_run(name)[1] is not None):
        raise click.UsageError("--series is of one stream, all runs together: name it")
    with Commander.connect(locator.locate()) as commander:
        if name is None:
            answer = commander.call("hub.stats")
        elif series is None:
            stream, run = split_run(name)
            answer = _of_stream(commander, "stream.stats", stream=stream, run=run)
        else:
            asked = {"from": since, "to": until, "points": points or _room()}
            answer = _of_stream(commander, "stream.series", stream=name, field=series, **asked)
    if as_json:
        click.echo(json.dumps(answer, indent=2))
    elif series is not None:
        _print_series(answer)
    else:
        rows = [[Cell(key, key), Cell(shown, plain)] for key, shown, plain in _flat(answer)]
        print_rows((Column("WHAT"), Column("VALUE", right=True)), rows)


def _room() -> int:
    return min(max(shutil.get_terminal_size().columns - MARGIN_COLUMNS, 20), MOST_POINTS)


def _print_series(answer: Mapping[str, Any]) -> None:
    """Draw it; a pipe gets a line a step: Unix ms, tab, number."""
    since, step, values = answer["since"], answer["step_ms"], answer["values"]
    if not sys.stdout.isatty():
        for index, value in enumerate(values):
            click.echo(f"{since + index * step}\t{'' if value is None else json.dumps(value)}")
        return
    field = answer["field"]
    is_count = field in ("lines", "bytes") or field.startswith("level.")
    show = words.size if field == "bytes" else words.number if is_count else _figure
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    known = [value for value in values if value is not None]
    if not known:
        click.echo("nothing came in that time")
        return
    for row in chart(values, (since, answer["until"]), show, height=CHART_ROWS, plain=plain):
        click.echo(row)
    sums = f"{show(sum(known))} in all" if is_count else f"{show(min(known))} at least, the last {show(known[-1])}"
    click.echo(f"{field} in steps of {words.span(step / 1000)}: {sums}, {show(max(known))} at most")


def _figure(value: float) -> str:
    return f"{value:.4g}"


def _of_stream(commander: Commander, method: str, *, stream: str, **params: Any) -> Any:
    try:
        return commander.call(method, stream=stream, **params)
    except Problem as problem:
        if problem.word != "NOTFOUND" or params.get("run") is not None:
            raise
        raise click.ClickException(f"there is no stream {stream}{suggestion(commander, [stream])}") from None


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
