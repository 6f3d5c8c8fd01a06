"""`hub user`, `hub token`, `hub share`: who may come in."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.hub_options import NameType, PatternType, hub_options
from hub.app.cli.table import Cell, Column, print_rows
from hub.app.config_values import parse_duration
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem

ROLES = ("viewer", "operator", "admin")
PAGE = 1000
USER_COLUMNS = (Column("USER", style="bold"), Column("ROLE"), Column("STREAMS"), Column("PASSWORD"))
TOKEN_COLUMNS = (
    Column("TOKEN", style="bold"),
    Column("KIND"),
    Column("ROLE"),
    Column("WHO"),
    Column("STREAMS"),
    Column("ENDS", right=True),
    Column("MADE BY"),
    Column("NOTE"),
)


class DurationType(click.ParamType):  # type: ignore[type-arg]  # generic only in newer click
    """A length of time: `90d`, `12h`; `never` is none."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return Unix ms of so long from now."""
        if value is None or isinstance(value, int):
            return value
        if value == "never":
            return None
        try:
            return int(time.time() * 1000) + 1000 * parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group(epilog=exit_codes.EXPLAINED)
def user() -> None:
    """Set, list and remove users, who log in with a password."""


@user.command("set")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(ROLES), required=True, help="what they may do; each role includes the ones before it"
)
@click.option(
    "-p",
    "--pattern",
    "patterns",
    type=PatternType(),
    multiple=True,
    help="streams that they are bound to; may be repeated; without it, all",
)
@click.option(
    "--password-file", type=click.File("r"), metavar="FILE", help="read the password from a file; `-` is standard input"
)
@click.option("--keep-password", is_flag=True, help="set no password: keep the old one, or none")
@click.option("--json", "as_json", is_flag=True, help="print the user as JSON")
@hub_options
def set_user(
    locator: Locator,
    name: str,
    role: str,
    patterns: tuple[str, ...],
    password_file: TextIO | None,
    keep_password: bool,
    as_json: bool,
) -> None:
    """Make a user, or change one. The password is asked for, so that it stands in no history.

    Whoever is in as this user has to come in again.
    """
    password = None if keep_password else _password(password_file)
    with Commander.connect(locator.locate()) as commander:
        row = commander.call("user.set", user=name, role=role, patterns=list(patterns), password=password)
    if as_json:
        _print_json([row])
        return
    click.echo(f"{row['user']}, {row['role']}, {_streams(row)}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="print the rows as JSON, one a line")
@hub_options
def list_users(locator: Locator, as_json: bool) -> None:
    """List all users. A pipe gets tab-separated columns without a header: user, role, patterns, yes or no."""
    with Commander.connect(locator.locate()) as commander:
        rows = list(_pages(commander, "user.list", "users"))
    if as_json:
        _print_json(rows)
        return
    print_rows(
        USER_COLUMNS,
        [
            [
                Cell(row["user"], row["user"]),
                Cell(row["role"], row["role"]),
                Cell(_streams(row), " ".join(row["patterns"])),
                Cell("yes" if row["password"] else "none", "yes" if row["password"] else "no"),
            ]
            for row in rows
        ],
    )


@user.command("remove")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="do not ask")
@hub_options
def remove_user(locator: Locator, name: str, yes: bool) -> None:
    """Remove a user, and all tokens that act for them. Their streams stay theirs."""
    with Commander.connect(locator.locate()) as commander:
        if not yes:
            _ask_to_remove(commander, name)
        gone = commander.call("user.remove", user=name)
    click.echo(f"removed {name} and {gone['tokens_revoked']} tokens")


@click.group(epilog=exit_codes.EXPLAINED)
def token() -> None:
    """Create, list and revoke tokens: for programs that send, and for those that ask."""


@token.command("create")
@click.option(
    "--kind",
    type=click.Choice(["producer", "admin"]),
    default="producer",
    show_default=True,
    help="what it is for: sending output, or everything else as --role says",
)
@click.option("--role", type=click.Choice(ROLES), help="with --kind admin: what it may do")
@click.option(
    "-p",
    "--pattern",
    "patterns",
    type=PatternType(),
    multiple=True,
    help="streams that it is bound to; may be repeated; without it, all",
)
@click.option(
    "--for",
    "principal",
    metavar="NAME",
    help="whose it is: a user, or a name that streams will belong to; tokens of one name share them",
)
@click.option("--expires", type=DurationType(), metavar="TIME", help="when it ends, such as 90d; without it, never")
@click.option("--note", default="", metavar="TEXT", help="what you will know it by")
@click.option("--json", "as_json", is_flag=True, help="print the token with all that is known of it as JSON")
@hub_options
def create_token(
    locator: Locator,
    kind: str,
    role: str | None,
    patterns: tuple[str, ...],
    principal: str | None,
    expires: int | None,
    note: str,
    as_json: bool,
) -> None:
    """Make a token and print it, alone on standard output. It is told this once: the hub keeps its hash only."""
    if (role is None) == (kind == "admin"):
        raise click.UsageError("--role goes with --kind admin, and has to be there")
    with Commander.connect(locator.locate()) as commander:
        row = commander.call(
            "token.create",
            kind=kind,
            role=role,
            patterns=list(patterns),
            principal=principal,
            expires_at=expires,
            note=note,
        )
    if as_json:
        _print_json([row])
        return
    click.echo(row["secret"])
    ends = "it never ends by itself" if row["expires_at"] is None else f"it ends {words.clock(row['expires_at'])}"
    click.echo(f"token {row['token']} of {row['principal']}, {_streams(row)}; {ends}", err=True)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="print the rows as JSON, one a line")
