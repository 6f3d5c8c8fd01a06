"""`Range: bytes=…` in stream offsets."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(?:([0-9]{1,16})-([0-9]{1,16})?|-([0-9]{1,16}))")


def parse_range(text: str, first: int, last: int) -> tuple[int, int] | None:
    """Return `(start, end)` of a Range header over the offsets `first` to `last` (exclusive), `end` clipped to `last`.

    None where the header is missing, malformed or asks for several ranges: HTTP has it ignored then. A range that
    has no bytes comes back with `start >= end`.
    """
    matched = _RANGE.fullmatch(text.replace(" ", ""))
    if matched is None:
        return None
    begin, end, suffix = matched.groups()
    if suffix is not None:
        return max(last - int(suffix), first), last
    if end is not None and int(end) < int(begin):
        return None
    return int(begin), last if end is None else min(int(end) + 1, last)
