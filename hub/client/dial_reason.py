"""Why a dial failed, in the words that people know from elsewhere."""

from __future__ import annotations

from twisted.internet import error as errors


def dial_reason(error: BaseException | None) -> str:
    """Return why Twisted could not connect, as the system says it; Twisted's own words name its numbers, too."""
    if isinstance(error, errors.TimeoutError | errors.TCPTimedOutError):
        return "timed out"
    if isinstance(error, errors.ConnectError | errors.DNSLookupError) and error.args and error.args[0]:
        return str(error.args[0])
    return str(error).rstrip(".") or type(error).__name__
