"""Searching parts of streams on a reading connection: as far as a moment allows, then where to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.sieve import may_match, next_group
from hub.core.matcher import Matcher
from hub.core.scan import Found, Hit, Part, Scanned, Wanted
from hub.core.slabs import Backward, Forward, Slab, hits_in, past

SECONDS = 0.1
"""About how long one call takes: a search that is given up goes on for so long."""
HITS = 500
"""After so many the hub is told: what it makes of them is done in its reactor."""
_SOUGHT_BYTES = 1 << 20
"""In a part of this size the first line of a range of time is looked up, in smaller ones it is come across."""


class Scanning:
    """One call's way through some parts."""

    def __init__(
        self, reading: Reading, matcher: Matcher, wanted: Wanted, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._reading, self._matcher, self._wanted, self._clock = reading, matcher, wanted, clock
        self._until = clock() + SECONDS
        self._left = min(wanted.most, HITS)
        self._is_sieved = matcher.is_by_line and not wanted.query.invert
        self._bytes = 0
        self._past = False
        self._reached = 0
        self._found: list[Found] = []

    def through(self, parts: Sequence[Part]) -> Scanned:
        """Search some parts in their order, all in one state of the file."""
        index = 0
        with self._reading.snapshot():
            while index < len(parts):
                if index and self._is_time():
                    return self._scanned(index, parts[index].end if self._wanted.newest else parts[index].start)
                small = next_group(parts, index) if self._is_sieved else 0
                after = index + max(small, 1)
                place = self._small(parts, index, after) if small > 1 else self._large(parts, index)
                if place is not None:
                    return self._scanned(*place)
                index = after
        return self._scanned(len(parts), self._reached)

    def _small(self, parts: Sequence[Part], first: int, after: int) -> tuple[int, int] | None:
        """Search small parts, most of which nothing is found in; return the place where it is enough, else None."""
        group = parts[first:after]
        chosen = may_match(self._reading, self._matcher, group)
        for index, part in enumerate(group, first):
            if index - first not in chosen:
                self._bytes += part.end - part.start
                self._reached = part.start if self._wanted.newest else part.end
            elif (place := self._large(parts, index)) is not None:
                return place
        return None

    def _large(self, parts: Sequence[Part], index: int) -> tuple[int, int] | None:
        """Search one part; return the place where it is enough for now, None if all of the part is done."""
        reached = self._part(index, parts[index])
        return None if reached is None else (index, reached)

    def _part(self, index: int, part: Part) -> int | None:
        """Search one part; return where to go on in it, None if it is done."""
        walk = self._walk(part)
        newest, began = self._wanted.newest, walk.reached
        while not walk.over:
            if walk.reached != began and self._is_time():
                return walk.reached
            slabs = walk.take(self._reading.read(part.stream, *walk.wants()))
            for slab in reversed(slabs) if newest else slabs:
                hits = hits_in(slab, self._matcher, self._wanted._replace(most=self._left))
                self._bytes += slab.size
                if hits:
                    self._found.append(Found(index, hits[::-1] if newest else hits))
                    self._left -= len(hits)
                if self._left == 0:
                    return _after(slab, hits, newest=newest)
            self._past = past(slabs, self._wanted.range, newest=newest)
            if self._past:
                break
        self._reached = walk.reached
        return None

    def _walk(self, part: Part) -> Forward | Backward:
        if self._wanted.newest:
            return Backward(part.start, part.end, from_the_start=part.whole)
        start, since = part.start, self._wanted.range.since
        if since is not None and part.end - start >= _SOUGHT_BYTES:
            start = max(start, self._line_since(part.stream, since, part.end))
        return Forward(start, part.end, to_the_end=part.whole)

    def _line_since(self, stream: str, since: int, end: int) -> int:
        """Return where the line begins of which some came since a time; `end` where there is none."""
        offset = self._reading.seek_time(stream, since)
        if offset is None:
            return end
        first = self._reading.first_chunk(stream, offset)
        line = None if first is None else self._reading.seek_line(stream, first.first_line)
        return offset if line is None else min(offset, line)

    def _is_time(self) -> bool:
        return self._clock() >= self._until

    def _scanned(self, finished: int, reached: int) -> Scanned:
        return Scanned(finished, reached, self._bytes, self._found, self._past)


def _after(slab: Slab, hits: Sequence[Hit], *, newest: bool) -> int:
    """Return where to go on after the last of some hits: at the next line, or at the end of the one before."""
    if newest:
        return hits[0].offset
    return min(hits[-1].offset + hits[-1].size + 1, slab.offset + slab.size)
