"""Sizes and durations as people write them: `4 MiB`, `30s`, `24h`, or plain numbers."""

from __future__ import annotations

import re

_NUMBER_AND_UNIT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")

SIZE_UNITS = {
    "": 1,
    "b": 1,
    "kib": 1 << 10,
    "mib": 1 << 20,
    "gib": 1 << 30,
    "tib": 1 << 40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
DURATION_UNITS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def parse_size(text: str) -> int:
    """Return bytes; raise ValueError that shows how a size is written. `MiB` is 2^20, `MB` is 10^6."""
    return _whole(text, SIZE_UNITS, 'a size is a number of bytes, or text such as "64 KiB", "4 MiB", "1 GB"')


def parse_duration(text: str) -> int:
    """Return seconds; raise ValueError that shows how a duration is written."""
    return _whole(text, DURATION_UNITS, 'a duration is a number of seconds, or text such as "30s", "5m", "24h", "7d"')


def _whole(text: str, units: dict[str, int], form: str) -> int:
    matched = _NUMBER_AND_UNIT.fullmatch(text)
    if matched is None or matched[2].lower() not in units:
        raise ValueError(f"{form}, not {text!r}")
    number, unit = matched[1], units[matched[2].lower()]
    return round(float(number) * unit) if "." in number else int(number) * unit


def print_size(count: int) -> str:
    """Return bytes in the largest binary unit that keeps the number whole: 4194304 is `4 MiB`."""
    for unit, size in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count} B"


def print_duration(seconds: int) -> str:
    """Return seconds in the largest unit that keeps the number whole: 3600 is `1h`."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
