"""Bytes to lines for the command port."""

from __future__ import annotations

from hub.model.problem import Problem


class LineReader:
    """Splits once a read and scans each byte once: a hundred thousand short lines in one read cost what they weigh."""

    def __init__(self, line_bytes: int) -> None:
        self._line_bytes = line_bytes
        self._parts: list[bytes] = []
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes of the unfinished line."""
        return self._held

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are whole now, without their LF or CRLF; raise Problem TOOBIG for an over-long one."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines:
            self._parts.append(lines[0])
            lines[0] = b"".join(self._parts)
            self._parts, self._held = [], 0
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
        if self._held > self._line_bytes or any(len(line) > self._line_bytes for line in lines):
            raise Problem("TOOBIG", f"a line is longer than limits.request_bytes ({self._line_bytes})")
        return [line.removesuffix(b"\r") for line in lines]
