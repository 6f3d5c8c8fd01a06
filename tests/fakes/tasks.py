"""Coroutines driven by hand, and failures that are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from hub.model.problem import Problem

T = TypeVar("T")


class Cancelled(Exception):
    """What a cancelled coroutine meets where it waits: an Exception, as Twisted's CancelledError is one."""


class Wait:
    """Something that a coroutine waits for until the test releases it."""

    def __init__(self) -> None:
        self.resume: Callable[[BaseException | None], None] | None = None
        self.over = False
        self._error: BaseException | None = None

    def __await__(self) -> Generator[Wait, None, None]:
        if not self.over:
            yield self
        elif self._error is not None:
            raise self._error

    def release(self, error: BaseException | None = None) -> None:
        """Let the coroutine go on, or fail there with `error`."""
        assert not self.over, "released twice"
        self.over, self._error = True, error
        resume, self.resume = self.resume, None
        if resume is not None:
            resume(error)


class FakePromise(Wait):
    """`Promise` driven by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.value: object = None

    def __await__(self) -> Generator[Wait, None, Any]:
        yield from super().__await__()
        return self.value

    def keep(self, value: object) -> None:
        if not self.over:
            self.value = value
            self.release()

    def break_off(self, problem: Problem) -> None:
        if not self.over:
            self.release(problem)


class FakeTask:
    """A coroutine on its way."""

    def __init__(self, work: Coroutine[Any, Any, None], failures: FakeFailures) -> None:
        self._work = work
        self._failures = failures
        self._waits_for: Wait | None = None
        self.done = False

    def cancel(self) -> None:
        """Stop it where it waits."""
        wait, self._waits_for = self._waits_for, None
        if wait is not None:
            wait.resume = None
            self.step(Cancelled())

    def step(self, error: BaseException | None = None) -> None:
        """Run up to the next wait."""
        self._waits_for = None
        try:
            wait = self._work.send(None) if error is None else self._work.throw(error)
        except StopIteration:
            self.done = True
        except Cancelled:
            self.done = True
        except Exception:
            self.done = True
            self._failures.report("in a task")
        else:
            assert isinstance(wait, Wait), f"a coroutine waits for {wait!r}"
            self._waits_for = wait
            wait.resume = self.step


class FakeTasks:
    """`Tasks` without a reactor."""

    def __init__(self, failures: FakeFailures) -> None:
        self._failures = failures

    def spawn(self, work: Coroutine[Any, Any, None]) -> FakeTask:
        task = FakeTask(work, self._failures)
        task.step()
        return task

    def promise(self) -> FakePromise:
        return FakePromise()

    async def in_thread(self, call: Callable[[], T]) -> T:
        return call()


class FakeFailures:
    """`Failures` that are kept; a test that expects none looks that there is none."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, BaseException]] = []

    def report(self, what: str) -> None:
        error = sys.exc_info()[1]
        assert error is not None, "reported without an exception at hand"
        self.reported.append((what, error))

    def take(self) -> list[tuple[str, BaseException]]:
        """Return what was reported, and forget it."""
        reported, self.reported = self.reported, []
        return reported


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")
