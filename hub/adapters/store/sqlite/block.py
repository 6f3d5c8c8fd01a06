"""A block: pieces of one stream joined, with what each of them was, compressed and under a checksum."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple, Protocol

import msgspec

from hub.model.chunk import Chunk, Gap, Piece

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT_BYTES = 256 * 1024
"""Text that is joined in one block at most, unless one chunk has more."""
FULL_LEVEL = 9
"""Level of a block that is not merged any more."""
ROW_BYTES = 120
"""What a block costs in the file beside its data."""

_PLAIN, _ZSTD = 0, 1
_WORTH_BYTES = 512
_HEAD = struct.Struct(">QQQQQqqBI")
_CORRUPT = (zstd.ZstdError, msgspec.DecodeError, struct.error, TypeError, ValueError, MemoryError)
_encode = msgspec.msgpack.Encoder().encode


class RunAll(Protocol):
    """Runs a call for each, and gives the results in their order."""

    def __call__(self, call: Callable[[list[Chunk]], Block], each: Iterable[list[Chunk]], /) -> Iterable[Block]:
        """Run `call` for each."""


class _Table(msgspec.Struct, array_like=True):
    """What the chunks of a block were; times are told as steps, and what all have in common once."""

    sizes: list[int]
    lines: list[int]
    at: int
    at_steps: list[int] | None
    runs: int | list[int]
    sent: list[int | None] | None
    """Each against its time of receipt."""
    channels: str | list[str | None] | None


_decode = msgspec.msgpack.Decoder(_Table).decode


class CorruptBlock(Exception):
    """What is stored of a block is not what was written."""


class Block(NamedTuple):
    """A row of the table `block`, without its id."""

    stream: int
    start: int
    end: int
    level: int
    first_line: int
    lines: int
    min_at: int
    max_at: int | None
    first_run: int | None
    last_run: int | None
    reason: str | None
    codec: int
    table_bytes: int
    crc: int
    size: int
    data: bytes | None

    @property
    def text_bytes(self) -> int:
        """Bytes of the stream in it; 0 for a gap."""
        return 0 if self.reason is not None else self.end - self.start


COLUMNS = ", ".join(Block._fields)


def join(
    stream: int, pieces: Sequence[Piece], lines: int, at: int, level: int = 0, run_all: RunAll = map
) -> Iterator[Block]:
    """Yield contiguous pieces as blocks; `lines` and `at` are what a gap at the front comes after.

    `run_all` is `map`, or one that runs several at once: compressing is most of the work, and done without the GIL.
    """
    if len(pieces) == 1 and isinstance(pieces[0], Chunk):
        yield encode(stream, [pieces[0]], level)
        return
    groups = list(_groups(pieces))
    texts = [group for group in groups if not isinstance(group, Gap)]
    encoded = iter(run_all(lambda chunks: encode(stream, chunks, level), texts))
    for group in groups:
        if isinstance(group, Gap):
            yield _gap(stream, group, lines, at)
        else:
            last = group[-1]
            lines, at = last.first_line + last.lines, last.at
            yield next(encoded)


def _groups(pieces: Sequence[Piece]) -> Iterator[list[Chunk] | Gap]:
    joined: list[Chunk] = []
    size = 0
    for piece in pieces:
        if joined and (isinstance(piece, Gap) or size + len(piece.data) > TEXT_BYTES):
            yield joined
            joined, size = [], 0
        if isinstance(piece, Gap):
            yield piece
        else:
            joined.append(piece)
            size += len(piece.data)
    if joined:
        yield joined


def encode(stream: int, chunks: Sequence[Chunk], level: int) -> Block:
    """Return contiguous chunks as one block."""
    first, last = chunks[0], chunks[-1]
    times = [chunk.at for chunk in chunks]
    table = _encode(_table(chunks, times))
    plain = b"".join([table, *[chunk.data for chunk in chunks]])
    codec, data = _PLAIN, plain
    if len(plain) >= _WORTH_BYTES:
        packed = zstd.compress(plain, 1)
        if len(packed) < len(plain) - len(plain) // 16:
            codec, data = _ZSTD, packed
    lines = last.first_line + last.lines - first.first_line
    min_at, max_at = min(times), max(times)
    crc = _crc(stream, first.offset, last.end, first.first_line, lines, min_at, max_at, codec, len(table), data)
    if last.end - first.offset >= TEXT_BYTES // 2:
        level = FULL_LEVEL
    return Block(
        stream,
        first.offset,
        last.end,
        level,
        first.first_line,
        lines,
        min_at,
        max_at,
        first.run,
        last.run,
        None,
        codec,
        len(table),
        crc,
        ROW_BYTES + len(data),
        data,
    )


class Arrival(NamedTuple):
    """A chunk of a block without its bytes: when it came, and what it counts."""

    at: int
    lines: int
    bytes: int


def decode(block: Block) -> list[Chunk]:
    """Return the chunks of a block; raise CorruptBlock when they are not what was joined."""
    try:
        return _decoded(block)
    except _CORRUPT as error:
        raise CorruptBlock(str(error)) from error


def text_of(codec: int, table_bytes: int, data: bytes) -> bytes:
    """Return the text of a block, unchecked; raise CorruptBlock where it cannot be unpacked."""
    try:
        return (zstd.ZstdDecompressor().decompress(data) if codec == _ZSTD else data)[table_bytes:]
    except (zstd.ZstdError, TypeError, MemoryError) as error:
        raise CorruptBlock(str(error)) from error


def arrivals(block: Block) -> list[Arrival]:
    """Return when the chunks of a block came, without unpacking its text; raise CorruptBlock as `decode` does."""
    try:
        table = _decode(_unpacked(block, block.table_bytes))
        return [Arrival(*each) for each in zip(_times(table), table.lines, table.sizes, strict=True)]
    except _CORRUPT as error:
        raise CorruptBlock(str(error)) from error


def _unpacked(block: Block, most: int = -1) -> bytes:
    """Return the table and the text of a block, or the first `most` bytes of them."""
    data = block.data
    if data is None or block.max_at is None:
        raise CorruptBlock("no data")
    crc = _crc(
        block.stream,
        block.start,
        block.end,
        block.first_line,
        block.lines,
        block.min_at,
        block.max_at,
        block.codec,
        block.table_bytes,
        data,
    )
    if crc != block.crc:
        raise CorruptBlock("checksum")
    if block.codec == _ZSTD:
        return zstd.ZstdDecompressor().decompress(data, most) if most >= 0 else zstd.decompress(data)
    return data if most < 0 else data[:most]


def _times(table: _Table) -> list[int]:
    return list(accumulate(table.at_steps, initial=table.at)) if table.at_steps else [table.at] * len(table.sizes)


def _decoded(block: Block) -> list[Chunk]:
    data = _unpacked(block)
    table = _decode(memoryview(data)[: block.table_bytes])
    ends = list(accumulate(table.sizes, initial=block.table_bytes))
    times = _times(table)
    runs = table.runs if isinstance(table.runs, list) else [table.runs] * len(table.sizes)
    sent = table.sent or [None] * len(table.sizes)
    channels = table.channels if isinstance(table.channels, list) else [table.channels] * len(table.sizes)
    chunks = []
    line = block.first_line
    shift = block.start - block.table_bytes
    for index, (low, high) in enumerate(pairwise(ends)):
        at, count, ago = times[index], table.lines[index], sent[index]
        sent_at = None if ago is None else at + ago
        chunks.append(Chunk(low + shift, data[low:high], at, runs[index], line, count, sent_at, channels[index]))
        line += count
    return chunks


def _table(chunks: Sequence[Chunk], times: Sequence[int]) -> _Table:
    if len(chunks) == 1:
        # By far the most blocks are made of what one stream that trickles got since the last batch.
        (chunk,) = chunks
        ago: list[int | None] | None = None if chunk.sent_at is None else [chunk.sent_at - chunk.at]
        return _Table([len(chunk.data)], [chunk.lines], chunk.at, None, chunk.run, ago, chunk.channel)
    runs = [chunk.run for chunk in chunks]
    sent = [None if chunk.sent_at is None else chunk.sent_at - chunk.at for chunk in chunks]
    channels = [chunk.channel for chunk in chunks]
    steps = [after - before for before, after in pairwise(times)]
    return _Table(
        [len(chunk.data) for chunk in chunks],
        [chunk.lines for chunk in chunks],
        times[0],
        steps if any(steps) else None,
        runs[0] if runs[0] == runs[-1] else runs,
        sent if any(ago is not None for ago in sent) else None,
        channels[0] if len(set(channels)) == 1 else channels,
    )


def _gap(stream: int, gap: Gap, lines: int, at: int) -> Block:
    place = (stream, gap.offset, gap.end, FULL_LEVEL, lines, 0, at)
    return Block(*place, None, None, None, gap.reason, _PLAIN, 0, 0, ROW_BYTES, None)


def _crc(stream: int, *facts: Any) -> int:
    *head, data = facts
    return zlib.crc32(data, zlib.crc32(_HEAD.pack(stream, *head)))
