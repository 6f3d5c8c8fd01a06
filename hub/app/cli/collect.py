"""`hub collect`: many sources as producers of one process."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import hub_options
from hub.client import places
from hub.client.locator import Locator


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
            print(f"{time.strftime('%H:%M:%S')} {printable(text)}", file=sys.stderr, flush=True)

    collector = Collector(reactor, settings, locator.locate, state or _state_of(file), say)
    collector.run()
    for what, why in collector.failed.items():
        click.echo(f"hub collect: {printable(what)}: {printable(why)}", err=True)
    if collector.left_bytes:
        click.echo(f"hub collect: {words.size(collector.left_bytes)} did not reach the hub", err=True)
    if collector.lost_bytes:
        click.echo(f"hub collect: {words.size(collector.lost_bytes)} were lost while the hub was away", err=True)
    if collector.failed or collector.left_bytes or collector.lost_bytes:
        raise SystemExit(exit_codes.FAILED)


def _state_of(file: Path) -> Path:
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return Path(places.spool_dir()) / f"collect-{file.stem}-{digest}.json"
