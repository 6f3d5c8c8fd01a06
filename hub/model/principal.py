"""Who somebody is, and what a role allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hub.model.pattern import Pattern


class Role(IntEnum):
    """What an admin may do; each role may do all that the ones below it may."""

    NONE = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The role as it stands on the wire."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated somebody: streams, sessions and leases belong to a principal's name, never to a socket."""

    name: str
    role: Role
    may_produce: bool = True
    patterns: tuple[Pattern, ...] = ()
    """Streams that this principal is bound to; empty is all of them."""

    def may_see(self, stream: str) -> bool:
        """Tell whether `stream` is within the principal's patterns."""
        return not self.patterns or any(pattern.matches(stream) for pattern in self.patterns)


ANONYMOUS = Principal("anonymous", Role.NONE)
"""Producers on loopback that gave no token."""
