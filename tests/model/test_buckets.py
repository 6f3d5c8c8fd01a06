"""Steps of time: as fine as the number of points allows, and such as people read off a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.buckets import Buckets

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("span", "points", "step"),
    [
        (1, 1, 1000),
        (60_000, 60, 1000),
        (60_001, 60, 2000),
        (HOUR, 60, 60_000),
        (24 * HOUR, 300, 5 * 60_000),
        (24 * 28 * HOUR, 3, 14 * 24 * HOUR),
        (24 * 366 * HOUR, 4, 4 * 28 * 24 * HOUR),
    ],
)
def test_a_step_is_one_of_a_clock(span: int, points: int, step: int) -> None:
    assert Buckets.between(0, span, points).step == step


times = st.integers(0, 1 << 42)


@given(times, times, st.integers(1, 2000))
def test_buckets_hold_what_was_asked_for_and_not_more_than_so_many(one: int, other: int, points: int) -> None:
    since, until = min(one, other), max(one, other)
    buckets = Buckets.between(since, until, points)
    assert buckets.count <= points
    assert buckets.since % buckets.step == 0
    if since < until:
        assert buckets.place(since) == 0
        assert buckets.place(until - 1) == buckets.count - 1
        assert buckets.since <= since < buckets.since + buckets.step
        assert until <= buckets.until < until + buckets.step
    else:
        assert buckets.count in (0, 1)
    assert buckets.place(buckets.since - 1) is None
    assert buckets.place(buckets.until) is None
