"""How `hub grep` shows lines: as grep does, with names, numbers, context and the match in colour."""

from __future__ import annotations

import sys
from typing import Any

import click

from hub.app.cli import words
from hub.app.cli.harmless import harmless
from hub.client.commander import Commander
from hub.core.matcher import Matcher


class GrepView:
    """Writes hits to standard output; on a terminal what matched is marked, and old progress is wiped away."""

    def __init__(
        self,
        commander: Commander,
        query: str | None,
        *,
        fixed: bool,
        case: bool,
        names: bool,
        numbers: bool,
        times: bool,
        raw: bool,
        before: int,
        after: int,
    ) -> None:
        """`query` is what is marked in colour, if anything."""
        self.shown = False
        self._commander = commander
        self._coloured = sys.stdout.isatty()
        self._matcher = Matcher(query, regex=not fixed, case=case) if query is not None and self._coloured else None
        self._names, self._numbers, self._times, self._raw = names, numbers, times, raw
        self._before, self._after = before, after
        self._last: tuple[str, int] | None = None
        """The stream and number of the line that was shown last."""

    def show(self, hit: dict[str, Any]) -> None:
        """Show a line that was found, with those around it that were not shown yet."""
        self.shown = True
        if not (self._before or self._after):
            self._write(hit, ":")
            return
        lines = self._around(hit)
        if self._last is not None and (self._last[0] != hit["stream"] or lines[0]["line"] != self._last[1] + 1):
            click.echo("--")
        for line in lines:
            self._write({**line, "stream": hit["stream"]}, ":" if line["line"] == hit["line"] else "-")
        self._last = (hit["stream"], lines[-1]["line"])

    def _around(self, hit: dict[str, Any]) -> list[dict[str, Any]]:
        first = max(hit["line"] - self._before, 0)
        if self._last is not None and self._last[0] == hit["stream"] and self._last[1] < hit["line"]:
            first = max(first, self._last[1] + 1)
        count = hit["line"] - first + 1 + self._after
        answer = self._commander.call("stream.lines", stream=hit["stream"], from_={"line": first}, count=count)
        lines: list[dict[str, Any]] = answer["lines"]
        return lines or [hit]

    def _write(self, line: dict[str, Any], mark: str) -> None:
        head = ""
        if self._names:
            head += self._styled(line["stream"], "magenta") + self._styled(mark, "cyan")
        if self._numbers:
            head += self._styled(str(line["line"] + 1), "green") + self._styled(mark, "cyan")
        if self._times:
            head += f"{words.clock(line['at'])} "
        text = line["text"] if self._raw else harmless(line["text"].encode())
        if line.get("cut"):
            text += f" … ({words.size(line['bytes'])})"
        if self._coloured:
            sys.stderr.write("\x1b[K")
        click.echo(head + self._marked(text))

    def _marked(self, text: str) -> str:
        if self._matcher is None or "\x1b" in text:
            return text
        data, parts, position = text.encode(), [], 0
        for start, end in self._matcher.matches_in(data):
            parts += [data[position:start].decode(), click.style(data[start:end].decode(), fg="red", bold=True)]
            position = end
        return "".join([*parts, data[position:].decode()])

    def _styled(self, text: str, colour: str) -> str:
        return click.style(text, fg=colour) if self._coloured else text
