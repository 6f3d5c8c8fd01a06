"""`hub grep`: lines by a pattern, through the past of many streams."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from hub.app.cli import exit_codes, words
from hub.app.cli.grep_view import GrepView
from hub.app.cli.hub_options import PatternType, hub_options
from hub.app.cli.moments import FORMS, parse_deadline, parse_moment
from hub.app.cli.stream_names import each_matching, suggestion
from hub.app.cli.tail import Moment
from hub.client.commander import Commander
from hub.client.connection import HubLost, Unreachable
from hub.client.locator import Locator
from hub.model.problem import Problem

PAGE = 1000


@click.command(epilog="Exit codes: 0 something was found; 1 nothing was; 2 an error, also where no hub is reached.")
@click.argument("query", metavar="RE2")
@click.argument("patterns", nargs=-1, type=PatternType(), metavar="[NAME]...")
@click.option("-i", "--ignore-case", is_flag=True, help="match letters of either case")
@click.option("-F", "--fixed-strings", is_flag=True, help="take the query as it is, not as a regular expression")
@click.option("-v", "--invert-match", is_flag=True, help="show the lines that do not match")
@click.option("-n", "--line-number", is_flag=True, help="show each line's number, from 1")
@click.option("--no-filename", is_flag=True, help="do not show the stream's name")
@click.option("-H", "--with-filename", is_flag=True, help="show the stream's name also where there is only one")
@click.option("-t", "--timestamps", is_flag=True, help="show when each line was received")
@click.option("-c", "--count", is_flag=True, help="show only how many lines match, a stream a line")
@click.option("-l", "--files-with-matches", is_flag=True, help="show only the names of streams with a match")
@click.option("-q", "--quiet", is_flag=True, help="show nothing; the exit code tells")
@click.option("-m", "--max-count", type=click.IntRange(min=1), metavar="N", help="stop after N lines in all")
@click.option("-A", "--after-context", type=click.IntRange(0, 1000), default=0, metavar="N", help="and N lines after")
@click.option("-B", "--before-context", type=click.IntRange(0, 1000), default=0, metavar="N", help="and N lines before")
@click.option("-C", "--context", type=click.IntRange(0, 1000), metavar="N", help="and N lines before and after")
@click.option("--since", type=Moment(parse_moment), metavar="TIME", help=f"only what came since a time: {FORMS}")
@click.option("--until", type=Moment(parse_deadline), metavar="TIME", help="only what came before a time")
@click.option("--newest", is_flag=True, help="the newest lines first")
@click.option("--raw", is_flag=True, help="write escape sequences as they are")
@click.option("--json", "as_json", is_flag=True, help="print each line found as JSON, one a line")
@hub_options
def grep(locator: Locator, query: str, patterns: tuple[str, ...], **flags: Any) -> None:
    """Search streams (all, or those that match the NAMEs) for lines in which RE2 is found.

    The oldest streams come first. RE2 is the syntax of regular expressions without look-around and back-references.
    """
    try:
        found = _Grep(query, patterns, flags).run(locator)
    except (Unreachable, HubLost, Problem) as error:
        raise _Trouble(str(error)) from None
    raise SystemExit(exit_codes.OK if found else exit_codes.FAILED)


class _Trouble(click.ClickException):
    """An error as grep reports it."""

    exit_code = exit_codes.USAGE


@dataclass(slots=True)
class _Grep:
    """One search."""

    query: str
    patterns: tuple[str, ...]
    flags: dict[str, Any]

    def run(self, locator: Locator) -> bool:
        """Show what is found; return whether anything is."""
        flags = self.flags
        with Commander.connect(locator.locate()) as commander:
            names = self.patterns or ("**",)
            if self.patterns and next(each_matching(commander, names, limit=1), None) is None:
                raise _Trouble(f"no stream matches {' '.join(names)}{suggestion(commander, names)}")
            hits = self._hits(commander, names)
            if flags["quiet"]:
                return next(hits, None) is not None
            if flags["count"] or flags["files_with_matches"]:
                return self._counted(hits)
            return self._shown(commander, hits)

    def _hits(self, commander: Commander, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        flags = self.flags
        left: int | None = 1 if flags["quiet"] else flags["max_count"]
        seen: set[tuple[str, int]] = set()
        for pattern in names:
            after = None
            while left is None or left > 0:
                answer = commander.call_long(
                    "stream.search",
                    self._progress,
                    pattern=pattern,
                    query=self.query,
                    regex=not flags["fixed_strings"],
                    case=not flags["ignore_case"],
                    invert=flags["invert_match"],
                    newest=flags["newest"],
                    limit=PAGE if left is None else min(left, PAGE),
                    from_=flags["since"],
                    to=flags["until"],
                    after=after,
                )
                for hit in answer["hits"]:
                    place = (hit["stream"], hit["offset"])
                    if len(names) > 1 and place in seen:
                        continue  # two patterns match the same stream
                    seen.add(place)
                    left = None if left is None else left - 1
                    yield hit
                after = answer["next"]
                if after is None:
                    break

    def _counted(self, hits: Iterator[dict[str, Any]]) -> bool:
        counts = Counter(hit["stream"] for hit in hits)
        for name, count in counts.items():
            click.echo(name if self.flags["files_with_matches"] else f"{name}:{count}")
        return bool(counts)

    def _shown(self, commander: Commander, hits: Iterator[dict[str, Any]]) -> bool:
        flags = self.flags
        if flags["as_json"]:
            found = False
            for hit in hits:
                found = True
                click.echo(json.dumps(hit))
            return found
        one = len(self.patterns) == 1 and "*" not in self.patterns[0]
        around = flags["context"]
        view = GrepView(
            commander,
            self.query if not flags["invert_match"] else None,
            fixed=flags["fixed_strings"],
            case=not flags["ignore_case"],
            names=flags["with_filename"] or not (one or flags["no_filename"]),
            numbers=flags["line_number"],
            times=flags["timestamps"],
            raw=flags["raw"],
            before=flags["before_context"] if around is None else around,
            after=flags["after_context"] if around is None else around,
        )
        for hit in hits:
            view.show(hit)
        return view.shown

    @staticmethod
    def _progress(told: dict[str, Any]) -> None:
        if sys.stderr.isatty():
            searched = f"{words.size(told['bytes'])} searched, stream {told['streams']} of {told['of']}"
            click.echo(f"\r\x1b[K{searched}\r", err=True, nl=False)
