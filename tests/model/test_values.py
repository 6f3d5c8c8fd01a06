"""Cursors and how they are judged, chunks and how they are cut, keys, limits, problems."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.chunk import Chunk
from hub.model.cursor import Cursor, EpochStart, judge
from hub.model.limits import Limits
from hub.model.pattern import Pattern
from hub.model.problem import CODES, Problem
from hub.model.session_key import is_key, key_hash, new_key, public_id

EPOCHS = (EpochStart(10, 0), EpochStart(20, 100), EpochStart(30, 60), EpochStart(40, 200))
"""Epoch 20 began at 100; a crash lost bytes, so that 30 began at 60; then it went on."""


@pytest.mark.parametrize(
    ("cursor", "offset", "truncate"),
    [
        (Cursor(40, 250), 250, None),
        (Cursor(40, 300), 300, None),
        (Cursor(40, 301), 300, 301),
        (Cursor(40, 0), 0, None),
        (Cursor(30, 200), 200, None),
        (Cursor(30, 201), 200, 201),
        (Cursor(20, 60), 60, None),
        (Cursor(20, 61), 60, 61),
        (Cursor(20, 150), 60, 150),
        (Cursor(10, 100), 60, 100),
        (Cursor(10, 50), 50, None),
        (Cursor(0, 0), 0, None),
        (Cursor(0, 1), 0, 1),
        (Cursor(35, 201), 200, 201),
        (Cursor(50, 300), 300, None),
        (Cursor(50, 400), 300, 400),
    ],
)
def test_a_cursor_is_judged_by_the_least_first_offset_of_later_epochs(
    cursor: Cursor, offset: int, truncate: int | None
) -> None:
    assert judge(cursor, EPOCHS, 300) == (offset, truncate)


@given(
    starts=st.lists(st.integers(0, 50), max_size=5),
    epoch=st.integers(0, 6),
    offset=st.integers(0, 80),
    end=st.integers(50, 70),
)
def test_a_judged_cursor_never_passes_what_may_differ(starts: list[int], epoch: int, offset: int, end: int) -> None:
    epochs = [EpochStart(number, start) for number, start in enumerate(starts, 1)]
    verdict = judge(Cursor(epoch, offset), epochs, end)
    assert verdict.offset <= end
    assert verdict.offset <= offset
    assert all(verdict.offset <= start.offset for start in epochs if start.epoch > epoch)
    assert (verdict.truncate is None) == (verdict.offset == offset)
    assert verdict.truncate in (None, offset)


def test_a_cursor_is_printed_as_it_is_parsed() -> None:
    assert str(Cursor(17, 300)) == "17:300"


@given(data=st.binary(min_size=1, max_size=50), low=st.integers(-5, 60), high=st.integers(-5, 60))
def test_a_cut_chunk_is_that_part_and_counts_its_lines(data: bytes, low: int, high: int) -> None:
    chunk = Chunk(100, data, 5, 1, 7, data.count(b"\n"), 3, "err")
    low, high = min(low, high), max(low, high)
    part = chunk.cut(100 + low, 100 + high)
    begin, end = min(max(low, 0), len(data)), min(max(high, 0), len(data))
    assert part.data == data[begin:end] or (begin >= end and part.data == b"")
    if part.data:
        assert part.offset == 100 + begin
        assert part.end == 100 + end
        assert part.first_line == 7 + data[:begin].count(b"\n")
        assert part.lines == part.data.count(b"\n")
        assert (part.at, part.run, part.sent_at, part.channel) == (5, 1, 3, "err")


def test_a_cut_that_keeps_everything_copies_nothing() -> None:
    chunk = Chunk(100, b"abc", 5, 1, 7, 0)
    assert chunk.cut(0, 1000) is chunk


def test_keys_are_random_and_known_by_their_hash() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_key(key) for key in keys)
    key = keys.pop()
    assert len(public_id(key)) == 16
    assert key_hash(key).startswith(public_id(key))
    assert key not in key_hash(key)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a" * 22, True),
        ("a" * 64, True),
        ("A_-9" * 6, True),
        ("a" * 21, False),
        ("a" * 65, False),
        ("a" * 21 + "+", False),
        ("a" * 22 + "\n", False),
        ("é" * 22, False),
    ],
)
def test_the_form_of_a_key(text: str, fits: bool) -> None:
    assert is_key(text) is fits


def test_every_limit_is_documented_and_positive() -> None:
    for name, text in Limits.documentation().items():
        assert text, name
        assert getattr(Limits(), name) > 0, name


def test_websocket_codes_say_whether_a_retry_makes_sense() -> None:
    retried = {"BUSY", "DRAIN", "SLOW", "IDLE", "STORE", "INTERNAL"}
    for word, code in CODES.items():
        if code.websocket is not None:
            assert (code.websocket < 4500) == (word in retried), word
    used = [code.websocket for code in CODES.values() if code.websocket is not None]
    assert len(used) == len(set(used))


def test_a_problem_about_one_subscription_keeps_everything_else() -> None:
    problem = Problem("BUSY", "later", retry_after=7, slot="x").about(id="s")
    assert (problem.word, problem.text, problem.retry_after, problem.keys) == (
        "BUSY",
        "later",
        7,
        {"slot": "x", "id": "s"},
    )


@pytest.mark.parametrize("text", ["/a", "a/", "a//b", "../x", "a/./b", "*/..", "/**"])
def test_a_pattern_that_can_match_no_stream_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        Pattern(text)
