"""Finds lines by a pattern from outside: RE2, so that no pattern takes more than linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from hub.core.scan import Query
from hub.model.problem import Problem

MAX_PATTERN = 4096
_BEYOND_LINES = re.compile(r"\\[Az]|\(\?[A-Za-z]*-[A-Za-z]*m")
MAX_MEMORY = 8 << 20

Span = tuple[int, int]


class Matcher:
    """A query over whole lines. Safe to be used by any thread; the scan holds no lock of the interpreter."""

    def __init__(self, query: str, *, regex: bool = True, case: bool = True, invert: bool = False) -> None:
        """Raise Problem PROTO where the query is no RE2, or too large."""
        self.query = Query(query, regex, case, invert)
        if len(query) > MAX_PATTERN:
            raise Problem("PROTO", f"a query has at most {MAX_PATTERN} characters")
        options = re2.Options()
        options.log_errors = False
        options.never_nl = True  # a match never spans lines
        options.max_mem = MAX_MEMORY
        options.case_sensitive = case
        pattern = query if regex else re2.escape(query)
        try:
            self._find = re2.compile(b"(?m:" + pattern.encode() + b")", options=options).search
        except (re2.error, UnicodeEncodeError) as error:
            raise Problem("PROTO", f"the query is no regular expression of RE2: {_reason(error)}") from None
        self._invert = invert
        self.is_by_line = not (regex and _BEYOND_LINES.search(query))
        """Whether it makes no difference to a line what else is in the text."""

    def matches(self, line: bytes) -> bool:
        """Tell whether one line, without its LF, is wanted."""
        return (self._find(line) is not None) != self._invert

    def spans(self, text: bytes) -> Iterator[Span]:
        """Yield where each wanted line of `text` begins and ends (without its LF), in order.

        `text` is whole lines, the last one perhaps without its LF; a wanted line comes once, however often it matches.
        """
        return self._unmatched(text) if self._invert else self._matched(text)

    def next_match(self, text: bytes, position: int) -> int | None:
        """Return where, from `position` on, the query is found next, whether lines with or without it are wanted."""
        found = self._find(text, position)
        return None if found is None else int(found.start())

    def matches_in(self, line: bytes) -> Iterator[Span]:
        """Yield where the query is found in one line, in order; empty matches are left out."""
        position = 0
        while (found := self._find(line, position)) is not None:
            if found.end() > found.start():
                yield found.start(), found.end()
            position = max(found.end(), position + 1)
            if position > len(line):
                return

    def _matched(self, text: bytes) -> Iterator[Span]:
        position, size = 0, len(text)
        while position < size:
            found = self._find(text, position)
            if found is None:
                return
            at = found.start()
            if at >= size and text.endswith(b"\n"):
                return  # the empty line after the last LF is none
            start = text.rfind(b"\n", position, at) + 1 or position
            end = text.find(b"\n", at)
            end = size if end < 0 else end
            yield start, end
            position = end + 1

    def _unmatched(self, text: bytes) -> Iterator[Span]:
        position = 0
        for start, end in self._matched(text):
            yield from _lines(text, position, start)
            position = end + 1
        yield from _lines(text, position, len(text))


def _lines(text: bytes, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = text.find(b"\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
