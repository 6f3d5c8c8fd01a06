"""Search through what is kept: large slabs of whole lines, scanned in threads or by the store, never line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import NamedTuple

from hub.core.history import History
from hub.core.matcher import Matcher
from hub.core.ports import Tasks
from hub.core.scan import Hit, Part, Wanted
from hub.core.slabs import SLAB_BYTES, Backward, Forward, hits_in, past
from hub.core.stream import Stream
from hub.core.streams import Streams
from hub.model.record import StreamRecord

AT_ONCE = 128
"""Streams that are looked up, and hits that are told, before the reactor has its turn."""


class Place(NamedTuple):
    """A stream on the way of a search."""

    ordinal: int
    """Its place in the order: that of its last run when the search came by."""
    name: str
    position: int | None = None
    """Where to go on in it; None is from its beginning, or back from its end."""


@dataclass(slots=True)
class Search:
    """One search, over one stream after the other. `found` is told each hit, and returns whether it wants more.

    What only the store has is searched by the store, if it offers that, many streams at a time, and none is woken for
    it; the rest is read and scanned here.
    """

    streams: Streams
    history: History
    tasks: Tasks
    matcher: Matcher
    wanted: Wanted
    found: Callable[[Place, int, Hit], bool]
    """Told where, under which epoch, and what."""
    progressed: Callable[[], None] = field(default=lambda: None)
    """Called now and then."""
    scanned: int = 0
    """Bytes looked at so far."""
    passed: int = 0
    """Streams gone through so far."""
    enough: bool = False
    """`found` wants no more."""

    async def through(self, places: Iterable[Place], is_chosen: Callable[[str], bool]) -> None:
        """Search the streams at some places, those of them that are chosen by name."""
        way = iter(places)
        while not self.enough and (some := list(islice(way, AT_ONCE))):
            await self._some([place for place in some if is_chosen(place.name)], len(some))

    async def _some(self, places: Sequence[Place], passed: int) -> None:
        """Search a few streams; those that nobody writes are searched together."""
        until = self.passed + passed
        waiting: list[tuple[Place, StreamRecord]] = []
        for place in places:
            record = self.streams.at_rest(place.name)
            if record is not None:
                if self._may_hold(record):
                    waiting.append((place, record))
                continue
            await self._sleepers(waiting)
            waiting = []
            if not self.enough:
                await self._stream(place)
            if self.enough:
                return
            self.passed += 1
        await self._sleepers(waiting)
        self.passed = until
        await self._told()

    def _may_hold(self, record: StreamRecord) -> bool:
        """Tell whether a stream may hold something of the time that is searched."""
        times = self.wanted.range
        if record.start >= record.end or record.first_at is None or record.last_at is None:
            return False
        return (times.since is None or record.last_at >= times.since) and (
            times.until is None or record.first_at < times.until
        )

    async def _sleepers(self, waiting: Sequence[tuple[Place, StreamRecord]]) -> None:
        """Let the store search whole streams that it has all of; where it does not, look at one after the other."""
        parts = [_part(place, record, newest=self.wanted.newest) for place, record in waiting]
        while parts and not self.enough:
            scanned = await self.history.scan(parts, self.wanted)
            if scanned is None:
                break
            self.scanned += scanned.bytes
            for index, hits in scanned.found:
                place, record = waiting[index]
                if self.streams.is_still(place.name, record.ordinal):
                    await self._tell(place, self.streams.epoch_of(place.name), hits)
            self.passed += scanned.finished
            waiting, parts = waiting[scanned.finished :], parts[scanned.finished :]
            if parts:
                parts[0] = _rest(parts[0], scanned.reached, newest=self.wanted.newest)
                waiting = [(waiting[0][0]._replace(position=scanned.reached), waiting[0][1]), *waiting[1:]]
            await self._told()
        for place, _ in waiting:
            if not self.enough:
                await self._stream(place)
                self.passed += 1

    async def _stream(self, place: Place) -> None:
        """Search one stream; it may be woken for that."""
        stream = self.streams.get(place.name)
        if stream is None:
            return
        if self.wanted.newest:
            await self._backward(
                place, stream, stream.end if place.position is None else min(place.position, stream.end)
            )
        else:
            await self._forward(place, stream, max(place.position or 0, stream.start))
        self.streams.let_sleep(place.name)

    async def _forward(self, place: Place, stream: Stream, offset: int) -> None:
        """Search from `offset`, where a line begins, to where the stream ends now."""
        end, since = stream.end, self.wanted.range.since
        if since is not None:
            offset = max(offset, await self.history.seek_time(stream, since))
            offset = await self._line_start(stream, offset)
        offset, done = await self._far(place, stream, offset, min(end, stream.tail.start))
        if not done:
            await self._near(place, stream, Forward(offset, end, to_the_end=True))

    async def _backward(self, place: Place, stream: Stream, end: int) -> None:
        """Search from `end`, where a line ends, back to the stream's start."""
        low = max(stream.start, stream.tail.start - SLAB_BYTES)
        near = Backward(low, end, from_the_start=low <= stream.start)
        if await self._near(place, stream, near):
            return
        end = near.reached
        if end <= stream.tail.start:
            end, done = await self._far(place, stream, stream.start, end)
            if done:
                return
        await self._near(place, stream, Backward(stream.start, end, from_the_start=True))

    async def _far(self, place: Place, stream: Stream, start: int, end: int) -> tuple[int, bool]:
        """Let the store search, as far as it does; return where to go on, and whether there is nothing to go on for."""
        newest = self.wanted.newest
        while end - start >= SLAB_BYTES:
            scanned = await self.history.scan([Part(stream.name, start, end, whole=newest)], self.wanted)
            if scanned is None or stream.deleted:
                break
            start, end = (start, scanned.reached) if newest else (scanned.reached, end)
            self.scanned += scanned.bytes
            for _, hits in scanned.found:
                await self._tell(place, stream.epoch, hits)
            await self._told()
            if self.enough or scanned.past:
                return scanned.reached, True
            if scanned.finished:
                break
        return (end if newest else start), False

    async def _near(self, place: Place, stream: Stream, walk: Forward | Backward) -> bool:
        """Read and scan here; return whether there is nothing to go on for."""
        newest = self.wanted.newest
        while not walk.over:
            slabs = walk.take(await self.history.read(stream, *walk.wants()))
            for slab in reversed(slabs) if newest else slabs:
                hits = await self.tasks.in_thread(partial(hits_in, slab, self.matcher, self.wanted))
                self.scanned += slab.size
                await self._tell(place, stream.epoch, hits[::-1] if newest else hits)
                if self.enough:
                    return True
                self.progressed()
            if past(slabs, self.wanted.range, newest=newest):
                return True
        return False

    async def _tell(self, place: Place, epoch: int, hits: Sequence[Hit]) -> None:
        """Tell what was found, until it is enough; the reactor has its turn in between."""
        for first in range(0, len(hits), AT_ONCE):
            if first:
                await self.tasks.in_thread(_nothing)
            for hit in hits[first : first + AT_ONCE]:
                if self.enough or not self.found(place, epoch, hit):
                    self.enough = True
                    return

    async def _told(self) -> None:
        self.progressed()
        await self.tasks.in_thread(_nothing)

    async def _line_start(self, stream: Stream, offset: int) -> int:
        """Return where the line begins that holds the byte at `offset`."""
        first = await self.history.first_chunk(stream, offset)
        if first is None:
            return offset
        return min(offset, await self.history.seek_line(stream, first.first_line))


def _part(place: Place, record: StreamRecord, *, newest: bool) -> Part:
    part = Part(place.name, record.start, record.end)
    return part if place.position is None else _rest(part, place.position, newest=newest)


def _rest(part: Part, position: int, *, newest: bool) -> Part:
    return part._replace(end=min(part.end, position)) if newest else part._replace(start=max(part.start, position))


def _nothing() -> None:
    """What a thread does so that the reactor goes on first."""
