"""`hub cat`: a stream's bytes."""

from __future__ import annotations

import sys

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import harmless
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.lines import Line, LineAssembler
from hub.app.cli.stream_names import suggestion
from hub.client.commander import Commander
from hub.client.follower import Follower, Wanted
from hub.client.locator import Locator
from hub.client.news import Began, Bytes, CaughtUp, CutBack, Ended, Hole, News, NotTaken
from hub.client.reader import Reader
from hub.model.problem import Problem
from hub.model.stream_name import split_run

ATTEMPTS = 5
STEP_SECONDS = 1.0


class CatView:
    """Writes what comes and notices what is missing; `code` is set when the end is reached."""

    def __init__(self, run: int | None, start: int, *, harmless_lines: bool) -> None:
        """`start` is the offset at which what was asked for begins."""
        self._run, self._start = run, start
        self._lines = LineAssembler() if harmless_lines else None
        self._began = False
        self._incomplete = False
        self.code: int | None = None

    def take(self, news: News) -> None:
        """Write one piece of news."""
        if isinstance(news, Bytes):
            self._began = True
            self._write(news)
        elif isinstance(news, Began) and not self._began:
            if news.cursor.offset > self._start:
                gone = Hole(news.name, self._start, news.cursor.offset, "retention")
                click.echo(f"hub: {words.hole(gone)}", err=True)
        elif isinstance(news, Hole):
            # What is older than retention was known to be gone; a hole in the middle is not what was asked for.
            self._incomplete |= self._began or news.reason != "retention"
            click.echo(f"hub: {words.hole(news)}", err=True)
        elif isinstance(news, CutBack):
            self._incomplete = True
            click.echo(f"hub: {words.cut_back(news)}", err=True)
        elif isinstance(news, NotTaken):
            raise news.problem
        elif isinstance(news, CaughtUp) or (isinstance(news, Ended) and self._ends_here(news)):
            self.code = exit_codes.FAILED if self._incomplete else exit_codes.OK

    def close(self) -> None:
        """Write what is left of an unfinished line."""
        if self._lines is not None:
            for line in self._lines.flush():
                self._print(line)
                sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()

    def _ends_here(self, news: Ended) -> bool:
        return news.cause == "deleted" or news.run == self._run

    def _write(self, news: Bytes) -> None:
        if self._lines is None:
            sys.stdout.buffer.write(news.data)
            return
        for line in self._lines.feed(news.data, news.at):
            self._print(line)

    def _print(self, line: Line) -> None:
        sys.stdout.buffer.write(harmless(line.data).encode() + (b"\n" if line.ends else b""))


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", type=NameType(with_run=True), metavar="NAME[#RUN]")
@click.option("--raw", is_flag=True, help="write escape sequences as they are, to a terminal too")
@hub_options
def cat(locator: Locator, name: str, raw: bool) -> int:
    """Write a stream's bytes, up to its present end, to standard output.

    To a file or a pipe they go byte for byte; on a terminal escape sequences other than colours are made harmless.
    A hole within them is told on standard error and makes the exit code 1.
    """
    stream, run = split_run(name)
    with Commander.connect(locator.locate()) as commander:
        start = _start_of(commander, stream, run)
    follower = Follower(
        lambda slot: Reader.connect(locator.locate(), slot=slot),
        [Wanted(stream, "start" if run is None else f"#{run}")],
        attempts=ATTEMPTS,
    )
    view = CatView(run, start, harmless_lines=sys.stdout.isatty() and not raw)
    try:
        while view.code is None:
            for news in follower.step(STEP_SECONDS):
                view.take(news)
                if view.code is not None:
                    break
        return view.code
    finally:
        follower.close()
        view.close()


def _start_of(commander: Commander, stream: str, run: int | None) -> int:
    try:
        runs = commander.call("stream.runs", stream=stream)["runs"]
    except Problem as problem:
        if problem.word != "NOTFOUND":
            raise
        raise click.ClickException(f"there is no stream {stream}{suggestion(commander, [stream])}") from None
    starts: dict[int, int] = {each["run"]: each["start"] for each in runs}
    if run is None:
        return 0
    if run not in starts:
        there = f"it has {_ranges(list(starts))}" if starts else "it has none"
        raise click.ClickException(f"{stream} has no run {run}; {there}")
    return starts[run]


def _ranges(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"run {low}" if low == high else f"runs {low} to {high}"
