"""One reader's way through one stream, and what it tells on the way."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from hub.model.chunk import Chunk, Gap, Piece
from hub.model.cursor import Cursor
from hub.model.run import Run

if TYPE_CHECKING:
    from hub.core.line_filter import LineFilter
    from hub.core.reader_queue import ReaderQueue
    from hub.core.stream import Stream


class Place(NamedTuple):
    """Where the reader goes on (STREAM). First item of every alias, repeated when a subscription overlaps."""

    cursor: Cursor
    run: int
    state: str
    truncate: int | None


class Live(NamedTuple):
    """Caught up; what follows is live."""

    offset: int


class RunBegan(NamedTuple):
    """A run began."""

    run: Run


class RunEnded(NamedTuple):
    """A run is over, and all its bytes were told before."""

    run: Run
    offset: int


Item = Chunk | Gap | Place | Live | RunBegan | RunEnded


class State(Enum):
    """What a delivery waits for."""

    SEEKING = "its place in the stream"
    CATCHING = "its turn to be served from the past"
    READING = "a slice of the past, from the store"
    LIVE = "what is appended"
    CLOSED = "nothing"


class Delivery:
    """A cursor that moves through a stream: `next` is the first byte that was not yet told.

    Items come in the order of the stream, in history as they did live: chunks and gaps without hole or overlap, a run's
    end after its last byte, the next run's begin before its first.
    """

    __slots__ = (
        "_end_told",
        "_run",
        "_unacked",
        "acked",
        "alias",
        "began",
        "filter",
        "next",
        "over",
        "placed",
        "queue",
        "repeat",
        "skip",
        "slice",
        "state",
        "stream",
        "subscriptions",
        "tries",
        "truncate",
    )

    def __init__(self, queue: ReaderQueue, stream: Stream, alias: int, skip: bool) -> None:
        self.queue = queue
        self.stream = stream
        self.alias = alias
        self.filter: LineFilter | None = None
        """Set where only lines that match are told."""
        self.skip = skip
        """Whether falling behind moves it to the end (`on_lag=skip`)."""
        self.next = 0
        self.tries = 0
        """How often what comes next could not be read from the store."""
        self.began = Cursor(stream.epoch, 0)
        self.acked: int | None = None
        self.state = State.SEEKING
        self.placed = False
        """Whether its Place was told."""
        self.repeat = False
        """Whether its Place is to be told again."""
        self.truncate: int | None = None
        self.slice: list[Piece] = []
        """Pieces from the store that wait to be told, the next one last."""
        self.subscriptions: set[str] = set()
        self._unacked: deque[tuple[int, int]] | None = None
        """(end offset, bytes) of chunks told and not acknowledged; kept only where there is a window."""
        self._run: Run | None = None
        self._end_told = False
        self.over = False
        """Whether it was told the end of a stream that is deleted: nothing comes any more."""

    def place(self, offset: int, truncate: int | None, run: int | None, came_with: Cursor | None) -> None:
        """Set where it begins; the Place itself is told in the reader's turn.

        `run` names the run that begins there, where two meet. `came_with` is the cursor that was judged: until the
        reader acknowledges something, it is what the session goes on with, so that a truncate cannot get lost.
        """
        self.next = offset
        self.truncate = truncate
        self.began = came_with or Cursor(self.stream.epoch, offset)
        known = None if run is None else self.stream.run_numbered(run)
        self._run = known or self.stream.run_at(offset)
        self.state = State.CATCHING

    def tell_place(self, out: list[tuple[Delivery, Item]]) -> None:
        """Tell where it is now."""
        stream = self.stream
        run = self._run.number if self._run else stream.run.number
        out.append((self, Place(Cursor(stream.epoch, self.next), run, stream.state, self.truncate)))
        self.placed, self.repeat, self.truncate = True, False, None

    def tell(self, piece: Piece, out: list[tuple[Delivery, Item]]) -> None:
        """Tell a piece, which begins where the last one ended."""
        run = self._run
        if run is not None:
            # A gap does not know its run: where the last one has ended before it, it is the next one's.
            another = piece.run != run.number if isinstance(piece, Chunk) else run.end == piece.offset
            if another:
                self.tell_runs(out)
        out.append((self, piece))
        self.next = piece.end

    def tell_runs(self, out: list[tuple[Delivery, Item]]) -> None:
        """Tell all ends and begins of runs up to `next` that were not told yet, and the end of a deleted stream."""
        self._tell_runs(out)
        stream = self.stream
        if stream.deleted and self.next >= stream.end and not self.over:
            self.over = True
            if stream.run.cause != "deleted":
                gone = stream.run.snapshot()
                gone.cause, gone.status = "deleted", None
                out.append((self, RunEnded(gone, stream.end)))

    def _tell_runs(self, out: list[tuple[Delivery, Item]]) -> None:
        runs = self.stream.runs
        run = self._run
        if run is None:
            return
        index = max(run.number - runs[0].number, -1)
        while True:
            if run.end is not None and run.end <= self.next and not self._end_told:
                out.append((self, RunEnded(run, run.end)))
                self._end_told = True
            if index + 1 >= len(runs) or runs[index + 1].start > self.next:
                return
            index += 1
            self._run = run = runs[index]
            self._end_told = False
            out.append((self, RunBegan(run)))

    @property
    def cursor(self) -> Cursor:
        """What the session goes on with: what was acknowledged last, else where it began."""
        return self.began if self.acked is None else Cursor(self.stream.epoch, self.acked)

    def sent(self, end: int, size: int) -> None:
        """Remember a chunk until it is acknowledged."""
        if self._unacked is None:
            self._unacked = deque()
        self._unacked.append((end, size))

    def refund(self, start: int, end: int) -> int:
        """Take note that bytes were not sent after all; return how many of the window that frees."""
        freed = 0
        unacked = self._unacked
        if unacked is None:
            return 0
        for index in range(len(unacked) - 1, -1, -1):
            chunk_end, size = unacked[index]
            if chunk_end <= start:
                break
            unsent = min(size, max(min(end, chunk_end) - max(start, chunk_end - size), 0))
            unacked[index] = (chunk_end, size - unsent)
            freed += unsent
        return freed

    def release(self, offset: int) -> int:
        """Take an acknowledgement of all below `offset`; return how many bytes of the window it frees."""
        freed = 0
        unacked = self._unacked
        while unacked:
            end, size = unacked[0]
            if end <= offset:
                unacked.popleft()
                freed += size
                continue
            left = min(size, end - offset)
            unacked[0] = (end, left)
            return freed + size - left
        return freed
