"""`hub config`: what the configuration is, whether it is any good, and what may stand in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from hub.app.cli import exit_codes
from hub.app.config import ConfigError
from hub.app.config_check import config_problems, config_warnings
from hub.app.config_settings import all_settings
from hub.app.config_sources import Settings, load_settings


def _settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--data-dir", metavar="DIR", help="as `hub serve --data-dir`")(command)
    return click.option("--config", "file", metavar="FILE", help="the configuration file [HUB_CONFIG]")(command)


def say_problems(error: ConfigError) -> None:
    """Print each problem of a configuration as a line of its own."""
    for problem in error.problems:
        click.echo(f"hub: {problem}", err=True)


def load_or_exit(file: str | None, data_dir: str | None) -> Settings:
    """Return the settings; print what is wrong with them and exit."""
    try:
        return load_settings({"config": file, "data_dir": data_dir})
    except ConfigError as error:
        say_problems(error)
        raise click.exceptions.Exit(exit_codes.FAILED) from None


@click.group(epilog=exit_codes.EXPLAINED)
def config() -> None:
    """Show and check the configuration.

    A setting comes from a flag, else from the environment (HUB_...), else from the file (--config or HUB_CONFIG, else
    this user's hub.toml, else /etc/hub/hub.toml), else it has its default.
    """


@config.command()
@_settings_options
@click.option("--json", "as_json", is_flag=True, help="print them as JSON")
def show(file: str | None, data_dir: str | None, as_json: bool) -> None:
    """Print every setting with its effective value and where it comes from."""
    settings = load_or_exit(file, data_dir)
    known = all_settings()
    if as_json:
        rows = {path: {"value": value, "from": settings.origins[path]} for path, value in settings.values.items()}
        click.echo(json.dumps({"file": str(settings.file) if settings.file else None, "settings": rows}, indent=2))
        return
    shown = [(path, known[path].print(value), settings.origins[path]) for path, value in settings.values.items()]
    widths = [max(len(row[column]) for row in shown) for column in (0, 1)]
    dim, reset = ("\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    for path, value, origin in shown:
        before, after = (dim, reset) if origin == "default" else ("", "")
        click.echo(f"{before}{path:<{widths[0]}}  {value:<{widths[1]}}  {origin}{after}")


@config.command()
@_settings_options
def check(file: str | None, data_dir: str | None) -> int:
    """Tell whether a hub would start with this configuration; exit with 0 or 1."""
    settings = load_or_exit(file, data_dir)
    if problems := config_problems(settings.config):
        say_problems(ConfigError(problems))
        return exit_codes.FAILED
    for warning in config_warnings(settings.config):
        click.echo(f"hub: warning: {warning}", err=True)
    click.echo(f"the configuration is good ({settings.file or 'no file'})")
    return exit_codes.OK


@config.command()
def schema() -> None:
    """Print the JSON Schema of the configuration file."""
    from hub.app.config_schema import config_schema

    click.echo(json.dumps(config_schema(), indent=2))
