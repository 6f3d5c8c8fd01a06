"""What is kept: by age, by bytes in all and of a stream, by pattern, and what is pinned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.model.pattern import Pattern


@dataclass(frozen=True, slots=True)
class Rule:
    """Bounds of its own for the streams that a pattern matches; None is the general one."""

    pattern: Pattern
    seconds: int | None = None
    stream_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of what is kept; bytes are those on the disk. 0 is no bound."""

    seconds: int = 0
    total_bytes: int = 0
    stream_bytes: int = 0
    anonymous_bytes: int = 0
    rules: Sequence[Rule] = field(default=())
    """The first one that matches a stream is the stream's."""
    pinned: Sequence[Pattern] = field(default=())
    """Streams of which nothing is ever dropped."""

    def is_pinned(self, name: str) -> bool:
        """Tell whether all of a stream is kept."""
        return any(pattern.matches(name) for pattern in self.pinned)

    def seconds_of(self, name: str) -> int:
        """Return how long the bytes of a stream are kept; 0 is for ever."""
        rule = self._rule(name)
        return self.seconds if rule is None or rule.seconds is None else rule.seconds

    def bytes_of(self, name: str) -> int:
        """Return how much of a stream is kept; 0 is all."""
        rule = self._rule(name)
        return self.stream_bytes if rule is None or rule.stream_bytes is None else rule.stream_bytes

    @property
    def least_seconds(self) -> int:
        """The shortest time after which anything goes; 0 is never."""
        return min((each for each in (self.seconds, *[rule.seconds or 0 for rule in self.rules]) if each), default=0)

    @property
    def least_bytes(self) -> int:
        """The lowest bound of any stream; 0 is none."""
        bounds = (self.stream_bytes, *[rule.stream_bytes or 0 for rule in self.rules])
        return min((each for each in bounds if each), default=0)

    def _rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.pattern.matches(name)), None)
