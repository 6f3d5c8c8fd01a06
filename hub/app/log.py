"""The hub's own log: one line an event, harmless to look at, and without secrets."""

from __future__ import annotations

import re
from typing import TextIO

from twisted.logger import ILogObserver, LogEvent, eventAsText
from zope.interface import implementer

_TOKEN = re.compile(r"hub_(producer|admin|guest)_[A-Za-z0-9]{8,}")
_SAID = re.compile(
    r"((?:token|password|session|code|authorization|cookie)[\"']?\s*[=:]\s*[\"']?)(?:Bearer\s+)?[^\s\"',;&]+", re.I
)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def safe_line(text: str) -> str:
    r"""Return text as one line: control characters escaped (`\n`), tokens and what is said beside such words hidden."""
    text = _TOKEN.sub(r"hub_\1_***", text)
    text = _SAID.sub(r"\1***", text)
    return _NOT_SHOWN.sub(_escaped, text)


@implementer(ILogObserver)
class LineObserver:
    """Writes each event as one line. What cannot be written is counted, and told with the next one that can."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.dropped = 0

    def __call__(self, event: LogEvent) -> None:
        """Write an event; tracebacks are in its line."""
        text = eventAsText(event, includeTraceback=True, includeTimestamp=True, includeSystem=True)
        if self.dropped:
            text = f"({self.dropped} events before this could not be written) {text}"
        try:
            self._out.write(safe_line(text.rstrip("\n")) + "\n")
            self._out.flush()
        except (OSError, ValueError):  # the disk of the log is full, or nobody reads it any more
            self.dropped += 1
        else:
            self.dropped = 0


def _escaped(match: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(match[0], f"\\u{ord(match[0]):04x}")
