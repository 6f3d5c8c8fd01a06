"""Rows for people: aligned and coloured on a terminal, separated by tabs for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

from hub.app.cli.harmless import printable


class Column(NamedTuple):
    """A column's title, and how it is drawn on a terminal."""

    title: str
    right: bool = False
    style: str = ""


class Cell(NamedTuple):
    """A value for people and the same for programs."""

    shown: str
    plain: str
    style: str = ""


def print_rows(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Print a table to standard output; a pipe gets neither titles nor decoration."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(printable(cell.plain) for cell in row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, column in enumerate(columns):
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            style=column.style,
            overflow="fold" if index == 0 else "ellipsis",
            no_wrap=index > 0,
        )
    for row in rows:
        table.add_row(*(Text(printable(cell.shown), style=cell.style) for cell in row))
    Console().print(table)
