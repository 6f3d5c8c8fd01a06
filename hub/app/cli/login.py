"""`hub login`, `hub logout`, `hub whoami`: a hub's URL and token, kept for this user."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, TextIO

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import hub_options
from hub.client import login as stored
from hub.client.commander import Commander
from hub.client.connection import HubLost, Unreachable
from hub.client.locator import Locator
from hub.client.web import check_url
from hub.model.problem import Problem

DAYS = 30
_DAY_MS = 24 * 3600 * 1000


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("url", required=False)
@click.option("-u", "--user", metavar="NAME", help="log in with this user's password")
@click.option(
    "--password-file", type=click.File("r"), metavar="FILE", help="read the password from a file; `-` is standard input"
)
@click.option(
    "--days", type=click.IntRange(1, 365), default=DAYS, show_default=True, help="with --user: how long the login lasts"
)
@click.option(
    "--token-file", type=click.File("r"), metavar="FILE", help="read the token from a file; `-` is standard input"
)
@click.option("--forget", is_flag=True, help="delete the stored login, as `hub logout` does, but ask no hub")
def login(
    url: str | None,
    user: str | None,
    password_file: TextIO | None,
    days: int,
    token_file: TextIO | None,
    forget: bool,
) -> None:
    """Store a hub's URL and a token for this user, after trying them.

    URL may be several, separated by commas: commands go on with any that answers. The token is asked for, so that it
    stands neither on the command line nor in the shell's history. With --user the password is asked for instead, and
    what is stored is a token of its own, which ends after --days or with `hub logout`.
    """
    if forget:
        click.echo("the stored login is deleted" if stored.forget() else "there was no stored login")
        return
    if not url:
        raise click.UsageError("give the hub's URL, such as https://hub.example")
    if user is not None and token_file is not None:
        raise click.UsageError("--user comes with a password, --token-file without one; give one of them")
    try:
        urls = tuple(check_url(part.strip()) for part in url.split(",") if part.strip())
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    # Nobody is asked for a secret before it is known that there is a hub.
    hub = Locator(urls=urls).locate()
    if user is None:
        token = _secret(token_file, "token")
        with Commander.connect(hub._replace(token=token)) as commander:
            session = commander.session
    else:
        password = _secret(password_file, "password")
        with Commander.connect_as(hub, user, password) as commander:
            session = commander.session
            made = commander.call("login.begin", expires_at=int(time.time() * 1000) + days * _DAY_MS, note="hub login")
            token = made["secret"]
    path = stored.write(stored.Login(urls, token))
    click.echo(f"logged in as {_who(session)}; stored in {path}")


@click.command(epilog=exit_codes.EXPLAINED)
def logout() -> int:
    """End the stored login at its hub, and delete it here.

    A token that was typed in stays good for whoever else has it; one that `hub login --user` got ends for all.
    """
    kept = stored.read()
    if kept is None:
        click.echo("there was no stored login")
        return exit_codes.OK
    ended = False
    try:
        with Commander.connect(Locator(urls=kept.urls, token=kept.token).locate()) as commander:
            ended = _end(commander)
    except Problem as problem:
        ended = problem.word == "AUTH"  # it had ended already
    except (Unreachable, HubLost) as error:
        stored.forget()
        click.echo(f"the stored login is deleted, but its hub could not be told: {printable(str(error))}", err=True)
        return exit_codes.UNREACHABLE
    stored.forget()
    what = "its token has ended" if ended else "its token is still good: `hub token revoke` ends it"
    click.echo(f"the stored login is deleted; {what}")
    return exit_codes.OK


@click.command(epilog=exit_codes.EXPLAINED)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@hub_options
def whoami(locator: Locator, as_json: bool) -> None:
    """Tell who you are for a hub, and what you may do there."""
    hub = locator.locate()
    with Commander.connect(hub) as commander:
        session = commander.session
    known = {key: session.get(key) for key in ("principal", "role", "patterns", "expires_at")}
    if as_json:
        click.echo(json.dumps({"hub": hub.origin, **known}, separators=(",", ":")))
        return
    click.echo(f"{_who(session)}, at {printable(hub.origin)}")
    if session.get("patterns"):
        click.echo(f"bound to {printable(', '.join(session['patterns']))}")
    if session.get("expires_at"):
        click.echo(f"until {words.clock(session['expires_at'])}")


def _end(commander: Commander) -> bool:
    try:
        commander.call("login.end")
    except Problem as problem:
        if problem.word not in ("NOTFOUND", "DENIED"):
            raise
        return False
    return True


def _secret(file: TextIO | None, what: str) -> str:
    if file is not None:
        given = file.read()
    elif sys.stdin.isatty() or what == "token":
        given = click.prompt(what, hide_input=True, err=True)
    else:
        raise click.UsageError(f"there is nobody to ask for a {what} here; give --{what}-file")
    given = given.strip() if what == "token" else given.removesuffix("\n").removesuffix("\r")
    if not given:
        raise click.UsageError(f"the {what} is empty")
    return str(given)


def _who(session: dict[str, Any]) -> str:
    return printable(f"{session.get('principal')}, {session.get('role')}")
