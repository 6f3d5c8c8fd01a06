"""From streams to the store: batches of many streams, one at a time, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.core.ports import Append, Clock, Failures, Store, Tasks
from hub.core.tail import piece_cost
from hub.core.turn import Turn
from hub.model.chunk import Piece
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.stream import Stream

RETRY_SECONDS = 1.0


class Committer:
    """Hands pieces to the store in their order and moves each stream's `durable` mark.

    Live delivery does not wait for it. What is not durable yet is bounded in all: past the bound no producer is read
    (`full`, `when_free`). A batch that the store refuses is handed over again, as it was, until it is taken.
    """

    def __init__(self, store: Store, clock: Clock, tasks: Tasks, turn: Turn, failures: Failures, bound: int) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._turn = turn
        self._failures = failures
        self._bound = bound
        self._pending: list[tuple[Stream, Piece]] = []
        self._busy = False
        self._waiting: list[Callable[[], None]] = []
        self._watching: dict[Stream, list[tuple[int, Callable[[], None]]]] = {}
        self.waiting_bytes = 0
        """What was handed over and is not durable, as counted (see PIECE_OVERHEAD)."""
        self.problem: Problem | None = None
        """Why the store takes nothing now."""

    @property
    def full(self) -> bool:
        """Whether producers are to wait."""
        return self.waiting_bytes > self._bound

    @property
    def idle(self) -> bool:
        """Whether all that was appended is durable."""
        return not self._busy and not self._pending

    def add(self, stream: Stream, piece: Piece) -> None:
        """Take a piece of a stream, after all earlier ones of it."""
        if not self._pending and not self._busy:
            self._turn.add(self._commit)
        self._pending.append((stream, piece))
        self.waiting_bytes += piece_cost(piece)

    def when_free(self, call: Callable[[], None]) -> None:
        """Call back once, when producers may go on."""
        self._waiting.append(call)

    def when_durable(self, stream: Stream, call: Callable[[], None]) -> None:
        """Call back once all that the stream holds now is durable; at once if it is."""
        if stream.durable >= stream.end:
            call()
        else:
            self._watching.setdefault(stream, []).append((stream.end, call))

    def _commit(self) -> None:
        if not self._busy and self._pending:
            batch, self._pending = self._pending, []
            self._busy = True
            self._tasks.spawn(self._append(batch))

    async def _append(self, batch: list[tuple[Stream, Piece]]) -> None:
        try:
            await self._store.append([Append(s.name, s.epoch, s.anonymous, piece) for s, piece in batch])
        except Problem as problem:
            self.problem = problem
            self._clock.call_later(RETRY_SECONDS, lambda: self._tasks.spawn(self._append(batch)))
            return
        except Exception:
            self._failures.report("while committing")
            self.problem = Problem("STORE", "the store failed")
            self._clock.call_later(RETRY_SECONDS, lambda: self._tasks.spawn(self._append(batch)))
            return
        self.problem = None
        self._done(batch)

    def _done(self, batch: list[tuple[Stream, Piece]]) -> None:
        for stream, piece in batch:
            stream.durable = piece.end
            self.waiting_bytes -= piece_cost(piece)
        self._busy = False
        if self._watching:
            self._tell_durable({stream for stream, _ in batch})
        if self._pending:
            self._turn.add(self._commit)
        if self._waiting and not self.full:
            waiting, self._waiting = self._waiting, []
            for call in waiting:
                call()

    def _tell_durable(self, streams: set[Stream]) -> None:
        for stream in streams & self._watching.keys():
            waiting = self._watching.pop(stream)
            later = [(end, call) for end, call in waiting if end > stream.durable]
            if later:
                self._watching[stream] = later
            for end, call in waiting:
                if end <= stream.durable:
                    call()
