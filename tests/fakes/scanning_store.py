"""A memory store that searches by itself, as the one on SQLite does in its process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from fakes.store import TrickyStore
from fakes.tasks import at_once
from hub.adapters.store.memory import MemoryStore
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.scanning import Scanning
from hub.core.matcher import Matcher
from hub.core.scan import Part, Scanned, Wanted
from hub.model.chunk import Chunk, Piece

T = TypeVar("T")


class MemoryReading(Reading):
    """The reading side of a memory store, which waits for nothing."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def snapshot(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self, name: str, offset: int, max_bytes: int) -> Sequence[Piece]:
        return at_once(self._store.read(name, offset, max_bytes))

    def seek_line(self, name: str, line: int) -> int | None:
        return at_once(self._store.seek_line(name, line))

    def seek_time(self, name: str, at: int) -> int | None:
        return at_once(self._store.seek_time(name, at))

    def blocks_of(self, names: Sequence[str]) -> Iterator[tuple[int, int, int, str | None, int, int, bytes]]:
        for index, name in enumerate(names):
            for piece in self.read(name, 0, 1 << 40):
                if isinstance(piece, Chunk):
                    yield index, piece.offset, piece.end, None, 0, 0, piece.data
                else:
                    yield index, piece.offset, piece.end, piece.reason, 0, 0, b""


class ScanningStore(TrickyStore):
    """`scan` over what the memory store within holds."""

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        await self._call("scan")
        query = wanted.query
        matcher = Matcher(query.text, regex=query.regex, case=query.case, invert=query.invert)
        assert isinstance(self.inner, MemoryStore)
        return Scanning(MemoryReading(self.inner), matcher, wanted).through(parts)
