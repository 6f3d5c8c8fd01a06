"""`hub run -- CMD…`: runs a command and streams what it writes, whatever becomes of the hub meanwhile."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from hub.app.cli import exit_codes
from hub.app.cli.hub_options import KeyValueType, hub_options
from hub.app.cli.run_child import Child
from hub.app.cli.run_output import RunOutput
from hub.client import places
from hub.client.framed.producer import Asked, Opened, Producer
from hub.client.framed.spool import SUFFIX, Spool
from hub.client.locator import Locator
from hub.client.masking import secrets_of
from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name

COMMANDS = ("signal", "stdin", "resize")
AWAY_SECONDS = 5.0
"""How long a hub that takes nothing is waited for once the command is over."""


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, epilog=exit_codes.EXPLAINED
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- CMD [ARG]...")
@click.option("--name", default="{host}/{command}", metavar="TEMPLATE", help="the stream's name ({host}/{command})")
@click.option("--meta", multiple=True, type=KeyValueType(), metavar="K=V", help="tell something about the run")
@click.option("--pty", is_flag=True, help="run it in a terminal of its own, so that it writes as to a person")
@click.option("--tee/--no-tee", default=True, help="pass the output on as well (default), or only stream it")
@click.option("--control", is_flag=True, help="let operators of the hub send it signals and input")
@click.option("--offline", is_flag=True, help="keep the output in a file; `hub sync` sends it later")
@click.option("--no-mask", is_flag=True, help="do not mask the values of secret-looking environment variables")
@click.option("-q", "--quiet", is_flag=True, help="do not print the stream's link")
@hub_options
def run(
    locator: Locator,
    command: tuple[str, ...],
    name: str,
    meta: tuple[Any, ...],
    pty: bool,
    tee: bool,
    control: bool,
    offline: bool,
    no_mask: bool,
    quiet: bool,
) -> None:
    """Run a command and stream what it writes; exit as it exits.

    The output waits in a file until the hub holds it, so a hub that is away, or this machine's restart, costs nothing:
    `hub sync` sends what is left. TEMPLATE may use {host}, {command}, {user}, {dir}, {date}, {time} and {pid}.
    """
    stream = _stream_name(name, command)
    secrets = [] if no_mask else secrets_of(os.environ)
    meant = locator.places if locator.is_named or not offline else ()
    spool = _spool(stream, {**_facts(command, secrets), **dict(meta)}, meant)
    try:
        child = Child(command, terminal=pty, typed=control)
    except OSError as error:
        spool.close()
        spool.remove()
        click.echo(f"hub run: {command[0]}: {error.strerror or error}", err=True)
        raise SystemExit(127 if isinstance(error, FileNotFoundError) else 126) from None
    hear = _Hear(child, locator, quiet=quiet)
    producer = None
    if not offline:
        producer = hear.producer = Producer(
            locator.locate, stream, meta=spool.meta, commands=COMMANDS if control else (), spool=spool, tell=hear
        )
    output = RunOutput(producer or spool, secrets, tee=tee)
    code = child.pump(output.take, output.idle)
    output.finish()
    status = f"exit:{code}" if code >= 0 else f"signal:{_signal_name(-code)}"
    _bring_in(producer, spool, status, output)
    raise SystemExit(code if code >= 0 else 128 - code)


class _Hear:
    """What the producer's thread tells: the link once, trouble once, and commands, which it carries out."""

    def __init__(self, child: Child, locator: Locator, *, quiet: bool) -> None:
        self.producer: Producer | None = None
        self._child = child
        self._locator = locator
        self._quiet = quiet
        self._linked = self._away = False

    def __call__(self, event: object) -> None:
        if isinstance(event, Asked):
            self._obey(event)
        elif isinstance(event, Opened):
            if self._away:
                _say("connected again")
            self._away = False
            if not (self._linked or self._quiet):
                self._linked = True
                _say(f"{self._locator.locate().web}/#/s/{event.stream}")
        elif isinstance(event, str) and not self._away:
            self._away = True
            _say(f"{event}; the output is kept and sent when the hub is back")

    def _obey(self, asked: Asked) -> None:
        try:
            said = json.loads(asked.arguments or b"{}")
            if asked.name == "signal":
                self._child.signal(str(said["name"]))
            elif asked.name == "stdin":
                self._child.type(_typed(said))
            else:
                self._child.resize(int(said["rows"]), int(said["columns"]))
            answer: dict[str, object] = {"done": True}
        except (ValueError, KeyError, TypeError, OSError) as error:
            answer = {"done": False, "error": f"{type(error).__name__}: {error}"}
        if self.producer is not None:
            self.producer.reply(asked.id, json.dumps(answer).encode())


