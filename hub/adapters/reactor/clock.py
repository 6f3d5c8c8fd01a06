"""Time, tasks and failures on Twisted's reactor."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from hub.core.counters import Counters
from hub.core.ports import Cancellable
from hub.model.problem import Problem

THREADS = 2
"""So many scans at once: more would take the processors from live delivery."""

T = TypeVar("T")
_log = Logger(namespace="hub")


class _Later:
    """A delayed call that may be cancelled late."""

    __slots__ = ("_call",)

    def __init__(self, call: IDelayedCall) -> None:
        self._call = call

    def cancel(self) -> None:
        """Take it back; harmless when it ran already."""
        if self._call.active():
            self._call.cancel()


class ReactorClock:
    """`Clock` on a reactor."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor

    def now_ms(self) -> int:
        """Return the wall clock, Unix ms."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def call_later(self, seconds: float, call: Callable[[], object]) -> Cancellable:
        """Run `call` after `seconds`."""
        return _Later(self._reactor.callLater(seconds, call))


class LoggedFailures:
    """`Failures` that go to the log with their traceback, and are counted."""

    def __init__(self) -> None:
        self.counters: Counters | None = None

    def report(self, what: str) -> None:
        """Log the exception that is being handled."""
        self._log(Failure(), what)

    def failed(self, failure: Failure, what: str) -> None:
        """Log a Failure."""
        self._log(failure, what)

    def _log(self, failure: Failure, what: str) -> None:
        if isinstance(failure.value, Problem) and failure.value.word == "STORE":
            # No mistake of the hub's, and the store has said so itself, once: here each reader would, each second.
            _log.debug("{problem} ({what})", problem=failure.value, what=what)
            return
        if self.counters is not None:
            self.counters.failures += 1
        _log.failure("the hub made a mistake {what}", failure=failure, what=what)


class _Task:
    """A coroutine that runs."""

    __slots__ = ("_deferred",)

    def __init__(self, deferred: Deferred[None]) -> None:
        self._deferred = deferred

    def cancel(self) -> None:
        """Stop it where it waits."""
        self._deferred.cancel()


class _Promise:
    """A Deferred that somebody waits for."""

    __slots__ = ("_deferred",)

    def __init__(self) -> None:
        self._deferred: Deferred[Any] = Deferred()

    def __await__(self) -> Generator[Any, Any, Any]:
        """Wait until it is kept."""
        return self._deferred.__await__()

    def keep(self, value: Any) -> None:
        """Let the coroutine go on; nothing where it was kept, broken or given up."""
        if not self._deferred.called:
            self._deferred.callback(value)

    def break_off(self, problem: Problem) -> None:
        """Let the coroutine fail; nothing where it was kept, broken or given up."""
        if not self._deferred.called:
            self._deferred.errback(problem)


class DeferredTasks:
    """`Tasks` as Deferreds."""

    def __init__(self, failures: LoggedFailures) -> None:
        self._failures = failures
        self._threads = DeferredSemaphore(THREADS)

    def promise(self) -> _Promise:
        """Return a promise that is neither kept nor broken."""
        return _Promise()

    def spawn(self, work: Coroutine[Any, Any, None]) -> Cancellable:
        """Start `work` at once; what it raises is logged."""
        deferred = Deferred.fromCoroutine(work)
        deferred.addErrback(self._report)
        return _Task(deferred)

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Run `call` in one of the reactor's threads, `THREADS` at a time."""
        await self._threads.acquire()
        try:
            result: T = await deferToThread(call)
            return result
        finally:
            self._threads.release()

    def _report(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._failures.failed(failure, "in a task")
