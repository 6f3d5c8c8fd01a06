"""Chunks to lines: a matter of reading only, since a hub keeps bytes."""

from __future__ import annotations

from typing import NamedTuple

MOST_HELD_BYTES = 1 << 20
"""An unfinished line is held up to this; what is longer comes in pieces."""


class Line(NamedTuple):
    """A line without its LF, or a piece of one."""

    data: bytes
    at: int
    """Time of receipt of its first byte, Unix ms."""
    ends: bool
    """False: the line goes on in the next piece."""


class LineAssembler:
    """Collects the lines of one stream."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._rest_at = 0
        self._within = False

    @property
    def unfinished(self) -> Line | None:
        """The beginning of a line that has not ended yet."""
        return Line(bytes(self._rest), self._rest_at, False) if self._rest else None

    @property
    def within_line(self) -> bool:
        """True if the last piece handed out did not end its line."""
        return self._within

    def feed(self, data: bytes, at: int) -> list[Line]:
        """Return the lines that are whole now."""
        if not self._rest:
            self._rest_at = at
        parts = data.split(b"\n")
        self._rest += parts[0]
        lines: list[Line] = []
        if len(parts) > 1:
            lines.append(Line(bytes(self._rest), self._rest_at, True))
            lines += [Line(part, at, True) for part in parts[1:-1]]
            self._rest = bytearray(parts[-1])
            self._rest_at = at
            self._within = False
        if len(self._rest) > MOST_HELD_BYTES:
            lines += self.flush()
        return lines

    def flush(self) -> list[Line]:
        """Return the unfinished line as a piece, if there is one: something interrupts it."""
        if not self._rest:
            return []
        piece = Line(bytes(self._rest), self._rest_at, False)
        self._rest = bytearray()
        self._within = True
        return [piece]
