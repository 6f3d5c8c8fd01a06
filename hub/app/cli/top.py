"""`hub top`: the hub at a glance, once a second."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.harmless import printable
from hub.app.cli.hub_options import PatternType, hub_options
from hub.client.commander import Commander
from hub.client.connection import HubLost, Unreachable
from hub.client.locator import Locator
from hub.model.pattern import Pattern

STEP_SECONDS = 0.5
PRESENCE_SECONDS = 2.0
MOST_ROWS = 1000
LAGGARDS = 5
SORTS = {
    "rate": lambda row: (-row["lines_per_s"], -(row["last_at"] or 0)),
    "watchers": lambda row: (-row["watchers"], -row["lines_per_s"]),
    "lines": lambda row: (-row["lines"],),
    "bytes": lambda row: (-row["bytes"],),
    "name": lambda row: (row["stream"],),
}


class Board:
    """What is known of the hub now, from what it told."""

    def __init__(self, pattern: str, sort: str) -> None:
        self._pattern = Pattern(pattern)
        self._sort = SORTS[sort]
        self.stats: dict[str, Any] = {}
        self.watchers: list[dict[str, Any]] = []
        self._rows: dict[str, dict[str, Any]] = {}

    def take_rows(self, rows: list[dict[str, Any]]) -> None:
        """Take rows of streams; those that have ended leave the board."""
        for row in rows:
            if row["state"] == "ended" or not self._pattern.matches(row["stream"]):
                self._rows.pop(row["stream"], None)
            else:
                self._rows[row["stream"]] = row

    def take_event(self, topic: str, event: Mapping[str, Any]) -> None:
        """Take an event of the hub."""
        if topic == "stats":
            self.stats = dict(event)
        elif topic == "streams":
            self.take_rows(event["rows"])
        elif topic in ("stream.deleted", "stream.retired"):
            self._rows.pop(event["stream"], None)

    def rows(self, most: int) -> list[dict[str, Any]]:
        """Return the streams that go on, the first ones in their order."""
        return sorted(self._rows.values(), key=self._sort)[:most]

    @property
    def streams(self) -> int:
        """How many go on."""
        return len(self._rows)

    def laggards(self) -> list[dict[str, Any]]:
        """Return the watchers that are behind, farthest first."""
        return [row for row in self.watchers if row["behind_bytes"]][:LAGGARDS]


@click.command(epilog=exit_codes.EXPLAINED)
@click.argument("pattern", default="**", type=PatternType(), metavar="[PATTERN]")
@click.option("--sort", type=click.Choice(list(SORTS)), default="rate", help="what comes first (rate)")
@click.option("--once", is_flag=True, help="show it once and exit")
@click.option("--json", "as_json", is_flag=True, help="print it once as JSON")
@hub_options
def top(locator: Locator, pattern: str, sort: str, once: bool, as_json: bool) -> None:
    """Show what goes on: streams by their rates, watchers, who is behind, who waits to come in. Ctrl-C ends it."""
    board = Board(pattern, sort)
    with Commander.connect(locator.locate()) as commander:
        _look(commander, board, pattern)
        if as_json:
            shown = {"stats": board.stats, "streams": board.rows(MOST_ROWS), "watchers": board.watchers}
            click.echo(json.dumps(shown, separators=(",", ":")))
            return
        if once or not sys.stdout.isatty():
            _print(board)
            return
    _follow(locator, board, pattern)


def _look(commander: Commander, board: Board, pattern: str) -> None:
    board.stats = commander.call("hub.stats")
    for state in ("live", "detached"):
        answer = commander.call("stream.list", pattern=pattern, state=state, limit=MOST_ROWS)
        board.take_rows(answer["streams"])
    board.watchers = commander.call("presence.list")["watchers"]


def _follow(locator: Locator, board: Board, pattern: str) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            try:
                with Commander.connect(locator.locate()) as commander:
                    commander.call("hub.subscribe", topics=["stats", "streams", "stream.*"], pattern=pattern)
                    _look(commander, board, pattern)
                    looked = time.monotonic()
                    while True:
                        live.update(draw(board, console.height), refresh=True)
                        _hear(commander, board)
                        if time.monotonic() - looked > PRESENCE_SECONDS:
                            looked = time.monotonic()
                            board.watchers = commander.call("presence.list")["watchers"]
            except (HubLost, Unreachable) as error:
                live.update(f"{printable(str(error))}; trying again", refresh=True)
                time.sleep(1.0)


def _hear(commander: Commander, board: Board) -> None:
    """Take what the hub tells until there is something new to show."""
    note = commander.next_notification(STEP_SECONDS)
    while note is not None:
        if note.method == "event":
            board.take_event(str(note.params["topic"]), note.params)
            if note.params["topic"] == "stats":
                return
        note = commander.next_notification(STEP_SECONDS)


def _print(board: Board) -> None:
    from rich.console import Console

    Console().print(draw(board, len(board.rows(MOST_ROWS)) + 20))


def draw(board: Board, height: int) -> Any:
    """Return the board as rich shows it, in so many lines."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Text("\n".join(head_lines(board)))
    laggards = board.laggards()
    room = max(height - len(head_lines(board)) - (len(laggards) + 3 if laggards else 0) - 4, 1)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=True)
    table.add_column("STREAM", style="bold", no_wrap=True, ratio=1)
    for title in ("STATE", "LINES/S", "LINES", "SIZE", "WATCHED", "LAST"):
        table.add_column(title, justify="right", no_wrap=True)
    now = time.time() * 1000
    for row in board.rows(room):
        table.add_row(*(Text(printable(cell)) for cell in _cells(row, now)))
    parts: list[Any] = [head, table]
    if laggards:
        behind = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for title in ("BEHIND", "LINES", "WHO", "SESSION", "WATCHES"):
            behind.add_column(title, no_wrap=True)
        for row in laggards:
            lines = "?" if row["behind_lines"] is None else words.number(row["behind_lines"])
            who = row["principal"] if row["attached"] else f"{row['principal']} (detached)"
            cells = (words.size(row["behind_bytes"]), lines, who, row["session"] or "", " ".join(row["watches"]))
            behind.add_row(*(Text(printable(cell)) for cell in cells))
        parts.append(behind)
    return Group(*parts)


