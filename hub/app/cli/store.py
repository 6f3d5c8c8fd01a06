"""`hub store`: what a hub keeps on the disk, looked at and copied from outside; most of it while the hub runs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hub.app.cli import exit_codes
from hub.app.cli.config import load_or_exit
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import PatternType
from hub.app.cli.words import clock
from hub.app.cli.words import size as in_words
from hub.app.config import Config
from hub.model.problem import Problem

_LISTED = 100
"""Damaged places that are told one by one."""


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--json", "as_json", is_flag=True, help="print JSON")(command)
    command = click.option("--config", "file", metavar="FILE", help="the configuration file [HUB_CONFIG]")(command)
    return click.option("--data-dir", metavar="DIR", help="the hub's data directory [HUB_DATA_DIR]")(command)


@click.group(epilog=exit_codes.EXPLAINED)
def store() -> None:
    """Look at what a hub keeps on the disk: DIR/hub.db.

    All but `compact` may be used while the hub runs.
    """


@store.command()
@_options
def info(data_dir: str | None, file: str | None, as_json: bool) -> None:
    """Print what is in the file, in numbers."""
    from hub.adapters.store.sqlite.inspection import describe

    found = describe(_config(file, data_dir).data_path)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for key, value in found.items():
        shown = str(value)
        if key.endswith("_bytes"):
            shown = in_words(value)
        elif key.endswith("_at"):
            shown = "-" if value is None else clock(value)
        click.echo(f"{key.replace('_', ' '):<18} {shown}")


@store.command()
@_options
def verify(data_dir: str | None, file: str | None, as_json: bool) -> int:
    """Read all of the file and check it against its checksums; exit with 1 if anything is damaged.

    Nothing is changed: readers are given the damaged places as gaps, and `hub store compact` repairs what SQLite
    cannot read.
    """
    from hub.adapters.store.sqlite.inspection import Damage
    from hub.adapters.store.sqlite.inspection import verify as verified

    damage: list[Damage] = []
    blocks, size = 0, 0
    for step in verified(_config(file, data_dir).data_path):
        damage += step.damage
        blocks, size = step.of_blocks, max(size, step.bytes)
        _progress(f"{step.blocks} of {step.of_blocks} blocks", step.blocks, step.of_blocks)
    _progress("", 0, 0)
    if as_json:
        rows = [each._asdict() for each in damage]
        click.echo(json.dumps({"blocks": blocks, "text_bytes": size, "damage": rows}, indent=2))
    else:
        for each in damage[:_LISTED]:
            where = f"{each.stream} {each.start}..{each.end}: " if each.stream else ""
            click.echo(printable(f"{where}{each.what}"))
        if len(damage) > _LISTED:
            click.echo(f"and {len(damage) - _LISTED} more")
        verdict = f"{len(damage)} places are damaged" if damage else "all is well"
        click.echo(f"{blocks} blocks, {in_words(size)} of text: {verdict}")
    return exit_codes.FAILED if damage else exit_codes.OK


@store.command()
@_options
def compact(data_dir: str | None, file: str | None, as_json: bool) -> int:
    """Write the file anew without the space that is free in it, while no hub runs.

    A file that SQLite cannot read to its end is set aside as hub.db.damaged-1, and the new one holds all that can be
    read of it.
    """
    from hub.adapters.store.sqlite.copies import compact as compacted
    from hub.app.config import ConfigError
    from hub.app.config_data_dir import hold_data_dir

    config = _config(file, data_dir)
    try:
        held = hold_data_dir(config)
    except ConfigError as error:
        click.echo(f"hub: {error.problems[0]} (`hub store compact` needs the hub to be stopped)", err=True)
        return exit_codes.FAILED
    try:
        done = compacted(config.data_path)
    finally:
        os.close(held)
    if as_json:
        aside = None if done.set_aside is None else str(done.set_aside)
        click.echo(json.dumps({**done._asdict(), "set_aside": aside}, indent=2))
    else:
        click.echo(f"{in_words(done.before)} became {in_words(done.after)}")
        if done.set_aside is not None:
            click.echo(f"the damaged file is {done.set_aside}; {done.lost} rows of it could not be read")
    return exit_codes.FAILED if done.set_aside is not None else exit_codes.OK


@store.command()
@click.argument("patterns", nargs=-1, type=PatternType(), metavar="[PATTERN]...")
@click.option("--to", "target", required=True, metavar="DIR", help="directory to write to; made where it is missing")
@_options
def export(patterns: tuple[str, ...], target: str, data_dir: str | None, file: str | None, as_json: bool) -> int:
    """Write streams as plain files: DIR/NAME/@output, and what is known of each as DIR/NAME/@stream.json.

    Exits with 1 if anything between the first kept byte and the end is missing from one of them.
    """
    from hub.adapters.store.sqlite.copies import export as exported
    from hub.model.pattern import Pattern

    wanted = [Pattern(text) for text in patterns or ("**",)]
    missing = 0
    for each in exported(_config(file, data_dir).data_path, wanted, Path(target)):
        missing += each.missing
        if as_json:
            click.echo(json.dumps(each._asdict()))
        else:
            note = f", {in_words(each.missing)} missing" if each.missing else ""
            click.echo(f"{each.name}: {in_words(each.bytes)}{note}")
    return exit_codes.FAILED if missing else exit_codes.OK


@store.command()
@click.argument("target", metavar="FILE")
@_options
def backup(target: str, data_dir: str | None, file: str | None, as_json: bool) -> int:
    """Copy the whole store, as it is at one moment, to FILE; the hub may go on writing.

    What the analyzer keeps (levels, numbers in lines) is copied to FILE.numbers, where there is anything.

    To restore it, stop the hub, put FILE in the place of hub.db and FILE.numbers in that of numbers.db, and remove
    the files named -wal and -shm beside both.
    """
    from hub.adapters.store.sqlite.copies import backup as copied
    from hub.analysis.shelf import FILE_NAME as NUMBERS

    path, beside = Path(target), Path(f"{target}.numbers")
    directory = _config(file, data_dir).data_path
    if beside.exists():
        raise Problem("STORE", f"{beside} is there already; a backup overwrites nothing")
    for done, total in copied(directory, path):
        _progress(f"{done} of {total} pages", done, total)
    _progress("", 0, 0)
    files, complete = [path], True
    if (directory / NUMBERS).exists():
        complete = _copy_numbers(directory, beside)
        files += [beside] if complete else []
    for each in () if as_json else files:
        click.echo(f"{each}: {in_words(each.stat().st_size)}")
    if as_json:
        told: dict[str, object] = {"file": str(path), "bytes": path.stat().st_size}
        if len(files) > 1:
            told["numbers"] = {"file": str(beside), "bytes": beside.stat().st_size}
        click.echo(json.dumps(told))
    return exit_codes.OK if complete else exit_codes.FAILED


def _copy_numbers(directory: Path, target: Path) -> bool:
    """Copy what the analyzer keeps; say what is wrong where that cannot be read, the streams are copied already."""
    import apsw

    from hub.analysis.shelf import copy_shelf

    try:
        copy_shelf(directory, target)
    except (apsw.Error, OSError) as error:
        click.echo(f"numbers.db was not copied: {error}; the copy of the streams is whole", err=True)
        return False
    return True


def _config(file: str | None, data_dir: str | None) -> Config:
    return load_or_exit(file, data_dir).config


def _progress(text: str, done: int, total: int) -> None:
    """Tell on a terminal how far it has come; an empty text takes the line away."""
    if sys.stderr.isatty():
        percent = f" ({100 * done // total} %)" if total else ""
        print(f"\r\x1b[K{text}{percent}", end="", file=sys.stderr, flush=True)
