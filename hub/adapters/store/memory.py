"""Streams kept in memory, bounded in all, for each stream, and for all anonymous ones together."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice, takewhile

import msgspec

from hub.core.epochs import RESERVE
from hub.core.ports import Append, Opened
from hub.core.scan import Part, Scanned, Wanted
from hub.model.buckets import SECOND, Buckets, Counted
from hub.model.chunk import Chunk, Gap, Piece, joined, weight
from hub.model.record import StreamRecord
from hub.model.run import Run

PIECE_OVERHEAD = 256
"""What a piece costs beside its bytes."""
RUNS_KEPT = 1000


_Entry = tuple[int, str, int]
_SWEEP_ENTRIES = 1024


class _Kept:
    """The pieces of one stream; dropped ones leave the front of the lists in large steps."""

    __slots__ = ("anonymous", "ends", "head", "pieces", "record", "runs", "seconds", "serial", "size")

    def __init__(self, anonymous: bool, serial: int) -> None:
        self.anonymous = anonymous
        self.serial = serial
        """Tells it from what was kept under the same name before that was deleted."""
        self.pieces: list[Piece | None] = []
        self.ends: list[int] = []
        self.head = 0
        self.size = 0
        self.seconds: dict[int, list[int]] = {}
        """Lines and bytes of the kept pieces, by the second of their receipt."""
        self.record: StreamRecord | None = None
        self.runs: dict[int, Run] = {}

    def remember(self, record: StreamRecord) -> None:
        """Take a record as it is handed over, with the runs that changed."""
        self.record = record
        self.runs.update((run.number, run) for run in record.runs)
        while len(self.runs) > RUNS_KEPT:
            del self.runs[next(iter(self.runs))]

    def whole_record(self) -> StreamRecord | None:
        """Return the record as a store gives it back."""
        if self.record is None:
            return None
        gaps = tuple(piece for piece in self.pieces if isinstance(piece, Gap))
        runs = tuple(self.runs.values())
        return msgspec.structs.replace(self.record, start=self.start, runs=runs, gaps=gaps)

    def drop_first(self) -> int:
        """Drop the oldest piece; return what it cost."""
        piece = self.pieces[self.head]
        freed = _cost(piece)
        if isinstance(piece, Chunk):
            self.count(piece, -1)
        self.pieces[self.head] = None
        self.head += 1
        self.size -= freed
        # The last entry stays: it says where the stream ends when all its pieces are gone.
        if 512 < self.head < len(self.pieces) < self.head * 2:
            del self.pieces[: self.head], self.ends[: self.head]
            self.head = 0
        return freed

    def count(self, chunk: Chunk, sign: int) -> None:
        """Count a chunk that came, or take back one that goes."""
        second = chunk.at // SECOND
        counts = self.seconds.setdefault(second, [0, 0])
        counts[0] += sign * chunk.lines
        counts[1] += sign * len(chunk.data)
        if not counts[1]:
            del self.seconds[second]

    @property
    def start(self) -> int:
        first = self.pieces[self.head] if self.head < len(self.pieces) else None
        if first is not None:
            return first.offset
        return self.ends[-1] if self.ends else 0


def _cost(piece: Piece | None) -> int:
    return PIECE_OVERHEAD + (len(piece.data) if isinstance(piece, Chunk) else 0)


class MemoryStore:
    """`Store` without a disk. Over a bound the oldest pieces go first: of the stream, of the anonymous ones, of all."""

    durability = "memory"
    pace_seconds = 0.0

    def __init__(self, total_bytes: int, stream_bytes: int, anonymous_bytes: int) -> None:
        self.trimmed: Callable[[str, int], None] = lambda stream, start: None
        self._bounds = {False: total_bytes, True: anonymous_bytes}
        self._stream_bytes = stream_bytes
        self._kept: dict[str, _Kept] = {}
        self._sizes = {False: 0, True: 0}
        self._pieces = {False: 0, True: 0}
        # One entry a piece, in the order of arrival: the serial of what is kept of a stream, its name, the piece's end.
        # Plain values, since the garbage collector does not look at tuples of those. Entries of pieces that went with
        # their stream's bound are stale; they are swept when they outnumber the others.
        self._order: dict[bool, deque[_Entry]] = {False: deque(), True: deque()}
        self._last_serial = 0
        self._epochs_end = 0
        self._records: dict[str, dict[str, bytes]] = {}

    async def append(self, batch: Sequence[Append]) -> None:
        """Keep the pieces, and drop what is over a bound."""
        trimmed: set[str] = set()
        for record, pieces in batch:
            kept = self._kept.get(record.name)
            if kept is None:
                self._last_serial += 1
                kept = self._kept[record.name] = _Kept(record.anonymous, self._last_serial)
            kept.remember(record)
            end = kept.ends[-1] if kept.ends else 0
            begins = {run.start for run in record.runs}
            for piece in pieces:
                if piece.end > end and not (piece.offset not in begins and self._grow_gap(kept, record.name, piece)):
                    self._keep(kept, record.name, piece, trimmed)
        self._trim(True, lambda: self._sizes[True] > self._bounds[True], trimmed)
        self._trim(True, lambda: sum(self._sizes.values()) > self._bounds[False], trimmed)
        self._trim(False, lambda: sum(self._sizes.values()) > self._bounds[False], trimmed)
        self._sweep(True)
        self._sweep(False)
        for stream in trimmed:
            found = self._kept.get(stream)
            if found is not None:
                self.trimmed(stream, found.start)

    def _grow_gap(self, kept: _Kept, stream: str, piece: Piece) -> bool:
        """Let the stream's last gap be longer by a piece that goes on with it."""
        last = kept.pieces[-1] if kept.pieces else None
        one = None if last is None else joined(last, piece)
        if one is None:
            return False
        kept.pieces[-1], kept.ends[-1] = one, one.end
        # The entry with its former end is stale now.
        self._order[kept.anonymous].append((kept.serial, stream, one.end))
        return True

    def _keep(self, kept: _Kept, stream: str, piece: Piece, trimmed: set[str]) -> None:
        cost = _cost(piece)
        kept.pieces.append(piece)
        kept.ends.append(piece.end)
        if isinstance(piece, Chunk):
            kept.count(piece, 1)
        kept.size += cost
        self._sizes[kept.anonymous] += cost
        self._pieces[kept.anonymous] += 1
        self._order[kept.anonymous].append((kept.serial, stream, piece.end))
        while kept.size > self._stream_bytes and len(kept.pieces) - kept.head > 1:
            self._drop_first(kept)
            trimmed.add(stream)

    def _trim(self, anonymous: bool, is_over: Callable[[], bool], trimmed: set[str]) -> None:
        order = self._order[anonymous]
        while order and (is_over() or self._is_stale(order[0])):
            entry = order.popleft()
            if not self._is_stale(entry):
                self._drop_first(self._kept[entry[1]])
                trimmed.add(entry[1])

    def _drop_first(self, kept: _Kept) -> None:
        self._sizes[kept.anonymous] -= kept.drop_first()
        self._pieces[kept.anonymous] -= 1

    def _sweep(self, anonymous: bool) -> None:
        order = self._order[anonymous]
        if len(order) > 2 * self._pieces[anonymous] + _SWEEP_ENTRIES:
            self._order[anonymous] = deque(entry for entry in order if not self._is_stale(entry))

    def _is_stale(self, entry: _Entry) -> bool:
        serial, stream, end = entry
        kept = self._kept.get(stream)
        if kept is None or kept.serial != serial or kept.head >= len(kept.ends):
            return True
        return kept.ends[kept.head] > end

    def open(self, now_ms: int) -> Opened:
        """Return what is kept: nothing at first, and what a former hub of the same process left."""
        self._epochs_end = max(self._epochs_end, now_ms) + RESERVE
        found = [record for kept in self._kept.values() if (record := kept.whole_record()) is not None]
        found.sort(key=lambda record: record.run.ordinal)
        return Opened(self._epochs_end - RESERVE, self._epochs_end, found)

    async def reserve_epochs(self, end: int) -> None:
        """Remember it as long as the process lives."""
        self._epochs_end = max(self._epochs_end, end)

    async def read(self, stream: str, offset: int, max_bytes: int, *, sure: bool = True) -> Sequence[Piece]:
        """Return pieces from `offset` on, the first one cut to begin there."""
        kept = self._kept.get(stream)
        if kept is None:
            return []
        found: list[Piece] = []
        for index in range(max(bisect_right(kept.ends, offset), kept.head), len(kept.pieces)):
            piece = kept.pieces[index]
            if piece is None:
                continue
            if piece.offset < offset:
                piece = piece.cut(offset, piece.end) if isinstance(piece, Chunk) else piece._replace(offset=offset)
            found.append(piece)
            max_bytes -= weight(piece)
            if max_bytes <= 0:
                break
        return found

    async def first_gap(self, stream: str, start: int, end: int) -> Gap | None:
        """Return the first recorded gap that touches the offsets from `start` to `end`."""
        kept = self._kept.get(stream)
        if kept is None:
            return None
        first = max(bisect_right(kept.ends, start), kept.head)
        touched = takewhile(lambda piece: piece is None or piece.offset < end, islice(kept.pieces, first, None))
        return next((piece for piece in touched if isinstance(piece, Gap)), None)

    async def seek_line(self, stream: str, line: int) -> int | None:
        """Return the offset after the stream's `line`-th LF, or the first kept one; None where it comes later."""
        kept = self._kept.get(stream)
        if kept is None:
            return None
        low, high = kept.head, len(kept.pieces)
        while low < high:
            middle = (low + high) // 2
            if self._lines_before_end(kept, middle) >= line:
                high = middle
            else:
                low = middle + 1
        if low == len(kept.pieces):
            return None
        piece = kept.pieces[low]
        if not isinstance(piece, Chunk) or line <= piece.first_line:
            return kept.start
        index = 0
        for _ in range(line - piece.first_line):
            index = piece.data.index(b"\n", index) + 1
        return piece.offset + index

    @staticmethod
    def _lines_before_end(kept: _Kept, index: int) -> int:
        """Return how many LFs come before the end of a piece; a gap has as many as what comes before it."""
        while index >= kept.head:
            piece = kept.pieces[index]
            if isinstance(piece, Chunk):
                return piece.first_line + piece.lines
            index -= 1
        return 0

    async def seek_time(self, stream: str, at: int) -> int | None:
        """Return where the first chunk received at or after `at` begins."""
        kept = self._kept.get(stream)
        if kept is None:
            return None
        for piece in kept.pieces[kept.head :]:
            if isinstance(piece, Chunk) and piece.at >= at:
                return piece.offset
        return None

    async def count(self, stream: str, buckets: Buckets) -> Counted:
        """Return by time of receipt what is kept of a stream."""
        kept = self._kept.get(stream)
        if kept is None:
            return Counted.nothing(buckets)
        counted = Counted.nothing(buckets, kept.ends[-1] if kept.ends else 0)
        for second, (lines, size) in kept.seconds.items():
            index = buckets.place(second * SECOND)
            if index is not None:
                counted.lines[index] += lines
                counted.bytes[index] += size
        return counted

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        """Leave it to who asks: all there is, is in this process."""
        return None

    async def delete(self, stream: str) -> None:
        """Forget a stream."""
        kept = self._kept.pop(stream, None)
        if kept is not None:
            self._sizes[kept.anonymous] -= kept.size
            self._pieces[kept.anonymous] -= len(kept.pieces) - kept.head

    async def put(self, kind: str, values: Mapping[str, bytes | None]) -> None:
        """Keep small records as long as the process lives."""
        records = self._records.setdefault(kind, {})
        for key, value in values.items():
            if value is None:
                records.pop(key, None)
            else:
                records[key] = value

    async def records(self, kind: str) -> Mapping[str, bytes]:
        """Return all records of a kind."""
        return dict(self._records.get(kind, {}))

    async def close(self) -> None:
        """Nothing is to be finished."""
