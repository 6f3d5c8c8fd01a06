"""Rates over 1, 10, 60 and 300 s from exact counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.world import World
from hub.core.meter import WINDOWS, Meter


def run(meter: Meter, per_second: list[int], now: float = 0.0, count: int = 0) -> tuple[float, int]:
    """Count so many lines in each second; return the time and the count."""
    for lines in per_second:
        now, count = now + 1.0, count + lines
        meter.mark(now, count, count * 10)
    return now, count


@pytest.mark.parametrize("seconds", WINDOWS)
def test_a_steady_stream_has_one_rate(seconds: int) -> None:
    meter = Meter(0.0)
    now, count = run(meter, [5] * 400)
    assert meter.rate(seconds, now, count, count * 10) == pytest.approx((5.0, 50.0), rel=0.05)


def test_a_young_stream_is_measured_over_its_life_but_over_a_second_at_least() -> None:
    meter = Meter(0.0)
    assert meter.rate(300, 0.1, 7, 70) == (7.0, 70.0)
    assert meter.rate(300, 2.0, 8, 80) == (4.0, 40.0)


def test_a_burst_fades_from_each_window_in_turn() -> None:
    meter = Meter(0.0)
    now, count = run(meter, [100] + [0] * 15)
    assert meter.rate(1, now, count, 0)[0] == 0
    assert meter.rate(10, now, count, 0)[0] == 0
    assert meter.rate(60, now, count, 0)[0] > 0
    now, count = run(meter, [0] * 70, now, count)
    assert meter.rate(60, now, count, 0)[0] == 0
    assert meter.rate(300, now, count, 0)[0] > 0


@given(per_second=st.lists(st.integers(0, 50), min_size=1, max_size=400))
def test_no_rate_is_above_the_fastest_second_or_below_nothing(per_second: list[int]) -> None:
    meter = Meter(0.0)
    now, count = run(meter, per_second)
    for seconds in WINDOWS:
        assert 0 <= meter.rate(seconds, now, count, 0)[0] <= max(per_second) + 1e-9


def test_marks_are_bounded() -> None:
    meter = Meter(0.0)
    run(meter, [1] * 5000)
    assert sum(map(len, meter._marks)) <= 40


def test_a_stream_that_was_silent_for_long_shows_its_new_lines_at_once() -> None:
    world = World()
    writer = world.stream_of("a", b"first\n")
    world.pass_seconds(700)
    stream = writer.stream
    assert stream not in world.hub.log.active, "it rests"
    writer.append(b"x\n" * 100, 0)
    now = world.clock.monotonic()
    assert stream.meter.rate(1, now, stream.lines, stream.received)[0] == 100
    world.pass_seconds(1)
    now = world.clock.monotonic()
    assert stream.meter.rate(1, now, stream.lines, stream.received)[0] == pytest.approx(100)
    assert stream.meter.rate(10, now, stream.lines, stream.received)[0] == pytest.approx(10, rel=0.2)
    assert stream.meter.rate(300, now, stream.lines, stream.received)[0] == pytest.approx(1 / 3, rel=0.2)
