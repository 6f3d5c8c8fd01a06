"""What became of a file that was rotated: the names that it may have now, and in which order they were written."""

from __future__ import annotations

import os
import re
import stat
from glob import escape, glob
from typing import NamedTuple

_ROTATED = re.compile(
    r"(?P<base>.+?)"
    r"(?:\.(?P<number>\d{1,6})|[._-]\d{4}-?\d\d-?\d\d(?:[T._-]?[\d:._-]+)?|-\d{10}|\.old)"
    r"(?P<packed>\.(?:gz|bz2|xz|zst|lz4|zip|Z))?",
    re.DOTALL,
)
Order = tuple[int, int, int]
"""When it was written last, when it was renamed last, and of equals the one with the higher number is older."""


class Found(NamedTuple):
    """A regular file as it is now."""

    path: str
    inode: int
    order: Order
    packed: bool


def base_of(path: str) -> str | None:
    """Return the path that a rotated file had when it was written; None for a name that no rotation gives.

    These are `.1`, `-20260131`, `.2026-01-31_12`, `-1793880000` and `.old`, each also with `.gz` and the like.
    """
    directory, name = os.path.split(path)
    match = _ROTATED.fullmatch(name)
    return os.path.join(directory, match["base"]) if match is not None else None


def find(path: str) -> Found | None:
    """Return a file; None where there is none, or nothing that can be read on and on, such as a directory or pipe."""
    try:
        status = os.stat(path)
    except OSError:  # gone, or out of reach: whoever needs it finds out when it is opened
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    match = _ROTATED.fullmatch(os.path.basename(path))
    number = int(match["number"] or 0) if match is not None else 0
    packed = match is not None and match["packed"] is not None
    return Found(path, status.st_ino, (status.st_mtime_ns, status.st_ctime_ns, -number), packed)


def beside(path: str) -> list[Found]:
    """Return all files whose names begin like this one: among them is what it was rotated to."""
    files = (find(name) for name in glob(f"{escape(path)}?*"))
    return [file for file in files if file is not None]


def rotated(path: str) -> list[Found]:
    """Return what a path was rotated to and is still there, oldest first."""
    return sorted((file for file in beside(path) if base_of(file.path) == path), key=lambda file: file.order)
