"""Only the lines that match: `SUB … match=` (PROTOCOL 5). What is left out is said as GAP `filter`, without a hole."""

from __future__ import annotations

from collections.abc import Iterator

from hub.core.delivery import Item, Live, Place
from hub.core.matcher import Matcher
from hub.model.chunk import Chunk, Gap
from hub.model.cursor import Cursor

LONGEST_LINE = 1 << 20
"""A line that is longer than this is judged in parts."""


class LineFilter:
    """Stands between a delivery and its reader. Bytes of an unfinished line wait for its end."""

    __slots__ = ("_carried", "_carry", "_matcher", "_skipped_from", "_skipped_to")

    def __init__(self, matcher: Matcher) -> None:
        self._matcher: Matcher | None = matcher
        self._carry: list[Chunk] = []
        self._carried = 0
        self._skipped_from = self._skipped_to = 0

    def widen(self) -> None:
        """Let everything pass from now on: another subscription wants it."""
        self._matcher = None

    def through(self, item: Item) -> Iterator[Item]:
        """Yield what is told of an item; a Gap `filter` comes when what follows it does, or with `settle`."""
        if isinstance(item, Chunk):
            yield from self._chunk(item)
        elif isinstance(item, Place):
            cursor = Cursor(item.cursor.epoch, min(item.cursor.offset, self._told_up_to(item.cursor.offset)))
            yield item._replace(cursor=cursor)
        elif isinstance(item, Live):
            yield from self.settle()
            yield Live(self._told_up_to(item.offset))
        else:
            # A gap, or a run's begin or end, ends an unfinished line.
            yield from self._judge_carry()
            yield from self.settle()
            yield item

    def settle(self) -> Iterator[Gap]:
        """Yield the gap of what was left out last."""
        if self._skipped_to > self._skipped_from:
            yield Gap(self._skipped_from, self._skipped_to, "filter")
        self._skipped_from = self._skipped_to = 0

    def _told_up_to(self, offset: int) -> int:
        if self._skipped_to > self._skipped_from:
            return self._skipped_from
        return self._carry[0].offset if self._carry else offset

    def _chunk(self, chunk: Chunk) -> Iterator[Item]:
        feed = chunk.data.rfind(b"\n")
        if feed < 0 and self._matcher is not None:
            self._keep(chunk)
            if self._carried > LONGEST_LINE:
                yield from self._judge_carry()
            return
        cut = chunk.offset + feed + 1 if self._matcher is not None else chunk.end
        self._carry.append(chunk.cut(chunk.offset, cut))
        yield from self._judge_carry()
        if cut < chunk.end:
            self._keep(chunk.cut(cut, chunk.end))

    def _keep(self, chunk: Chunk) -> None:
        self._carry.append(chunk)
        self._carried += len(chunk.data)

    def _judge_carry(self) -> Iterator[Item]:
        block, self._carry, self._carried = self._carry, [], 0
        if not block:
            return
        start, end = block[0].offset, block[-1].end
        position = start
        for low, high in self._wanted(b"".join([chunk.data for chunk in block])):
            yield from self._skip(position, start + low)
            yield from self._tell(block, start + low, start + high)
            position = start + high
        yield from self._skip(position, end)

    def _wanted(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield ranges of whole wanted lines with their LFs; neighbours come as one."""
        if self._matcher is None:
            yield 0, len(text)
            return
        low = high = 0
        for start, end in self._matcher.spans(text):
            if start > high or high == 0:
                if high > low:
                    yield low, high
                low = start
            high = min(end + 1, len(text))
        if high > low:
            yield low, high

    def _skip(self, start: int, end: int) -> Iterator[Item]:
        if start >= end:
            return
        if self._skipped_to != start or self._skipped_to == self._skipped_from:
            yield from self.settle()
            self._skipped_from = start
        self._skipped_to = end

    def _tell(self, block: list[Chunk], start: int, end: int) -> Iterator[Item]:
        yield from self.settle()
        for chunk in block:
            if chunk.end > start and chunk.offset < end:
                yield chunk.cut(start, end)
