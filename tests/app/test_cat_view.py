"""What `hub cat` writes, what it tells of what is missing, and its exit code."""

from __future__ import annotations

import pytest

from hub.app.cli.cat import CatView
from hub.client.news import Began, Bytes, CaughtUp, CutBack, Ended, Hole, News
from hub.model.cursor import Cursor

BEGAN = Began("a", Cursor(1, 0), 1, "live")


def data(text: bytes) -> Bytes:
    return Bytes("a", 0, 0, text, None)


def view_after(*news: News, run: int | None = None, start: int = 0, harmless_lines: bool = False) -> CatView:
    view = CatView(run, start, harmless_lines=harmless_lines)
    for each in news:
        assert view.code is None
        view.take(each)
    view.close()
    return view


def test_ends_at_the_present_end(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    view = view_after(BEGAN, data(b"\x1b[2J\x00"), Ended("a", 1, "exit:3", "end"), data(b"x"), CaughtUp("a"))
    assert (view.code, capfdbinary.readouterr()) == (0, (b"\x1b[2J\x00x", b""))


def test_a_run_ends_with_its_end(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    view = view_after(BEGAN, data(b"x"), Ended("a", 2, None, "eof"), run=2)
    assert (view.code, capfdbinary.readouterr().out) == (0, b"x")


def test_lines_are_made_harmless_on_a_terminal(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    view_after(BEGAN, data(b"a\x1b[2J"), data(b"b\nno end\x07"), CaughtUp("a"), harmless_lines=True)
    assert capfdbinary.readouterr().out == b"ab\nno end\xe2\x90\x87\n"


@pytest.mark.parametrize(
    ("news", "code", "told"),
    [
        ([Began("a", Cursor(1, 100), 1, "live"), data(b"x")], 0, b"100 B no longer kept"),
        ([BEGAN, Hole("a", 0, 10, "retention"), data(b"x")], 0, b"10 B no longer kept"),
        ([BEGAN, data(b"x"), Hole("a", 1, 3, "retention")], 1, b"2 B no longer kept"),
        ([BEGAN, Hole("a", 0, 3, "corrupt")], 1, b"3 B unreadable"),
        ([BEGAN, data(b"xy"), CutBack("a", 1, 2)], 1, b"not part of the stream"),
    ],
)
def test_what_is_missing_is_told(
    news: list[News], code: int, told: bytes, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    view = view_after(*news, CaughtUp("a"))
    assert view.code == code
    assert told in capfdbinary.readouterr().err
