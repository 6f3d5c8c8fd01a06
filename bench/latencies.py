"""How long lines took from their sender to their reader, on one clock of one machine."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from time import monotonic_ns


class Latencies:
    """Latencies in ns, kept only while `on`: not while connections warm up, nor while the last bytes drain."""

    def __init__(self) -> None:
        self.on = False
        self.taken = array("q")

    def note(self, sent: int) -> None:
        """Note the arrival, now, of a line that was sent at `sent` (monotonic ns)."""
        if self.on:
            self.taken.append(monotonic_ns() - sent)


def quantile(ordered: Sequence[int], share: float) -> float:
    """Return the smallest value that at least `share` of the ordered values do not exceed; NaN of none."""
    if not ordered:
        return float("nan")
    rank = -int(-share * len(ordered) // 1)
    return float(ordered[max(rank, 1) - 1])
