"""A page of `stream.list`: streams in some order, gone through over as many turns as that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, NamedTuple

from hub.core.report import row_of
from hub.core.rows import StreamPage, StreamRow
from hub.model.pattern import Pattern
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.record import Facts

if TYPE_CHECKING:
    from hub.core.hub import Hub

STRIDE = 64
"""So many streams are looked at between two looks at the clock."""

Key = tuple[int, str]

_SORTS: dict[str, Callable[[str, Facts], Key]] = {
    "newest": lambda name, facts: (-facts.ordinal, name),
    "name": lambda name, facts: (0, name),
    "lines": lambda name, facts: (-facts.lines, name),
    "bytes": lambda name, facts: (-facts.received, name),
}


class Wanted(NamedTuple):
    """Which streams are listed, in which order, and from where on."""

    pattern: Pattern
    state: str | None
    meta: Mapping[str, Any]
    sort: str
    after: str | None
    """`next` of a former page."""

    def takes(self, row: StreamRow) -> bool:
        """Tell whether a stream is one of them."""
        if self.state is not None and row["state"] != self.state:
            return False
        return all(row["meta"].get(key) == value for key, value in self.meta.items())


async def list_streams(
    hub: Hub, principal: Principal, wanted: Wanted, *, limit: int, weigh: Callable[[StreamRow], int], room: int
) -> StreamPage:
    """Return `{streams, next, truncated?}`: rows in their order, beginning after a former page's `next`.

    A page has at most `limit` rows and `room` bytes as `weigh` counts them; what does not fit is for the next page.
    Streams that come and go meanwhile may be there or not. Raise Problem PROTO for what is no page's `next`.
    """
    walk = _Walk(hub, principal, wanted)
    chosen = await (_first if wanted.sort == "newest" else _least)(walk, limit + 1)
    rows: list[StreamRow] = []
    last: Key | None = None
    for index, (key, name) in enumerate(chosen[:limit]):
        if index % STRIDE == 0:
            await walk.rest()
        row = row_of(hub, name)
        if row is not None and wanted.takes(row):
            room -= weigh(row)
            if room < 0 and rows:
                return {"streams": rows, "next": _mark(last), "truncated": True}
            rows.append(row)
        last = key
    return {"streams": rows, "next": _mark(last) if len(chosen) > limit else None}


class _Walk:
    """Goes through all streams, the newest first, and lets everybody else have their turn. None is woken."""

    def __init__(self, hub: Hub, principal: Principal, wanted: Wanted) -> None:
        self._hub = hub
        self._principal = principal
        self._wanted = wanted
        self._key = _SORTS[wanted.sort]
        self._mark = None if wanted.after is None else _parse_mark(wanted.after)
        self._latest = hub.streams.ordinal
        self._past = -self._mark[0] if self._mark is not None and wanted.sort == "newest" else None
        self._over = False

    async def some(self) -> list[tuple[Key, str]] | None:
        """Return those of the next few streams that are wanted, and where they stand; None after the last one."""
        if self._over:
            return None
        await self.rest()
        found: list[tuple[Key, str]] = []
        for looked, name in enumerate(self._ahead(), 1):
            key = self._judge(name)
            if key is not None:
                found.append((key, name))
            if looked == STRIDE:
                return found
        self._over = True
        return found

    async def rest(self) -> None:
        """Go on in a later turn, where what this one has for calls is used up."""
        share = self._hub.turn.share
        if share.used_up:
            promise = self._hub.tasks.promise()
            share.wait(lambda: promise.keep(None), again=True)
            await promise

    def _ahead(self) -> Iterator[str]:
        pattern, streams = self._wanted.pattern, self._hub.streams
        if pattern.is_literal:
            yield from streams.matching(pattern, self._principal)
            return
        for ordinal, name in streams.in_order(newest=True, latest=self._latest, past=self._past):
            self._past = ordinal
            yield name

    def _judge(self, name: str) -> Key | None:
        wanted, streams = self._wanted, self._hub.streams
        if not wanted.pattern.matches(name) or not self._principal.may_see(name):
            return None
        facts = streams.facts(name)
        # Only an ended stream sleeps.
        if facts is None or (wanted.state not in (None, "ended") and not streams.is_awake(name)):
            return None
        key = self._key(name, facts)
        if self._mark is not None and key <= self._mark:
            return None
        if wanted.state is not None or wanted.meta:
            row = row_of(self._hub, name)
            if row is None or not wanted.takes(row):
                return None
        return key


async def _first(walk: _Walk, count: int) -> list[tuple[Key, str]]:
    """Return the first `count` of a walk, in its order."""
    chosen: list[tuple[Key, str]] = []
    while len(chosen) < count and (some := await walk.some()) is not None:
        chosen += some
    return chosen[:count]


async def _least(walk: _Walk, count: int) -> list[tuple[Key, str]]:
    """Return the first `count` of all in the order of their keys; hardly more than twice as many are held."""
    chosen: list[tuple[Key, str]] = []
    while (some := await walk.some()) is not None:
        chosen += some
        if len(chosen) > 2 * count + 16 * STRIDE:
            chosen = nsmallest(count, chosen)
    return nsmallest(count, chosen)


def _mark(key: Key | None) -> str | None:
    return None if key is None else f"{key[0]} {key[1]}"


def _parse_mark(after: str) -> Key:
    number, _, name = after.partition(" ")
    try:
        return int(number[:20]), name
    except ValueError:
        raise Problem("PROTO", "after is the next of an earlier answer") from None
