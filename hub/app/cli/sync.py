"""`hub sync`: sends what `hub run` kept in files while the hub was away."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import hub_options
from hub.client import places
from hub.client.framed.producer import Producer
from hub.client.framed.spool import SUFFIX, Spool, SpoolError
from hub.client.locator import Locator
from hub.model.problem import Problem

LOOK_SECONDS = 0.2
AWAY_SECONDS = 30.0
"""How long a hub that takes nothing is waited for."""
DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("directory", required=False, metavar="[DIR]", type=DIRECTORY)
@click.option("--any", "any_hub", is_flag=True, help="send what was meant for another hub, too")
@click.option("--keep", is_flag=True, help="keep the files that the hub holds")
@hub_options
def sync(locator: Locator, directory: Path | None, any_hub: bool, keep: bool) -> None:
    """Send the output kept in DIR (by default where `hub run` keeps it), the oldest first.

    What was meant for another hub than this one is left, unless DIR or --any says that it is for this one. A file that
    is still being written is followed to its end. Files are deleted once the hub holds all of them.
    """
    found = sorted((directory or Path(places.spool_dir())).glob(f"*{SUFFIX}"))
    if not found:
        click.echo("nothing is kept here", err=True)
        return
    hub = locator.locate()  # no hub at all is said at once
    here = None
    if not any_hub and directory is None:
        here = frozenset((*locator.places, hub.endpoints.get("web", "").rstrip("/")))
    failed = [path for path in found if not _send(path, locator, here, keep=keep)]
    raise SystemExit(exit_codes.FAILED if failed else exit_codes.OK)


def _send(path: Path, locator: Locator, here: frozenset[str] | None, *, keep: bool) -> bool:
    """Send a file, unless it is for a hub that is not `here`; return whether nothing went wrong."""
    try:
        spool = Spool(path)
    except (SpoolError, OSError) as error:
        click.echo(f"{path.name}: {error}", err=True)
        return False
    if here is not None and spool.hub and here.isdisjoint(spool.hub):
        meant = ", ".join(spool.hub)
        click.echo(f"{path}: left, since it is for the hub at {meant}; `hub sync --any` sends it to this one", err=True)
        spool.close()
        return True
    try:
        producer = Producer(locator.locate, spool.stream, meta=spool.meta, spool=spool)
    except SpoolError as error:
        click.echo(str(error), err=True)
        spool.close()
        return False
    try:
        finished = _follow(producer, spool)
    except Problem as problem:
        click.echo(f"{spool.stream}: the hub refuses: {problem}", err=True)
        return False
    finally:
        producer.close()
    if not finished:
        click.echo(f"{spool.stream}: the hub takes nothing; {words.size(producer.waiting_bytes)} are left", err=True)
        return False
    click.echo(f"{producer.stream}: {words.size(spool.end)} sent")
    if not keep:
        spool.remove()
    return True


def _follow(producer: Producer, spool: Spool) -> bool:
    """Send to the end; return whether the hub holds all."""
    progress_at, left = time.monotonic(), producer.waiting_bytes
    ended = False
    while not producer.wait(LOOK_SECONDS if ended else 0):
        if not ended:
            # Looked at before the last refresh, so that nothing written in between is missed.
            ended = not spool.still_written
            producer.refresh()
            if ended:
                producer.end(spool.status if spool.ended else "unknown")
            else:
                producer.wait(LOOK_SECONDS)
        waiting = producer.waiting_bytes
        if waiting != left or not ended:
            progress_at, left = time.monotonic(), waiting
            if sys.stderr.isatty():
                click.echo(f"\r\x1b[K{producer.stream}: {words.size(waiting)} left", err=True, nl=False)
        elif time.monotonic() - progress_at > AWAY_SECONDS:
            return False
    return True
