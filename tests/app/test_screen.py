"""What is on the screen: prefixes, times, the unfinished line, notices in between."""

from __future__ import annotations

import io

import pytest

from hub.app.cli.lines import Line
from hub.app.cli.screen import Screen

ERASE = "\r\x1b[K"


class Desk:
    """A screen whose both outputs go to one record, as on a terminal."""

    def __init__(self, *, tty: bool, colour: bool = False, width: int = 20, **options: bool) -> None:
        self.record = io.BytesIO()
        err = io.TextIOWrapper(self.record, write_through=True)
        self.screen = Screen(self.record, err, tty=tty, colour=colour, width=lambda: width, **options)
        self._err = err  # a wrapper that is collected closes its buffer

    def shown(self) -> str:
        self.screen.flush()
        return self.record.getvalue().decode()


def whole(data: bytes) -> Line:
    return Line(data, 0, True)


def part(data: bytes) -> Line:
    return Line(data, 0, False)


def test_lines_of_several_streams_have_prefixes() -> None:
    desk = Desk(tty=False, prefix=True)
    desk.screen.line("ci/a", whole(b"one"))
    desk.screen.line("ci/b", whole(b"\x1b[31mtwo"))
    assert desk.shown() == "ci/a | one\nci/b | \x1b[31mtwo\x1b[0m\n"


def test_a_stream_keeps_its_colour() -> None:
    desk = Desk(tty=True, colour=True, prefix=True)
    for name in ("a", "b", "a"):
        desk.screen.line(name, whole(b"x"))
    first, second, third = desk.shown().splitlines()
    assert first == third
    assert first.startswith("\x1b[")
    assert second.replace("mb", "ma") != ""


def test_times_are_local_with_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tty=False, times=True)
    desk.screen.line("a", Line(b"x", 1_793_880_000_250, True))
    stamp, text = desk.shown().split(" ", 1)
    assert (len(stamp), stamp[-4:], text) == (23, ".250", "x\n")


def test_the_unfinished_line_is_redrawn_in_place_and_gives_way() -> None:
    desk = Desk(tty=True)
    desk.screen.unfinished("a", part(b"10%"))
    desk.screen.unfinished("a", part(b"20%"))
    desk.screen.line("b", whole(b"other"))
    desk.screen.unfinished("a", part(b"20%"))
    desk.screen.notice("gap")
    desk.screen.close()
    assert desk.shown() == f"10%{ERASE}20%{ERASE}other\n20%{ERASE}hub: gap\n"


def test_the_unfinished_line_stays_on_one_row() -> None:
    desk = Desk(tty=True, width=5)
    desk.screen.unfinished("a", part(b"0123456789"))
    assert desk.shown() == "0123"


def test_a_pipe_gets_no_unfinished_lines() -> None:
    desk = Desk(tty=False)
    desk.screen.unfinished("a", part(b"10%"))
    assert desk.shown() == ""


def test_a_line_in_pieces_goes_on_in_its_row() -> None:
    desk = Desk(tty=False, prefix=True)
    desk.screen.line("a", part(b"one "))
    desk.screen.line("a", whole(b"two"))
    desk.screen.line("a", part(b"three"))
    desk.screen.line("b", whole(b"four"))
    assert desk.shown() == "a | one two\na | three\nb | four\n"


def test_a_pipe_keeps_carriage_returns_visible_and_a_terminal_obeys_them() -> None:
    assert _line_on(Desk(tty=False)) == "1%␍2%\n"
    assert _line_on(Desk(tty=True)) == "2%\n"
    assert _line_on(Desk(tty=True, raw=True)) == "1%\r2%\n"


def _line_on(desk: Desk) -> str:
    desk.screen.line("a", whole(b"1%\r2%"))
    return desk.shown()
