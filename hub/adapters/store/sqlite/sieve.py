"""Telling at once which of many small streams have no line that matches: they are read and searched as one text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import apsw

from hub.adapters.store.sqlite.block import CorruptBlock, text_of
from hub.adapters.store.sqlite.reading import Reading
from hub.core.matcher import Matcher
from hub.core.scan import Part

MOST_BYTES = 1 << 20
"""How much is searched as one text."""
SMALL_BYTES = 64 * 1024
MOST_STREAMS = 128


def next_group(parts: Sequence[Part], first: int) -> int:
    """Return how many parts from `first` on are small enough, each and together, to go through a sieve."""
    size = 0
    for index in range(first, min(len(parts), first + MOST_STREAMS)):
        part = parts[index]
        size += part.end - part.start
        if not part.whole or part.end - part.start > SMALL_BYTES or size > MOST_BYTES:
            return index - first
    return min(len(parts) - first, MOST_STREAMS)


def may_match(reading: Reading, matcher: Matcher, parts: Sequence[Part]) -> set[int]:
    """Return which of the parts may have lines that match, by their indices: those, and those that are not plain.

    Checksums are left to who reads them: a damaged block counts as one without lines, so that what it seems to hold
    may be passed over as well as looked at.
    """
    texts = [b""] * len(parts)
    reached = [part.start for part in parts]
    try:
        for index, start, end, reason, codec, table_bytes, data in reading.blocks_of([part.stream for part in parts]):
            if start == reached[index] and reason is None:
                texts[index] += text_of(codec, table_bytes, data)
                reached[index] = end
    except (CorruptBlock, apsw.CorruptError, apsw.IOError):
        return set(range(len(parts)))
    # Lines are searched as they are in their streams only where those are here from end to end, without a gap.
    found = {index for index, part in enumerate(parts) if reached[index] != part.end}
    ends, place = [], 0
    for text in texts:
        place += len(text) + 1
        ends.append(place)
    joined = b"\n".join(texts)
    place = 0
    while place <= len(joined) and (at := matcher.next_match(joined, place)) is not None:
        index = bisect_right(ends, at)
        found.add(index)
        place = ends[index]
    return found
