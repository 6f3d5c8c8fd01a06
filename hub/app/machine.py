"""What the machine says of itself: memory, clock, file systems, what a store holds. Only read, never asked twice."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from hub.model.problem import Problem

DAY_MS = 24 * 3600 * 1000


def existing(path: Path) -> Path:
    """Return a path, or the nearest folder above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())


def file_system(path: Path) -> str | None:
    """Return the kind of file system below a path, as /proc/mounts has it."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return None
    found = ("", None)
    real = os.path.realpath(path)
    for line in mounts.read_text().splitlines():
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(found[0]):
            found = (point, kind)  # type: ignore[assignment]
    return found[1]


def memory_limit() -> int:
    """Return the memory of the machine, or of the control group where that is less."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    group = Path("/sys/fs/cgroup/memory.max")
    if group.exists() and (text := group.read_text().strip()).isdigit():
        there = min(there, int(text))
    return there


def clock_is_kept() -> bool | None:
    """Ask the kernel whether its clock is disciplined; None where it cannot be asked."""

    class Timex(ctypes.Structure):
        """struct timex, of which `status` is read."""

        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_byte * 256),
        )

    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(values := Timex()))
    except (OSError, AttributeError):
        return None
    unsynchronized = 0x40
    return None if state < 0 else not values.status & unsynchronized


def stored(data_path: Path) -> tuple[int, float]:
    """Return the bytes on the disk, and how many came a day; zeros where there is no store."""
    from hub.adapters.store.sqlite.inspection import describe

    try:
        found = describe(data_path)
    except Problem:
        return 0, 0.0
    size = int(found["file_bytes"]) + int(found["wal_bytes"]) - int(found["free_bytes"])
    oldest, newest = found.get("oldest_at"), found.get("newest_at")
    if oldest is None or newest is None or newest - oldest < DAY_MS // 24:
        return size, 0.0
    return size, size * DAY_MS / (newest - oldest)


def newest_ms(data_path: Path) -> int | None:
    """Return when the newest output in the store was received."""
    from hub.adapters.store.sqlite.inspection import describe

    try:
        newest = describe(data_path).get("newest_at")
    except Problem:
        return None
    return None if newest is None else int(newest)
