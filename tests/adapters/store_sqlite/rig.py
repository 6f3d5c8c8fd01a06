"""A store on a disk, driven without a reactor: what comes back from its threads is run by the test's own."""

from __future__ import annotations

import queue
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from hub.adapters.store.sqlite.store import SqliteStore
from hub.model.retention import Policy

T = TypeVar("T")
PATIENCE = 30


class Loop:
    """The reactor's part: runs what other threads hand over."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def call(self, call: Callable[[], None]) -> None:
        self.calls.put(call)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end; what it raises is raised."""
        results: list[Any] = []
        Deferred.fromCoroutine(work).addBoth(results.append)
        while not results:
            self.calls.get(timeout=PATIENCE)()
        if isinstance(results[0], Failure):
            results[0].raiseException()
        result: T = results[0]
        return result

    def drain(self) -> None:
        """Run what is there already."""
        while not self.calls.empty():
            self.calls.get()()

    def until(self, condition: Callable[[], bool]) -> None:
        """Run what comes until `condition` holds."""
        while not condition():
            self.calls.get(timeout=PATIENCE)()


def make_store(directory: Path, loop: Loop, **options: Any) -> SqliteStore:
    """Return a store that is not open yet."""
    options.setdefault("policy", Policy())
    return SqliteStore(directory, call_in_reactor=loop.call, **options)
