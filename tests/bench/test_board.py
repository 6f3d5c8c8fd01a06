"""The shared counters: how much is under way, what was delivered, and when all senders have ended."""

from __future__ import annotations

import pytest

from bench.board import Board, Phase


def test_under_way_is_what_all_sent_less_what_the_slowest_took() -> None:
    board = Board(producers=2, senders=2, receivers=2)
    board.note_sent(0, 700)
    board.note_sent(1, 300)
    board.note_sent(0, 100)
    board.note_taken(0, slowest=600, delivered=1300)
    board.note_taken(1, slowest=500, delivered=1000)
    assert board.under_way() == 600
    assert board.delivered() == 2300


def test_processes_that_do_not_exist_hold_nothing_back() -> None:
    board = Board(producers=1, senders=1, receivers=1)
    board.note_sent(0, 10)
    board.note_taken(0, slowest=10, delivered=10)
    assert board.under_way() == 0


def test_finals_are_there_when_every_producer_has_ended() -> None:
    board = Board(producers=2, senders=1, receivers=1)
    assert board.finals() is None
    board.note_final(1, 5)
    assert board.finals() is None
    board.note_final(0, 0)
    assert board.finals() == [0, 5]


def test_phases_are_kept() -> None:
    board = Board(producers=1, senders=1, receivers=1)
    assert board.phase is Phase.CONNECT
    board.phase = Phase.FINISH
    assert board.phase is Phase.FINISH


def test_more_processes_than_there_are_cells_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 4"):
        Board(producers=1, senders=1, receivers=5)
