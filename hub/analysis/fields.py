"""Numbers that lines tell by a name: `loss=0.123`, `"acc": 0.9`, `lr: 1e-4`, and progress: `45%`, `3.2it/s`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

_NUMBER = rb"([+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})(?:[eE][+-]?\d{1,3})?)"
# After the number a unit may stand, but no more of a time, an address, a version or a hash.
_NAMED = re.compile(
    rb"(?<![\w./-])([A-Za-z_][\w./-]{0,39})[\"']?\s{0,2}[=:]\s{0,2}[\"']?" + _NUMBER + rb"(?![\d.:/-]|[A-Za-z_]\w{4})"
)
_BARE = re.compile(rb"(?<![\w.])(\d{1,9}(?:\.\d{1,9})?)\s?(%|it/s|s/it|[kMG]i?B/s)(?!\w)")


class Summary(NamedTuple):
    """Several numbers as one."""

    number: int
    total: float
    low: float
    high: float
    last: float

    def plus(self, other: Summary) -> Summary:
        """Return both, `other` being the later one."""
        return Summary(
            self.number + other.number,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
            other.last,
        )


def find_fields(text: bytes) -> dict[str, Summary]:
    """Return the numbers of `text` by their name; bare progress goes by its unit."""
    found: dict[str, Summary] = {}
    for name, value in _pairs(text):
        one = Summary(1, value, value, value, value)
        before = found.get(name)
        found[name] = one if before is None else before.plus(one)
    return found


def _pairs(text: bytes) -> Iterator[tuple[str, float]]:
    named: set[int] = set()
    for match in _NAMED.finditer(text):
        named.add(match.start(2))
        value = float(match[2])
        if math.isfinite(value):
            yield match[1].decode("ascii", "replace"), value
    for match in _BARE.finditer(text):
        if match.start() not in named:
            yield match[2].decode("ascii"), float(match[1])
