"""A file that one process holds: the kernel lets go of it with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class LockHeld(Exception):
    """Another process holds it."""

    def __init__(self, holder: int | None) -> None:
        """`holder` is its number, where it could leave that."""
        self.holder = holder
        super().__init__(f"held by process {holder}")

    def who(self, program: str) -> str:
        """Return a word for the holder, one more `program`."""
        return f"another {program}" + ("" if self.holder is None else f" (process {self.holder})")


def hold_lock(path: Path) -> int:
    """Take the lock and return the descriptor that holds it, to be kept until the end.

    Raise LockHeld where another process has it, OSError where there can be none.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise LockHeld(int(holder) if holder.isdigit() else None) from None
        raise
    # For the message alone: a full disk must not keep anybody from starting.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
    return descriptor
