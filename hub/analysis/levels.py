"""How bad a line is, as its program says: one level a line, the first word that is one.

A trace of Python's, Java's or Node's is one error: at the line that names what was raised.
"""

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
_WORD = rb"(?<![\w./-])((?i:%s))(?![\w/-]|\.\w|=)" % b"|".join(_WORDS)
_LEVEL = re.compile(_WORD)
_COLOURS = rb"(?:\x1b\[[0-9;:]*m)*"
_RAISED = rb"^%s[\w.$]*(?:Error|Exception|KeyboardInterrupt)(?: \[\w+\])?%s(?=:|\r*$)" % (_COLOURS, _COLOURS)
_LEVEL_OR_RAISED = re.compile(rb"(?m:%s|^Exception in thread )|%s" % (_RAISED, _WORD))
_MAY_BE_RAISED = (b"Error", b"Exception", b"KeyboardInterrupt")


def count_levels(text: bytes) -> Counter[str]:
    """Return how many lines of `text` are of each level; a line without one is not counted."""
    counts: Counter[str] = Counter()
    line_end = -1
    # To look at the beginning of each line takes longer, and most text has none of these.
    words = _LEVEL_OR_RAISED if any(each in text for each in _MAY_BE_RAISED) else _LEVEL
    for match in words.finditer(text):
        if match.start() < line_end:
            continue
        counts["error" if match[1] is None else _WORDS[match[1].lower()]] += 1
        line_end = text.find(b"\n", match.end())
        if line_end < 0:
            break
    return counts
