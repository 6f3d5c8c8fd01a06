"""What one reader holds of each stream, put together from its frames, and each promise broken on the way.

A reader's frames are cut into connections by `CONNECTED`, which says by which right the reader goes on:
`by=cursor` (it listed what it holds), `by=session` (the hub remembers; it may go on earlier, never later).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from faults.frames import Frame


@dataclass(frozen=True, order=True)
class Finding:
    """A promise that was broken: a word for which, the stream, and what was seen."""

    kind: str
    stream: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} {self.stream}: {self.text}"


@dataclass(frozen=True)
class Gap:
    start: int
    end: int
    reason: str


@dataclass
class Holding:
    """One stream's bytes from `start` on. Where a gap is, the bytes are zeros."""

    epoch: int
    start: int
    data: bytearray = field(default_factory=bytearray)
    gaps: list[Gap] = field(default_factory=list)
    ended: int | None = None
    """Where the last END stood that was told at this holding's end."""

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    def cut(self, offset: int) -> None:
        """Drop what is held from `offset` on."""
        del self.data[max(offset - self.start, 0) :]
        self.start = min(self.start, offset)
        kept = (Gap(gap.start, min(gap.end, offset), gap.reason) for gap in self.gaps)
        self.gaps = [gap for gap in kept if gap.start < gap.end]
        if self.ended is not None and self.ended > offset:
            self.ended = None

    def parts(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges of which there is data."""
        at = self.start
        for gap in self.gaps:
            if at < gap.start:
                yield at, gap.start
            at = gap.end
        if at < self.end:
            yield at, self.end

    def bytes(self, start: int, end: int) -> bytes:
        return bytes(self.data[start - self.start : end - self.start])

    def first_difference(self, offset: int, data: bytes) -> int | None:
        """Return where `data` at `offset` is not what is held; what is held as a gap differs from nothing."""
        for start, end in self.parts():
            low, high = max(start, offset), min(end, offset + len(data))
            if low < high and (held := self.bytes(low, high)) != (given := data[low - offset : high - offset]):
                return next(low + i for i in range(high - low) if held[i] != given[i])
        return None


@dataclass
class _Alias:
    stream: str
    next: int


class Held:
    """A reader's holdings, by stream, and what was wrong in how they came."""

    def __init__(self, who: str, frames: Iterable[Frame] = ()) -> None:
        self.who = who
        self.streams: dict[str, Holding] = {}
        self.findings: list[Finding] = []
        self.truncations = 0
        self._aliases: dict[int, _Alias] = {}
        self._highest_alias = -1
        self._by = "cursor"
        for frame in frames:
            self.take(frame)

    def take(self, frame: Frame) -> None:
        """Take one frame of the hub, or CONNECTED."""
        if frame.verb == "CONNECTED":
            self._aliases, self._highest_alias = {}, -1
            self._by = frame.keys["by"]
        elif frame.verb == "STREAM":
            self._stream(frame)
        elif frame.verb in ("DATA", "GAP", "LIVE", "END"):
            alias = self._aliases.get(frame.number(0))
            if alias is None:
                self._found("alias", "?", f"{frame.verb} for an alias that no STREAM gave: {frame.args}")
            else:
                self._of_alias(frame, alias)

    def offset_of(self, alias: int) -> int | None:
        """Return up to where an alias was sent."""
        known = self._aliases.get(alias)
        return None if known is None else known.next

    def _found(self, kind: str, stream: str, text: str) -> None:
        self.findings.append(Finding(kind, stream, f"{self.who}: {text}"))

    def _stream(self, frame: Frame) -> None:
        number, name, offset, epoch = frame.number(0), frame.args[1], frame.key("offset"), frame.key("epoch")
        if "was" in frame.keys:
            self._aliases.pop(frame.key("was"), None)
        if number in self._aliases:  # told again: the stream was delivered already and stays where it is
            if self._aliases[number].next != offset:
                self._found("cursor", name, f"STREAM again at {offset}, sent was up to {self._aliases[number].next}")
            return
        if number <= self._highest_alias:
            self._found("alias", name, f"alias {number} after {self._highest_alias}")
        self._highest_alias = max(number, self._highest_alias)
        self._aliases[number] = _Alias(name, offset)
        holding = self.streams.get(name)
        if holding is None:
            self.streams[name] = Holding(epoch, offset)
            return
        if epoch < holding.epoch:
            self._found("epoch", name, f"epoch {epoch} after {holding.epoch}")
        if offset > holding.end:
            self._found("hole", name, f"goes on at {offset}, held was up to {holding.end}")
            holding.gaps.append(Gap(holding.end, offset, "hole"))
            holding.data += bytes(offset - holding.end)
        if "truncate" in frame.keys:
            self.truncations += 1
            # By session a truncate is told again until something past it is acknowledged.
            if epoch == holding.epoch and self._by == "cursor":
                self._found("truncate", name, f"truncated at {offset} within epoch {epoch}")
            holding.cut(offset)
        elif self._by == "cursor" and offset < holding.end:
            self._found("truncate", name, f"goes on at {offset} untold; the reader came with {holding.end}")
            holding.cut(offset)
        elif epoch != holding.epoch:
            holding.cut(offset)
        holding.epoch = epoch

    def _of_alias(self, frame: Frame, alias: _Alias) -> None:
        holding, offset, name = self.streams[alias.stream], frame.number(1), alias.stream
        if offset != alias.next:
            kind = "hole" if offset > alias.next else "overlap"
            self._found(kind, name, f"{frame.verb} at {offset}, due at {alias.next}")
            alias.next = offset
        if frame.verb == "DATA":
            data = frame.payload or b""
            alias.next += len(data)
            self._data(holding, name, offset, data)
        elif frame.verb == "GAP":
            end = frame.number(2)
            if end <= offset:
                self._found("gap", name, f"GAP {offset} {end}")
            alias.next = max(end, offset)
            self._gap(holding, Gap(offset, end, frame.keys.get("reason", "?")))
        elif frame.verb == "END" and offset == holding.end:
            holding.ended = offset

    def _data(self, holding: Holding, name: str, offset: int, data: bytes) -> None:
        if offset > holding.end:
            holding.gaps.append(Gap(holding.end, offset, "hole"))
            holding.data += bytes(offset - holding.end)
        again = holding.end - offset
        if again > 0:  # sent before; a byte that was a gap may be none now, and the other way round
            differs = holding.first_difference(offset, data[:again])
            if differs is not None:
                self._found("unequal", name, f"other bytes than before at {differs}, epoch {holding.epoch}")
        if offset + len(data) > holding.end:
            holding.ended = None
            holding.data += data[max(again, 0) :]

    def _gap(self, holding: Holding, gap: Gap) -> None:
        if gap.end <= holding.end:
            return
        holding.ended = None
        start = max(gap.start, holding.end)
        holding.data += bytes(gap.end - holding.end)
        holding.gaps.append(Gap(start, gap.end, gap.reason))
