"""What news does to the screen of `hub tail`, `cat` and `wait`, and when they are over."""

from __future__ import annotations

import io

import pytest

from hub.app.cli.line_filter import LineFilter
from hub.app.cli.screen import Screen
from hub.app.cli.tail_view import Ending, TailView
from hub.app.cli.wait import WaitView
from hub.client.news import Away, Back, Began, Bytes, CaughtUp, CutBack, Ended, Hole, News, NotTaken, Opened
from hub.model.cursor import Cursor
from hub.model.problem import Problem

BEGAN = Began("a", Cursor(1, 0), 1, "live")
OVER = Began("a", Cursor(1, 0), 1, "ended")


def data(text: bytes, *, name: str = "a", at: int = 5) -> Bytes:
    return Bytes(name, 0, at, text, None)


class Desk:
    def __init__(
        self, ending: Ending | None = None, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = (),
        raw_bytes: bool = False, quiet: bool = False, tty: bool = False,
    ) -> None:  # fmt: skip
        self.out, self.err = io.BytesIO(), io.StringIO()
        screen = Screen(self.out, self.err, tty=tty, colour=False, width=lambda: 80)
        self.view = TailView(
            screen, LineFilter(include, exclude), ending or Ending(True), raw_bytes=raw_bytes, quiet=quiet
        )

    def take(self, *news: News) -> Desk:
        for each in news:
            self.view.take(each)
        self.view.settle()
        self.view.finish_if_done()
        return self

    @property
    def shown(self) -> bytes:
        return self.out.getvalue()


def test_shows_whole_lines_and_the_rest_at_the_end() -> None:
    desk = Desk().take(BEGAN, data(b"one\ntw"), data(b"o\nthr"))
    assert desk.shown == b"one\ntwo\n"
    desk.view.close()
    assert desk.shown == b"one\ntwo\nthr"


def test_chooses_lines_by_what_a_person_sees() -> None:
    desk = Desk(include=("E[A-Z]+R", "warn"), exclude=("deprecated",))
    desk.take(BEGAN, data(b"\x1b[31mERR\x1b[0mOR x\nok\nwarn deprecated\nwarn y\n"))
    assert desk.shown == b"\x1b[31mERR\x1b[0mOR x\x1b[0m\nwarn y\n"


def test_an_unfinished_line_is_shown_on_a_terminal_if_it_is_chosen() -> None:
    assert Desk(tty=True).take(BEGAN, data(b"10%")).shown == b"10%"
    assert Desk(tty=True, exclude=("%",)).take(BEGAN, data(b"10%")).shown == b""
    two = Desk(tty=True).take(BEGAN, data(b"10%")).take(data(b"line\n", name="b"))
    assert two.shown == b"10%\r\x1b[Kline\n10%"


def test_raw_bytes_pass_as_they_are() -> None:
    assert Desk(raw_bytes=True).take(BEGAN, data(b"\x1b[2J\x00no end")).shown == b"\x1b[2J\x00no end"


def test_without_following_it_is_over_when_all_expected_are_at_their_end() -> None:
    desk = Desk(Ending(False, expected=frozenset({"a", "b"})))
    assert desk.take(BEGAN, CaughtUp("a")).view.code is None
    assert desk.view.missing == {"b"}
    assert desk.take(CaughtUp("b")).view.code == 0


def test_an_expected_stream_that_is_gone_is_not_waited_for() -> None:
    desk = Desk(Ending(False, expected=frozenset({"a"})))
    desk.view.give_up("a")
    assert desk.take().view.code == 0
    assert Desk(Ending(False, expected=frozenset({"a"}))).take(Ended("a", 1, None, "deleted")).view.code == 0


def test_bytes_after_until_are_not_shown_and_end_that_stream() -> None:
    desk = Desk(Ending(False, until=10, expected=frozenset({"a"}))).take(data(b"in\n", at=10), data(b"out\n", at=11))
    assert (desk.shown, desk.view.code) == (b"in\n", 0)


