"""Lines of several streams on one terminal or pipe: prefixes, times, and the unfinished last line redrawn in place."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import BinaryIO, TextIO

from hub.app.cli import words
from hub.app.cli.harmless import RESET, cut_to_width, harmless
from hub.app.cli.lines import Line

_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95, 92, 94)
_DIM = "\x1b[2m"
_ERASE = b"\r\x1b[K"


class Screen:
    """Writes lines to `out`, notices to `err`, and never mixes an unfinished line with either.

    `tty` is whether `out` is a terminal: only then is the unfinished line shown, cut to the width so that it stays on
    one row. Nothing is written before `flush`, so a burst is one write.
    """

    def __init__(
        self,
        out: BinaryIO,
        err: TextIO,
        *,
        tty: bool,
        colour: bool,
        width: Callable[[], int],
        prefix: bool = False,
        times: bool = False,
        raw: bool = False,
    ) -> None:
        self._out, self._err, self._width = out, err, width
        self._tty, self._colour, self._prefix, self._times, self._raw = tty, colour, prefix, times, raw
        self._waiting: list[bytes] = []
        self._unfinished = False
        self._open: str | None = None
        self._dim = colour

    def line(self, name: str, line: Line) -> None:
        """Print a line, or a piece of one: the next piece of the same stream goes on where it stopped."""
        self._erase()
        if self._open != name:
            self.end_row()
        if self._open is None:
            self._waiting.append(self._head(name, line.at).encode())
        self._waiting.append(self._body(line.data))
        self._open = None if line.ends else name
        if line.ends:
            self._waiting.append(b"\n")

    def unfinished(self, name: str, line: Line | None) -> None:
        """Show the beginning of a line in the last row, in place of what stood there; None shows nothing."""
        if not self._tty or self._raw:
            return
        self._erase()
        if line is not None and self._open is None:
            head = self._head(name, line.at)
            text = cut_to_width(head + harmless(line.data), max(self._width() - 1, 1))
            self._waiting.append(text.encode("utf-8", "replace"))
            self._unfinished = True

    def end_row(self) -> None:
        """End a row that stands open: what comes next is no continuation of it."""
        self._erase()
        if self._open is not None:
            self._waiting.append(b"\n")
            self._open = None

    def copy(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._waiting.append(data)

    def notice(self, text: str) -> None:
        """Say something about the streams, not of them, on a row of its own of `err`."""
        self._erase()
        if self._tty:
            self.end_row()
        self.flush()
        self._err.write(f"{_DIM}hub: {text}{RESET}\n" if self._dim else f"hub: {text}\n")
        self._err.flush()

    def flush(self) -> None:
        """Write what is waiting; raise BrokenPipeError when nobody reads any more."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._out.write(data)
        self._out.flush()

    def close(self) -> None:
        """Leave a clean row behind."""
        self._erase()
        if self._tty:
            self.end_row()
        self.flush()

    def _erase(self) -> None:
        if self._unfinished:
            self._waiting.append(_ERASE)
            self._unfinished = False

    def _head(self, name: str, at: int) -> str:
        head = f"{words.clock(at)} " if self._times else ""
        if self._prefix:
            tint = _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]
            head += f"\x1b[{tint}m{name}{RESET} | " if self._colour else f"{name} | "
        return head

    def _body(self, data: bytes) -> bytes:
        # A pipe keeps carriage returns: the program behind it may want the whole line.
        return data if self._raw else harmless(data, returns=self._tty).encode("utf-8", "replace")
