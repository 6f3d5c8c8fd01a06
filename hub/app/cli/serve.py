"""`hub serve`: a hub in the foreground."""

from __future__ import annotations

import gc
import sys

import click

from hub.app.cli import exit_codes
from hub.app.cli.config import say_problems
from hub.app.config import ConfigError, load_config


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("--config", metavar="FILE", help="the configuration file [HUB_CONFIG]")
@click.option("--data-dir", metavar="DIR", help="directory of the hub's files [HUB_DATA_DIR]")
@click.option("--producers", metavar="ENDPOINT", help="where producers connect (tcp:7411:interface=127.0.0.1)")
@click.option("--commands", metavar="ENDPOINT", help="where commands connect (tcp:7412:interface=127.0.0.1)")
@click.option("--data", metavar="ENDPOINT", help="where readers connect (tcp:7413:interface=127.0.0.1)")
@click.option("--web", metavar="ENDPOINT", help="where browsers connect (tcp:7480:interface=127.0.0.1)")
@click.option("--store", metavar="STORE", help="where streams are kept: sqlite or memory; nats://... is to come")
@click.option("-v", "--verbose", is_flag=True, help="log every step on standard error, not only what went wrong")
def serve(verbose: bool, **flags: str | None) -> int:
    """Run a hub until Ctrl-C.

    Where each listener listens, a link for the browser and lines to try are printed on standard output, and each new
    stream as it appears; the log goes to standard error. All other settings are in the configuration file and in
    HUB_* variables: see `hub config show`.
    """
    try:
        config = load_config(flags)
    except ConfigError as error:
        say_problems(error)
        return exit_codes.USAGE
    # Almost all that is made from here to process.prepare stays: looking for cycles in it was 8 % of starting.
    gc.disable()
    from hub.app.cli.foreground import run_in_foreground

    try:
        return run_in_foreground(config, sys.stdout, sys.stderr, verbose=verbose)
    except ConfigError as error:
        say_problems(error)
        return exit_codes.FAILED
