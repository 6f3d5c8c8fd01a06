"""A reader that survives its connections: it comes back, goes on by cursor, and tells what was missed.

Resuming is by cursor and not by the hub's session: a cursor also holds after the hub was restarted with an empty
memory, and at another hub of the list. Each SUB after the first carries `<stream> <epoch>:<offset>` lines for the
streams that were read already; the rest, streams that began while nobody listened, go on `from=@<ms>`, the time of
the last bytes received. That time is the hub's. Where no bytes were ever received there is only this machine's
clock, and a minute is allowed for the difference.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hub.client.connection import HubLost, Unreachable
from hub.client.data_events import (
    Data,
    Event,
    GoAway,
    Live,
    Missing,
    Refused,
    RunBegan,
    RunEnded,
    StreamAt,
    Unsubscribed,
)
from hub.client.news import Away, Back, Began, Bytes, CaughtUp, CutBack, Ended, Hole, News, NotTaken, Opened
from hub.client.reader import Reader
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern
from hub.model.problem import Problem

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
CLOCK_SLACK_MS = 60_000
MOST_CURSORS = 4000
"""Cursors that one SUB carries at most: 4,000 of the longest names stay under its payload of 1 MiB."""

_COME_BACK = frozenset({"BUSY", "DRAIN", "SLOW", "IDLE", "STORE", "INTERNAL"})


class Wanted(NamedTuple):
    """One subscription: a pattern of names, and where streams with a past begin (PROTOCOL 5 `from`)."""

    pattern: str
    begin: str = "end"
    match: str | None = None


class Follower:
    """Follows `wanted` over as many connections as it takes. Call `step` in a loop."""

    def __init__(
        self,
        connect: Callable[[str | None], Reader],
        wanted: Sequence[Wanted],
        *,
        attempts: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`connect(slot)` returns a Reader that has said hello.

        `attempts` bounds the failures in a row; None is no bound.
        """
        self._connect, self._wanted, self._attempts = connect, list(wanted), attempts
        self._clock, self._wall, self._sleep, self._chance = clock, wall, sleep, chance
        self._reader: Reader | None = None
        self._names: dict[int, str] = {}
        self._cursors: dict[str, Cursor] = {}
        self._ended: dict[str, int] = {}
        self._subscriptions: dict[str, Wanted] = {}
        self._latest_at = 0
        self._began_wall_ms = 0
        self._away_since: float | None = None
        self._failures = 0
        self._try_at = 0.0
        self._slot: str | None = None
        self._retry_after: int | None = None

    def cursor(self, name: str) -> Cursor | None:
        """Return where the reader is in a stream, None before it was attached."""
        return self._cursors.get(name)

    def step(self, timeout: float) -> list[News]:
        """Return what happened within `timeout` seconds, at once when something did.

        Raises Problem where coming back is no use, and the first or last failure when there are no attempts left.
        """
        if self._reader is None:
            news = self._come_back(timeout)
            if news or self._reader is None:
                return news
        reader = self._reader
        try:
            events = reader.receive(timeout)
        except (HubLost, Problem) as failure:
            return [self._lost(failure)]
        return [news for event in events for news in self._take(reader, event)]

    def close(self) -> None:
        """Leave for good."""
        if self._reader is not None:
            with contextlib.suppress(HubLost):  # it is to be closed anyway
                self._reader.bye()
        self._drop()

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _come_back(self, timeout: float) -> list[News]:
        pause = self._try_at - self._clock()
        if pause > 0:
            self._sleep(min(pause, timeout))
            if pause > timeout:
                return []
        slot, self._slot, self._retry_after = self._slot, None, None
        try:
            reader = self._connect(slot)
            self._subscribe(reader)
        except (HubLost, Unreachable, Problem) as failure:
            if self._away_since is None and not isinstance(failure, Problem):
                raise
            return [self._lost(failure)]
        self._reader, self._failures = reader, 0
        away, self._away_since = self._away_since, None
        self._began_wall_ms = self._began_wall_ms or int(self._wall() * 1000)
        return [] if away is None else [Back(self._clock() - away)]

    def _lost(self, failure: HubLost | Unreachable | Problem) -> Away:
        self._drop()
        self._names.clear()
        if self._away_since is None:
            self._away_since = self._clock()
        if isinstance(failure, Problem):
            if failure.word not in _COME_BACK:
                raise failure
            slot = failure.keys.get("slot")
            self._slot = None if slot is None else str(slot)
            self._retry_after = failure.retry_after if failure.retry_after is not None else self._retry_after
        self._failures += 1
        if self._attempts is not None and self._failures > self._attempts:
            raise failure
        pause = self._pause()
        self._try_at = self._clock() + pause
        return Away(str(failure), pause)

    def _pause(self) -> float:
        if self._retry_after is not None:
            # A BUSY with a slot gives a time that is ours alone; any other hint is everybody's, so it is spread.
            wait = self._retry_after / 1000
            return wait if self._slot is not None else wait * (1 + self._chance() / 2)
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 10))
        return self._chance() * longest

    def _subscribe(self, reader: Reader) -> None:
        shares: dict[int, dict[str, Cursor]] = {}
        patterns = [Pattern(each.pattern) for each in self._wanted]
        for name, cursor in list(self._cursors.items())[-MOST_CURSORS:]:
            index = next((i for i, pattern in enumerate(patterns) if pattern.matches(name)), None)
            if index is not None:
                shares.setdefault(index, {})[name] = cursor
        for index, each in enumerate(self._wanted):
            begin = each.begin if self._away_since is None else self._begin_of_the_rest()
            self._subscriptions[str(index)] = each._replace(begin=begin)
            reader.subscribe(str(index), each.pattern, begin, match=each.match, cursors=shares.get(index))

    def _begin_of_the_rest(self) -> str:
        return f"@{max(self._latest_at, self._began_wall_ms - CLOCK_SLACK_MS, 0)}"

    def _take(self, reader: Reader, event: Event) -> list[News]:
        if isinstance(event, Data):
            return self._data(event)
        if isinstance(event, StreamAt):
            return self._stream(event)
        if isinstance(event, Refused):
            return self._refused(reader, event)
        if isinstance(event, GoAway):
            self._retry_after = event.retry_after
            return []
        if isinstance(event, Unsubscribed):
            return []
        name = self._names.get(event.alias)
        if name is None:
            return []
        if isinstance(event, Missing):
            return self._hole(name, event)
        if isinstance(event, Live):
            return [CaughtUp(name)]
        if isinstance(event, RunBegan):
            return [Opened(name, event.number)]
        return self._run_ended(name, event)

    def _stream(self, event: StreamAt) -> list[News]:
        if event.was is not None:
            self._names.pop(event.was, None)
        self._names[event.alias] = event.name
        held = self._cursors.pop(event.name, None)
        # Put at the end: the streams that were attached last are the ones whose cursors a SUB carries.
        ahead = held is not None and held.epoch == event.cursor.epoch and held.offset > event.cursor.offset
        self._cursors[event.name] = held if held is not None and ahead and event.truncate is None else event.cursor
        news: list[News] = [Began(event.name, event.cursor, event.run, event.state)]
        if event.truncate is not None and event.truncate > event.cursor.offset:
            self._ended.pop(event.name, None)
            news.append(CutBack(event.name, event.cursor.offset, event.truncate))
        return news

    def _data(self, event: Data) -> list[News]:
        name = self._names.get(event.alias)
        if name is None:
            return []
        cursor = self._cursors[name]
        data, offset = event.data, event.offset
        if offset < cursor.offset:
            data, offset = data[cursor.offset - offset :], cursor.offset
            if not data:
                return []
        self._latest_at = max(self._latest_at, event.at)
        self._cursors[name] = cursor._replace(offset=offset + len(data))
        return [Bytes(name, offset, event.at, data, event.channel)]

    def _hole(self, name: str, event: Missing) -> list[News]:
        cursor = self._cursors[name]
        if event.end <= cursor.offset:
            return []
        start = max(event.offset, cursor.offset)
        self._cursors[name] = cursor._replace(offset=event.end)
        return [Hole(name, start, event.end, event.reason)]

    def _run_ended(self, name: str, event: RunEnded) -> list[News]:
        if event.run <= self._ended.get(name, 0):
            return []  # told again after a reconnect
        self._ended[name] = event.run
        return [Ended(name, event.run, event.status, event.cause)]

    def _refused(self, reader: Reader, event: Refused) -> list[News]:
        wanted = self._subscriptions.get(event.id or "")
        if wanted is not None and event.problem.word == "LIMIT" and wanted.begin.startswith("@") and self._cursors:
            # More ended streams match than one subscription takes; those that still go on are taken all the same.
            self._subscriptions[event.id or ""] = again = wanted._replace(begin="end")
            reader.subscribe(event.id or "", again.pattern, again.begin, match=again.match)
            return []
        subject = wanted.pattern if wanted is not None else self._names.pop(event.alias or 0, f"alias {event.alias}")
        return [NotTaken(subject, event.problem)]
