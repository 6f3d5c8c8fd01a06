"""A thread with a queue of jobs, whose results come back in the reactor."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")
CallInReactor = Callable[[Callable[[], None]], Any]


class Worker:
    """Runs jobs one after another in threads that start with the first one.

    `idle` is called whenever there is no job, and says after how many seconds it wants to be called again.
    """

    def __init__(
        self,
        name: str,
        call_in_reactor: CallInReactor,
        *,
        threads: int = 1,
        idle: Callable[[], float] | None = None,
        close: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._call_in_reactor = call_in_reactor
        self._idle = idle
        self._close = close
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._left = 0
        self._stopped: Deferred[None] = Deferred()

    def start(self) -> None:
        """Start the threads, if they do not run: not before a process that becomes a daemon has forked.

        Raises RuntimeError where not even one can be started; what is asked for later is tried again.
        """
        while len(self._threads) < self._count:
            name = f"{self._name}-{len(self._threads) + 1}"
            # A daemon: a hub that dies of something else must not wait for it.
            thread = threading.Thread(target=self._run, name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the machine has no room for one more: what runs has to do
                if self._threads:
                    return
                raise
            # Only those that run are waited for in the end.
            self._threads.append(thread)

    def do(self, job: Callable[[], T]) -> Deferred[T]:
        """Run a job after all earlier ones; with several threads, beside some of them."""
        done: Deferred[T] = Deferred()
        self.put(lambda: self._do(job, done))
        return done

    def put(self, job: Callable[[], None]) -> None:
        """Run a job that raises nothing and says by itself what came of it."""
        self.start()
        self._jobs.put(job)

    def stop(self) -> Deferred[None]:
        """Finish what was asked for and end; fail with what `close` raised. Nothing is to be asked for after it."""
        self._left = len(self._threads)
        for _ in self._threads:
            self._jobs.put(None)
        if not self._threads:
            self._stopped.callback(None)
        return self._stopped

    def _run(self) -> None:
        wait: float | None = 0 if self._idle is not None else None
        while True:
            try:
                job = self._jobs.get(timeout=wait) if wait else self._jobs.get(block=wait is None)
            except queue.Empty:
                wait = None if self._idle is None else self._idle()
                continue
            if job is None:
                break
            job()
            wait = 0 if self._idle is not None else None
        error: BaseException | None = None
        try:
            if self._close is not None:
                self._close()
        except BaseException as raised:
            error = raised
        self._call_in_reactor(lambda: self._ended(error))

    def _ended(self, error: BaseException | None) -> None:
        self._left -= 1
        if error is not None and not self._stopped.called:
            self._stopped.errback(error)
        elif self._left == 0 and not self._stopped.called:
            self._stopped.callback(None)

    def _do(self, job: Callable[[], Any], done: Deferred[Any]) -> None:
        try:
            result = job()
        except BaseException as error:
            failure = error
            self._call_in_reactor(lambda: done.errback(failure))
            return
        self._call_in_reactor(lambda: done.callback(result))
