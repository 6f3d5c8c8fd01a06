"""Numbers over time, drawn in characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_PLAIN = " .:#"
"""For terminals that have no such characters."""


def chart(
    values: Sequence[float | None], times: tuple[int, int], show: Callable[[float], str], *, height: int, plain: bool
) -> list[str]:
    """Return bars, one a value, as lines: the scale at their left, the first and the last of `times` (ms) below.

    A value that is not zero is seen, however small; None is a blank.
    """
    top = max((value for value in values if value is not None), default=0)
    scale = {0: show(top), height - 1: show(0)}
    margin = max(len(label) for label in scale.values())
    marks = _PLAIN if plain else _EIGHTHS
    rows = [
        f"{scale.get(row, ''):>{margin}} │{_row(values, top, height - 1 - row, height, marks)}" for row in range(height)
    ]
    begin, end = (_clock(at, times) for at in times)
    between = max(len(values) - len(begin) - len(end), 2)
    rows.append(f"{'':>{margin}}  {begin}{'':{between}}{end}")
    return [row.replace("│", "|") for row in rows] if plain else rows


def _row(values: Sequence[float | None], top: float, level: int, height: int, marks: str) -> str:
    most = len(marks) - 1
    row = ""
    for value in values:
        steps = 0 if not value or top <= 0 else max(round(max(value, 0) / top * height * most), 1)
        row += marks[min(max(steps - level * most, 0), most)]
    return row.rstrip()


def _clock(at: int, times: tuple[int, int]) -> str:
    """Return a time as short as the other one of the two allows."""
    moment, other = (datetime.fromtimestamp(each / 1000) for each in (at, times[0] if at != times[0] else times[1]))
    return moment.strftime("%H:%M:%S" if moment.date() == other.date() else "%Y-%m-%d %H:%M")
