"""How bad a line is, as its program says: one level a line, the first word that is one."""

from __future__ import annotations

import re
from collections import Counter

LEVELS = ("fatal", "error", "warn", "info", "debug", "trace")
_WORDS = {
    b"fatal": "fatal",
    b"critical": "fatal",
    b"panic": "fatal",
    b"error": "error",
    b"err": "error",
    b"warning": "warn",
    b"warn": "warn",
    b"info": "info",
    b"notice": "info",
    b"debug": "debug",
    b"trace": "trace",
}
# `\b` would find "error" in "no-error-here.txt" and in "error=0", which say that all is well.
_LEVEL = re.compile(rb"(?<![\w./-])(%s)(?![\w/-]|\.\w|=)" % b"|".join(_WORDS), re.IGNORECASE)


def count_levels(text: bytes) -> Counter[str]:
    """Return how many lines of `text` are of each level; a line without one is not counted."""
    counts: Counter[str] = Counter()
    line_end = -1
    for match in _LEVEL.finditer(text):
        if match.start() < line_end:
            continue
        counts[_WORDS[match[1].lower()]] += 1
        line_end = text.find(b"\n", match.end())
        if line_end < 0:
            break
    return counts
