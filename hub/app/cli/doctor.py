"""`hub doctor`: is this machine all right for a hub, and what to do where it is not."""

from __future__ import annotations

import json

import click

from hub.app.cli import exit_codes
from hub.app.cli.config import load_or_exit
from hub.app.cli.harmless import printable

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("--config", "file", metavar="FILE", help="the configuration file [HUB_CONFIG]")
@click.option("--data-dir", metavar="DIR", help="the hub's data directory [HUB_DATA_DIR]")
@click.option("--json", "as_json", is_flag=True, help="print the findings as JSON, one a line")
def doctor(file: str | None, data_dir: str | None, as_json: bool) -> int:
    """Look at limits, clock, disk, memory, certificates and ports, and say what to do about each.

    As the hub's own user, with the hub's own configuration, running or not; nothing is changed. Exits with 1 where
    something has failed; a warning is none.
    """
    from hub.app.doctor import examine

    config = load_or_exit(file, data_dir).config
    failed = False
    for finding in examine(config):
        failed = failed or finding.state == "fail"
        if as_json:
            click.echo(json.dumps(finding._asdict(), separators=(",", ":")))
            continue
        state = click.style(f"{finding.state:<4}", fg=_COLOURS[finding.state])
        click.echo(f"{state}  {finding.check:<14}  {printable(finding.text)}")
        if finding.advice:
            click.echo(f"{'':<22}{printable(finding.advice)}")
    return exit_codes.FAILED if failed else exit_codes.OK
