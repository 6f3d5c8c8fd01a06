"""From streams to the store: batches of many streams, one at a time, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.core.ports import Append, Cancellable, Clock, Failures, Store, Tasks
from hub.core.tail import piece_cost
from hub.core.turn import Turn
from hub.model.chunk import Piece, joined
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.stream import Stream

RETRY_SECONDS = 1.0
PACE_BYTES = 256 * 1024
"""With so much waiting the next batch is handed over at once."""


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
        self._pending: dict[Stream, list[Piece]] = {}
        self._under_way: dict[Stream, list[Piece]] = {}
        self._waiting: list[Callable[[], None]] = []
        self._watching: dict[Stream, list[Callable[[], None]]] = {}
        self._watching_next: dict[Stream, list[Callable[[], None]]] = {}
        self._began = clock.monotonic() - store.pace_seconds
        self._pause: Cancellable | None = None
        self.waiting_bytes = 0
        """What was handed over and is not durable, as counted (see PIECE_OVERHEAD)."""
        self.problem: Problem | None = None
        """Why the store takes nothing now."""
        self.stored_late: Callable[[Stream], None] = lambda stream: None
        """Set by the hub: a stream was stored that was deleted meanwhile."""

    @property
    def full(self) -> bool:
        """Whether producers are to wait."""
        return self.waiting_bytes > self._bound

    @property
    def idle(self) -> bool:
        """Whether all that was appended is durable."""
        return not self._under_way and not self._pending

    @property
    def why_waiting(self) -> str:
        """Why what was appended is not durable yet, in words."""
        return "the store does not answer" if self.problem is None else self.problem.text

    def window(self, most: int) -> int:
        """Return how many bytes a producer may have in flight, `most` at best: less when much is not durable yet."""
        free = self._bound - self.waiting_bytes
        return max(min(most, most * 2 * free // self._bound), 0)

    def add(self, stream: Stream, piece: Piece) -> None:
        """Take a piece of a stream, after all earlier ones of it."""
        pieces = self._pieces_of(stream)
        one = joined(pieces[-1], piece) if pieces and piece.offset != stream.run.start else None
        if one is not None:
            pieces[-1] = one
            return
        pieces.append(piece)
        self.waiting_bytes += piece_cost(piece)
        if self._pause is not None and self.waiting_bytes >= PACE_BYTES:
            self._pause.cancel()
            self._pause = None
            self._turn.add(self._commit)

    def touch(self, stream: Stream) -> None:
        """Take note that a stream's record changed, such as by the begin or the end of a run."""
        self._pieces_of(stream)

    def when_free(self, call: Callable[[], None]) -> None:
        """Call back once, when producers may go on."""
        self._waiting.append(call)

    def when_durable(self, stream: Stream, call: Callable[[], None]) -> None:
        """Call back once all that is known of the stream now is durable; at once if it is."""
        if stream in self._pending:
            self._watching_next.setdefault(stream, []).append(call)
        elif stream in self._under_way:
            self._watching.setdefault(stream, []).append(call)
        else:
            call()

    def wait_no_more(self, stream: Stream, call: Callable[[], None]) -> None:
        """Forget a call that `when_durable` has not made yet."""
        for waiting in (self._watching, self._watching_next):
            if call in waiting.get(stream, ()):
                waiting[stream].remove(call)

    async def durable(self, stream: Stream) -> None:
        """Return once all that is known of the stream now is durable."""
        promise = self._tasks.promise()
        self.when_durable(stream, lambda: promise.keep(None))
        await promise

    def holds(self, stream: Stream) -> bool:
        """Tell whether something of a stream is not durable yet."""
        return stream in self._pending or stream in self._under_way

    def forget(self, stream: Stream) -> None:
        """Drop what is not durable of a deleted stream; what is under way is not handed over again."""
        self._drop(self._pending.pop(stream, []), self._watching_next.pop(stream, []))

    def _drop(self, pieces: list[Piece], calls: list[Callable[[], None]]) -> None:
        for piece in pieces:
            self.waiting_bytes -= piece_cost(piece)
        for call in calls:
            call()

    def _pieces_of(self, stream: Stream) -> list[Piece]:
        pieces = self._pending.get(stream)
        if pieces is None:
            if not self._pending and not self._under_way:
                self._schedule()
            pieces = self._pending[stream] = []
        return pieces

    def _schedule(self) -> None:
        wait = self._began + self._store.pace_seconds - self._clock.monotonic()
        if wait <= 0 or self.waiting_bytes >= PACE_BYTES:
            self._turn.add(self._commit)
        elif self._pause is None:
            self._pause = self._clock.call_later(wait, self._commit)

    def _commit(self) -> None:
        self._pause = None
        if not self._under_way and self._pending:
            self._began = self._clock.monotonic()
            self._under_way, self._pending = self._pending, {}
            self._watching, self._watching_next = self._watching_next, {}
            batch = [Append(stream.changes(), pieces) for stream, pieces in self._under_way.items()]
            self._tasks.spawn(self._append(batch))

    async def _append(self, batch: list[Append]) -> None:
        try:
            await self._store.append(batch)
        except Problem as problem:
            self._again(batch, problem)
            return
        except Exception:
            self._failures.report("while committing")
            self._again(batch, Problem("STORE", "the store failed"))
            return
        self.problem = None
        self._done()

    def _again(self, batch: list[Append], problem: Problem) -> None:
        self.problem = problem
        self._clock.call_later(RETRY_SECONDS, lambda: self._hand_over_again(batch))

    def _hand_over_again(self, batch: list[Append]) -> None:
        left = []
        for (stream, pieces), part in zip(list(self._under_way.items()), batch, strict=True):
            if stream.deleted:
                del self._under_way[stream]
                self._drop(pieces, self._watching.pop(stream, []))
            else:
                left.append(part)
        self._tasks.spawn(self._append(left))

    def _done(self) -> None:
        done, self._under_way = self._under_way, {}
        watching, self._watching = self._watching, {}
        for stream, pieces in done.items():
            for piece in pieces:
                self.waiting_bytes -= piece_cost(piece)
            if stream.deleted:
                self.stored_late(stream)
            elif pieces:
                stream.durable = pieces[-1].end
                if stream.writer is not None:
                    stream.writer.committed()
        if self._pending:
            self._schedule()
        for calls in watching.values():
            for call in calls:
                call()
        if self._waiting and not self.full:
            waiting, self._waiting = self._waiting, []
            for call in waiting:
                call()
