"""One file by its path: its bytes in order, each once, whatever becomes of the path: renamed, truncated, gone, new."""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from hub.app.collect.rotation import Found, beside, find, rotated
from hub.app.collect.source import Say


class Position(NamedTuple):
    """A place in a file that keeps its identity when it is renamed."""

    inode: int
    offset: int
    at: int = 0
    """When the file was written last, as it was read so far: ns; 0 where that is not known."""


class TailedFile:
    """Reads on where it was. At the end of a file that was renamed away it goes on with the one that was written next.

    That is the path, or one that was rotated as well meanwhile. What cannot be had any more is said.
    """

    def __init__(
        self, path: str, position: Position | None, *, from_end: bool, say: Say = lambda text, wrong=False: None
    ) -> None:
        """`position` is where a former process was; `from_end` counts where there is none, for a file that exists."""
        self._path = path
        self._resume = position
        self._from_end = from_end
        self._say = say
        self._file = -1
        self._inode = 0
        self._offset = 0
        self._at = 0
        self._moved = False

    @property
    def position(self) -> Position | None:
        """Where the next byte comes from; None before there was a file."""
        return self._resume if self._file < 0 else Position(self._inode, self._offset, self._at)

    def read(self, most: int) -> bytes:
        """Return the next bytes, at most so many; none where there are none now. Raise OSError."""
        if self._file < 0 and not self._open():
            return b""
        data = os.read(self._file, most)
        if data:
            self._offset += len(data)
            self._at = os.fstat(self._file).st_mtime_ns
            self._moved = False
            return data
        if self._moved:  # nothing came since it was seen to be elsewhere: its writer is done with it
            self._moved = False
            return self.read(most) if self._go_on() else b""
        if os.fstat(self._file).st_size < self._offset:  # truncated in its place: what is there now is new
            self._offset = os.lseek(self._file, 0, os.SEEK_SET)
            return self.read(most)
        self._moved = bool(self._next())
        return self.read(most) if self._moved else b""

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            self._resume = self.position
            os.close(self._file)
            self._file = -1

    def _next(self) -> list[Found]:
        """Return the files that were written after the open one, oldest first; none while there are none yet."""
        head = find(self._path)
        if head is not None and head.inode == self._inode:
            return []
        status = os.fstat(self._file)
        own = next((file for file in beside(self._path) if file.inode == self._inode), None)
        after = own.order if own is not None else (status.st_mtime_ns, status.st_ctime_ns, 0)
        later = [file for file in rotated(self._path) if file.order > after and file.inode != self._inode]
        return later if head is None else [*later, head]

    def _go_on(self) -> bool:
        """Open the next file; return whether it is open. It is looked for by its name, which may be another's now."""
        return self._take_first(self._next())

    def _take_first(self, files: list[Found]) -> bool:
        """Open the first that can be read, from its beginning, and say which cannot; return whether one is open."""
        for file in files:
            if file.packed:
                self._say(f"{file.path} was compressed before it was read: what is in it is lost", wrong=True)
                continue
            try:
                return self._take(file.path, file.inode, 0)
            except OSError as error:
                if file.path == self._path:
                    raise
                why = error.strerror or error
                self._say(f"{file.path} cannot be read: {why}; what is in it is lost", wrong=True)
        return False

    def _open(self) -> bool:
        if self._resume is not None:
            return self._come_back(self._resume)
        head = find(self._path)
        if head is None:
            self._check_path()
            return False
        if not self._take(self._path, head.inode, 0):
            return False
        from_end, self._from_end = self._from_end, False
        if from_end:
            self._offset = os.lseek(self._file, 0, os.SEEK_END)
        return True

    def _come_back(self, resume: Position) -> bool:
        """Open the file that a former process was in, by whatever name; or, where it is gone, the one after it."""
        for file in [each for each in (find(self._path), *beside(self._path)) if each is not None]:
            if file.inode == resume.inode:
                if not self._take(file.path, file.inode, resume.offset):
                    return False
                self._at = resume.at
                if os.fstat(self._file).st_size < resume.offset:
                    self._offset = os.lseek(self._file, 0, os.SEEK_SET)
                    self._say(f"{file.path} was cut short of byte {resume.offset}, where it was read up to; it is new")
                return True
        head = find(self._path)
        if head is None:
            self._check_path()
            return False
        # Compared with `>=`: rather some lines twice than a file lost whose time is as coarse as the file system's.
        later = [file for file in rotated(self._path) if resume.at and file.order[0] >= resume.at]
        if not self._take_first([*later, head]):
            return False
        self._say(
            f"{self._path}: the file that was read up to byte {resume.offset} is gone; what came in it later is lost",
            wrong=True,
        )
        return True

    def _take(self, path: str, inode: int, offset: int) -> bool:
        """Open a file instead of the one that is open, if it is still the one that was meant. Raise OSError."""
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return False  # renamed meanwhile: it is looked for again
        if os.fstat(file).st_ino != inode:
            os.close(file)
            return False
        if self._file >= 0:
            os.close(self._file)
        self._resume, self._moved, self._at = None, False, 0
        self._file, self._inode, self._offset = file, inode, os.lseek(file, offset, os.SEEK_SET)
        return True

    def _check_path(self) -> None:
        """Raise OSError where there is something that cannot be read on and on."""
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
