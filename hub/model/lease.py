"""Names of leases, and a lease as it is kept while the hub is down."""

from __future__ import annotations

import re

import msgspec

from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name

STREAM = "stream:"
"""A stream's own lease: whoever holds it may command its producer."""
MAX_BYTES = 207
_NAME = re.compile(r"[A-Za-z0-9._~:/-]{1,207}")


def check_lease_name(text: str) -> str:
    """Return `text` if it may name a lease; raise Problem PROTO that says what a name looks like."""
    if _NAME.fullmatch(text) is None:
        raise Problem("PROTO", f"a lease's name is 1 to {MAX_BYTES} of A-Z a-z 0-9 . _ ~ - : /")
    if (stream := stream_of(text)) is not None:
        check_stream_name(stream)
    return text


def stream_of(lease: str) -> str | None:
    """Return the stream that a lease is of; None for a lease of anything else."""
    return lease.removeprefix(STREAM) if lease.startswith(STREAM) else None


class KeptLease(msgspec.Struct, array_like=True, frozen=True):
    """Who holds it until when; times are Unix ms."""

    session: str
    """Hash of the holder's key."""
    credential: str
    """What the holder came in with."""
    fence: int
    ttl_s: int
    since: int
    expires_at: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(KeptLease)


def pack_lease(lease: KeptLease) -> bytes:
    """Return a lease in few bytes."""
    return _encoder.encode(lease)


def unpack_lease(packed: bytes) -> KeptLease:
    """Return the lease that was packed; raise ValueError where it is none."""
    try:
        return _decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
