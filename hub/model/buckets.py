"""Equal steps of time, into which numbers over time are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SECOND = 1000
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3600 * SECOND, 24 * 3600 * SECOND
_STEPS = (
    *(count * SECOND for count in (1, 2, 5, 10, 15, 30)),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 28)),
)
"""Steps that people can read off a clock; longer ones are doubles of the last."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """`count` buckets; the one at index i holds times from `since + i * step` on, up to the next. Unix ms.

    `since` is a multiple of `step`, and `step` of a second: so the same bucket holds the same, whoever asks.
    """

    since: int
    step: int
    count: int

    @property
    def until(self) -> int:
        """The end of the last bucket, which does not belong to it."""
        return self.since + self.step * self.count

    def place(self, at: int) -> int | None:
        """Return in which bucket a time is; None outside of all."""
        place = (at - self.since) // self.step
        return place if 0 <= place < self.count else None

    @classmethod
    def between(cls, since: int, until: int, points: int, *, least: int = SECOND) -> Buckets:
        """Return the finest buckets, at most `points`, that hold all times from `since` on and before `until`.

        No step is shorter than `least`, and each is a multiple of it.
        """
        steps = [step for step in _STEPS if step >= least and step % least == 0]
        step, wider = steps[0], iter(steps[1:])
        while True:
            first = since - since % step
            count = max(-((first - until) // step), 0)
            if count <= points:
                return cls(first, step, count)
            step = next(wider, step * 2)


class Counted(NamedTuple):
    """What was received of a stream below the offset `end`: by bucket, lines that ended in it, and bytes."""

    end: int
    lines: list[int]
    bytes: list[int]

    @classmethod
    def nothing(cls, buckets: Buckets, end: int = 0) -> Counted:
        """Return counts to be added to."""
        return cls(end, [0] * buckets.count, [0] * buckets.count)