@hub_options
def list_tokens(locator: Locator, as_json: bool) -> None:
    """List tokens and guest links, newest first; those that ended within a week too.

    A pipe gets tab-separated columns without a header: token, kind, role, principal, patterns, end (Unix ms), maker,
    note.
    """
    with Commander.connect(locator.locate()) as commander:
        rows = list(_pages(commander, "token.list", "tokens"))
    if as_json:
        _print_json(rows)
        return
    now = time.time() * 1000
    print_rows(TOKEN_COLUMNS, [_token_cells(row, now) for row in rows])


@token.command("revoke")
@click.argument("tokens", nargs=-1, required=True, metavar="TOKEN...")
@hub_options
def revoke(locator: Locator, tokens: tuple[str, ...]) -> None:
    """End tokens or guest links now, by the ids of `hub token list`; whoever is in with one is sent away."""
    with Commander.connect(locator.locate()) as commander:
        for each in tokens:
            row = commander.call("token.revoke", token=each)
            click.echo(f"revoked {row['token']} of {row['principal']}")


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", type=NameType(with_run=False))
@click.option(
    "--for",
    "expires",
    type=DurationType(),
    default="1d",
    show_default=True,
    metavar="TIME",
    help="how long the link is good",
)
@click.option("--note", default="", metavar="TEXT", help="what you will know it by")
@click.option("--json", "as_json", is_flag=True, help="print the link with all that is known of it as JSON")
@hub_options
def share(locator: Locator, name: str, expires: int | None, note: str, as_json: bool) -> None:
    """Print a link that shows one stream on the page to whoever has it, for a while.

    `hub token list` shows it, `hub token revoke` ends it.
    """
    if expires is None:
        raise click.UsageError("a link ends some day; --for 30d is a long time")
    hub = locator.locate()
    with Commander.connect(hub) as commander:
        row = commander.call("guest.create", stream=name, expires_at=expires, note=note)
    link = f"{hub.web}/#code={row.pop('secret')}&to=/s/{quote(name)}"
    if as_json:
        _print_json([{**row, "url": link}])
        return
    click.echo(link)
    click.echo(f"good until {words.clock(row['expires_at'])}; `hub token revoke {row['token']}` ends it", err=True)


def _ask_to_remove(commander: Commander, name: str) -> None:
    row = next((row for row in _pages(commander, "user.list", "users") if row["user"] == name), None)
    if row is None:
        raise Problem("NOTFOUND", "there is no such user")
    tokens = sum(row["user"] and row["principal"] == name for row in _pages(commander, "token.list", "tokens"))
    click.echo(f"  {name}  {row['role']}, {_streams(row)}, tokens: {tokens}", err=True)
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask here; say --yes")
    click.confirm("Remove this user, and all tokens that act for them?", abort=True, err=True)


def _password(file: TextIO | None) -> str:
    if file is not None:
        return file.read().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask for a password here; give --password-file or --keep-password")
    return str(click.prompt("password", hide_input=True, confirmation_prompt=True, err=True))


def _pages(commander: Commander, method: str, field: str) -> Iterator[dict[str, Any]]:
    after: str | None = None
    while True:
        answer = commander.call(method, limit=PAGE, after=after)
        yield from answer[field]
        after = answer["next"]
        if after is None:
            return


def _print_json(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        click.echo(json.dumps(row, separators=(",", ":")))


def _streams(row: Mapping[str, Any]) -> str:
    return ", ".join(row["patterns"]) or "all streams"


def _token_cells(row: Mapping[str, Any], now_ms: float) -> list[Cell]:
    ends = row["expires_at"]
    left = "never" if ends is None else "ended" if ends <= now_ms else f"in {words.span((ends - now_ms) / 1000)}"
    return [
        Cell(row["token"], row["token"]),
        Cell(row["kind"], row["kind"]),
        Cell(row["role"], row["role"]),
        Cell(row["principal"], row["principal"]),
        Cell(_streams(row), " ".join(row["patterns"])),
        Cell(left, str(ends or ""), "yellow" if left == "ended" else ""),
        Cell(row["created_by"], row["created_by"]),
        Cell(row["note"], row["note"]),
    ]
