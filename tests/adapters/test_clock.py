"""Time, tasks and failures on the reactor, held against what the fakes promise."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as ManualReactor
from twisted.logger import LogEvent, globalLogPublisher

from fakes.clock import FakeClock
from fakes.tasks import FakeFailures, FakeTasks, Wait
from hub.adapters.reactor.clock import DeferredTasks, LoggedFailures, ReactorClock
from hub.core.counters import Counters
from hub.core.ports import Clock, Tasks
from hub.model.problem import Problem


@pytest.fixture(params=["reactor", "fake"])
def clock(request: pytest.FixtureRequest) -> tuple[Clock, Callable[[float], None]]:
    if request.param == "fake":
        fake = FakeClock()
        return fake, fake.advance
    manual = ManualReactor()
    return ReactorClock(manual), manual.advance


def test_later_is_later_and_in_order(clock: tuple[Clock, Callable[[float], None]]) -> None:
    subject, advance = clock
    done: list[str] = []
    subject.call_later(2, lambda: done.append("two"))
    subject.call_later(0, lambda: done.append("now"))
    cancelled = subject.call_later(1, lambda: done.append("never"))
    ran = subject.call_later(0, lambda: done.append("next"))
    assert done == []
    cancelled.cancel()
    cancelled.cancel()
    advance(0)
    assert done == ["now", "next"]
    ran.cancel()
    advance(5)
    assert done == ["now", "next", "two"]


def test_wall_and_monotonic_time() -> None:
    clock = ReactorClock(ManualReactor())
    assert abs(clock.now_ms() - time.time() * 1000) < 5000
    assert clock.monotonic() <= clock.monotonic()


class Logged:
    """Failures of the hub's log, while it is open."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    def __enter__(self) -> Logged:
        globalLogPublisher.addObserver(self)
        return self

    def __exit__(self, *exc: object) -> None:
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: LogEvent) -> None:
        if event.get("log_namespace") == "hub" and "log_failure" in event:
            self.events.append(event)


def test_failures_are_logged_with_their_traceback_and_counted() -> None:
    failures = LoggedFailures()
    failures.counters = Counters()
    with Logged() as logged:
        try:
            raise ZeroDivisionError("on purpose")
        except ZeroDivisionError:
            failures.report("in a test")
    (event,) = logged.events
    assert event["what"] == "in a test"
    assert event["log_failure"].check(ZeroDivisionError)
    assert failures.counters.failures == 1


class Both:
    """Tasks of either kind, with something to wait for and a count of what was reported."""

    def __init__(self, kind: str) -> None:
        self.tasks: Tasks
        if kind == "fake":
            kept = FakeFailures()
            self.tasks = FakeTasks(kept)
            self.wait: Wait | Deferred[None] = Wait()
            self.release = lambda: self.wait.release()  # type: ignore[union-attr]
            self.reported = lambda: len(kept.reported)
        else:
            failures = LoggedFailures()
            failures.counters = counters = Counters()
            self.tasks = DeferredTasks(failures)
            self.wait = Deferred()
            self.release = lambda: self.wait.callback(None)  # type: ignore[union-attr]
            self.reported = lambda: counters.failures


@pytest.fixture(params=["reactor", "fake"])
def both(request: pytest.FixtureRequest) -> Both:
    return Both(request.param)


def test_a_task_runs_at_once_up_to_its_first_wait(both: Both) -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("began")
        await both.wait
        done.append("went on")

    both.tasks.spawn(work())
    assert done == ["began"]
    both.release()
    assert done == ["began", "went on"]
    assert both.reported() == 0


def test_what_a_task_raises_is_reported(both: Both) -> None:
    async def work() -> None:
        await both.wait
        raise ZeroDivisionError

    both.tasks.spawn(work())
    both.release()
    assert both.reported() == 1


def test_a_cancelled_task_stops_where_it_waits_and_is_no_failure(both: Both) -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await both.wait
            done.append("went on")
        except Exception:
            done.append("heard of it")
            raise

    task = both.tasks.spawn(work())
    task.cancel()
    task.cancel()
    assert done == ["heard of it"]
    assert both.reported() == 0


def test_cancelling_what_is_over_is_harmless(both: Both) -> None:
    async def work() -> None:
        return

    both.tasks.spawn(work()).cancel()
    assert both.reported() == 0


def test_a_promise_is_kept_once_before_or_after_somebody_waits(both: Both) -> None:
    early, late = both.tasks.promise(), both.tasks.promise()
    got: list[object] = []

    async def work() -> None:
        got.append(await early)
        got.append(await late)

    early.keep(1)
    early.keep(2)
    early.break_off(Problem("STORE", "late"))
    both.tasks.spawn(work())
    assert got == [1]
    late.keep(3)
    late.keep(4)
    assert got == [1, 3]
    assert both.reported() == 0


def test_a_promise_is_broken_with_its_problem(both: Both) -> None:
    promise = both.tasks.promise()
    heard: list[str] = []

    async def work() -> None:
        try:
            await promise
        except Problem as problem:
            heard.append(problem.word)

    both.tasks.spawn(work())
    promise.break_off(Problem("CONFLICT", "no"))
    promise.keep(1)
    assert heard == ["CONFLICT"]
    assert both.reported() == 0


def test_keeping_a_promise_that_was_given_up_is_harmless(both: Both) -> None:
    promises = [both.tasks.promise(), both.tasks.promise()]
    heard: list[str] = []

    async def work(number: int) -> None:
        try:
            await promises[number]
        except Problem:
            raise
        except Exception:
            heard.append("given up")
            raise

    tasks = [both.tasks.spawn(work(number)) for number in range(2)]
    for task in tasks:
        task.cancel()
    promises[0].keep(1)
    promises[1].break_off(Problem("CONFLICT", "no"))
    assert heard == ["given up"] * 2
    assert both.reported() == 0
