"""Small writes that wait for the writing thread together are one transaction: one sync for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import apsw
from twisted.internet.defer import Deferred

from hub.adapters.store.sqlite.worker import CallInReactor, Worker
from hub.adapters.store.sqlite.writer import Writer

Write = Callable[[apsw.Connection], object]


class _Group:
    """Writes of one transaction, open until the writing thread comes to it."""

    def __init__(self) -> None:
        self.writes: list[tuple[Write, Deferred[None]]] = []
        self.is_closed = False


class Grouping:
    """Hands writes to the writing thread, in their order, and also against what is handed over otherwise."""

    def __init__(self, writer: Writer, worker: Worker, call_in_reactor: CallInReactor) -> None:
        self._writer = writer
        self._worker = worker
        self._call_in_reactor = call_in_reactor
        self._lock = threading.Lock()
        self._last: _Group | None = None

    def do(self, write: Write) -> Deferred[None]:
        """Make a small write durable."""
        done: Deferred[None] = Deferred()
        with self._lock:
            group = self._last
            is_new = group is None or group.is_closed
            if group is None or is_new:
                group = self._last = _Group()
            group.writes.append((write, done))
        if is_new:
            self._worker.put(lambda: self._run(group))
        return done

    def separate(self) -> None:
        """Let what comes from now on be written after what is handed over otherwise now."""
        self._last = None

    def _run(self, group: _Group) -> None:
        with self._lock:
            group.is_closed = True
        problem: Exception | None = None
        try:
            self._writer.transact(lambda connection: [write(connection) for write, _ in group.writes])
        except Exception as error:
            # Problem STORE, or a mistake of ours: whoever waits is told, and reports it.
            problem = error
        self._call_in_reactor(lambda: _tell(group, problem))


def _tell(group: _Group, problem: Exception | None) -> None:
    for _, done in group.writes:
        if problem is None:
            done.callback(None)
        else:
            done.errback(problem)
