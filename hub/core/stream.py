"""A stream: an append-only log of bytes with one writer at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.core.gaps import Gaps
from hub.core.meter import Meter
from hub.core.rows import StreamState
from hub.core.tail import Tail
from hub.model.chunk import Chunk, Gap, Piece
from hub.model.cursor import EpochStart
from hub.model.record import StreamRecord
from hub.model.run import Run

if TYPE_CHECKING:
    from hub.core.delivery import Delivery
    from hub.core.log import Log
    from hub.core.writer import Writer


class Stream:
    """What is known of one stream, and the place where its bytes fan out. `append` is the hot path."""

    __slots__ = (
        "_changed_run",
        "_log",
        "anonymous",
        "deleted",
        "durable",
        "end",
        "epoch",
        "epochs",
        "first_at",
        "gap_bytes",
        "gaps",
        "last_at",
        "lines",
        "live",
        "meter",
        "name",
        "ordinal",
        "owner",
        "partial",
        "received",
        "runs",
        "runs_dropped",
        "start",
        "tail",
        "watchers",
        "writer",
    )

    def __init__(self, name: str, owner: str, anonymous: bool, epoch: int, ordinal: int, log: Log) -> None:
        self.name: str = name
        self.owner: str = owner
        self.anonymous: bool = anonymous
        self.epoch = epoch
        """The epoch under which bytes are appended now."""
        self.epochs = [EpochStart(epoch, 0)]
        self.ordinal = ordinal
        """Hub-wide order in which streams and runs came to be."""
        self.start = 0
        """First offset that is kept."""
        self.end = 0
        self.durable = 0
        """Every byte below is held as the store's durability says."""
        self.lines: int = 0
        self.received: int = 0
        """Bytes ever appended; gaps are not counted."""
        self.gaps = Gaps(log.gaps_per_stream)
        """Gaps that were recorded when they came to be; `History.first_gap` knows the older ones too."""
        self.gap_bytes = 0
        self.partial = False
        """Whether the last byte is not an LF: there is an unfinished line."""
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.runs: list[Run] = []
        self.runs_dropped = 0
        self.writer: Writer | None = None
        self.tail = Tail(0)
        self.live: dict[Delivery, None] = {}
        """Deliveries that have all up to the end, or in their queue. A dict: ordered, and removing is cheap."""
        self.watchers = 0
        self.deleted = False
        """Whether the name is free again, and what is read of it is gone."""
        self.meter = Meter(log.clock.monotonic())
        self._log = log
        self._changed_run = 0
        """Index of the first run that changed since the store was last told."""

    @classmethod
    def restored(cls, record: StreamRecord, epoch: int, log: Log) -> Stream:
        """Return a stream as a store kept it, to be appended to under `epoch`."""
        stream = cls(record.name, record.owner, record.anonymous, epoch, record.ordinal, log)
        stream.epochs = list(record.epochs)
        stream.start, stream.end, stream.durable = record.start, record.end, record.end
        stream.lines, stream.received, stream.gap_bytes = record.lines, record.received, record.gap_bytes
        stream.partial, stream.first_at, stream.last_at = record.partial, record.first_at, record.last_at
        stream.runs, stream.gaps = list(record.runs), Gaps(log.gaps_per_stream, record.gaps)
        stream.runs_dropped = record.runs[0].number - 1
        stream.tail = Tail(record.end)
        stream._changed_run = len(stream.runs)
        stream.meter = Meter(log.clock.monotonic(), stream.lines, stream.received)
        stream.meter.rest()
        return stream

    @property
    def run(self) -> Run:
        """The last run: open while somebody writes."""
        return self.runs[-1]

    @property
    def state(self) -> StreamState:
        """`live` while a writer is attached, `detached` while one may come back, else `ended`."""
        if self.writer is None:
            return "ended"
        return "live" if self.writer.attached else "detached"

    @property
    def life(self) -> str:
        """Names the stream, and tells it from others that had its name before."""
        return f"{self.name}#{self.ordinal}"

    @property
    def errors(self) -> int | None:
        """Lines that tell of an error, as far as it was looked at; None where nobody did."""
        return self._log.errors(self.life)

    @property
    def line_count(self) -> int:
        """Lines, an unfinished last one included."""
        return self.lines + self.partial

    def append(self, data: bytes, at: int, sent_at: int | None = None, channel: str | None = None) -> None:
        """Append bytes of the open run and hand them to everybody: tail, live readers, store. They are not empty."""
        run = self.runs[-1]
        lines = data.count(b"\n")
        chunk = Chunk(self.end, data, at, run.number, self.lines, lines, sent_at, channel)
        size = len(data)
        self.end += size
        self.lines += lines
        self.received += size
        self.partial = data[-1] != 0x0A
        run.lines += lines
        run.bytes += size
        self.last_at = at
        if self.first_at is None:
            self.first_at = at
        self._log.appended(self, chunk, lines, size)
        self._offer(chunk)

    def append_gap(self, end: int, reason: str) -> None:
        """Record that the bytes from the stream's end up to `end` will never be had."""
        gap = Gap(self.end, end, reason)
        self.gaps.add(gap, begins_run=gap.offset == self.run.start, kept_from=self.start, durable=self.durable)
        self.gap_bytes += end - self.end
        self.end = end
        self._log.gap_appended(self, gap)
        self._offer(gap)

    def open_run(self, meta: Mapping[str, Any], at: int, ordinal: int, keep: int) -> Run:
        """Open the next run at the stream's end; at most `keep` runs are remembered one by one."""
        number = self.runs[-1].number + 1 if self.runs else 1
        run = Run(number, self.end, at, meta, ordinal)
        self.continue_under_epoch()
        self.runs.append(run)
        if len(self.runs) > keep:
            del self.runs[0]
            self.runs_dropped += 1
            self._changed_run = max(self._changed_run - 1, 0)
        self._log.committer.touch(self)
        self._offer(None)
        return run

    def continue_under_epoch(self) -> None:
        """Take note where the current epoch begins in the stream; to be called before it is appended to again."""
        if self.epochs[-1].epoch != self.epoch:
            self.epochs.append(EpochStart(self.epoch, self.end))

    def end_run(self, cause: str, status: str | None, at: int) -> None:
        """Close the open run where the stream ends now."""
        run = self.runs[-1]
        run.end, run.ended_at, run.cause, run.status = self.end, at, cause, status
        self._log.committer.touch(self)
        self._offer(None)

    def delete(self) -> None:
        """Take note that it is gone, and offer that as news."""
        self.deleted = True
        self._offer(None)

    def record(self) -> StreamRecord:
        """Return all that is known of the stream beside its bytes, as it is now."""
        return self._record(self.runs, tuple(self.gaps))

    def changes(self) -> StreamRecord:
        """Return the record for the store, with the runs that changed since this was last asked."""
        runs = self.runs[self._changed_run :] or self.runs[-1:]
        self._changed_run = len(self.runs) - (not self.runs[-1].ended)
        return self._record(runs, ())

    def _record(self, runs: Sequence[Run], gaps: tuple[Gap, ...]) -> StreamRecord:
        return StreamRecord(
            self.name,
            self.owner,
            self.anonymous,
            self.ordinal,
            tuple(self.epochs),
            self.start,
            self.end,
            self.lines,
            self.received,
            self.gap_bytes,
            self.partial,
            self.first_at,
            self.last_at,
            tuple([run.snapshot() for run in runs]),
            gaps,
        )

    def run_at(self, offset: int) -> Run:
        """Return the run that wrote the byte before `offset`; the first remembered one where there is none."""
        low, high = 0, len(self.runs) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self.runs[middle].start < offset:
                low = middle
            else:
                high = middle - 1
        return self.runs[low]

    def run_numbered(self, number: int) -> Run | None:
        """Return a remembered run by its number."""
        index = number - self.runs[0].number
        return self.runs[index] if 0 <= index < len(self.runs) else None

    def _offer(self, item: Piece | None) -> None:
        """Offer a piece, or the news that a run began or ended, to every live delivery."""
        crowded: list[Delivery] | None = None
        for delivery in self.live:
            if delivery.queue.offer(delivery, item):
                crowded = crowded or []
                crowded.append(delivery)
        if crowded is not None:
            # Letting go takes deliveries out of `live`, so it waits until the walk is over.
            for delivery in crowded:
                delivery.queue.let_go_if_crowded()
