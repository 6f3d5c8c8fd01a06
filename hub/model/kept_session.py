"""A reader's session as it is kept while the hub is down."""

from __future__ import annotations

import msgspec

from hub.model.begin import Begin
from hub.model.cursor import Cursor


class KeptSubscription(msgspec.Struct, array_like=True, frozen=True):
    """A subscription and where its streams go on; the fields are those of `hub.core.subscription`."""

    id: str
    pattern: str
    begin: Begin
    skip: bool
    cursors: dict[str, Cursor]
    ordinal: int
    unplaced: tuple[str, ...]
    match: str | None


class KeptSession(msgspec.Struct, array_like=True, frozen=True):
    """Whose it is, and what they follow."""

    credential: str
    """What its principal came in with last, see `hub.core.account_book`."""
    subscriptions: tuple[KeptSubscription, ...]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(KeptSession)


def pack_session(session: KeptSession) -> bytes:
    """Return a session in few bytes."""
    return _encoder.encode(session)


def unpack_session(packed: bytes) -> KeptSession:
    """Return the session that was packed; raise ValueError where it is none."""
    try:
        return _decoder.decode(packed)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