def _typed(said: Mapping[str, Any]) -> bytes:
    """Return what is to be typed: `text`, or `data` where it need not be text."""
    return base64.b64decode(str(said["data"]), validate=True) if "data" in said else str(said["text"]).encode()


def _bring_in(producer: Producer | None, spool: Spool, status: str, output: RunOutput) -> None:
    """See to it that the hub holds all, or say where the rest is."""
    if producer is None:
        spool.finish(status)
        spool.close()
        _say(f"kept in {spool.path}; `hub sync` sends it")
        return
    producer.end(status)
    try:
        left = producer.waiting_bytes
        while not producer.wait(AWAY_SECONDS) and producer.waiting_bytes < left:
            left = producer.waiting_bytes
        finished = producer.machine.finished
    except Problem as problem:
        finished = False
        _say(f"the hub refuses: {problem}")
    producer.close()
    if finished:
        spool.remove()
    else:
        left = producer.waiting_bytes
        _say(f"{left} bytes are not at the hub yet; {spool.path} keeps them: `hub sync` sends it")
    if output.failure is not None:
        _say(f"output was lost: {output.failure}")


def _spool(stream: str, meta: Mapping[str, object], hub: Sequence[str]) -> Spool:
    directory = Path(places.spool_dir())
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{stream.replace('/', '+')[:100]}{SUFFIX}"
        return Spool.create(directory / name, stream, meta, hub)
    except OSError as error:
        raise click.ClickException(
            f"the output cannot be kept in {directory}: {error.strerror or error} (setting: HUB_SPOOL_DIR)"
        ) from None


def _stream_name(template: str, command: Sequence[str]) -> str:
    words = {
        "host": socket.gethostname().split(".", 1)[0],
        "command": os.path.basename(command[0]),
        "user": os.environ.get("USER") or str(os.getuid()),
        "dir": os.path.basename(os.getcwd()),
        "date": time.strftime("%Y-%m-%d"),
        "time": time.strftime("%H%M%S"),
        "pid": str(os.getpid()),
    }
    cleaned = {key: re.sub(r"[^A-Za-z0-9._~-]+", "-", word).strip("-.")[:90] or "root" for key, word in words.items()}
    try:
        return check_stream_name(template.format(**cleaned))
    except (KeyError, IndexError, ValueError):
        raise click.UsageError(f"--name {template!r}: it may use {', '.join(f'{{{key}}}' for key in words)}") from None
    except Problem as problem:
        raise click.UsageError(f"--name {template!r}: {problem.text}") from None


def _facts(command: Sequence[str], secrets: Sequence[bytes]) -> dict[str, object]:
    shown = shlex.join(command)
    for secret in secrets:
        shown = shown.replace(secret.decode("utf-8", "surrogateescape"), "***")
    return {"command": shown[:2000], "host": socket.gethostname(), "dir": os.getcwd(), "pid": os.getpid()}


def _signal_name(number: int) -> str:
    import signal

    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _say(text: str) -> None:
    print(f"hub run: {''.join(c if c.isprintable() else '?' for c in text)}", file=sys.stderr, flush=True)
