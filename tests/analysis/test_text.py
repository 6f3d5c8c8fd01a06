"""What is found in text: levels, numbers, lengths."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.analysis.fields import find_fields
from hub.analysis.lengths import Lengths
from hub.analysis.levels import count_levels


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (b"2026-11-24 17:00:01,123 ERROR worker: no such file", "error"),
        (b"[WARN] low disk", "warn"),
        (b"main.c:3:5: warning: unused variable", "warn"),
        (b"main.c:9:1: error: expected ';'", "error"),
        (b'{"level":"info","msg":"up"}', "info"),
        (b"level=debug msg=x", "debug"),
        (b"thread 'main' panicked: PANIC", "fatal"),
        (b"INFO retry after ERROR", "info"),
        (b"ValueError: no such thing", "error"),
        (b"\x1b[1;31mjava.io.IOException\x1b[0m: fatal", "error"),
        (b"Exception in thread main java.lang.Error: x", "error"),
        (b"TypeError [ERR_X]: y", "error"),
        (b"KeyboardInterrupt", "error"),
        (b"    raise ValueError(no)", None),
        (b"see ValueError: and others", None),
        (b"Traceback (most recent call last):", None),
        (b"0 errors, all is well", None),
        (b"errors=0 error=0", None),
        (b"see /var/log/error.log and no-error-here", None),
        (b"informative terror", None),
        (b"", None),
    ],
)
def test_the_level_of_a_line(line: bytes, level: str | None) -> None:
    assert dict(count_levels(b"before\n" + line + b"\nafter\n")) == ({} if level is None else {level: 1})


def test_each_line_counts_once() -> None:
    text = b"ERROR error ERROR\nERROR\n\nWARN and ERROR\nINFO"
    assert dict(count_levels(text)) == {"error": 2, "warn": 1, "info": 1}


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b"step 3 loss=0.123 acc: 45.5%", {"loss": 0.123, "acc": 45.5}),
        (b'{"epoch": 3, "acc": 0.9, "lr": "1e-4"}', {"epoch": 3, "acc": 0.9, "lr": 1e-4}),
        (b"train/loss = -2.5", {"train/loss": -2.5}),
        (b"took=12ms size=3MB", {"took": 12, "size": 3}),
        (b" 45%|####      | 450/1000 [00:10<00:12, 43.2it/s]", {"%": 45, "it/s": 43.2}),
        (b"speed 1.5 MB/s", {"MB/s": 1.5}),
        (b"at 12:30:45 host=10.0.0.1 date=2026-11-24 sha=123abcdef99 v=1.2.3", {}),
        (b"url=http://a/b?x=1", {"x": 1.0}),
        (b"nothing = nan inf=inf", {}),
        (b"x=" + b"9" * 200, {}),
    ],
)
def test_the_numbers_of_a_line(line: bytes, fields: dict[str, float]) -> None:
    assert {name: each.last for name, each in find_fields(line).items()} == fields


def test_numbers_of_one_name_are_summed_up() -> None:
    found = find_fields(b"loss=3\nloss=1\nloss=2\n")["loss"]
    assert found == (3, 6.0, 1.0, 3.0, 2.0)


@given(st.binary(max_size=2000))
def test_any_bytes_may_come(text: bytes) -> None:
    assert sum(count_levels(text).values()) <= text.count(b"\n") + 1
    assert all(each.low <= each.high for each in find_fields(text).values())


def test_no_lines_have_no_lengths() -> None:
    assert Lengths().quantiles() == {}


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=300))
def test_quantiles_are_right_to_five_percent(sizes: list[int]) -> None:
    lengths = Lengths()
    lengths.add(b"x" * size for size in sizes)
    found = lengths.quantiles()
    middle = statistics.median_high(sizes) if len(sizes) % 2 else sorted(sizes)[len(sizes) // 2 - 1]
    assert abs(found["p50"] - middle) <= middle * 0.05
    assert found["p50"] <= found["p90"] <= found["p99"] <= found["max"] == max(sizes)