def test_with_status_a_live_run_ends_it() -> None:
    desk = Desk(Ending(True, with_status=True))
    assert desk.take(BEGAN, Ended("a", 1, "exit:9", "end")).view.code is None, "an end of the past is none"
    assert desk.take(CaughtUp("a")).view.code is None
    assert desk.take(Ended("a", 2, "exit:3", "end")).view.code == 3


def test_with_status_a_stream_that_has_ended_says_how_at_once() -> None:
    desk = Desk(Ending(True, with_status=True)).take(OVER, Ended("a", 1, None, "reset"), CaughtUp("a"))
    assert desk.view.code == 1


def test_gaps_ends_and_connections_are_told_in_words() -> None:
    desk = Desk().take(
        BEGAN,
        data(b"unfini"),
        Hole("a", 6, 1542, "retention"),
        CutBack("a", 3, 6),
        CaughtUp("a"),
        Ended("a", 1, "exit:2", "end"),
        Opened("a", 2),
        Away("gone", 1.5),
        Back(2.0),
    )
    assert desk.shown == b"unfini\n"
    assert desk.err.getvalue().splitlines() == [
        "hub: a: 1.5 KiB no longer kept, offsets 6 to 1542",
        "hub: a: the last 3 B shown are not part of the stream any more; it goes on at 3",
        "hub: a#1 ended: exit:2",
        "hub: a#2 begins",
        "hub: gone; trying again in 1.5 s",
        "hub: connected again after 2.0 s",
    ]


def test_what_follows_a_gap_or_begins_a_run_is_no_continuation() -> None:
    desk = Desk(exclude=("secret",)).take(BEGAN, CaughtUp("a"), data(b"secr"), Hole("a", 4, 9, "lag"), data(b"et x\ny"))
    desk.take(Ended("a", 1, None, "eof"), Opened("a", 2), data(b"z\n"))
    assert desk.shown == b"secr\net x\ny\nz\n"


def test_quiet_still_tells_gaps() -> None:
    desk = Desk(quiet=True).take(BEGAN, CaughtUp("a"), Ended("a", 1, None, "eof"), Away("x", 1), Hole("a", 0, 5, "lag"))
    assert desk.err.getvalue() == "hub: a: 5 B skipped because this reader was too slow, offsets 0 to 5\n"


def test_a_refused_subscription_is_a_failure() -> None:
    desk = Desk().take(NotTaken("a/**", Problem("LIMIT", "too many\x1b[2J")))
    assert desk.view.code == 1
    assert desk.err.getvalue() == "hub: a/**: LIMIT: too many␛[2J\n"


@pytest.mark.parametrize(
    ("news", "run"),
    [
        ([OVER, Ended("a", 1, "exit:1", "end"), Ended("a", 2, "exit:2", "end"), CaughtUp("a")], 2),
        ([BEGAN, Ended("a", 1, "exit:1", "end"), CaughtUp("a"), Ended("a", 2, "exit:0", "end")], 2),
        ([OVER, Ended("a", 1, None, "eof"), Opened("a", 2), CaughtUp("a"), Ended("a", 2, "exit:0", "end")], 2),
        ([BEGAN, Ended("a", 1, None, "deleted")], 1),
    ],
)
def test_wait_is_over_with_the_present_run(news: list[News], run: int) -> None:
    view = WaitView()
    for each in news:
        assert view.ended is None
        view.take(each)
    assert view.ended is not None
    assert view.ended.run == run


def test_what_was_filtered_out_is_told_once_at_the_end_and_true_gaps_at_once() -> None:
    desk = Desk().take(BEGAN, data(b"err 1\n"), Hole("a", 6, 2000, "filter"), data(b"err 2\n"))
    desk.take(Hole("a", 2006, 2010, "retention"), Hole("a", 2010, 3034, "filter"), data(b"err"))
    assert desk.shown == b"err 1\nerr 2\n"
    assert "2.0 KiB" not in desk.err.getvalue()
    assert "no longer kept" in desk.err.getvalue()
    desk.view.close()
    assert desk.err.getvalue().endswith("2.9 KiB in lines that do not match were left out\n")

    quiet = Desk(quiet=True).take(BEGAN, data(b"err 1\n"), Hole("a", 6, 2000, "filter"))
    quiet.view.close()
    assert quiet.err.getvalue() == ""
