"""A directory, and the store in it, restarted at will."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import content
from hub.adapters.store.sqlite.store import SqliteStore
from hub.core.ports import Append
from hub.model.chunk import Piece
from hub.model.record import StreamRecord


class Place:
    def __init__(self, directory: Path, **options: Any) -> None:
        self.directory = directory
        self.path = directory / "hub.db"
        self.loop = Loop()
        self.store: SqliteStore
        self.trimmed: list[tuple[str, int]] = []
        self.start(**options)

    def start(self, now_ms: int = 1000, **options: Any) -> list[StreamRecord]:
        self.store = make_store(self.directory, self.loop, **options)
        self.store.trimmed = lambda name, start: self.trimmed.append((name, start))
        self.opened = self.store.open(now_ms)
        return list(self.opened.streams)

    def stop(self) -> None:
        self.loop.run(self.store.close())

    def restart(self, now_ms: int = 1000, **options: Any) -> list[StreamRecord]:
        self.stop()
        return self.start(now_ms, **options)

    def append(self, *batch: Append) -> None:
        self.loop.run(self.store.append(batch))

    def read(self, name: str, offset: int = 0) -> list[Piece]:
        return list(self.loop.run(self.store.read(name, offset, 1 << 30)))

    def sure(self, offset: int, *, sure: bool) -> list[tuple[int, int, str | None]]:
        """Read stream a; return where each piece begins and ends, and the reason of a gap."""
        found = self.loop.run(self.store.read("a", offset, 1 << 30, sure=sure))
        return [(piece.offset, piece.end, getattr(piece, "reason", None)) for piece in found]

    def text(self, name: str) -> bytes:
        return content(self.read(name))

    def query(self, sql: str) -> list[Any]:
        """Ask the file behind the store's back."""
        connection = apsw.Connection(str(self.path))
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()
