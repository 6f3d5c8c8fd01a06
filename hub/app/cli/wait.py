"""`hub wait`: until a run ends."""

from __future__ import annotations

import time

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.stream_names import matching, suggestion
from hub.client.commander import Commander
from hub.client.follower import Follower, Wanted
from hub.client.locator import Locator
from hub.client.news import Away, Back, Began, CaughtUp, Ended, News, NotTaken, Opened
from hub.client.reader import Reader

STEP_SECONDS = 1.0


class WaitView:
    """Knows from a follower's news whether the stream's present run is over; `ended` is how."""

    def __init__(self) -> None:
        self._state = ""
        self._last_end: Ended | None = None
        self._caught_up = False
        self.ended: Ended | None = None

    def take(self, news: News) -> None:
        """Take one piece of news; what the past says counts once it is known to be the whole past."""
        if isinstance(news, Began):
            self._state, self._caught_up = news.state, False
        elif isinstance(news, Opened):
            self._state = "live"
        elif isinstance(news, Ended):
            self._last_end = news
            if self._caught_up or news.cause == "deleted":
                self.ended = news
        elif isinstance(news, CaughtUp):
            self._caught_up = True
            if self._state == "ended":
                self.ended = self._last_end
        elif isinstance(news, NotTaken):
            raise news.problem


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", type=NameType(with_run=False), metavar="NAME")
@click.option("--timeout", type=float, metavar="SECONDS", help="give up after this long, with exit code 1")
@click.option("-q", "--quiet", is_flag=True, help="say nothing")
@hub_options
def wait(locator: Locator, name: str, timeout: float | None, quiet: bool) -> int:
    """Wait until the stream's run ends, and exit with its status.

    A stream that has ended is answered at once; one that does not exist yet is waited for.
    """
    deadline = None if timeout is None else time.monotonic() + timeout

    def say(text: str) -> None:
        if not quiet:
            click.echo(f"hub: {text}", err=True)

    with Commander.connect(locator.locate()) as commander:
        if not matching(commander, [name]):
            say(f"there is no stream {name} yet{suggestion(commander, [name])}; waiting for it")
    # The last line, and not only the end: that takes a stream which has ended, too.
    follower = Follower(lambda slot: Reader.connect(locator.locate(), slot=slot), [Wanted(name, "-1")])
    view = WaitView()
    try:
        while view.ended is None:
            left = STEP_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise click.ClickException(f"{name} has not ended after {timeout:g} s")
            for news in follower.step(min(left, STEP_SECONDS)):
                view.take(news)
                if isinstance(news, Began) and news.state == "detached":
                    say(f"the producer of {name} is away and may come back; waiting for it")
                if isinstance(news, Away | Back):
                    say(words.away(news) if isinstance(news, Away) else words.back(news))
    finally:
        follower.close()
    say(words.ended(view.ended))
    return exit_codes.of_run(view.ended.status, view.ended.cause)
