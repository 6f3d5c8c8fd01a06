"""The way of this program's own standard input to a command that has a pipe or a terminal of its own for it."""

from __future__ import annotations

import os
import selectors
import stat
import sys
import threading
from collections.abc import Callable

READ_BYTES = 64 * 1024
END_OF_INPUT = b"\x04"


class RunInput:
    """Passes input on as fast as the command takes it: while some of it waits, no more is read."""

    def __init__(
        self,
        selector: selectors.BaseSelector,
        target: int,
        *,
        terminal: bool,
        turn: threading.Lock,
        close: Callable[[], None],
    ) -> None:
        """`target` does not block; `turn` is held while something is written to it or `close` ends the command's input.

        With `terminal` the end of the input is typed.
        """
        self._selector = selector
        self._source = None if sys.stdin is None else sys.stdin.fileno()
        self._target = target
        self._terminal = terminal
        self._turn = turn
        self._close = close
        self._polled = True
        self._pending = memoryview(b"")
        self._last = b""
        self._ended = False
        self.going = False
        """Whether there may be more to pass on."""

    def begin(self) -> None:
        """Take what there is from now on; nothing from the null device, which leaves the input to others that type."""
        if self._source is None or _is_null(self._source):
            return
        self.going = True
        try:
            self._selector.register(self._source, selectors.EVENT_READ)
        except PermissionError:  # a file: it is always readable, and so it is not polled but read as it is taken
            self._polled = False
            self._read()

    def take(self, descriptor: int) -> bool:
        """Go on with a descriptor that is ready; return whether it is one of these."""
        if descriptor == self._target:
            self._write()
        elif descriptor == self._source:
            self._selector.unregister(descriptor)
            self._read()
        else:
            return False
        return True

    def _read(self) -> None:
        try:
            data = os.read(self._source or 0, READ_BYTES)
        except BlockingIOError:
            self._more()
            return
        except OSError:  # a terminal that is gone
            data = b""
        if data:
            self._last = data[-1:]
        else:
            self._ended = True
            if self._terminal:  # within a line the first one only ends the line
                data = END_OF_INPUT if self._last in (b"", b"\n") else END_OF_INPUT * 2
        self._pending = memoryview(data)
        self._selector.register(self._target, selectors.EVENT_WRITE)

    def _write(self) -> None:
        if not self._turn.acquire(blocking=False):
            return  # somebody else types; the next round of the selector comes again
        try:
            self._hand_on()
        finally:
            self._turn.release()
        if self.going and not self._pending:
            self._more()

    def _hand_on(self) -> None:
        try:
            if self._pending:
                self._pending = self._pending[os.write(self._target, self._pending) :]
        except BlockingIOError:
            return
        except OSError:  # the command does not read any more: what is left is nobody's
            self._pending, self._ended = memoryview(b""), True
        if self._pending:
            return
        self._selector.unregister(self._target)
        if self._ended:
            self.going = False
            self._close()

    def _more(self) -> None:
        if self._polled:
            self._selector.register(self._source or 0, selectors.EVENT_READ)
        else:
            self._read()


def _is_null(descriptor: int) -> bool:
    status, null = os.fstat(descriptor), os.stat(os.devnull)
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == null.st_rdev
