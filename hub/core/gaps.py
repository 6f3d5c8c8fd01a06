"""The gaps of a stream that are known without asking its store: the latest, bounded in number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from hub.model.chunk import Gap, joined


class Gaps:
    """Separate gaps in their order. Those that touch and say the same are one.

    Of more than the bound the oldest that are durable give way: they are looked up in the store from then on. Which
    those are is told by `known_from`, and holds after the gaps were handed over to another of the same bound.
    """

    __slots__ = ("_bound", "_gaps", "known_from")

    def __init__(self, bound: int, gaps: Sequence[Gap] = ()) -> None:
        """`gaps` are the latest ones of a stream, all of it or as many as the bound."""
        self._bound = bound
        self._gaps = list(gaps[-bound:])
        self.known_from = self._gaps[0].offset if len(self._gaps) == bound else 0
        """All gaps that end past this offset are known here."""

    def __iter__(self) -> Iterator[Gap]:
        return iter(self._gaps)

    def add(self, gap: Gap, *, begins_run: bool, kept_from: int, durable: int) -> None:
        """Take a gap at the stream's end. What is before `kept_from` is none any more, it is kept no longer."""
        gaps = self._gaps
        one = joined(gaps[-1], gap) if gaps and not begins_run else None
        if one is not None:
            gaps[-1] = one
            return
        gaps.append(gap)
        if len(gaps) <= self._bound:
            return
        del gaps[: self._index(kept_from)]
        while len(gaps) > self._bound and gaps[0].end <= durable:
            self.known_from = gaps.pop(0).end

    def first(self, start: int, end: int) -> Gap | None:
        """Return the first known gap that touches the offsets from `start` to `end`."""
        index = self._index(start)
        return self._gaps[index] if index < len(self._gaps) and self._gaps[index].offset < end else None

    def _index(self, offset: int) -> int:
        return bisect_right(self._gaps, offset, key=lambda gap: gap.end)
