"""One file by its path: its bytes in order, each once, whatever becomes of the path: renamed, truncated, gone, new."""

from __future__ import annotations

import os
from glob import escape, glob
from typing import NamedTuple


class Position(NamedTuple):
    """A place in a file that keeps its identity when it is renamed."""

    inode: int
    offset: int


class TailedFile:
    """Reads on where it was. At the end of a file that was renamed away it goes on with the one that took its path."""

    def __init__(self, path: str, position: Position | None, *, from_end: bool) -> None:
        """`position` is where a former process was; `from_end` counts where there is none, for a file that exists."""
        self._path = path
        self._resume = position
        self._from_end = from_end
        self._file = -1
        self._inode = 0
        self._offset = 0
        self._moved = False

    @property
    def position(self) -> Position | None:
        """Where the next byte comes from; None before there was a file."""
        return self._resume if self._file < 0 else Position(self._inode, self._offset)

    def read(self, most: int) -> bytes:
        """Return the next bytes, at most so many; none where there are none now. Raise OSError."""
        if self._file < 0 and not self._open():
            return b""
        data = os.read(self._file, most)
        if data:
            self._offset += len(data)
            self._moved = False
            return data
        if self._moved:  # nothing came since it was seen to be elsewhere: its writer is done with it
            self.close()
            return self.read(most) if self._open_new() else b""
        self._moved = self._is_moved()
        if os.fstat(self._file).st_size < self._offset:  # truncated in its place: what is there now is new
            self._offset = os.lseek(self._file, 0, os.SEEK_SET)
            return os.read(self._file, 0) or self.read(most)
        return self.read(most) if self._moved else b""

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            self._resume = None
            os.close(self._file)
            self._file = -1

    def _is_moved(self) -> bool:
        try:
            return os.stat(self._path).st_ino != self._inode
        except FileNotFoundError:
            return False  # perhaps it is being replaced: what is open is read until there is another one

    def _open(self) -> bool:
        resume, self._resume = self._resume, None
        if resume is not None:
            # A former process was in it; meanwhile it may have been renamed, as logs are.
            for path in (self._path, *sorted(glob(f"{escape(self._path)}*"))):
                if self._open_path(path, 0) and self._inode == resume.inode:
                    size = os.fstat(self._file).st_size
                    self._offset = os.lseek(self._file, resume.offset if resume.offset <= size else 0, os.SEEK_SET)
                    return True
                self.close()
            return self._open_new()
        from_end, self._from_end = self._from_end, False
        if not self._open_path(self._path, 0):
            return False
        if from_end:
            self._offset = os.lseek(self._file, 0, os.SEEK_END)
        return True

    def _open_new(self) -> bool:
        return self._open_path(self._path, 0)

    def _open_path(self, path: str, offset: int) -> bool:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        self._inode, self._offset, self._moved = os.fstat(self._file).st_ino, offset, False
        return True
