"""`stream.search`: lines by a pattern, through the past of many streams."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.hub import Hub
from hub.core.matcher import Matcher
from hub.core.rows import HitRow, SearchAnswer
from hub.core.search import Hit, Range, Search
from hub.core.stream import Stream
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

    def __init__(self, hub: Hub, params: StreamSearch) -> None:
        self.hits: list[HitRow] = []
        self.next: str | None = None
        self.cut = False
        self._limit = params.limit
        self._room = hub.limits.answer_bytes - ENVELOPE_BYTES
        self._newest = params.newest

    def found(self, stream: Stream, hit: Hit) -> bool:
        row = hit.row(stream)
        self._room -= len(json_rpc.encode(row)) + 1
        self.cut = self._room < 0 and bool(self.hits)
        if self.cut or len(self.hits) == self._limit:
            # The hit that has no room is the first of the next page: going back, its end is where that begins.
            self.next = f"{hit.offset + hit.size if self._newest else hit.offset} {stream.name}"
            return False
        self.hits.append(row)
        return True


def _search(commander: Commander, params: StreamSearch, progress: Progress) -> Coroutine[Any, Any, SearchAnswer]:
    matcher = Matcher(params.query, regex=params.regex, case=params.case, invert=params.invert)
    return _find(commander.hub, commander.principal, Pattern(params.pattern), matcher, params, progress)


async def _find(
    hub: Hub, principal: Principal, pattern: Pattern, matcher: Matcher, params: StreamSearch, progress: Progress
) -> SearchAnswer:
    answer, clock = _Answer(hub, params), hub.clock
    names = list(hub.streams.matching(pattern, principal))
    if not params.newest:
        names.reverse()
    first, position = _resume(params.after, names)
    done, told_at = first, clock.monotonic()
    times = Range(params.from_, params.to)
    search = Search(hub.history, hub.tasks, matcher, times, hub.limits.line_text_bytes, params.limit + 1, answer.found)

    def tell() -> None:
        nonlocal told_at
        if clock.monotonic() - told_at >= PROGRESS_SECONDS:
            told_at = clock.monotonic()
            hits = len(answer.hits)
            progress({"streams": done, "of": len(names), "bytes": search.scanned, "hits": hits})

    search.progressed = tell
    for name in names[first:]:
        done += 1
        stream = hub.streams.get(name) if _may_hold(hub, name, times) else None
        if stream is None:
            position = None
            continue
        if params.newest:
            more = await search.backward(stream, stream.end if position is None else position)
        else:
            more = await search.forward(stream, max(position or 0, stream.start))
        position = None
        hub.streams.let_sleep(name)
        if not more:
            break
    result: SearchAnswer = {"hits": answer.hits, "next": answer.next, "scanned_bytes": search.scanned}
    if answer.cut:
        result["truncated"] = True
    return result


def _may_hold(hub: Hub, name: str, times: Range) -> bool:
    """Tell, without waking it, whether a stream may hold something of a time."""
    record = hub.streams.asleep(name)
    if record is None or record.first_at is None or record.last_at is None:
        return True
    return (times.since is None or record.last_at >= times.since) and (
        times.until is None or record.first_at < times.until
    )


def _resume(after: str | None, names: list[str]) -> tuple[int, int | None]:
    if after is None:
        return 0, None
    number, _, name = after.partition(" ")
    if not (number.isascii() and number.isdigit() and len(number) <= 16):
        raise Problem("PROTO", "after is the next of an earlier answer")
    try:
        return names.index(name), int(number)
    except ValueError:
        raise Problem("NOTFOUND", "the stream at which the search was to go on is gone; search anew") from None


SEARCH_METHODS = {"stream.search": Method(Role.VIEWER, StreamSearch, _search, waits=True)}
