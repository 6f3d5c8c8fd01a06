"""`hub lease`: names that one session holds at a time."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import hub_options
from hub.app.cli.lease_run import LOOK_SECONDS, LeasedCommand
from hub.app.cli.pages import every_page
from hub.app.cli.table import Cell, Column, print_rows
from hub.app.cli.told_to_end import ToldToEnd
from hub.client.commander import Commander
from hub.client.lease import HeldLease
from hub.client.lease_keeper import LeaseKeeper
from hub.client.locator import Locator
from hub.model.lease import check_lease_name
from hub.model.pattern import Pattern
from hub.model.problem import Problem

COLUMNS = (
    Column("LEASE", style="bold"),
    Column("HELD BY"),
    Column("SESSION"),
    Column("FENCE", right=True),
    Column("SINCE", right=True),
    Column("LEFT", right=True),
    Column("WAITING", right=True),
)
GRACE_SECONDS = 10.0


@click.group(epilog=exit_codes.EXPLAINED)
def lease() -> None:
    """Hold names that only one may hold: a device, a pool of them, or the control of a stream (stream:NAME)."""


def _json_option(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="print the answer as JSON")(command)


def _want_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--wait",
            "wait_s",
            type=click.FloatRange(0, 86_400),
            default=0.0,
            metavar="SECONDS",
            help="wait for it so long (0)",
        ),
        click.option(
            "--ttl",
            "ttl_s",
            type=click.IntRange(1, 86_400),
            default=30,
            metavar="SECONDS",
            help="it ends so long after the hub last heard of its holder (30)",
        ),
        click.option("--any", "pool", is_flag=True, help="NAME is a pattern: any free live stream that matches"),
    ):
        command = option(command)
    return command


def _want(names: tuple[str, ...], pool: bool) -> dict[str, Any]:
    if pool:
        if len(names) != 1:
            raise click.UsageError("--any takes one pattern")
        _check(names[0], Pattern)
        return {"any_of": names[0]}
    for name in names:
        _check(name, check_lease_name)
    return {"name": names[0]} if len(names) == 1 else {"any_of": list(names)}


def _check(name: str, check: Callable[[str], object]) -> None:
    try:
        check(name)
    except Problem as problem:
        raise click.UsageError(f"{printable(repr(name))}: {problem.text}") from None


@lease.command("list")
@_json_option
@hub_options
def list_leases(locator: Locator, as_json: bool) -> None:
    """List the leases that are held.

    A pipe gets tab-separated columns without a header: name, principal, session, fence, since and expires (Unix ms),
    waiters.
    """
    with Commander.connect(locator.locate()) as commander:
        rows = every_page(commander, "lease.list", "leases", by="name", limit=10_000)
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, separators=(",", ":")))
        return
    now = time.time() * 1000
    print_rows(COLUMNS, [_cells(row, now) for row in rows])


def _cells(row: Mapping[str, Any], now_ms: float) -> list[Cell]:
    left = max(row["expires_at"] - now_ms, 0) / 1000
    return [
        Cell(row["name"], row["name"]),
        Cell(row["principal"], row["principal"]),
        Cell(row["session"], row["session"]),
        Cell(str(row["fence"]), str(row["fence"])),
        Cell(f"{words.span(max(now_ms - row['since'], 0) / 1000)} ago", str(row["since"])),
        Cell(words.span(left), str(row["expires_at"])),
        Cell(str(row["waiters"]) if row["waiters"] else "", str(row["waiters"])),
    ]


@lease.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_want_options
@click.option("--once", is_flag=True, help="print the session's key and leave: others go on with --session")
@_json_option
@hub_options
def acquire(
    locator: Locator, names: tuple[str, ...], pool: bool, ttl_s: int, wait_s: float, once: bool, as_json: bool
) -> None:
    """Hold a lease, the first free one of several, until this program is ended.

    With --once the hub keeps it for 10 s, or until `hub lease renew --session KEY` says otherwise.
    """
    with ToldToEnd() as told:
        held = _get(locator, names, pool, ttl_s, wait_s, told)
        if once:
            _say({**held.row, "session_key": held.session}, as_json)
            held.leave()
            return
        keeper = LeaseKeeper(held)
        try:
            # Ended by whomever, it gives the lease back.
            told.now()
            _say(held.row, as_json)
            while (over := keeper.over()) is None:
                time.sleep(LOOK_SECONDS)
            click.echo(f"hub lease acquire: the lease is lost: {printable(over.why)}", err=True)
            raise SystemExit(exit_codes.LEASE_LOST)
        finally:
            told.not_now()
            kept = keeper.close()
            if kept is not None:
                with contextlib.suppress(OSError):  # the terminal may be gone, and nobody is left to be told
                    click.echo(f"hub lease acquire: {printable(kept)}", err=True)


@lease.command("run", epilog=exit_codes.EXPLAINED)
@_want_options
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=GRACE_SECONDS,
    metavar="SECONDS",
    help="after SIGTERM, before SIGKILL (10)",
)
@click.argument("name")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD [ARG]...")
@hub_options
def run_command(
    locator: Locator, name: str, command: tuple[str, ...], pool: bool, ttl_s: int, wait_s: float, grace: float
) -> None:
    """Run a command while a lease is held; exit as it exits.

    The command finds HUB_LEASE, HUB_LEASE_FENCE and, for the lease of a stream, HUB_LEASE_STREAM in its environment. It
    is ended with SIGTERM as soon as the lease is lost, and what it started with it. While the hub cannot be reached it
    has less than --grace, if need be: it is gone, by SIGKILL at the latest, before the hub can give the lease to
    somebody else. So it goes on for some six seconds without the hub, of the ten that a hub waits unless it was told
    otherwise (limits.lease_grace_seconds).
    """
    with ToldToEnd() as told:
        held = _get(locator, (name,), pool, ttl_s, wait_s, told)
        row = held.row
        variables = {"HUB_LEASE": row["name"], "HUB_LEASE_FENCE": str(row["fence"])}
        if row["stream"] is not None:
            variables["HUB_LEASE_STREAM"] = row["stream"]
        try:
            leased = LeasedCommand(command, variables, told.noted)
        except OSError as error:
            click.echo(f"hub lease run: {printable(command[0])}: {error.strerror or error}", err=True)
            kept = held.release()
            if kept is not None:
                click.echo(f"hub lease run: {printable(kept)}", err=True)
            raise SystemExit(127 if isinstance(error, FileNotFoundError) else 126) from None
        code = leased.run(held, grace)
    raise SystemExit(code)


def _get(locator: Locator, names: tuple[str, ...], pool: bool, ttl_s: int, wait_s: float, told: ToldToEnd) -> HeldLease:
    """Return the lease, acquired. From then on no signal ends this program: `told` takes note of them."""

    def say(text: str) -> None:
        click.echo(f"hub lease: {printable(text)}", err=True)

    held = HeldLease(locator.locate, ttl_s=ttl_s, say=say, **_want(names, pool))
    try:
        held.acquire(wait_s)
        told.not_now()
    except (KeyboardInterrupt, SystemExit):
        held.give_up()
        raise
    except Problem as problem:
        if problem.word != "CONFLICT":
            raise
        say(problem.text)
        raise SystemExit(exit_codes.LEASE_NOT_HAD) from None
    return held


def _holder_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--fence", type=click.IntRange(0), required=True, metavar="N", help="the lease's fence"),
        click.option(
            "--session", envvar="HUB_SESSION", required=True, metavar="KEY", help="the holder's key [HUB_SESSION]"
        ),
        click.argument("name"),
    ):
        command = option(command)
    return hub_options(command)


@lease.command()
@click.option("--ttl", "ttl_s", type=click.IntRange(1, 86_400), metavar="SECONDS", help="another ttl from now on")
@_json_option
@_holder_options
def renew(locator: Locator, name: str, session: str, fence: int, ttl_s: int | None, as_json: bool) -> None:
    """Let a lease of `acquire --once` go on for its ttl, and for 10 s without this program."""
    with Commander.connect(locator.locate(), session=session) as commander:
        _say(commander.call("lease.renew", name=name, fence=fence, ttl_s=ttl_s), as_json)


@lease.command()
@_json_option
@_holder_options
def release(locator: Locator, name: str, session: str, fence: int, as_json: bool) -> None:
    """Give a lease of `acquire --once` back."""
    with Commander.connect(locator.locate(), session=session) as commander:
        _say(commander.call("lease.release", name=name, fence=fence), as_json)


@lease.command("hand-over")
@_holder_options
@click.argument("to", metavar="TO-SESSION")
@_json_option
def hand_over(locator: Locator, name: str, to: str, session: str, fence: int, as_json: bool) -> None:
    """Give a lease of `acquire --once` to another session (an id of `hub sessions`), before all that wait."""
    with Commander.connect(locator.locate(), session=session) as commander:
        _say(commander.call("lease.hand_over", name=name, fence=fence, session=to), as_json)


@lease.command()
@click.argument("name")
@click.option("--reason", required=True, metavar="TEXT", help="why; told to whoever loses it")
@click.option("--ttl", "ttl_s", type=click.IntRange(1, 86_400), metavar="SECONDS", help="the ttl from now on")
@_json_option
@hub_options
def steal(locator: Locator, name: str, reason: str, ttl_s: int | None, as_json: bool) -> None:
    """Take a lease away from whoever holds it; it is free, or the first waiter's, when this program ends."""
    with Commander.connect(locator.locate()) as commander:
        row = commander.call("lease.steal", name=name, reason=reason, ttl_s=ttl_s)
        commander.call("lease.release", name=name, fence=row["fence"])
    _say(row, as_json)


def _say(row: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(row, separators=(",", ":")))
    else:
        click.echo(printable("  ".join(f"{key}={value}" for key, value in row.items() if value is not None)))
    sys.stdout.flush()
