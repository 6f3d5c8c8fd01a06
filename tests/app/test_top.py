"""What `hub top` shows, without a hub."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from fakes.world import World
from hub.app.cli.top import Board, draw
from hub.core.report import hub_stats, stream_row


def row(name: str, **other: Any) -> dict[str, Any]:
    world = World()
    writer = world.stream_of(name, b"one\n")
    shown: dict[str, Any] = {**stream_row(writer.stream, world.clock.monotonic()), **other}
    return shown


def board(pattern: str = "**", sort: str = "rate") -> Board:
    board = Board(pattern, sort)
    board.stats = dict(hub_stats(World().hub))
    return board


def text(board: Board, height: int = 40) -> str:
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(draw(board, height))
    return console.export_text()


def test_the_busiest_come_first_and_what_ended_goes() -> None:
    shown = board()
    shown.take_rows([row("slow", lines_per_s=1.0), row("fast", lines_per_s=9.0), row("gone")])
    assert [each["stream"] for each in shown.rows(10)] == ["fast", "slow", "gone"]
    shown.take_event("streams", {"rows": [row("gone", state="ended"), row("slow", lines_per_s=99.0)]})
    assert [each["stream"] for each in shown.rows(10)] == ["slow", "fast"]
    shown.take_event("stream.deleted", row("slow"))
    assert [each["stream"] for each in shown.rows(10)] == ["fast"]


def test_only_what_matches_is_shown_in_the_order_that_was_asked_for() -> None:
    shown = board("ci/*", "watchers")
    shown.take_rows([row("ci/a", watchers=1), row("ci/b", watchers=3), row("other", watchers=9)])
    assert [each["stream"] for each in shown.rows(10)] == ["ci/b", "ci/a"]


def test_the_board_says_who_is_behind_and_who_waits() -> None:
    shown = board()
    shown.stats["admission"] = {**shown.stats["admission"], "waiting": 17}
    shown.stats["store"] = {**shown.stats["store"], "problem": "the disk is full"}
    shown.take_rows([row(f"s/{number}", lines_per_s=float(number)) for number in range(30)])
    behind = {"principal": "ann", "session": "0123456789abcdef", "attached": True, "watches": ["s/*"]}
    shown.watchers = [
        {**behind, "behind_bytes": 2048, "behind_lines": None},
        {**behind, "principal": "bob", "behind_bytes": 0, "behind_lines": 0},
    ]
    said = text(shown, height=20)
    assert "17 wait for their time" in said
    assert "STORE FAILS: the disk is full" in said
    assert "2.0 KiB" in said
    assert "ann" in said
    assert "bob" not in said
    assert "s/29" in said
    assert "s/1 " not in said, "only as many as fit"
