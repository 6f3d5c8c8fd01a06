"""What is known of one stream's lines."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.analysis.fields import Summary, find_fields
from hub.analysis.lengths import Lengths
from hub.analysis.levels import count_levels
from hub.analysis.tiers import Tiers

FIELDS = 24
"""Names of numbers that are kept of a stream; the first ones that come again and again."""
CANDIDATES = 200
SIGHTINGS = 3
"""How often a name has to come before it is kept: one with an id in it comes once."""
UNFINISHED_BYTES = 64 * 1024
"""The longest beginning of a line that is kept until its end comes."""
LEVEL = "level."


class _Packed(msgspec.Struct, array_like=True):
    seen: int
    cut: bool
    lengths: dict[int, int]
    longest: int
    totals: dict[str, tuple[int, float, float, float, float]]
    series: dict[str, list[list[tuple[int, tuple[int, float, float, float, float]]]]]


class StreamNumbers:
    """Levels, fields and lengths of a stream, in all and over time."""

    def __init__(self) -> None:
        self.seen = 0
        self.lengths = Lengths()
        self.totals: dict[str, Summary] = {}
        """In all, by field; a level is a field `level.<name>` whose count is its lines."""
        self.series: dict[str, Tiers] = {}
        self._candidates: dict[str, int] = {}
        self._rest = b""
        self._broken = False

    @property
    def size(self) -> int:
        """How many numbers it holds, about."""
        return sum(tiers.size for tiers in self.series.values()) + len(self.lengths.counts)

    @property
    def errors(self) -> int:
        """Lines of the levels `error` and `fatal`."""
        found = (self.totals.get(LEVEL + level) for level in ("error", "fatal"))
        return sum(each.number for each in found if each is not None)

    def cut(self) -> None:
        """Take note that bytes were not shown: the line before them has no end, the next one no beginning."""
        self._rest = b""
        self._broken = True

    def eat(self, data: bytes, at: int) -> None:
        """Look at bytes received at a time, ms; an unfinished line waits for its end.

        A progress bar that draws over itself ends a line with each CR.
        """
        self.seen += len(data)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._broken:
            start = data.find(b"\n") + 1
            if not start:
                return
            data, self._broken = data[start:], False
        end = data.rfind(b"\n") + 1
        if not end:
            self._rest += data
            if len(self._rest) > UNFINISHED_BYTES:
                self._rest, self._broken = b"", True
            return
        text, self._rest = self._rest + data[:end], data[end:]
        self.lengths.add(text[:-1].split(b"\n"))
        for level, count in count_levels(text).items():
            self._add(LEVEL + level, at, Summary(count, count, 0, 0, 0))
        for name, summary in find_fields(text).items():
            if name in self.series or self._is_kept(name, summary.number):
                self._add(name, at, summary)

    def _is_kept(self, name: str, number: int) -> bool:
        """Tell whether a new name has come often enough, and there is room for it."""
        if sum(not each.startswith(LEVEL) for each in self.series) >= FIELDS:
            return False
        sightings = self._candidates.pop(name, 0) + number
        if sightings >= SIGHTINGS:
            return True
        self._candidates[name] = sightings
        if len(self._candidates) > CANDIDATES:
            del self._candidates[next(iter(self._candidates))]
        return False

    def _add(self, name: str, at: int, summary: Summary) -> None:
        before = self.totals.get(name)
        self.totals[name] = summary if before is None else before.plus(summary)
        if name not in self.series:
            self.series[name] = Tiers()
        self.series[name].add(at, summary)

    def stats(self) -> dict[str, Any]:
        """Return `{seen, line_bytes, levels, fields}` for JSON; `seen` bytes were looked at."""
        fields = {
            name: {
                "count": each.number,
                "last": each.last,
                "min": each.low,
                "max": each.high,
                "mean": each.total / each.number,
            }
            for name, each in self.totals.items()
            if not name.startswith(LEVEL)
        }
        levels = {name[len(LEVEL) :]: each.number for name, each in self.totals.items() if name.startswith(LEVEL)}
        return {
            "seen": self.seen,
            "line_bytes": self.lengths.quantiles(),
            "levels": levels,
            "fields": fields,
        }

    def read(self, field: str, since: int | None, until: int, points: int) -> dict[str, Any]:
        """Return `{since, step_ms, values, low?, high?}`: lines of a level, means of another field, null for none."""
        tiers = self.series.get(field, Tiers())
        buckets = tiers.buckets(since, until, points)
        found = tiers.read(buckets)
        place = {"since": buckets.since, "step_ms": buckets.step}
        if field.startswith(LEVEL):
            return {**place, "values": [0 if each is None else each.number for each in found]}
        return {
            **place,
            "values": [None if each is None else each.total / each.number for each in found],
            "low": [None if each is None else each.low for each in found],
            "high": [None if each is None else each.high for each in found],
        }

    def pack(self) -> bytes:
        """Return it as bytes to keep; unfinished lines and names that came once are left out."""
        series = {name: tiers.pack() for name, tiers in self.series.items()}
        cut = self._broken or bool(self._rest)
        packed = _Packed(self.seen, cut, self.lengths.counts, self.lengths.most, self.totals, series)  # type: ignore[arg-type]
        return msgspec.msgpack.encode(packed)

    @classmethod
    def unpack(cls, data: bytes) -> StreamNumbers:
        """Return what was packed; raise msgspec.DecodeError for anything else."""
        packed = msgspec.msgpack.decode(data, type=_Packed)
        numbers = cls()
        numbers.seen, numbers._broken = packed.seen, packed.cut
        numbers.lengths = Lengths(packed.lengths, packed.longest)
        numbers.totals = {name: Summary(*each) for name, each in packed.totals.items()}
        numbers.series = {name: Tiers(each) for name, each in packed.series.items()}  # type: ignore[arg-type]
        return numbers
