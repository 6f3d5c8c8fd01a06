"""A mark, and how a stream's marks are kept."""

from __future__ import annotations

import msgspec


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """Somebody's words at a place of a stream; `at` is when they were said, Unix ms."""

    epoch: int
    offset: int
    at: int
    by: str
    text: str


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Mark])


def pack_marks(marks: list[Mark]) -> bytes:
    """Return marks in few bytes."""
    return _encoder.encode(marks)


def unpack_marks(packed: bytes) -> list[Mark]:
    """Return the marks that were packed."""
    return _decoder.decode(packed)