def head_lines(board: Board) -> list[str]:
    """Return the lines over the table."""
    stats = board.stats
    admission, store, catchup = stats["admission"], stats["store"], stats["catchup"]
    problem = f", STORE FAILS: {printable(store['problem'])}" if store["problem"] else ""
    up = f"up {words.span(stats['uptime_s'])}"
    going = f"{board.streams} streams go on of {words.number(stats['streams'])}"
    rates = f"{words.number(stats['lines_per_s'])} lines/s   {words.size(stats['bytes_per_s'])}/s"
    readers = f"{stats['readers']} readers, {words.size(stats['queued_bytes'])} queued, {catchup['waiting']} catch up"
    who = f"{stats['sessions']} sessions   {stats['connections']} connections"
    told = f"{stats['busy']} were told to, {stats['slots_honoured']} came, {stats['slots_missed']} did not"
    return [
        f"{up}   {going}   {rates}",
        f"{readers}   {who}",
        f"coming in: {admission['waiting']} wait for their time, {told}   {admission['connections_refused']} refused",
        f"store: {store['durability']}, {words.size(store['waiting_bytes'])} not yet durable{problem}",
    ]


def _cells(row: Mapping[str, Any], now_ms: float) -> list[str]:
    last = row["last_at"]
    return [
        row["stream"],
        row["state"],
        words.number(row["lines_per_s"]) if row["lines_per_s"] else "",
        words.number(row["lines"]),
        words.size(row["end"] - row["start"]),
        str(row["watchers"]) if row["watchers"] else "",
        f"{words.span(max(now_ms - last, 0) / 1000)} ago" if last else "",
    ]
