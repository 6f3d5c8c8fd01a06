"""The command that `hub run` runs: its pipes or pseudo-terminal, its signals, its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import selectors
import signal
import struct
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Sequence

from hub.app.cli.run_input import RunInput

READ_BYTES = 64 * 1024
AFTER_SECONDS = 1.0
"""How long is read on after the command ended, where something that it left behind holds its output open."""
TYPE_SECONDS = 1.0
TYPED_AT_ONCE = 256
"""What a terminal or pipe that is said to be writable surely takes."""
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)

TakeOutput = Callable[[bytes, str | None], None]


class Child:
    """A running command. Use it in the main thread; `signal` and `type` may be called by others."""

    def __init__(self, command: Sequence[str], *, terminal: bool, typed: bool) -> None:
        """Start it; `terminal`: in a pseudo-terminal of its own; `typed`: others may `type` to it. Raise OSError."""
        self._master: int | None = None
        self._typing = threading.Lock()
        self._stdin: int | None = None
        if terminal:
            self._master, slave = pty.openpty()
            if sys.stdin.isatty():
                self.resize(*_size_of(sys.stdin.fileno()))
            self.popen = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                preexec_fn=_take_terminal,  # noqa: PLW1509 - no other thread runs yet
            )
            os.close(slave)
            self._stdin = os.dup(self._master)  # a selector has one entry for a descriptor, and output has the other
        else:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if typed else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
            )
            if self.popen.stdin is not None:
                self._stdin = self.popen.stdin.fileno()
        if self._stdin is not None:
            os.set_blocking(self._stdin, False)

    def pump(self, take: TakeOutput, idle: Callable[[], None]) -> int:
        """Hand on output in the order read, until the command is over; return its code as subprocess has it.

        `take` gets bytes and their channel (`err` for standard error); `idle` is called about twice a second.
        """
        with selectors.DefaultSelector() as selector, self._forwarding(), self._raw_terminal():
            for descriptor, channel in self._outputs():
                selector.register(descriptor, selectors.EVENT_READ, channel)
            given = None
            if self._stdin is not None:
                given = RunInput(
                    selector,
                    self._stdin,
                    terminal=self._master is not None,
                    turn=self._typing,
                    close=self._close_input,
                )
                given.begin()
            left = AFTER_SECONDS
            outputs = len(self._outputs())
            # A command that closed its output may still read: it gets its input to the end.
            while outputs or (given is not None and given.going and self.popen.poll() is None):
                ready = selector.select(0.5)
                for key, _ in ready:
                    if given is not None and given.take(key.fd):
                        continue
                    data = _read(key.fd)
                    if data:
                        take(data, key.data)
                    elif data is not None:
                        selector.unregister(key.fd)
                        outputs -= 1
                idle()
                if not ready and self.popen.poll() is not None:
                    left -= 0.5
                    if left <= 0:
                        break
            return self.popen.wait()

    def signal(self, name: str) -> None:
        """Send a signal by its name, with or without SIG; raise ValueError for a name that is none."""
        number = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", None)
        if not isinstance(number, signal.Signals):
            raise ValueError(f"{name!r} is no signal")
        if self._master is not None:
            os.killpg(self.popen.pid, number)
        else:
            self.popen.send_signal(number)

    def type(self, data: bytes) -> None:
        """Write to its standard input; raise ValueError where it has none of its own, or does not read it."""
        with self._typing:
            if self._stdin is None:
                raise ValueError("the command reads this program's own standard input, or none")
            view = memoryview(data)
            while view:
                # Whoever types must not hang with a command that does not read: its output is carried by the same hand.
                _, ready, _ = select.select([], [self._stdin], [], TYPE_SECONDS)
                if not ready:
                    raise ValueError(f"the command does not read its input ({len(view)} bytes were not taken)")
                with contextlib.suppress(BlockingIOError):
                    view = view[os.write(self._stdin, view[:TYPED_AT_ONCE]) :]

    def resize(self, rows: int, columns: int) -> None:
        """Set the size of its terminal; raise ValueError where it has none."""
        if self._master is None:
            raise ValueError("the command has no terminal (hub run --pty)")
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _outputs(self) -> list[tuple[int, str | None]]:
        if self._master is not None:
            return [(self._master, None)]
        out, err = self.popen.stdout, self.popen.stderr
        return [(out.fileno(), None), (err.fileno(), "err")] if out is not None and err is not None else []

    def _close_input(self) -> None:
        """Its own input is over. A terminal stays: the end was typed, and others may type on."""
        if self._master is None and self.popen.stdin is not None:
            self.popen.stdin.close()
            self._stdin = None

    @contextlib.contextmanager
    def _forwarding(self) -> Iterator[None]:
        """Pass signals on. Ctrl-C of a terminal reaches the command by itself, so there it only must not end us."""

        def forward(number: int, _frame: object) -> None:
            with contextlib.suppress(ProcessLookupError):
                self.signal(signal.Signals(number).name)

        by_terminal = sys.stdin.isatty() and self._master is None
        handlers = {number: signal.signal(number, forward) for number in FORWARDED}
        on_interrupt = (lambda number, frame: None) if by_terminal else forward
        handlers[signal.SIGINT] = signal.signal(signal.SIGINT, on_interrupt)
        if self._master is not None and sys.stdin.isatty():
            resized = lambda number, frame: self.resize(*_size_of(sys.stdin.fileno()))  # noqa: E731
            handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, resized)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def _raw_terminal(self) -> Iterator[None]:
        """With a pseudo-terminal each key goes to the command as it is typed."""
        if self._master is None or not sys.stdin.isatty():
            yield
            return
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        tty.setraw(descriptor)
        try:
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _read(descriptor: int) -> bytes | None:
    """Return what came, nothing at the end, None where there is nothing now."""
    try:
        return os.read(descriptor, READ_BYTES)
    except BlockingIOError:
        return None
    except OSError:  # the other end of a pseudo-terminal is closed
        return b""


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _size_of(descriptor: int) -> tuple[int, int]:
    rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(descriptor, termios.TIOCGWINSZ, b"\0" * 8))
    return rows, columns
