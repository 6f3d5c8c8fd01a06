"""`hub status`: whether a hub runs, and where."""

from __future__ import annotations

import json

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import hub_options
from hub.client.commander import Commander
from hub.client.locator import Locator


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")
@hub_options
def status(locator: Locator, as_json: bool) -> None:
    """Tell whether a hub runs, where it listens and what it is doing; exit with 69 if none answers."""
    hub = locator.locate()
    with Commander.connect(hub) as commander:
        info, stats = commander.call("hub.info"), commander.call("hub.stats")
        session = commander.session
    if as_json:
        click.echo(json.dumps({"origin": hub.origin, "endpoints": dict(hub.endpoints), "info": info, "stats": stats}))
        return
    click.echo(f"hub {printable(str(info.get('version', '')))} runs, up {words.span(stats['uptime_s'])} ({hub.origin})")
    for name, endpoint in hub.endpoints.items():
        click.echo(f"  {name:<10} {printable(endpoint)}")
    click.echo(
        f"  {words.number(stats['streams'])} streams, {words.number(stats['live'])} live; "
        f"{words.number(stats['producers'])} producers, {words.number(stats['readers'])} readers; "
        f"{words.number(stats['lines_per_s'])} lines/s, {words.size(stats['bytes_per_s'])}/s"
    )
    click.echo(f"  you are {printable(str(session.get('principal', '')))}, {printable(str(session.get('role', '')))}")
