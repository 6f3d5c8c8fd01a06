"""What is looked for in a stream, and what was found: the words in which the hub and its store speak of a search."""

from __future__ import annotations

from typing import NamedTuple

from hub.core.rows import HitRow


class Query(NamedTuple):
    """What a line is to hold."""

    text: str
    regex: bool = True
    """`text` is RE2, else it stands for itself."""
    case: bool = True
    invert: bool = False
    """Lines without it are wanted."""


class Range(NamedTuple):
    """What of the time is searched: received at `since` or later, and before `until` (ms)."""

    since: int | None = None
    until: int | None = None

    def holds(self, at: int) -> bool:
        """Tell whether a time is in it."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


class Hit(NamedTuple):
    """A line that was found."""

    offset: int
    line: int
    at: int
    """Time of receipt of the line's first byte, ms."""
    text: bytes
    size: int
    """Bytes of the line; `text` may have been cut."""

    def row(self, stream: str, epoch: int) -> HitRow:
        """Return the hit as an answer shows it."""
        text = self.text.decode("utf-8", "replace")
        row: HitRow = {
            "stream": stream,
            "epoch": epoch,
            "offset": self.offset,
            "line": self.line,
            "at": self.at,
            "text": text,
            "bytes": self.size,
        }
        if len(self.text) < self.size:
            row["cut"] = True
        return row


class Wanted(NamedTuple):
    """How lines are chosen, and how much of them is wanted."""

    query: Query
    range: Range
    newest: bool
    """From the end back to the start."""
    text_bytes: int
    """Most text of one line."""
    most: int
    """No more hits than so many are wanted at once."""


class Part(NamedTuple):
    """A part of a stream to be searched: from `start`, where a line begins; backwards from `end`, where one ends."""

    stream: str
    start: int
    end: int
    whole: bool = True
    """What it ends with, going back begins with, is a line even if it is an unfinished one: nothing is beyond it."""


class Found(NamedTuple):
    """What was found in one part, in the order in which it was come across."""

    part: int
    """Which one, from 0."""
    hits: list[Hit]


class Scanned(NamedTuple):
    """What came of some parts: it may be less than was asked for."""

    finished: int
    """So many parts, from the first on, are done."""
    reached: int
    """Where the next part is to be gone on with, or how far the last one has come: where a line begins, or ends."""
    bytes: int
    """How much was looked at."""
    found: list[Found]
    """By the parts in which there is something, in their order."""
    past: bool = False
    """What follows in the last part is outside of the range of time."""
