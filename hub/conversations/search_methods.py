"""`stream.search`: lines by a pattern, through the past of many streams."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.hub import Hub
from hub.core.matcher import Matcher
from hub.core.rows import HitRow, SearchAnswer
from hub.core.scan import Hit, Range, Wanted
from hub.core.search import Place, Search
from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.commands import StreamSearch

Progress = Callable[[dict[str, object]], None]
ENVELOPE_BYTES = 8 * 1024
PROGRESS_SECONDS = 0.25


class _Answer:
    """Hits as they come, up to the limit and the room of an answer; then where to go on."""

    def __init__(self, hub: Hub, params: StreamSearch, latest: int) -> None:
        """`latest` is the newest run when the search began: all of its answers go by the order of then."""
        self._latest = latest
        self.hits: list[HitRow] = []
        self.next: str | None = None
        self.cut = False
        self._limit = params.limit
        self._room = hub.limits.answer_bytes - ENVELOPE_BYTES
        self._newest = params.newest

    def found(self, place: Place, epoch: int, hit: Hit) -> bool:
        row = hit.row(place.name, epoch)
        self._room -= len(json_rpc.encode(row)) + 1
        self.cut = self._room < 0 and bool(self.hits)
        if self.cut or len(self.hits) == self._limit:
            # The hit that has no room is the first of the next page: going back, its end, LF and all, is where that
            # begins; where there is no LF, what comes next is no line of the stream's.
            position = hit.offset + hit.size + 1 if self._newest else hit.offset
            self.next = f"{position} {place.ordinal} {self._latest} {place.name}"
            return False
        self.hits.append(row)
        return True


class _Way:
    """The streams that a search goes through, and how far it is."""

    def __init__(self, hub: Hub, pattern: Pattern, principal: Principal, params: StreamSearch) -> None:
        """Raise Problem PROTO or NOTFOUND where it cannot go on after a former answer."""
        self._streams, self._pattern, self._principal = hub.streams, pattern, principal
        self._newest = params.newest
        self.latest = hub.streams.ordinal
        self._first = None if params.after is None else self._place(params.after)
        if self._first is not None and not (self._first.name in self._streams and self.is_chosen(self._first.name)):
            raise Problem("NOTFOUND", "the stream at which the search was to go on is gone; search anew")
        self.before = 0
        """Streams that former answers have gone through."""
        if self._first is not None and not pattern.is_literal:
            self.before = self._streams.passed(self._first.ordinal, newest=self._newest)
        self.of = 1 if pattern.is_literal else len(hub.streams)

    def _place(self, after: str) -> Place:
        """Return where to go on: the `next` of an answer, or an offset and a stream that somebody named himself."""
        offset, _, name = after.partition(" ")
        facts = self._streams.facts(name) if " " not in name else None
        if facts is not None:
            after = f"{offset} {facts.ordinal} {self.latest} {name}"
        place, self.latest = _parse_place(after)
        return place

    def is_chosen(self, name: str) -> bool:
        return self._pattern.matches(name) and self._principal.may_see(name)

    def places(self) -> Iterator[Place]:
        first = self._first
        if first is not None:
            yield first
        if self._pattern.is_literal:
            facts = self._streams.facts(self._pattern.text) if first is None else None
            if facts is not None:
                yield Place(facts.ordinal, self._pattern.text)
            return
        past = None if first is None else first.ordinal
        for ordinal, name in self._streams.in_order(newest=self._newest, latest=self.latest, past=past):
            if first is None or name != first.name:
                yield Place(ordinal, name)


def _search(commander: Commander, params: StreamSearch, progress: Progress) -> Coroutine[Any, Any, SearchAnswer]:
    matcher = Matcher(params.query, regex=params.regex, case=params.case, invert=params.invert)
    way = _Way(commander.hub, Pattern(params.pattern), commander.principal, params)
    return _find(commander.hub, way, matcher, params, progress)


async def _find(hub: Hub, way: _Way, matcher: Matcher, params: StreamSearch, progress: Progress) -> SearchAnswer:
    answer, clock = _Answer(hub, params, way.latest), hub.clock
    told_at = clock.monotonic()
    times = Range(params.from_, params.to)
    wanted = Wanted(matcher.query, times, params.newest, hub.limits.line_text_bytes, params.limit + 1)
    search = Search(hub.streams, hub.history, hub.tasks, matcher, wanted, answer.found)

    def tell() -> None:
        nonlocal told_at
        if clock.monotonic() - told_at >= PROGRESS_SECONDS:
            told_at = clock.monotonic()
            streams, hits = min(way.before + search.passed, way.of), len(answer.hits)
            progress({"streams": streams, "of": way.of, "bytes": search.scanned, "hits": hits})

    search.progressed = tell
    await search.through(way.places(), way.is_chosen)
    result: SearchAnswer = {"hits": answer.hits, "next": answer.next, "scanned_bytes": search.scanned}
    if answer.cut:
        result["truncated"] = True
    return result


def _parse_place(after: str) -> tuple[Place, int]:
    """Return where to go on, and the newest run when the search began."""
    *numbers, name = after.split(" ")
    if len(numbers) != 3 or not all(each.isascii() and each.isdigit() and len(each) <= 16 for each in numbers):
        raise Problem("PROTO", "after is the next of an earlier answer")
    position, ordinal, latest = map(int, numbers)
    return Place(ordinal, name, position), latest


SEARCH_METHODS = {"stream.search": Method(Role.VIEWER, StreamSearch, _search, waits=True)}
