"""`hub tail` at work: what each piece of news does to the screen, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hub.app.cli import exit_codes, words
from hub.app.cli.line_filter import LineFilter
from hub.app.cli.lines import Line, LineAssembler
from hub.app.cli.screen import Screen
from hub.client.news import Away, Back, Began, Bytes, CaughtUp, CutBack, Ended, Hole, News, NotTaken, Opened


class Ending(NamedTuple):
    """When a tail is over."""

    follow: bool
    until: int | None = None
    """Unix ms; bytes received later are not shown."""
    with_status: bool = False
    """Over with the end of the run, with its status as the exit code."""
    expected: frozenset[str] = frozenset()
    """Streams whose present end has to be reached, where it does not follow."""


@dataclass(slots=True)
class _Watched:
    """One stream on the screen."""

    assembler: LineAssembler = field(default_factory=LineAssembler)
    state: str = ""
    live: bool = False
    within_line: bool = False
    line_chosen: bool = True
    last_end: Ended | None = None


class TailView:
    """Takes a follower's news; `code` is the exit code once there is nothing left to wait for."""

    def __init__(
        self, screen: Screen, chosen: LineFilter, ending: Ending, *, raw_bytes: bool = False, quiet: bool = False
    ) -> None:
        """`raw_bytes`: chunks go out as they come, since nothing depends on lines."""
        self._screen, self._chosen, self._ending = screen, chosen, ending
        self._raw_bytes, self._quiet = raw_bytes, quiet
        self._missing = set(ending.expected)
        self._streams: dict[str, _Watched] = {}
        self._unfinished: dict[str, None] = {}
        self._left_out = 0
        self.code: int | None = None

    @property
    def missing(self) -> frozenset[str]:
        """Expected streams of which the present end has not been reached."""
        return frozenset(self._missing)

    def take(self, news: News) -> None:
        """Show one piece of news."""
        if isinstance(news, Bytes):
            self._bytes(news)
        elif isinstance(news, Began):
            watched = self._watched(news.name)
            watched.state, watched.live = news.state, False
        elif isinstance(news, CaughtUp):
            self._caught_up(news)
        elif isinstance(news, Ended):
            self._ended(news)
        elif isinstance(news, Opened):
            self._opened(news)
        elif isinstance(news, Hole):
            self._hole(news)
        elif isinstance(news, CutBack):
            self._interrupt(news.name, words.cut_back(news))
        elif isinstance(news, NotTaken):
            self._screen.notice(words.not_taken(news))
            self.code = exit_codes.FAILED
        else:
            self._connection(news)

    def settle(self) -> None:
        """Write what is waiting and draw the unfinished line; call it after each burst of news."""
        name = next(reversed(self._unfinished), None)
        rest = None if name is None else self._streams[name].assembler.unfinished
        if name is not None and rest is not None and self._passes(self._streams[name], rest):
            self._screen.unfinished(name, rest)
        self._screen.flush()

    def give_up(self, name: str) -> None:
        """Wait no longer for an expected stream: it is gone."""
        self._missing.discard(name)

    def finish_if_done(self) -> None:
        """Without following, it is over when every stream was read to its present end."""
        if not self._ending.follow and not self._missing and self.code is None:
            self.code = exit_codes.OK

    def close(self) -> None:
        """Show what is left of unfinished lines, and leave a clean row behind."""
        for name in list(self._unfinished):
            self._flush(name)
        if self._left_out and not self._quiet:
            self._screen.notice(words.left_out(self._left_out))
        self._screen.close()

    def _watched(self, name: str) -> _Watched:
        watched = self._streams.get(name)
        if watched is None:
            watched = self._streams[name] = _Watched()
        return watched

    def _bytes(self, news: Bytes) -> None:
        if self._ending.until is not None and news.at > self._ending.until:
            self._missing.discard(news.name)
            return
        if self._raw_bytes:
            self._screen.copy(news.data)
            return
        watched = self._watched(news.name)
        for line in watched.assembler.feed(news.data, news.at):
            self._line(news.name, watched, line)
        self._unfinished.pop(news.name, None)
        if watched.assembler.unfinished is not None:
            self._unfinished[news.name] = None

    def _line(self, name: str, watched: _Watched, line: Line) -> None:
        watched.line_chosen = self._passes(watched, line)
        watched.within_line = not line.ends
        if watched.line_chosen:
            self._screen.line(name, line)

    def _passes(self, watched: _Watched, line: Line) -> bool:
        if watched.within_line:  # a line in pieces is shown or not as its first piece was
            return watched.line_chosen
        return not self._chosen or self._chosen.passes(line.data)

    def _flush(self, name: str) -> None:
        self._unfinished.pop(name, None)
        if (watched := self._streams.get(name)) is not None:
            for line in watched.assembler.flush():
                self._line(name, watched, line)

    def _hole(self, news: Hole) -> None:
        """Tell a gap at once; what was left out because somebody asked for that, once at the end."""
        is_asked_for = news.reason == "filter"
        self._left_out += (news.end - news.offset) * is_asked_for
        self._interrupt(news.name, "" if is_asked_for else words.hole(news))

    def _interrupt(self, name: str, text: str) -> None:
        """What comes after a gap or in another run does not continue the line before it."""
        self._flush(name)
        if (watched := self._streams.get(name)) is not None and watched.within_line:
            watched.within_line = False
            self._screen.end_row()
        if text:
            self._screen.notice(text)

    def _caught_up(self, news: CaughtUp) -> None:
        self._missing.discard(news.name)
        watched = self._watched(news.name)
        watched.live = True
        if self._ending.with_status and watched.state == "ended" and watched.last_end is not None:
            self._exit_as(watched.last_end)

    def _opened(self, news: Opened) -> None:
        watched = self._watched(news.name)
        watched.state = "live"
        if watched.live:
            self._interrupt(news.name, "" if self._quiet else f"{news.name}#{news.run} begins")

    def _ended(self, news: Ended) -> None:
        self._flush(news.name)
        watched = self._watched(news.name)
        watched.last_end = news
        if news.cause == "deleted":
            self._missing.discard(news.name)
        if watched.live:
            watched.state = "ended"
            if not self._quiet:
                self._screen.notice(words.ended(news))
            if self._ending.with_status:
                self._exit_as(news)

    def _exit_as(self, end: Ended) -> None:
        self.code = exit_codes.of_run(end.status, end.cause)

    def _connection(self, news: Away | Back) -> None:
        if not self._quiet:
            self._screen.notice(words.away(news) if isinstance(news, Away) else words.back(news))
