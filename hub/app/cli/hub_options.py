"""`--url` and `--data-dir`: which hub a command talks to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from hub.client.locator import Hub, Locator
from hub.model.pattern import Pattern
from hub.model.problem import Problem
from hub.model.stream_name import split_run

URL_HELP = "URL of the hub, or several separated by commas, of which any will do [HUB_URL; `hub login`]"
DATA_DIR_HELP = "data directory of a hub on this machine [HUB_DATA_DIR]"


def hub_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--url` and `--data-dir`, and hand it a `locator` instead of them."""

    @click.option("--url", metavar="URL", help=URL_HELP)
    @click.option("--data-dir", metavar="DIR", help=DATA_DIR_HELP)
    @functools.wraps(command)
    def with_locator(*args: Any, url: str | None, data_dir: str | None, **kwargs: Any) -> Any:
        return command(*args, locator=find_locator(url, data_dir), **kwargs)

    return with_locator


def find_locator(url: str | None, data_dir: str | None) -> Locator:
    """Return the locator that options and environment name; raise a usage error for what cannot be understood."""
    if url is not None and data_dir is not None:
        raise click.UsageError("--url and --data-dir name two hubs; give one of them")
    try:
        return Locator.from_environment(url=url, data_dir=data_dir)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


class PatternType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer click
    """A pattern of stream names."""

    name = "pattern"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the pattern's text, checked."""
        try:
            return Pattern(str(value)).text
        except Problem as problem:
            self.fail(f"{value!r}: {problem.text}", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Offer the names of the hub's streams; none where no hub answers, since a shell shows no errors here."""
        from click.shell_completion import CompletionItem

        from hub.client.commander import Commander
        from hub.client.connection import HubLost, Unreachable

        try:
            hub: Hub = find_locator(ctx.params.get("url"), ctx.params.get("data_dir")).locate()
            with Commander.connect(hub) as commander:
                rows = commander.call("stream.list", limit=1000)["streams"]
        except (click.UsageError, Unreachable, HubLost, Problem):
            return []
        return [CompletionItem(row["stream"]) for row in rows if row["stream"].startswith(incomplete)]


class NameType(PatternType):
    """A stream's name, and perhaps a run: `name` or `name#7`."""

    name = "name[#run]"

    def __init__(self, *, with_run: bool) -> None:
        self._with_run = with_run

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text, checked."""
        try:
            _, run = split_run(str(value))
        except Problem as problem:
            self.fail(f"{value!r}: {problem.text}", param, ctx)
        if run is not None and not self._with_run:
            self.fail(f"{value!r}: a whole stream is meant here, without #{run}", param, ctx)
        return str(value)


class KeyValueType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer click
    """`key=value`; the value is JSON where it is JSON, else text."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, object]:
        """Return the pair."""
        from hub.app.cli.send import parse_meta

        if isinstance(value, tuple):
            return value
        try:
            return parse_meta(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
