"""One stream as a response body that goes on while it does: bytes, server-sent events or NDJSON (PROTOCOL 7)."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from hub.conversations.life import Life
from hub.core.delivery import Item, Live, Place, RunBegan, RunEnded
from hub.core.hub import Hub
from hub.core.lines import LineCollector
from hub.core.ports import Cancellable, Sink
from hub.core.reader import Reader
from hub.core.rows import LineRow
from hub.core.stream import Stream
from hub.core.subscription import Subscription
from hub.model.begin import Begin
from hub.model.chunk import Chunk, Gap
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.wire import json_rpc

WRITE_BUDGET = 128 * 1024
PORTION_BYTES = 16 * 1024
"""What is made to events at a time: short lines cost a hundred times their bytes, and others share the turn."""
KEEP_ALIVE_SECONDS = 15.0


class Follower:
    """Follows one stream from a cursor on until its run ends, in one of three formats.

    `plain` bytes end with the run, and break off at a gap, since bytes alone cannot say one. `sse` and `ndjson` tell
    lines with their offsets, and gaps and ends as events of their own.
    """

    def __init__(
        self,
        hub: Hub,
        principal: Principal,
        stream: Stream,
        cursor: Cursor,
        sink: Sink,
        format_: str,
        finish: Callable[[bool], None],
        *,
        run: int | None = None,
    ) -> None:
        """`finish` is called once with whether the body is complete; False breaks it off.

        The body ends with `run`; where none is given, with the run that is the stream's last one then.
        """
        self._hub = hub
        self._sink = sink
        self._finish = finish
        self._over = False
        self._scheduled = False
        self._encode: Callable[[Item], list[bytes]] = {
            "plain": self._plain,
            "sse": self._sse,
            "ndjson": self._ndjson,
        }[format_]
        self._portions: deque[list[Item]] = deque()
        """What was taken from the queue and is not told yet: less than two writes."""
        self._run = run
        self._alive: Cancellable | None = None
        self._lines = LineCollector(hub.limits.line_text_bytes, lambda row: 0)
        self._epoch = cursor.epoch
        self._reader = Reader(hub, principal, self._wake, self._refused)
        self._principal = principal
        hub.standing.enter(principal, self)
        self._life = Life(hub, sink, self._die, None)
        subscription = Subscription("follow", Pattern(stream.name), Begin("cursor", cursor=cursor), False, {}, 0)
        self._reader.subscribe(subscription)
        if format_ == "sse":
            self._keep_alive()

    def received(self, data: bytes) -> None:
        """Nothing is expected from the peer."""

    def writable(self) -> None:
        """Go on writing."""
        self._flush()

    def dismiss(self, problem: Problem) -> None:
        """Break the body off."""
        self._end()
        self._finish(False)

    def revoked(self, problem: Problem) -> None:
        """Break the body off: the token is over."""
        self.dismiss(problem)

    def lost(self, cause: str) -> None:
        """Let go of everything."""
        self._end()

    def _wake(self) -> None:
        if not self._scheduled and not self._over:
            self._scheduled = True
            self._hub.turn.add(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        while self._sink.open and not self._over:
            if not self._portions:
                self._portions.extend(self._take())
            if not self._portions:
                return
            self._tell(self._portions.popleft())

    def _take(self) -> list[list[Item]]:
        items = [item for _, item in self._reader.take(WRITE_BUDGET)]
        if self._encode == self._plain:
            return [items] if items else []
        return [[portion] for item in items for portion in _portions_of(item)]

    def _tell(self, items: list[Item]) -> None:
        pieces: list[bytes] = []
        complete: bool | None = None
        for item in items:
            pieces.extend(self._encode(item))
            complete = self._is_last(item)
            if complete is not None:
                break
        if pieces:
            self._sink.send([tuple(pieces)])
        if complete is not None:
            self._end()
            self._finish(complete)

    def _is_last(self, item: Item) -> bool | None:
        if isinstance(item, RunEnded):
            if self._run is None:
                return True if item.offset == self._reader.deliveries[0].stream.end else None
            return True if item.run.number >= self._run else None
        if self._encode == self._plain and (isinstance(item, Gap) or (isinstance(item, Place) and item.truncate)):
            return False
        return None

    def _plain(self, item: Item) -> list[bytes]:
        return [item.data] if isinstance(item, Chunk) else []

    def _sse(self, item: Item) -> list[bytes]:
        return [b"".join(_sse_event(name, row) for name, row in self._events(item))]

    def _ndjson(self, item: Item) -> list[bytes]:
        return [b"".join(json_rpc.encode({"event": name, **row}) + b"\n" for name, row in self._events(item))]

    def _events(self, item: Item) -> list[tuple[str, dict[str, Any]]]:
        collector = self._lines
        events: list[tuple[str, dict[str, Any]]] = []
        if isinstance(item, Chunk):
            collector.add(item, sys.maxsize, sys.maxsize)
        elif isinstance(item, Gap):
            collector.flush()
            gap = {"from": item.offset, "to": item.end, "reason": item.reason}
            events.append(("gap", {**gap, "next": f"{self._epoch}:{item.end}"}))
        elif isinstance(item, RunEnded):
            collector.flush()
            end = {"offset": item.offset, "run": item.run.number, "status": item.run.status, "cause": item.run.cause}
            events.append(("end", end))
        elif isinstance(item, RunBegan):
            events.append(("run", {"offset": item.run.start, "run": item.run.number, "meta": dict(item.run.meta)}))
        elif isinstance(item, Place):
            # Where the reader goes on, which may be a later life of the stream than the cursor's it came with.
            self._epoch = item.cursor.epoch
            place = {"epoch": item.cursor.epoch, "offset": item.cursor.offset, "state": item.state}
            events.append(("stream", place if item.truncate is None else {**place, "truncate": item.truncate}))
        elif isinstance(item, Live):
            events.append(("live", {"offset": item.offset}))
        # The weight bounds an answer; a body that goes on has none.
        rows, collector.rows, collector.weight = collector.rows, [], 0
        lines = [("line", {**row, "next": f"{self._epoch}:{_end_of(row)}"}) for row in rows]
        return lines + events

    def _keep_alive(self) -> None:
        """Send a comment now and then: proxies drop what is silent, and pages notice a proxy that buffers."""
        if self._sink.open:
            self._sink.send([(b": alive\n\n",)])
        self._alive = self._hub.clock.call_later(KEEP_ALIVE_SECONDS, self._keep_alive)

    def _refused(self, problem: Problem) -> None:
        self._end()
        self._finish(False)

    def _die(self, problem: Problem) -> None:
        self._hub.counters.problem(problem.word)
        self._end()
        self._sink.abort()

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._hub.standing.leave(self._principal, self)
            self._portions.clear()
            self._life.end()
            self._reader.close()
            if self._alive is not None:
                self._alive.cancel()


def _portions_of(item: Item) -> list[Item]:
    if not isinstance(item, Chunk) or len(item.data) <= PORTION_BYTES:
        return [item]
    return [item.cut(start, start + PORTION_BYTES) for start in range(item.offset, item.end, PORTION_BYTES)]


def _end_of(row: LineRow) -> int:
    return int(row["offset"]) + int(row["bytes"]) + (not row.get("partial"))


def _sse_event(name: str, row: dict[str, Any]) -> bytes:
    cursor = row.get("next")
    head = f"id: {cursor}\nevent: {name}\n" if cursor else f"event: {name}\n"
    return head.encode() + b"data: " + json_rpc.encode(row) + b"\n\n"
