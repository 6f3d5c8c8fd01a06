"""`hub attach`: a stream's command, at this terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from fcntl import ioctl

import click

from hub.app.cli import exit_codes
from hub.app.cli.attach_keys import HELP, Keys
from hub.app.cli.hub_options import NameType, hub_options
from hub.app.cli.stream_names import suggestion
from hub.client.commander import Commander
from hub.client.control import Control
from hub.client.follower import Follower, Wanted
from hub.client.lease import HeldLease
from hub.client.locator import Locator
from hub.client.news import Bytes, Ended, NotTaken
from hub.client.reader import Reader
from hub.model.problem import Problem

TTL_SECONDS = 15
STEP_SECONDS = 0.1
LINES = 50
LEAVE_ON = (signal.SIGTERM, signal.SIGHUP)


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("name", type=NameType(with_run=False))
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=0),
    default=LINES,
    metavar="N",
    help=f"begin with the last N lines ({LINES})",
)
@click.option("--steal", metavar="REASON", help="take the control away from whoever has it, and tell them why")
@hub_options
def attach(locator: Locator, name: str, lines: int, steal: str | None) -> None:
    """Be the terminal of a command that runs under `hub run --control --pty`.

    What is typed goes to the command, its output comes here as it is, and its size follows this terminal's. `~.` at the
    beginning of a line leaves; the command goes on. Only one may be attached: it holds the lease stream:NAME.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal here; `hub cmd NAME stdin TEXT` sends input from a program")
    with _leaving_by_signal():
        run, lease = _lease(locator, name, steal)
        control = Control(lease)
        try:
            has_terminal = _greet(control, name)
            follower = Follower(lambda slot: Reader.connect(locator.locate(), slot=slot), [Wanted(name, _begin(lines))])
            control.start()
            attached = _Attached(control, follower, name, run)
            with _raw(has_terminal), attached.following_size(has_terminal), attached.interrupting(has_terminal):
                code = attached.run()
        finally:
            kept = control.close()
            if kept is not None:
                _say(kept)
    raise SystemExit(code)


def _begin(lines: int) -> str:
    return f"-{lines}" if lines else "end"


def _lease(locator: Locator, name: str, steal: str | None) -> tuple[int, HeldLease]:
    """Return the run that goes on now, and the stream's lease, acquired."""
    with Commander.connect(locator.locate()) as commander:
        try:
            run = commander.call("stream.runs", stream=name)["runs"][-1]
        except Problem as problem:
            if problem.word != "NOTFOUND":
                raise
            raise click.ClickException(f"there is no stream {name}{suggestion(commander, [name])}") from None
    if run["end"] is not None:
        raise click.ClickException(f"{name} has ended; `hub cat {name}` shows it")
    held = HeldLease(locator.locate, ttl_s=TTL_SECONDS, name=f"stream:{name}")
    try:
        if steal is None:
            held.acquire()
        else:
            held.steal(steal)
    except Problem as problem:
        if problem.word != "CONFLICT":
            raise
        click.echo(f"hub attach: {problem.text}; --steal REASON takes it, `hub tail {name}` watches", err=True)
        raise SystemExit(exit_codes.LEASE_NOT_HAD) from None
    return int(run["run"]), held


def _greet(control: Control, name: str) -> bool:
    """Tell the command this terminal's size; return whether it has a terminal of its own."""
    rows, columns = _size()
    try:
        reply = control.ask("resize", {"rows": rows, "columns": columns})
    except Problem as problem:
        if problem.word == "NOTFOUND":
            raise click.ClickException(f"{problem.text}; start it with `hub run --control --pty`") from None
        raise
    if reply.get("done"):
        _say(f"attached to {name}; ~. leaves, ~? helps")
        return True
    _say(f"attached to {name}, which has no terminal (hub run --pty): lines are sent, Ctrl-C is SIGINT, ~. leaves")
    return False


class _Attached:
    """The way of the keys to the command, and of its output to this terminal."""

    def __init__(self, control: Control, follower: Follower, name: str, run: int) -> None:
        """`run` is the one that it is attached to: the lines before may tell of ends of former ones."""
        self._run = run
        self._control = control
        self._follower = follower
        self._name = name
        self._keys = Keys()
        self._typed_all = threading.Event()

    def run(self) -> int:
        """Go on until somebody leaves, the run ends, or the lease is lost; return the exit code."""
        threading.Thread(target=self._read_keys, name="keys", daemon=True).start()
        try:
            while True:
                for news in self._follower.step(STEP_SECONDS):
                    if isinstance(news, Bytes):
                        _write(news.data)
                    elif isinstance(news, Ended) and news.run >= self._run:
                        _say(f"{self._name} ended: {news.status or news.cause}")
                        return exit_codes.of_run(news.status, news.cause)
                    elif isinstance(news, NotTaken):
                        raise news.problem
                if self._control.failure is not None:
                    _say(self._control.failure)
                    return exit_codes.LEASE_LOST if self._control.lost else exit_codes.FAILED
                if self._typed_all.is_set():
                    _say(f"left {self._name}, which goes on")
                    return exit_codes.OK
        finally:
            self._follower.close()

    def _read_keys(self) -> None:
        while not self._keys.leave:
            typed = os.read(sys.stdin.fileno(), 4096)
            if not typed:
                break
            passed = self._keys.feed(typed)
            if self._keys.helped:
                self._keys.helped = False
                _write(HELP)
            if passed and not self._control.type(passed):
                _write(b"\a")
        self._typed_all.set()

    @contextlib.contextmanager
    def following_size(self, has_terminal: bool) -> Iterator[None]:
        """Tell the command each new size."""
        if not has_terminal:
            yield
            return
        before = signal.signal(signal.SIGWINCH, lambda number, frame: self._control.resize(*_size()))
        try:
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)

    @contextlib.contextmanager
    def interrupting(self, has_terminal: bool) -> Iterator[None]:
        """Without a terminal of its own the command gets Ctrl-C as a signal; with one it is a key like others."""
        if has_terminal:
            yield
            return
        before = signal.signal(signal.SIGINT, lambda number, frame: self._control.signal("INT"))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _leaving_by_signal() -> Iterator[None]:
    """Leave as with `~.` when told to end, or when the terminal is closed: it gets its modes back, the lease is free.

    A second signal of the kind changes nothing: what is left to do is bounded in time.
    """

    def leave(number: int, _frame: object) -> None:
        for each in LEAVE_ON:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in LEAVE_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _raw(has_terminal: bool) -> Iterator[None]:
    if not has_terminal:
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        # Not TCSADRAIN: a terminal that was stopped, or whose other side is gone, never takes the rest.
        with contextlib.suppress(termios.error):  # there is no terminal any more
            termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _size() -> tuple[int, int]:
    rows, columns, _, _ = struct.unpack("HHHH", ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, b"\0" * 8))
    return rows or 24, columns or 80


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(sys.stdout.fileno(), view) :]


def _say(text: str) -> None:
    printable = "".join(each if each.isprintable() else "?" for each in text)
    with contextlib.suppress(OSError):  # the terminal may be gone, and nobody is left to be told
        os.write(sys.stderr.fileno(), f"\r\n[{printable}]\r\n".encode())
