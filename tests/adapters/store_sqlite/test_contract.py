"""The SQLite store keeps what every store promises."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import StoreContract
from hub.adapters.store.sqlite.store import SqliteStore
from hub.core.ports import Store

T = TypeVar("T")


class TestSqliteStore(StoreContract):
    searches = True

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        self.directory = tmp_path
        self.loop = Loop()
        store = self.make()
        yield store
        self.run(store.close())

    def make(self) -> SqliteStore:
        store = make_store(self.directory, self.loop)
        list(store.open(1000).streams)
        return store

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)
