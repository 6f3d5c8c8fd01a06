"""What looks on cannot harm what is kept, and one part of the tick cannot stop another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakes.clock import FakeClock
from fakes.tasks import FakeFailures
from fakes.world import World
from hub.core.counters import Counters
from hub.core.guarded import QUIET_SECONDS, Guarded
from hub.model.chunk import Chunk


class BrokenAnalyzer:
    """An analyzer that fails at everything."""

    def offer(self, stream: str, chunk: Chunk) -> None:
        raise OSError(24, "Too many open files")

    def forget(self, stream: str) -> None:
        raise OSError(24, "Too many open files")

    def tick(self) -> None:
        raise OSError(24, "Too many open files")

    def errors(self, stream: str) -> int | None:
        raise OSError(24, "Too many open files")

    def take_found(self) -> list[str]:
        raise OSError(24, "Too many open files")

    async def ask(self, method: str, stream: str, params: Mapping[str, object]) -> Any:
        raise OSError(24, "Too many open files")


def broken() -> None:
    raise ZeroDivisionError


def test_what_an_analyzer_fails_at_is_stored_all_the_same() -> None:
    world = World()
    world.hub.log.analyzer = BrokenAnalyzer()
    writer = world.stream_of("a", b"one\n", b"two\n")
    world.pass_seconds(2)
    assert (writer.stream.end, writer.stream.durable) == (8, 8)
    world.restart()
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert stream.end == 8
    # Once for each kind, however often it fails.
    reported = [what for what, _ in world.failures.take()]
    assert reported == ["when the analyzer was offered something", "in the tick of the analyzer"]


def test_a_part_of_the_tick_that_fails_stops_no_other() -> None:
    world = World()
    world.hub.log.analyzer = BrokenAnalyzer()
    ticks: list[str] = []
    world.hub.deadlines.advance = broken  # type: ignore[method-assign]
    world.hub.streams.rest = lambda: ticks.append("rest")  # type: ignore[method-assign]
    world.hub.audit.note("ann", "local", "stream.delete", "a")
    world.pass_seconds(3)
    assert ticks == ["rest"] * 3
    assert [what for what, _ in world.failures.take()] == ["in the tick of deadlines", "in the tick of the analyzer"]
    assert world.hub.counters.failures == 4
    world.restart()
    assert [entry.target for entry in world.hub.audit.newest_first()] == ["a"]


def test_what_goes_on_failing_is_told_once_a_minute() -> None:
    clock, failures, counters = FakeClock(), FakeFailures(), Counters()
    guarded = Guarded(clock, failures, counters)
    for _ in range(10):
        guarded.run("here", broken)
    guarded.run("there", broken)
    assert [what for what, _ in failures.take()] == ["here", "there"]
    assert counters.failures == 9
    clock.advance(QUIET_SECONDS)
    guarded.run("here", broken)
    assert [what for what, _ in failures.take()] == ["here"]
