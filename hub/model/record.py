"""A stream as it is kept: all that is known of it beside its bytes."""

from __future__ import annotations

import struct
from typing import NamedTuple

import msgspec

from hub.model.chunk import Gap
from hub.model.cursor import EpochStart
from hub.model.run import Run


class StreamRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a store keeps of a stream, and gives back when it is opened. Absolute values: storing it twice is harmless.

    Handed to the store it tells only the `runs` that changed since the last time and no `gaps`, which are pieces;
    given back by the store it tells all that are remembered, oldest first.
    """

    name: str
    owner: str
    anonymous: bool
    ordinal: int
    """Hub-wide order in which streams and runs came to be."""
    epochs: tuple[EpochStart, ...]
    """Epochs under which something was appended or a run was opened, oldest first; never empty."""
    start: int
    """First offset that is kept."""
    end: int
    lines: int
    received: int
    """Bytes ever appended; gaps are not counted."""
    gap_bytes: int
    partial: bool
    """Whether the last byte is not an LF."""
    first_at: int | None
    last_at: int | None
    runs: tuple[Run, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def run(self) -> Run:
        """The last run."""
        return self.runs[-1]

    @property
    def life(self) -> str:
        """Names the stream, and tells it from others that had its name before."""
        return f"{self.name}#{self.ordinal}"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StreamRecord)
_FACTS = struct.Struct(">QQQ")


class Facts(NamedTuple):
    """What streams are put in order by, readable from a packed record at next to no cost."""

    ordinal: int
    """Of the last run."""
    lines: int
    received: int


def pack(record: StreamRecord) -> bytes:
    """Return a record in a few hundred bytes, its facts first."""
    return _FACTS.pack(record.run.ordinal, record.lines, record.received) + _encoder.encode(record)


def unpack(packed: bytes) -> StreamRecord:
    """Return the record that was packed."""
    return _decoder.decode(memoryview(packed)[_FACTS.size :])


def packed_facts(packed: bytes) -> Facts:
    """Return the facts of a packed record."""
    return Facts(*_FACTS.unpack_from(packed))
