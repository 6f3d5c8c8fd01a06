"""Logins of one credential that were ended before their time, as they are kept."""

from __future__ import annotations

import msgspec


class EndedLogin(msgspec.Struct, array_like=True):
    """What began at `before` or earlier is over, and so are some others by their number."""

    before: int = -1
    numbers: dict[str, int] = msgspec.field(default_factory=dict)
    """When each began, Unix seconds."""

    @property
    def latest(self) -> int:
        """When the last of them began."""
        return max(self.before, *self.numbers.values(), -1)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(EndedLogin)


def pack_ended(ended: EndedLogin) -> bytes:
    """Return it in few bytes."""
    return _encoder.encode(ended)


def unpack_ended(packed: bytes) -> EndedLogin:
    """Return what was packed; raise ValueError where it is none."""
    try:
        return _decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
