"""What one measurement asks of the generator."""

from __future__ import annotations

from dataclasses import dataclass

from bench.lines import LINE

WINDOW = 2 * 1024 * 1024
"""Bytes of lines on their way to the slowest reader, over all producers, at most."""


@dataclass(frozen=True)
class Plan:
    """One load on one server."""

    producers: int
    readers: int
    block: int
    """Lines in a block: what a producer hands over at once; its first line carries the time."""
    rate: float | None = None
    """Blocks a second of all producers together, evenly spaced; None: as fast as the window allows."""
    stalled: int = 0
    """How many of the readers, the last ones, subscribe and then never read."""
    warm_up: float = 0.5
    """Seconds under load before measuring begins."""
    seconds: float = 3.0
    """Seconds measured."""
    senders: int = 1
    receivers: int = 1
    """Processes of the generator."""

    @property
    def window(self) -> int:
        """Bytes under way at most; never less than a block of each producer."""
        return max(WINDOW, 2 * self.producers * self.block * LINE)
