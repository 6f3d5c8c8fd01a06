"""Who did what, as it is kept."""

from __future__ import annotations

import msgspec


class AuditEntry(msgspec.Struct, array_like=True, frozen=True):
    """One deed, or a failed try to get in."""

    seq: int
    at: int
    """Unix ms."""
    principal: str
    peer: str
    action: str
    """The method that was called, or `login`."""
    target: str
    """What it was done to: a stream, a session, a user, a token."""
    outcome: str
    """`ok`, or the code of the problem."""
    detail: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AuditEntry)


def pack_entry(entry: AuditEntry) -> bytes:
    """Return an entry in few bytes."""
    return _encoder.encode(entry)


def unpack_entry(packed: bytes) -> AuditEntry:
    """Return what was packed; raise ValueError where it is none."""
    try:
        return _decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
