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
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.app.cli import exit_codes, standard_output
from hub.client.connection import HubLost, Unreachable
from hub.client.locator import Locator
from hub.client.producer import RawProducer
from hub.model.problem import Problem

SUMMARY = "Stream standard input to the hub: CMD | hub send [NAME]."
READ_BYTES = 64 * 1024


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
    interrupts = _Interrupts()
    producer = None
    try:
        producer = RawProducer.connect(locator.locate(), name, pairs)
        if not quiet and sys.stderr.isatty():
            typed = "; type away, Ctrl-D ends" if sys.stdin.isatty() else ""
            _say(0, f"streaming to {name}; watch it with: hub tail {name}{typed}")
        _pump(producer, tee, interrupts)
        producer.finish()
    except (Problem, HubLost, Unreachable) as failure:
        code = _failed(failure, producer)
        return _pass_on(code) if tee else code
    except BrokenPipeError:  # standard output, with --tee
        standard_output.give_up()
        return exit_codes.PIPE_CLOSED
    return exit_codes.INTERRUPTED if interrupts.seen else exit_codes.OK


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


def _pump(producer: RawProducer, tee: bool, interrupts: _Interrupts) -> None:
    source = sys.stdin.fileno()
    while True:
        # The hub speaks only to refuse, and a program may be silent for hours: both sides are waited for.
        readable, _, _ = select.select([source, producer], [], [])
        if producer in readable:
            producer.listen()
        data = os.read(source, READ_BYTES)
        if not data:
            return
        if tee:
            _write_all(data)
        producer.write(data)


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


def _failed(failure: Problem | HubLost | Unreachable, producer: RawProducer | None) -> int:
    told = f" after {producer.bytes_sent} bytes were sent" if producer is not None else ""
    if isinstance(failure, Problem):
        return _say(exit_codes.FAILED, f"the hub refuses{told}: {failure}")
    if producer is not None:
        return _say(exit_codes.FAILED, f"{failure}{told}; the last of them may not have arrived")
    return _say(exit_codes.UNREACHABLE, str(failure))


def _say(code: int, text: str) -> int:
    print(f"hub send: {''.join(c if c.isprintable() else '?' for c in text)}", file=sys.stderr, flush=True)
    return code
