"""Room on the disk that is held for when it is full: to start then, to delete, to keep what commands write."""

from __future__ import annotations

import os
import sys
from errno import EDQUOT, ENOSPC
from pathlib import Path

FILE_NAME = "hub.reserve"


class Reserve:
    """A file of `size` bytes beside the store's. It is removed when the disk is full, and made again afterwards.

    Output never gets this room: while the file is missing none is written, unless as much is free within the store.
    """

    def __init__(self, directory: Path, size: int) -> None:
        """A `size` of 0 holds nothing."""
        self._path = directory / FILE_NAME
        self.size = size

    def hold(self) -> bool:
        """Hold the room, taken anew if need be; return whether the disk had it. Raise OSError for other reasons."""
        if not self.size:
            return True
        try:
            if self._path.lstat().st_size >= self.size:
                return True
        except FileNotFoundError:
            pass
        try:
            self._take()
        except OSError as error:
            self._path.unlink(missing_ok=True)
            if error.errno not in (ENOSPC, EDQUOT):
                raise
            return False
        return True

    def let_go(self) -> bool:
        """Give the room back to the disk; return whether there was any."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def _take(self) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if sys.platform == "darwin":
                os.write(file, bytes(self.size))
            else:
                os.posix_fallocate(file, 0, self.size)
        finally:
            os.close(file)
