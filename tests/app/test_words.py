"""Sizes, spans, gaps and rows in words."""

from __future__ import annotations

from typing import Any

import pytest

from hub.app.cli import words
from hub.app.cli.ls import cells, chosen, is_failed
from hub.client.news import Ended, Hole

NOW = 1_793_880_100_000.0
ROW: dict[str, Any] = {
    "stream": "ci/a", "state": "ended", "start": 1024, "end": 3072, "run": 2, "lines": 12345, "lines_per_s": 0.0,
    "last_at": 1_793_880_040_000, "status": "exit:1", "meta": {"build": 42}, "watchers": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (200 << 20, "200 MiB"), (3 << 40, "3.0 TiB")],
)
def test_sizes(count: int, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (7260, "2 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (0.25, "0.2"), (9.96, "10.0"), (12.6, "13"), (12345, "12,345")])
def test_numbers(count: float, text: str) -> None:
    assert words.number(count) == text


def test_an_unknown_reason_is_shown_harmless() -> None:
    assert words.hole(Hole("a", 0, 5, "new\x1b")) == "a: 5 B missing (new␛), offsets 0 to 5"


@pytest.mark.parametrize(
    ("status", "cause", "text"),
    [("exit:3", "end", "exit:3"), (None, "eof", "end of input"), (None, "reset", "reset"), (None, None, "done")],
)
def test_ends(status: str | None, cause: str | None, text: str) -> None:
    assert words.ended(Ended("a", 2, status, cause)) == f"a#2 ended: {text}"


def test_a_row_is_for_people_and_for_programs() -> None:
    row = cells(ROW, NOW)
    assert [cell.shown for cell in row] == ["ci/a", "exit:1", "2", "12,345", "2.0 KiB", "", "1 min ago", ""]
    assert [cell.plain for cell in row] == ["ci/a", "exit:1", "2", "12345", "2048", "0", "1793880040000", "0"]
    assert row[1].style == "red"
    assert cells({**ROW, "state": "live", "status": None}, NOW)[1][:3] == ("live", "live", "green")


def test_a_stream_that_never_had_a_byte_has_no_last() -> None:
    assert cells({**ROW, "last_at": None}, NOW)[6].shown == ""


def test_rows_are_chosen() -> None:
    live = {**ROW, "state": "live", "status": None, "meta": {"build": "42"}}
    eof = {**ROW, "status": "eof"}
    assert [is_failed(row) for row in (ROW, live, eof)] == [True, False, False]
    every: dict[str, Any] = {"live": False, "failed": False, "meta": {}}
    assert all(chosen(row, **every) for row in (ROW, live, eof))
    assert [chosen(row, **{**every, "failed": True}) for row in (ROW, live, eof)] == [True, False, False]
    assert [chosen(row, **{**every, "live": True}) for row in (ROW, live, eof)] == [False, True, False]
    assert [chosen(row, **{**every, "meta": {"build": 42}}) for row in (ROW, live, {**ROW, "meta": {}})] == [
        True,
        True,
        False,
    ]
