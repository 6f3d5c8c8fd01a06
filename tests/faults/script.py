"""What a producer writes: lines that can each be told apart, the same ones again for the same seed and name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from zlib import crc32

LINE = re.compile(rb"([a-z]+[0-9]*)-([0-9]+)-([0-9a-f]{8})-([A-Z]*)\n")
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Script:
    """A producer's whole output, made as far as it is asked for.

    Offsets here are the producer's own: 0 is its first byte, whatever the stream held before. Some lines are `skips`:
    bytes that the producer declares lost instead of sending them.
    """

    def __init__(self, seed: int, name: str, *, skip_every: int = 0) -> None:
        """Skip about one line of `skip_every`; 0 is none."""
        self.name = name
        self.data = bytearray()
        self.starts: list[int] = []
        self.skips: list[tuple[int, int]] = []
        self._skip_every = skip_every
        self._random = Random(f"{seed}/{name}")
        self._skipping = Random(f"{seed}/{name}/skips")

    def grow(self, length: int) -> None:
        """Make at least `length` bytes."""
        while len(self.data) < length:
            start = len(self.data)
            self.starts.append(start)
            self.data += self._line(len(self.starts) - 1)
            if self._skip_every and len(self.starts) > 1 and self._skipping.randrange(self._skip_every) == 0:
                self.skips.append((start, len(self.data)))

    def part(self, start: int, end: int) -> bytes:
        self.grow(end)
        return bytes(self.data[start:end])

    def line_after(self, offset: int) -> int:
        """Return where the first line begins that begins at `offset` or later."""
        self.grow(offset + 1)
        while self.starts[-1] < offset:
            self.grow(len(self.data) + 1)
        return next(start for start in self.starts if start >= offset)

    def skips_within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of skips between two offsets."""
        self.grow(end)
        for first, last in self.skips:
            if first < end and last > start:
                yield max(first, start), min(last, end)

    def _line(self, number: int) -> bytes:
        kind = self._random.random()
        length = self._random.randrange(60) if kind < 0.9 else self._random.randrange(2000 if kind < 0.999 else 200_000)
        padding = bytes(self._random.choices(_LETTERS, k=length))
        return written_line(self.name, number, padding)


def written_line(name: str, number: int, padding: bytes) -> bytes:
    """Return a line that says who wrote it, its number, and the CRC of all that."""
    said = b"%s-%d-%s" % (name.encode(), number, padding)
    return b"%s-%d-%08x-%s\n" % (name.encode(), number, crc32(said), padding)


def read_lines(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield name and number of each whole line in `data` whose CRC is right."""
    for matched in LINE.finditer(data):
        name, number, crc, padding = matched.groups()
        if crc32(b"%s-%d-%s" % (name, int(number), padding)) == int(crc, 16):
            yield name.decode(), int(number)
