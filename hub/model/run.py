"""One writer's stretch of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Run(msgspec.Struct, array_like=True, eq=False, gc=False):
    """What one producer session writes, from its first byte to its END. Offsets of a stream go on from run to run."""

    number: int
    start: int
    began_at: int
    """Unix ms."""
    meta: Mapping[str, Any] = {}
    ordinal: int = 0
    """Hub-wide order in which runs were opened: a subscription compares it to its own."""
    end: int | None = None
    """None while the run is open."""
    ended_at: int | None = None
    status: str | None = None
    """What the producer said at its END, such as `exit:0`."""
    cause: str | None = None
    """`end`, `eof`, `reset`, `timeout`, `hub_lost`, `deleted`, `superseded`, `kicked` or `ttl`."""
    lines: int = 0
    bytes: int = 0
    session: str | None = None
    """Hash of the key of the framed session that writes it; None for raw output."""
    fence: int = 0
    """How often the session was attached: it grows for ever, not densely."""

    @property
    def ended(self) -> bool:
        """Whether nobody writes it any more."""
        return self.end is not None

    def snapshot(self) -> Run:
        """Return it as it is now, for those who look at it later."""
        return msgspec.structs.replace(self)
