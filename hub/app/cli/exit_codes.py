"""What the exit codes mean, in one place."""

from __future__ import annotations

import signal

OK = 0
FAILED = 1
USAGE = 2
UNREACHABLE = 69
LEASE_NOT_HAD = 75
LEASE_LOST = 76
INTERRUPTED = 130
PIPE_CLOSED = 141

EXPLAINED = """Exit codes: 0 done; 1 the hub refused, or something was lost; 2 wrong usage or configuration;
69 no hub could be reached; 75 a lease could not be had in time; 76 a lease was lost; 130 interrupted by Ctrl-C;
141 whoever read the output went away.
`wait` and `tail --exit-status` exit with the run's own status instead: exit:3 is 3, a signal 128 + its number;
a run that ended at the end of its input without a status is 0, one that was cut off (reset, timeout, hub_lost,
deleted and so on) is 1."""

_ENDED_WELL = frozenset({"end", "eof", None})


def of_run(status: str | None, cause: str | None) -> int:
    """Return the exit code that stands for how a run ended."""
    kind, _, value = (status or "").partition(":")
    if kind == "exit" and value.isascii() and value.isdigit():
        return min(int(value), 255)
    if kind == "signal" and value:
        return 128 + _signal_number(value)
    if status:  # a word of the producer's own, or a cause where stream.list shows one for want of a status
        return OK if status in ("ok", "success", *_ENDED_WELL) else FAILED
    return OK if cause in _ENDED_WELL else FAILED


def _signal_number(value: str) -> int:
    if value.isascii() and value.isdigit():
        return min(int(value), 127)
    name = value.upper()
    number = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", None)
    return int(number) if isinstance(number, signal.Signals) else 1
