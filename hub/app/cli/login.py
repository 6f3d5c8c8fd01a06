"""`hub login`: a hub's URL and token, kept for this user."""

from __future__ import annotations

from typing import TextIO

import click

from hub.app.cli import exit_codes
from hub.app.cli.harmless import printable
from hub.client import login as stored
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.client.web import check_url


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("url", required=False)
@click.option(
    "--token-file", type=click.File("r"), metavar="FILE", help="read the token from a file; `-` is standard input"
)
@click.option("--forget", is_flag=True, help="delete the stored login")
def login(url: str | None, token_file: TextIO | None, forget: bool) -> None:
    """Store a hub's URL and token for this user, after trying them.

    URL may be several, separated by commas: commands go on with any that answers. The token is asked for, so that it
    stands neither on the command line nor in the shell's history.
    """
    if forget:
        click.echo("the stored login is deleted" if stored.forget() else "there was no stored login")
        return
    if not url:
        raise click.UsageError("give the hub's URL, such as https://hub.example")
    try:
        urls = tuple(check_url(part.strip()) for part in url.split(",") if part.strip())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    token = token_file.read() if token_file is not None else click.prompt("token", hide_input=True, err=True)
    token = token.strip()
    if not token:
        raise click.UsageError("the token is empty")
    with Commander.connect(Locator(urls=urls, token=token).locate()) as commander:
        session = commander.session
    path = stored.write(stored.Login(urls, token))
    who = printable(f"{session.get('principal')}, {session.get('role')}")
    click.echo(f"logged in as {who}; stored in {path}")
