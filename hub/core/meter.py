"""How fast a stream is: exact counts, and rates over 1, 10, 60 and 300 seconds."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOWS = (1, 10, 60, 300)
_STEPS = ((1.0, 11), (5.0, 13), (20.0, 16))
"""(seconds between two marks, marks kept): 10 s, 60 s and 300 s back, 40 marks a stream at most."""


class Mark(NamedTuple):
    """What had been counted at a time."""

    at: float
    lines: int
    bytes: int


class Meter:
    """Rates from marks of growing counters: the hot path only counts, a tick once a second sets the marks."""

    __slots__ = ("_marks", "_resting")

    def __init__(self, now: float, lines: int = 0, bytes_: int = 0) -> None:
        first = Mark(now, lines, bytes_)
        self._marks: tuple[deque[Mark], ...] = tuple(deque([first], maxlen=size) for _, size in _STEPS)
        self._resting = False

    def rest(self) -> None:
        """Take note that no mark is set until something is counted again."""
        self._resting = True

    def mark(self, now: float, lines: int, bytes_: int) -> None:
        """Remember what has been counted by now."""
        if self._resting:
            # Nothing was counted until a moment ago: what is new belongs to the last second, not to the whole rest.
            self._resting = False
            for marks in self._marks:
                marks.append(marks[-1]._replace(at=now - 1.0))
        for marks, (step, _) in zip(self._marks, _STEPS, strict=True):
            if now - marks[-1].at >= step * 0.95:
                marks.append(Mark(now, lines, bytes_))

    def rate(self, seconds: int, now: float, lines: int, bytes_: int) -> tuple[float, float]:
        """Return lines and bytes a second over the last `seconds`, or over the stream's life where that is shorter."""
        then = self._at(now - seconds)
        if self._resting:
            then = then._replace(at=max(then.at, now - seconds))
        elapsed = max(now - then.at, 1.0)
        return (lines - then.lines) / elapsed, (bytes_ - then.bytes) / elapsed

    def _at(self, time: float) -> Mark:
        for marks in self._marks:
            if marks[0].at <= time:
                return _last_before(marks, time)
        return self._marks[-1][0]

    def is_quiet(self, lines: int, bytes_: int) -> bool:
        """Tell whether nothing was counted within the longest window: the meter may rest until the next byte."""
        oldest = self._marks[-1][0]
        full = len(self._marks[-1]) == _STEPS[-1][1]
        return full and (oldest.lines, oldest.bytes) == (lines, bytes_)


def _last_before(marks: deque[Mark], time: float) -> Mark:
    later: Mark | None = None
    for mark in reversed(marks):
        if mark.at <= time:
            # Where nothing was counted between two marks, each moment between them is as good as a mark.
            idle = later is not None and (later.lines, later.bytes) == (mark.lines, mark.bytes)
            return mark._replace(at=time) if idle else mark
        later = mark
    raise ValueError("no mark is that old")
