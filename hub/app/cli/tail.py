"""`hub tail`: the last lines of streams, then what comes."""

from __future__ import annotations

import os
import select
import shutil
import stat
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from hub.app.cli import exit_codes
from hub.app.cli.hub_options import PatternType, hub_options
from hub.app.cli.line_filter import LineFilter, check_pattern
from hub.app.cli.moments import FORMS, parse_deadline, parse_moment
from hub.app.cli.screen import Screen
from hub.app.cli.stream_names import is_one_name, matching, suggestion
from hub.app.cli.tail_plan import Asked, plan_tail
from hub.app.cli.tail_view import Ending, TailView
from hub.client.commander import Commander
from hub.client.follower import Follower
from hub.client.locator import Locator
from hub.client.reader import Reader

STEP_SECONDS = 1.0


class LineCount(click.ParamType):  # type: ignore[type-arg]  # generic only in newer click
    """A number of lines, or `all`."""

    name = "lines"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; -1 is all."""
        if isinstance(value, int):
            return value
        if value == "all":
            return -1
        if not str(value).isdecimal():
            self.fail(f"{value!r} is neither a number of lines nor `all`", param, ctx)
        return int(value)


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only in newer click
    """A time that people type."""

    name = "time"

    def __init__(self, parse: Callable[[str, datetime], int]) -> None:
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return Unix ms."""
        if isinstance(value, int):
            return value
        try:
            return self._parse(str(value), datetime.now().astimezone())
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("patterns", nargs=-1, type=PatternType(), metavar="[PATTERN]...")
@click.option("-n", "--lines", type=LineCount(), metavar="N", help="begin with the last N lines, or `all` (10)")
@click.option("--since", type=Moment(parse_moment), metavar="TIME", help=f"begin at a time: {FORMS}")
@click.option("--until", type=Moment(parse_deadline), metavar="TIME", help="stop at a time")
@click.option("-t", "--timestamps", is_flag=True, help="show when each line was received")
@click.option(
    "--match", metavar="RE2", callback=check_pattern, help="have the hub send only lines in which this is found"
)
@click.option("--include", multiple=True, metavar="RE2", help="show only lines in which this is found")
@click.option("--exclude", multiple=True, metavar="RE2", help="leave out lines in which this is found")
@click.option("--no-follow", is_flag=True, help="stop at the present end instead of waiting for more")
@click.option("--raw", is_flag=True, help="write escape sequences as they are")
@click.option("--exit-status", is_flag=True, help="end when the run ends, with its status as the exit code")
@click.option("-q", "--quiet", is_flag=True, help="say nothing about ends and reconnects (gaps are always told)")
@hub_options
def tail(
    locator: Locator,
    patterns: tuple[str, ...],
    lines: int | None,
    since: int | None,
    until: int | None,
    timestamps: bool,
    match: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    no_follow: bool,
    raw: bool,
    exit_status: bool,
    quiet: bool,
) -> int:
    """Show the last lines of streams, then follow them live.

    PATTERN is a stream's name, or a pattern: `*` stands for anything within a segment, `**` across segments. Without
    one, all streams are shown. Several streams are told apart by a prefix. With --match, only lines that match come,
    each when it is whole, and how much was left out is said at the end. Escape sequences other than colours are made
    harmless. When the connection is lost, tail comes back by itself and goes on where it was.
    """
    patterns = patterns or ("**",)
    if lines is not None and since is not None:
        raise click.UsageError("-n and --since both say where to begin; give one of them")
    if exit_status and not is_one_name(patterns):
        raise click.UsageError("--exit-status needs the name of one stream")
    follow = not no_follow and (until is None or until / 1000 > time.time())
    chosen = LineFilter(include, exclude)
    asked = Asked(patterns, lines, since, follow)
    expected, follower = _begin(locator, asked, match, quiet)
    prefix = not is_one_name(patterns)
    plain_copy = raw and not (prefix or timestamps or chosen)
    view = TailView(
        _screen(prefix=prefix, times=timestamps, raw=raw),
        chosen,
        Ending(follow, until, exit_status, expected),
        raw_bytes=plain_copy,
        quiet=quiet,
    )
    return _watch(follower, view, locator, until if follow else None)


def _begin(locator: Locator, asked: Asked, match: str | None, quiet: bool) -> tuple[frozenset[str], Follower]:
    hub = locator.locate()
    with Commander.connect(hub) as commander:
        rows = matching(commander, asked.patterns)
        if not rows:
            said = f"no stream matches {' '.join(asked.patterns)}{suggestion(commander, asked.patterns)}"
            if not asked.follow:
                raise click.ClickException(said)
            if not quiet:
                click.echo(f"hub: {said}; waiting for one", err=True)
    plan = plan_tail(asked, rows)
    if plan.remark and not quiet:
        click.echo(f"hub: {plan.remark}", err=True)

    def connect(slot: str | None) -> Reader:
        return Reader.connect(locator.locate(), slot=slot)

    return plan.expected, Follower(connect, [each._replace(match=match) for each in plan.wanted])


def _screen(*, prefix: bool, times: bool, raw: bool) -> Screen:
    tty = sys.stdout.isatty()
    return Screen(
        sys.stdout.buffer,
        sys.stderr,
        tty=tty,
        colour=tty and not os.environ.get("NO_COLOR"),
        width=lambda: shutil.get_terminal_size().columns,
        prefix=prefix,
        times=times,
        raw=raw,
    )


def _watch(follower: Follower, view: TailView, locator: Locator, deadline: int | None) -> int:
    try:
        while view.code is None:
            left = STEP_SECONDS if deadline is None else deadline / 1000 - time.time()
            if left <= 0:
                return exit_codes.OK
            news = follower.step(min(left, STEP_SECONDS))
            for each in news:
                view.take(each)
            view.settle()
            view.finish_if_done()
            if not news:
                _on_silence(view, locator)
        return view.code
    finally:
        follower.close()
        view.close()


def _on_silence(view: TailView, locator: Locator) -> None:
    """Look whether anybody still reads, and whether the streams that are waited for still exist."""
    _raise_if_nobody_reads()
    if view.missing:
        with Commander.connect(locator.locate()) as commander:
            there = {row["stream"] for name in view.missing for row in matching(commander, [name])}
        for name in view.missing - there:
            view.give_up(name)


def _raise_if_nobody_reads() -> None:
    """`hub tail x | head -1` is over when head is, not when the next line comes."""
    descriptor = sys.stdout.fileno()
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        poll = select.poll()
        poll.register(descriptor, 0)
        if any(event & select.POLLERR for _, event in poll.poll(0)):
            raise BrokenPipeError
