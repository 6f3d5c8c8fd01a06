"""How long lines are: counts by length, of two digits, so that quantiles are right to one percent for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


class Lengths:
    """Counts of lines by their length in bytes, their LF not included."""

    def __init__(self, counts: Mapping[int, int] | None = None, most: int = 0) -> None:
        self.counts: Counter[int] = Counter(counts)
        self.most = most

    def add(self, lines: Iterable[bytes]) -> None:
        """Count lines."""
        for length, count in Counter(map(len, lines)).items():
            self.counts[_two_digits(length)] += count
            self.most = max(self.most, length)

    def quantiles(self) -> dict[str, int]:
        """Return `{p50, p90, p99, max}`; empty where there was no line."""
        total = self.counts.total()
        if not total:
            return {}
        found: dict[str, int] = {}
        seen = 0
        wanted = list(QUANTILES.items())
        for length in sorted(self.counts):
            seen += self.counts[length]
            while wanted and seen >= wanted[0][1] * total:
                found[wanted.pop(0)[0]] = min(length, self.most)
        return {**found, "max": self.most}


def _two_digits(length: int) -> int:
    """Return the middle of all lengths that begin with the same two digits and are as long."""
    step = 1
    while length >= 100 * step:
        step *= 10
    return length - length % step + step // 2
