"""The lines that are sent, in prepared blocks whose every byte the reader knows beforehand.

A block is N lines of 128 bytes. Its first line is stamped anew for each sending with the block's number, the time and
a checksum of both; all others are the same in every block of a producer and carry their own place in it. So a lost,
doubled, swapped or altered line shows, and comparing is one memcmp for a whole run of lines.
"""

from __future__ import annotations

from zlib import crc32

LINE = 128
"""Bytes of a line, with its LF."""

_FILLER = b"loss=0.123456 acc=0.987654 step=1200/9000 INFO worker: gradients averaged over 8 shards in 41 ms, queue 3 "
_STAMP = b"p%04d b%010d t%019d"
_STAMP_BYTES = len(_STAMP % (0, 0, 0))
_STAMP_END = _STAMP_BYTES + len(" c00000000 ")
_TIME = slice(_STAMP_BYTES - 19, _STAMP_BYTES)
_ID = slice(1, 5)


class Mismatch(Exception):
    """A reader got other bytes than were sent to it."""


def _fill(head: bytes, turn: int) -> bytes:
    start = turn % len(_FILLER)
    return (head + _FILLER[start:] + 2 * _FILLER)[: LINE - 1] + b"\n"


def stamped_line(producer: int, block: int, now: int) -> bytes:
    """Return the first line of a block, sent at `now` (monotonic ns)."""
    stamp = _STAMP % (producer, block, now)
    return _fill(stamp + b" c%08x " % crc32(stamp), producer)


def block_lines(producer: int, lines: int) -> list[bytes]:
    """Return a block's lines; the first one waits for its stamp."""
    return [stamped_line(producer, 0, 0)] + [
        _fill(b"p%04d l%05d " % (producer, index), producer + index) for index in range(1, lines)
    ]


def producer_of(line: bytes | bytearray, at: int = 0) -> int:
    """Return which producer wrote the line that begins at `at`."""
    digits = line[at + _ID.start : at + _ID.stop]
    if not digits.isdigit():
        raise Mismatch(f"no line begins here: {bytes(line[at : at + 40])!r}")
    return int(digits)


def sent_at(line: bytes, producer: int, block: int) -> int:
    """Check the first line of a block, every byte of it, and return when it was sent (monotonic ns)."""
    digits = line[_TIME]
    if not digits.isdigit() or line != stamped_line(producer, block, int(digits)):
        raise Mismatch(f"producer {producer}, block {block}: its first line should have come, got {line!r}")
    return int(digits)


class Template:
    """A producer's block as a peer frames it: each message (a *record*) is `prefix`, whole lines, `suffix`."""

    def __init__(self, producer: int, lines: int, per_message: int, prefix: bytes = b"", suffix: bytes = b"") -> None:
        if lines % per_message:
            raise ValueError(f"a block of {lines} lines cannot be cut into messages of {per_message}")
        texts = block_lines(producer, lines)
        groups = (b"".join(texts[at : at + per_message]) for at in range(0, lines, per_message))
        self.producer = producer
        self.framed = bytearray(b"".join(prefix + group + suffix for group in groups))
        self.stamp = slice(len(prefix), len(prefix) + LINE)
        self.record_text = per_message * LINE
        """Bytes of lines in a record."""
        self.record = len(prefix) + self.record_text + len(suffix)
        """Bytes of a record with its framing."""
        self.text = lines * LINE
        """Bytes of lines in a block."""

    def stamped(self, block: int, now: int) -> memoryview:
        """Return the framed block, stamped with its number and the time; the next call overwrites it."""
        self.framed[self.stamp] = stamped_line(self.producer, block, now)
        return memoryview(self.framed)
