"""Patterns that match stream names: `*` within a segment, `**` across segments."""

from __future__ import annotations

import re
from functools import lru_cache

from hub.model.problem import Problem
from hub.model.stream_name import MAX_NAME_BYTES, is_stream_name

_PATTERN = re.compile(r"[A-Za-z0-9._~*/-]+")
_MAX_STARS = 16


class Pattern:
    """A compiled pattern; equal texts are equal patterns.

    `ci/*` matches `ci/a` but not `ci/a/b`; `ci/**` matches both, and `ci` itself does not match.
    """

    __slots__ = ("_literal", "_match", "text")

    def __init__(self, text: str) -> None:
        """Raise Problem PROTO if `text` is neither a name nor a pattern of names."""
        self.text = text
        self._literal = is_stream_name(text)
        self._match = None if self._literal else _compile(text)

    @property
    def is_literal(self) -> bool:
        """True when the pattern can only match the one name that it spells."""
        return self._literal

    def matches(self, name: str) -> bool:
        """Tell whether `name` matches as a whole."""
        if self._match is None:
            return name == self.text
        return self.text == "**" or self._match.fullmatch(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"


@lru_cache(maxsize=1024)
def _compile(text: str) -> re.Pattern[str]:
    if len(text) > MAX_NAME_BYTES or _PATTERN.fullmatch(text) is None or "//" in text:
        raise Problem("PROTO", "a pattern is a stream name in which * stands within a segment and ** across segments")
    if any(segment in ("", ".", "..") for segment in text.split("/")):
        raise Problem("PROTO", "a pattern's segments are not empty, and none is . or ..: it could match no stream")
    if text.count("*") > _MAX_STARS:
        raise Problem("PROTO", f"a pattern has at most {_MAX_STARS} stars")
    # What is between two stars may be taken at the first place where it fits: what follows can only gain by it. So
    # every star but the last one is atomic, and no pattern backtracks: sixteen stars would, for years.
    first, *others = re.split(r"\*\*+", text)
    if not others:
        return re.compile(_block(first, last=True))
    middle = "".join(f"(?>.*?{_block(block, last=False)})" for block in others[:-1])
    return re.compile(f"{_block(first, last=False)}{middle}.*{_block(others[-1], last=True)}")


def _block(text: str, *, last: bool) -> str:
    """Return the expression of what stands between two `**`; the last one has to reach the name's end."""
    start, *others = map(re.escape, text.split("*"))
    if not last or not others:
        return start + "".join(f"(?>[^/]*?{literal})" for literal in others)
    return start + "".join(f"(?>[^/]*?{literal})" for literal in others[:-1]) + f"[^/]*{others[-1]}"
