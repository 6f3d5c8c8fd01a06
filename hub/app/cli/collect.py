"""`hub collect`: many sources as producers of one process."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import hub_options
from hub.client import places
from hub.client.locator import Locator

if TYPE_CHECKING:
    from hub.app.collect.source import Say


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.toml")
@click.option("--check", is_flag=True, help="say whether the file makes sense, and exit")
@click.option("--state", type=click.Path(path_type=Path), metavar="FILE", help="where it is kept how far files are")
@click.option("-q", "--quiet", is_flag=True, help="say only what goes wrong")
@hub_options
def collect(locator: Locator, file: Path, check: bool, state: Path | None, quiet: bool) -> None:
    """Stream serial ports, TCP peers and files, each as a stream of its own, until Ctrl-C.

    Ports and peers that go away, files that are rotated, and a hub that is lost are waited for.
    """
    from hub.app.collect.settings import SettingsError, read_settings

    try:
        settings = read_settings(file)
    except SettingsError as error:
        click.echo(f"hub collect: {printable(str(error))}", err=True)
        raise SystemExit(exit_codes.USAGE) from None
    if check:
        click.echo(f"{file}: {len(settings.sources)} sources")
        return
    from twisted.internet import reactor

    from hub.app.collect.collector import Collector

    def say(text: str, *, wrong: bool = False) -> None:
        if wrong or not quiet:
            _tell(f"{time.strftime('%H:%M:%S')} {printable(text)}")

    place = state or _state_of(file)
    _hold(place, say)
    collector = Collector(reactor, settings, locator.locate, place, say)
    collector.run()
    for what, why in collector.failed.items():
        _tell(f"hub collect: {printable(what)}: {printable(why)}")
    if collector.left_bytes:
        _tell(f"hub collect: {words.size(collector.left_bytes)} did not reach the hub")
    if collector.lost_bytes:
        _tell(f"hub collect: {words.size(collector.lost_bytes)} were lost while the hub was away")
    if collector.failed or collector.left_bytes or collector.lost_bytes:
        raise SystemExit(exit_codes.FAILED)


def _hold(place: Path, say: Say) -> None:
    """Hold the file of positions until this process ends."""
    from hub.app.collect.positions import PositionsHeld, hold_positions

    try:
        hold_positions(place)
    except PositionsHeld as error:
        click.echo(f"hub collect: {printable(str(error))}", err=True)
        raise SystemExit(exit_codes.USAGE) from None
    except OSError as error:
        why = f"{error.filename or place}: {error.strerror or error}"
        say(f"another hub collect that keeps its positions there is not noticed: {why}", wrong=True)


def _tell(text: str) -> None:
    """Print on standard error, or nowhere where that is gone, as a terminal that hung up: the rest is to be done."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)


def _state_of(file: Path) -> Path:
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return Path(places.spool_dir()) / f"collect-{file.stem}-{digest}.json"
