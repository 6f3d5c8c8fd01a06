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

    @classmethod
    def of(cls, word: str) -> Role:
        """Return the role of that word; raise KeyError if there is none."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated somebody: streams, sessions and leases belong to a principal's name, never to a socket."""

    name: str
    role: Role
    may_produce: bool = True
    patterns: tuple[Pattern, ...] = ()
    """Streams that this principal is bound to; empty is all of them."""
    credential: str = ""
    """What made them known: a token, a user, a guest link. Worth nothing to whoever reads it, and it ends some day."""
    expires_at: int | None = None
    """When the credential ends by itself, Unix ms."""
    within: tuple[Pattern, ...] = ()
    """A second bound that holds beside the first one: that of the user for whom a bound token acts."""
    login: str = ""
    """The number of the browser's login by which they came, if they did: what came by it ends with it."""

    def may_see(self, stream: str) -> bool:
        """Tell whether `stream` is within the principal's patterns."""
        if self.within and not any(pattern.matches(stream) for pattern in self.within):
            return False
        return not self.patterns or any(pattern.matches(stream) for pattern in self.patterns)


ANONYMOUS = Principal("anonymous", Role.NONE)
"""Producers on loopback that gave no token."""
