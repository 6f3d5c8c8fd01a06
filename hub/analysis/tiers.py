"""A number over time, kept in ever coarser steps: each second for 10 minutes, each minute for two days."""

from __future__ import annotations

from collections.abc import Sequence

from hub.analysis.fields import Summary
from hub.model.buckets import SECOND, Buckets

STEPS = ((SECOND, 600), (10 * SECOND, 1080), (60 * SECOND, 2880))
"""(ms of a step, steps kept): 10 minutes, 3 hours, 2 days."""


class Tiers:
    """One number of one stream."""

    __slots__ = ("_tiers",)

    def __init__(self, packed: Sequence[Sequence[tuple[int, Summary]]] | None = None) -> None:
        kept = packed or [()] * len(STEPS)
        self._tiers = [{at: Summary(*each) for at, each in tier} for tier in kept]

    @property
    def size(self) -> int:
        """How many steps it holds."""
        return sum(map(len, self._tiers))

    def add(self, at: int, summary: Summary) -> None:
        """Add numbers received at a time, ms."""
        for (step, most), tier in zip(STEPS, self._tiers, strict=True):
            place = at - at % step
            before = tier.get(place)
            tier[place] = summary if before is None else before.plus(summary)
            if before is None and len(tier) > most:
                del tier[min(tier)]

    def buckets(self, since: int | None, until: int, points: int) -> Buckets:
        """Return buckets of steps that are kept from `since` on, by default from the first one."""
        least, first = STEPS[-1][0], until
        for (step, most), tier in zip(STEPS, self._tiers, strict=True):
            least, first = step, min(tier, default=until)
            # A tier that was never full has all that there was.
            if len(tier) < most or (since is not None and first <= since):
                break
        return Buckets.between(first if since is None else since, until, points, least=least)

    def read(self, buckets: Buckets) -> list[Summary | None]:
        """Return what is known of each bucket, from the coarsest steps that fit it."""
        tier = self._tiers[0]
        for (step, _), each in zip(STEPS, self._tiers, strict=True):
            if buckets.step % step == 0:
                tier = each
        found: list[Summary | None] = [None] * buckets.count
        for at in sorted(tier):
            place = buckets.place(at)
            if place is not None:
                before = found[place]
                found[place] = tier[at] if before is None else before.plus(tier[at])
        return found

    def pack(self) -> list[list[tuple[int, Summary]]]:
        """Return it as values to keep."""
        return [list(tier.items()) for tier in self._tiers]
