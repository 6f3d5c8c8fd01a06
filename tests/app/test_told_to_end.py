"""Signals that end a program which holds something."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from hub.app.cli.told_to_end import ToldToEnd


@pytest.fixture(autouse=True)
def came() -> Iterator[list[int]]:
    """Signals that reach whoever was there before."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    yield came
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_ends_the_program_and_no_other_ends_what_is_done_because_of_it(number: int, code: int) -> None:
    with ToldToEnd() as told:
        try:
            signal.raise_signal(number)
        except SystemExit as end:
            assert end.code == code
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
    assert told.noted == [signal.SIGTERM, signal.SIGINT]


def test_ctrl_c_is_what_it_is_elsewhere() -> None:
    with pytest.raises(KeyboardInterrupt), ToldToEnd():
        signal.raise_signal(signal.SIGINT)


def test_what_came_at_the_wrong_time_ends_the_program_at_the_right_one() -> None:
    with ToldToEnd() as told:
        told.not_now()
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(SystemExit) as end:
            told.now()
        assert end.value.code == 129


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ToldToEnd() as told:
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert told.noted == []


def test_afterwards_they_are_whose_they_were(came: list[int]) -> None:
    with ToldToEnd():
        assert came == []
    signal.raise_signal(signal.SIGTERM)
    assert came == [signal.SIGTERM]
