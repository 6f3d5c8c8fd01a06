"""`CMD | hub send [NAME]`: streams standard input to a hub.

On the standard library alone, since it starts once for every build step: no click, no Twisted, under 100 ms. Its
options are the table below, which `send_command` shows to click for help and completion.
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.app.cli import exit_codes, standard_output
from hub.client.connection import Connection, HubLost, Unreachable
from hub.client.framed.producer import Opened, Producer
from hub.client.locator import Locator
from hub.model.problem import Problem

SUMMARY = "Stream standard input to the hub: CMD | hub send [NAME]."
READ_BYTES = 64 * 1024
LOOK_SECONDS = 0.5
FINISH_SECONDS = 60.0
"""How long a hub that takes nothing is waited for at the end of the input."""


class Option(NamedTuple):
    """One option, for argparse and for click."""

    flags: tuple[str, ...]
    metavar: str | None
    """None: a switch."""
    help: str
    many: bool = False


OPTIONS = (
    Option(("--tee",), None, "also write the input to standard output, whatever becomes of the hub"),
    Option(("--meta",), "KEY=VALUE", "tell something about the run; may be given several times", many=True),
    Option(("-q", "--quiet"), None, "say nothing unless something fails"),
    Option(("--url",), "URL", "URL of the hub, or several separated by commas [HUB_URL; `hub login`]"),
    Option(("--data-dir",), "DIR", "data directory of a hub on this machine [HUB_DATA_DIR]"),
)
NAME_HELP = "the stream's name; without one it is made of this host's and this directory's names"


def main(argv: Sequence[str]) -> int:
    """Parse `argv` and send; return the exit code."""
    import argparse

    parser = argparse.ArgumentParser("hub send", description=SUMMARY, epilog=exit_codes.EXPLAINED)
    parser.add_argument("name", nargs="?", metavar="NAME", help=NAME_HELP)
    for option in OPTIONS:
        if option.metavar is None:
            parser.add_argument(*option.flags, action="store_true", help=option.help)
        else:
            action: Any = "append" if option.many else "store"
            parser.add_argument(*option.flags, metavar=option.metavar, action=action, help=option.help)
    given = parser.parse_args(argv)
    return send(given.name, given.tee, given.meta or (), given.quiet, given.url, given.data_dir)


def send(name: str | None, tee: bool, meta: Sequence[str], quiet: bool, url: str | None, data_dir: str | None) -> int:
    """Stream standard input to its end; return the exit code."""
    try:
        if url is not None and data_dir is not None:
            raise ValueError("--url and --data-dir name two hubs; give one of them")
        pairs = dict(parse_meta(each) for each in meta)
        locator = Locator.from_environment(url=url, data_dir=data_dir)
        name = _checked(name) if name else default_name(socket.gethostname(), os.getcwd())
    except ValueError as error:
        return _say(exit_codes.USAGE, str(error))
    sender = _Sender(name, quiet=quiet)
    try:
        code = sender.run(locator, pairs, tee=tee)
    except (Problem, HubLost, Unreachable) as failure:
        code = _failed(failure, sender.taken)
        return _pass_on(code) if tee else code
    except BrokenPipeError:  # standard output, with --tee
        standard_output.give_up()
        return exit_codes.PIPE_CLOSED
    return code


def parse_meta(text: str) -> tuple[str, object]:
    """Split `key=value`; the value is a number, true, false or null where it reads so. Raise ValueError."""
    import json

    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ValueError(f"{text!r} is not KEY=VALUE")
    try:
        parsed: object = json.loads(value)
    except ValueError:
        return key, value
    return key, parsed


def default_name(host: str, directory: str) -> str:
    """Return `<host>/<directory>`, each in the characters that a name may have."""
    segments = (host.split(".", 1)[0], os.path.basename(directory.rstrip("/")))
    return "/".join(re.sub(r"[^A-Za-z0-9._~-]+", "-", each).strip("-.")[:90] or "root" for each in segments)


def _checked(name: str) -> str:
    from hub.model.stream_name import check_stream_name

    try:
        return check_stream_name(name)
    except Problem as problem:
        raise ValueError(f"{name!r}: {problem.text}") from None


class _Interrupts:
    """The first Ctrl-C also reaches the program on the left, whose last words are worth having; the second ends us."""

    def __init__(self) -> None:
        self.seen = False
        signal.signal(signal.SIGINT, self._first)

    def _first(self, _number: int, _frame: object) -> None:
        self.seen = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Sender:
    """From standard input to the hub: a hub that goes away is waited for, with what it does not hold kept in memory."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        self._name = name
        self._quiet = quiet
        self._away = False
        self._opened = threading.Event()
        self.taken = 0
        """Bytes read from standard input."""

    def run(self, locator: Locator, meta: dict[str, object], *, tee: bool) -> int:
        """Send all; return the exit code. Raise Unreachable or Problem where there is no hub to begin with."""
        interrupts = _Interrupts()
        hub = locator.locate()
        Connection.open(hub.address("producers")).close()
        producer = Producer(locator.locate, self._name, meta=meta, tell=self._hear)
        try:
            self._pump(producer, tee)
            producer.end()
            if not self._finish(producer):
                waiting = producer.waiting_bytes
                return _say(exit_codes.FAILED, f"the hub is away: {waiting} of {self.taken} bytes may not have arrived")
        finally:
            producer.close()
        return exit_codes.INTERRUPTED if interrupts.seen else exit_codes.OK

    def _pump(self, producer: Producer, tee: bool) -> None:
        source = sys.stdin.fileno()
        while True:
            # A refusal ends it, though a program may be silent for hours.
            readable, _, _ = select.select([source], [], [], LOOK_SECONDS)
            if producer.failure is not None:
                raise producer.failure
            if not readable:
                continue
            data = os.read(source, READ_BYTES)
            if not data:
                return
            self.taken += len(data)
            if tee:
                _write_all(data)
            producer.write(data)

    @staticmethod
    def _finish(producer: Producer) -> bool:
        """Wait until the hub holds all, as long as it takes more now and then."""
        left = producer.waiting_bytes
        while not producer.wait(FINISH_SECONDS):
            if producer.waiting_bytes >= left:
                return False
            left = producer.waiting_bytes
        return True

    def _hear(self, event: object) -> None:
        """Tell a person how it goes; called by the producer's thread."""
        if isinstance(event, Opened):
            self._greet(event)
        elif isinstance(event, str) and not self._away:
            self._away = True
            _say(0, f"{event}; what the program writes is kept in memory meanwhile")

    def _greet(self, opened: Opened) -> None:
        if self._away:
            self._away = False
            _say(0, "connected again")
        if self._opened.is_set() or self._quiet:
            return
        self._opened.set()
        if sys.stderr.isatty() or opened.stream != self._name:
            typed = "; type away, Ctrl-D ends" if sys.stdin.isatty() else ""
            _say(0, f"streaming to {opened.stream}; watch it with: hub tail {opened.stream}{typed}")


def _pass_on(code: int) -> int:
    """With --tee, the rest of the pipeline matters more than the hub."""
    try:
        while data := os.read(sys.stdin.fileno(), READ_BYTES):
            _write_all(data)
    except BrokenPipeError:
        standard_output.give_up()
        return exit_codes.PIPE_CLOSED
    return code


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sys.stdout.fileno(), view) :]


def _failed(failure: Problem | HubLost | Unreachable, taken: int) -> int:
    if isinstance(failure, Problem):
        told = f" after {taken} bytes were read" if taken else ""
        return _say(exit_codes.FAILED, f"the hub refuses{told}: {failure}")
    return _say(exit_codes.UNREACHABLE, str(failure))


def _say(code: int, text: str) -> int:
    print(f"hub send: {''.join(c if c.isprintable() else '?' for c in text)}", file=sys.stderr, flush=True)
    return code
