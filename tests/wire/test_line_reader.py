"""Lines for the command port."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.slicing import each_way
from hub.model.problem import Problem
from hub.wire.line_reader import LineReader


def feeder(bound: int = 1000) -> Callable[[bytes], list[bytes]]:
    return LineReader(bound).feed


def test_lines_whole_byte_by_byte_and_with_a_tail() -> None:
    assert each_way(feeder, b'{"a":1}\n\nb\r\n\r\nc\rd\n', tail=b"unfinished") == [b'{"a":1}', b"", b"b", b"", b"c\rd"]


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_any_slicing_gives_the_same_lines(data: bytes, cuts: list[int]) -> None:
    reader = LineReader(1000)
    got = []
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for low, high in itertools.pairwise(places):
        got.extend(reader.feed(data[low:high]))
    whole, _, rest = data.rpartition(b"\n")
    assert got == ([line.removesuffix(b"\r") for line in whole.split(b"\n")] if b"\n" in data else [])
    assert reader.held == len(rest)


def test_an_over_long_line_is_refused_finished_or_not() -> None:
    assert feeder(10)(b"0123456789\n") == [b"0123456789"]
    for data in (b"0123456789a", b"0123456789a\n", b"ok\n0123456789a\nok\n"):
        with pytest.raises(Problem, match=r"limits\.request_bytes \(10\)") as refused:
            feeder(10)(data)
        assert refused.value.word == "TOOBIG"


def test_an_over_long_line_in_small_pieces_is_held_to_its_bound() -> None:
    reader = LineReader(10)
    for _ in range(10):
        reader.feed(b"x")
    with pytest.raises(Problem):
        reader.feed(b"x")
    assert reader.held == 11


def cost(lines: int) -> float:
    data = b'{"id":1}\n' * lines
    best = 1e9
    for _ in range(3):
        reader = LineReader(1000)
        start = process_time()
        assert len(reader.feed(data)) == lines
        best = min(best, process_time() - start)
    return best


def test_a_hundred_thousand_lines_in_one_feed_cost_what_they_weigh() -> None:
    few, many = cost(10_000), cost(100_000)
    # Linear is ten times, quadratic a hundred times; a busy machine is allowed a factor.
    assert many < 40 * max(few, 0.0005)


def test_a_long_line_in_single_bytes_costs_what_it_weighs() -> None:
    reader = LineReader(300_000)
    start = process_time()
    for _ in range(250_000):
        reader.feed(b"x")
    assert reader.feed(b"\n") == [b"x" * 250_000]
    assert process_time() - start < 3.0
