"""Numbers over time in characters."""

from __future__ import annotations

from datetime import datetime

from hub.app.cli.chart import chart

DAY = 24 * 3600 * 1000
NOON = round(datetime(2026, 11, 1, 12).timestamp() * 1000)


def drawn(values: list[float | None], *, span: int = 3_600_000, height: int = 2, plain: bool = False) -> list[str]:
    return chart(values, (NOON, NOON + span), lambda value: f"{value:g}", height=height, plain=plain)


def test_bars_grow_to_the_top_and_the_least_is_seen() -> None:
    assert drawn([0, 1, 1000, None, 500, 750, 2000]) == [
        "2000 │      █",
        "   0 │ ▁█ ▄▆█",
        "      12:00:00  13:00:00",
    ]


def test_a_terminal_without_such_characters_gets_plain_ones() -> None:
    assert drawn([0, 1, 3, 6], plain=True)[:2] == ["6 |   #", "0 | .##"]


def test_nothing_is_drawn_flat() -> None:
    assert drawn([0, 0, 0])[:2] == ["0 │", "0 │"]
    assert drawn([])[:2] == ["0 │", "0 │"]


def test_days_are_told_where_there_are_several() -> None:
    assert drawn([1] * 40, span=DAY)[-1].split() == ["2026-11-01", "12:00", "2026-11-02", "12:00"]
