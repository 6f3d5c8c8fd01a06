"""The past of a stream: from its tail where that reaches back, else from the store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hub.core.ports import Clock, Store, Tasks
from hub.core.scan import Part, Scanned, Wanted
from hub.model.begin import Begin
from hub.model.buckets import Buckets, Counted
from hub.model.chunk import Chunk, Gap, Piece, weight
from hub.model.cursor import judge
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.stream import Stream


READ_AGAIN_SECONDS = (0.1, 0.4, 1.0, 2.0)
"""How long to wait before each further try to read what a disk did not give; then it is told as a gap."""


class History:
    """Reads and seeks. What is not durable yet is in the tail, so both together know every byte."""

    def __init__(self, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks

    async def read(self, stream: Stream, offset: int, max_bytes: int) -> list[Piece]:
        """Return contiguous pieces from `offset` on, of about `max_bytes` bytes; none at the stream's end.

        The bytes that are kept no longer come as a gap first. What the disk does not give is asked for again, and told
        as a gap some seconds later.
        """
        for seconds in READ_AGAIN_SECONDS:
            try:
                return await self.read_once(stream, offset, max_bytes, sure=False)
            except Problem as problem:
                if problem.word != "STORE":
                    raise
            waited = self._tasks.promise()
            self._clock.call_later(seconds, partial(waited.keep, None))
            await waited
        return await self.read_once(stream, offset, max_bytes, sure=True)

    async def read_once(self, stream: Stream, offset: int, max_bytes: int, *, sure: bool) -> list[Piece]:
        """Return the same as `read`; unless `sure`, raise Problem STORE where the disk may give more the next time."""
        pieces: list[Piece] = []
        if offset < stream.start:
            pieces.append(Gap(offset, stream.start, "retention"))
            offset = stream.start
        if offset < stream.tail.start:
            stored = [] if stream.deleted else await self._store.read(stream.name, offset, max_bytes, sure=sure)
            if stream.deleted:
                # The name may be another stream's by now, and what the store holds that one's.
                return [*pieces, Gap(offset, stream.tail.start, "retention")]
            if not stored and offset < stream.start:
                # Retention took all of it while it was read.
                return [*pieces, Gap(offset, stream.start, "retention")]
            if not stored and offset < stream.tail.start:
                # What was durable and is not there any more is lost: said, so that readers can go on.
                return [*pieces, Gap(offset, stream.tail.start, "store_loss")]
            return _contiguous(pieces, offset, _up_to_memory(stored, stream.tail.start))
        for piece in stream.tail.since(offset):
            pieces.append(piece)
            max_bytes -= weight(piece)
            if max_bytes <= 0:
                break
        return pieces

    async def first_chunk(self, stream: Stream, offset: int) -> Chunk | None:
        """Return the first chunk from `offset` on, however many gaps come before it, cut to begin there."""
        while pieces := await self.read(stream, offset, 1):
            for piece in pieces:
                if isinstance(piece, Chunk):
                    return piece
                offset = piece.end
        return None

    async def first_gap(self, stream: Stream, start: int, end: int) -> Gap | None:
        """Return the first recorded gap that touches the offsets from `start` to `end`; what is kept no longer is one.

        Waits only where the stream has more gaps than are remembered. Raise Problem NOTFOUND where it is deleted then.
        """
        if start < stream.start and start < end:
            return Gap(start, stream.start, "retention")
        if start < stream.gaps.known_from and start < end:
            found = await self._store.first_gap(stream.name, start, end)
            if stream.deleted:
                raise Problem("NOTFOUND", f"the stream {stream.name} was deleted meanwhile")
            if found is not None:
                return found
        return stream.gaps.first(start, end)

    async def count(self, stream: Stream, buckets: Buckets) -> Counted:
        """Return lines and bytes that are kept of a stream, by the time of their receipt."""
        # What the tail drops meanwhile the store has by then: so both together know every chunk, before and after.
        tail = [piece for piece in stream.tail if isinstance(piece, Chunk)]
        counted = await self._store.count(stream.name, buckets)
        if stream.deleted:
            raise Problem("NOTFOUND", f"the stream {stream.name} was deleted meanwhile")
        for chunk in tail:
            index = buckets.place(chunk.at) if chunk.offset >= counted.end else None
            if index is not None:
                counted.lines[index] += chunk.lines
                counted.bytes[index] += len(chunk.data)
        return counted

    async def first_time(self, stream: Stream) -> int | None:
        """Return when the first byte that is kept was received; None where none is."""
        if not stream.start:
            return stream.first_at
        first = await self.first_chunk(stream, stream.start)
        return None if first is None else first.at

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        """Let the store search parts that it has all of; None where it leaves that to others."""
        return await self._store.scan(parts, wanted)

    async def seek(self, stream: Stream, begin: Begin) -> tuple[int, int | None]:
        """Return where `begin` is in the stream, and what to truncate if a cursor was ahead of it.

        Raise Problem NOTFOUND for a run that is not remembered.
        """
        if begin.kind == "cursor" and begin.cursor is not None:
            return judge(begin.cursor, stream.epochs, stream.end)
        if begin.kind == "start":
            return stream.start, None
        if begin.kind == "run":
            run = stream.run_numbered(begin.number)
            if run is None:
                raise Problem("NOTFOUND", f"there is no run {begin.number} of this stream")
            return max(run.start, stream.start), None
        if begin.kind == "lines":
            return await self.seek_lines_back(stream, begin.number), None
        if begin.kind == "at":
            return await self.seek_time(stream, begin.number), None
        return stream.end, None

    async def seek_lines_back(self, stream: Stream, lines: int) -> int:
        """Return where the last `lines` lines begin; an unfinished last line is one of them."""
        if lines <= 0:
            return stream.end
        return await self.seek_line(stream, max(stream.line_count - lines, 0))

    async def seek_line(self, stream: Stream, line: int) -> int:
        """Return the offset of the first byte of line number `line` (from 0), clipped to what is kept."""
        if line <= 0:
            return stream.start
        first = next((piece for piece in stream.tail if isinstance(piece, Chunk)), None)
        if stream.tail.start > stream.start and (first is None or line <= first.first_line):
            found = await self._store.seek_line(stream.name, line)
            if found is not None:
                return max(found, stream.start)
        for piece in stream.tail:
            if isinstance(piece, Chunk) and piece.first_line < line <= piece.first_line + piece.lines:
                return piece.offset + after_line(piece.data, line - piece.first_line)
        return stream.end if line > stream.lines else stream.start

    async def seek_time(self, stream: Stream, at: int) -> int:
        """Return the offset of the first chunk received at or after `at` (ms); the stream's end if there is none."""
        if stream.tail.start > stream.start:
            found = await self._store.seek_time(stream.name, at)
            if found is not None:
                return found
        for piece in stream.tail:
            if isinstance(piece, Chunk) and piece.at >= at:
                return piece.offset
        return stream.end


def after_line(data: bytes, count: int) -> int:
    """Return the index after the `count`-th LF of `data`, which has that many."""
    index = 0
    for _ in range(count):
        index = data.index(b"\n", index) + 1
    return index


def _contiguous(pieces: list[Piece], offset: int, stored: Sequence[Piece]) -> list[Piece]:
    for piece in stored:
        if piece.offset != offset:
            # The store trimmed while it read: what is missing is said, never passed over.
            pieces.append(Gap(offset, piece.offset, "retention"))
        pieces.append(piece)
        offset = piece.end
    return pieces


def _up_to_memory(stored: Sequence[Piece], start: int) -> Sequence[Piece]:
    """Return pieces without what the store has lost from `start` on: that is in memory still."""
    for index, piece in enumerate(stored):
        if isinstance(piece, Gap) and piece.end > start and piece.reason in ("store_loss", "corrupt"):
            return [*stored[:index], *([piece._replace(end=start)] if piece.offset < start else [])]
    return stored
