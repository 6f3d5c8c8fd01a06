"""Marks: somebody's words at places of streams, kept as long as their stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.core.ports import Store
from hub.core.stream import Stream
from hub.model.limits import Limits
from hub.model.mark import Mark, pack_marks, unpack_marks
from hub.model.problem import Problem

KIND = "mark"


class Marks:
    """Those of all streams, by name."""

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._by_stream: dict[str, list[Mark]] = {}

    def of(self, stream: str) -> Sequence[Mark]:
        """Return a stream's marks, oldest first."""
        return self._by_stream.get(stream, ())

    async def add(self, stream: Stream, mark: Mark) -> None:
        """Keep a mark; return once it is durable. Raise Problem LIMIT where the stream has too many, STORE."""
        marks = self._by_stream.setdefault(stream.name, [])
        bound = self._limits.marks_per_stream
        if len(marks) >= bound:
            raise Problem("LIMIT", f"{stream.name} has limits.marks_per_stream ({bound})")
        marks.append(mark)
        try:
            await self._store.put(KIND, {stream.name: pack_marks(marks)})
        except Problem:
            marks.remove(mark)
            raise

    async def forget(self, stream: str) -> None:
        """Forget the marks of a stream that is gone."""
        if self._by_stream.pop(stream, None) is not None:
            await self._store.put(KIND, {stream: None})

    async def restore(self, known: Callable[[str], bool]) -> None:
        """Take up the marks of the former hub; those of streams that are not there any more are forgotten."""
        stale: dict[str, bytes | None] = {}
        for name, packed in (await self._store.records(KIND)).items():
            if known(name):
                self._by_stream[name] = unpack_marks(packed)
            else:
                stale[name] = None
        if stale:
            await self._store.put(KIND, stale)
