"""Times that people type: `5m`, `14:30`, `yesterday`, `2026-11-01T10:00`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

FORMS = "5m, 2h, 3d ago; 14:30; today, yesterday; 2026-11-01, 2026-11-01T10:00, 2026-11-01T10:00:00Z; @unix-seconds"

_AGO = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|sec|m|min|h|d|w)(?:\s+ago)?")
_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_EPOCH = re.compile(r"@([0-9]+(?:\.[0-9]+)?)")


def parse_moment(text: str, now: datetime) -> int:
    """Return Unix ms; raise ValueError that lists the forms.

    `now` is aware; times without a zone are in its zone. A clock time later than now is yesterday's: nobody asks for
    the output of the future with `--since 23:00` at noon. (For `--until` that is meant, see `parse_deadline`.)
    """
    moment = _parse(text.strip().lower(), now)
    if _CLOCK.fullmatch(text.strip()) and moment > now:
        moment -= timedelta(days=1)
    return round(moment.timestamp() * 1000)


def parse_deadline(text: str, now: datetime) -> int:
    """Return Unix ms for the end of a range: like `parse_moment`, but a clock time is today's."""
    return round(_parse(text.strip().lower(), now).timestamp() * 1000)


def _parse(word: str, now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if (ago := _AGO.fullmatch(word)) is not None:
        return _checked(word, lambda: now - timedelta(seconds=float(ago[1]) * _UNITS[ago[2]]))
    if (epoch := _EPOCH.fullmatch(word)) is not None:
        return _checked(word, lambda: datetime.fromtimestamp(float(epoch[1]), now.tzinfo))
    if (clock := _CLOCK.fullmatch(word)) is not None:
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        return _checked(word, lambda: midnight.replace(hour=hour, minute=minute, second=second))
    if word in ("now", "today", "yesterday"):
        return {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}[word]
    moment = _checked(word, lambda: datetime.fromisoformat(word.upper().replace(" ", "T", 1)))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=now.tzinfo)


def _checked(word: str, make: Callable[[], datetime]) -> datetime:
    try:
        return make()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{word!r} is no time; write one of: {FORMS}") from None
