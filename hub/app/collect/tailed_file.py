"""One file by its path: its bytes in order, each once, whatever becomes of the path: renamed, truncated, gone, new."""

from __future__ import annotations

import errno
import os
import stat
import zlib
from typing import NamedTuple, Protocol

from hub.app.collect.rotation import Found, beside, find, rotated
from hub.app.collect.source import Say

CHECKED_BYTES = 1024
"""So many of the bytes before its place are read again at each look: where they are others, the file is another."""


class Position(NamedTuple):
    """A place in a file that keeps its identity when it is renamed."""

    inode: int
    offset: int
    at: int = 0
    """When the file was written last, as it was read so far: ns; 0 where that is not known."""
    check: int = 0
    """CRC-32 of the bytes before the place (CHECKED_BYTES); 0 where it is not known."""
    seen: int = 0
    """How long the file was then."""
    unfinished: int = 0
    """1 where the last line that was read had no end."""


class Cut(Protocol):
    """Takes note that what comes next is no continuation."""

    def __call__(self, lost: int, *, unfinished: bool) -> None:
        """So many bytes are known to be lost here, maybe none; `unfinished`: they would have begun within a line."""


class TailedFile:
    """Reads on where it was. At the end of a file that was renamed away it goes on with the one that was written next.

    That is the path, or one that was rotated as well meanwhile. A file that is truncated is new, but what was not read
    of it is looked for in copies beside it. What cannot be had any more is said, as far as it was ever seen.
    """

    def __init__(
        self,
        path: str,
        position: Position | None,
        *,
        from_end: bool,
        say: Say = lambda text, wrong=False: None,
        cut: Cut = lambda lost, unfinished: None,
    ) -> None:
        """`position` is where a former process was; `from_end` counts where there is none, for a file that exists."""
        self._path = path
        self._resume = position
        self._from_end = from_end
        self._say = say
        self._cut = cut
        self._file = -1
        self._inode = 0
        self._offset = 0
        self._at = 0
        self._before = b""
        """The last of what was read: CHECKED_BYTES, or all that is before the place."""
        self._seen = 0
        """How long the open file was at the last look."""
        self._unfinished = bool(position and position.unfinished)
        self._anew = False
        """Whether the open file was truncated, and nothing was read of it since."""
        self._owed = 0
        """Bytes that were lost after the end of the open file, which is a copy."""
        self._moved = False

    @property
    def position(self) -> Position | None:
        """Where the next byte comes from; None before there was a file."""
        if self._file < 0:
            return self._resume
        check = zlib.crc32(self._before)
        return Position(self._inode, self._offset, self._at, check, self._seen, int(self._unfinished))

    def read(self, most: int) -> bytes:
        """Return the next bytes, at most so many; none where there are none now. Raise OSError."""
        if self._file < 0 and not self._open():
            return b""
        if data := self._look(most):
            self._moved = False
            return data
        if self._moved:  # nothing came since it was seen to be elsewhere: its writer is done with it
            self._moved = False
            return self.read(most) if self._go_on() else b""
        self._moved = bool(self._next())
        return self.read(most) if self._moved else b""

    def look(self) -> None:
        """See what becomes of the file while nothing is to be read: it may be truncated before it is. Raise OSError."""
        if self._file >= 0 or self._open():
            self._look(0)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            self._resume = self.position
            os.close(self._file)
            self._file = -1

    def _look(self, most: int) -> bytes:
        """Return what follows in the open file, after a look whether it still is the one that was read."""
        if self._anew:
            self._pass_hole()
        status = os.fstat(self._file)
        kept = len(self._before)
        found = os.pread(self._file, kept + most, self._offset - kept)
        # In this order: a truncation between the two leaves other bytes than those before the place, or none.
        nothing_known = not self._offset and status.st_size < self._seen
        if status.st_size < self._offset or found[:kept] != self._before or nothing_known:
            self._truncated(zlib.crc32(self._before))
            return self._look(most)
        data = found[kept:]
        if status.st_size < self._seen:
            lost = self._seen - status.st_size
            self._say(f"{self._path}: {lost} bytes were cut off its end before they were read", wrong=True)
        if data:
            self._offset += len(data)
            self._before, self._at, self._anew = found[-CHECKED_BYTES:], status.st_mtime_ns, False
            self._unfinished = not data.endswith(b"\n")
        self._seen = max(status.st_size, self._offset)
        return data

    def _truncated(self, check: int) -> bool:
        """Go on in a copy of what the open file was, or else at its beginning; return whether there is a copy.

        `check`: of the bytes that were before the place. What is known to be lost is said.
        """
        was, offset, seen = self._file, self._offset, self._seen
        copy = self._open_copy(check)
        if copy is None:
            self._begin_anew(max(seen - offset, 0))
            return False
        file, found = copy
        self._use(file, found.inode, offset)
        os.close(was)
        if self._seen > offset:
            self._say(f"{self._path} was truncated; what was not read of it is read from {found.path}")
        if seen > self._seen:
            self._owed += seen - self._seen
            self._say(f"{self._path}: {seen - self._seen} bytes came after its copy {found.path}: lost", wrong=True)
        return True

    def _open_copy(self, check: int) -> tuple[int, Found] | None:
        """Open the oldest file beside that was written later than what was read, and has the same before its place."""
        before = min(self._offset, CHECKED_BYTES)
        if not before or not check:
            return None  # nothing to know it by
        copies = [file for file in beside(self._path) if not file.packed and file.inode != self._inode]
        for found in sorted(copies, key=lambda each: each.order):
            if found.order[0] < self._at or (file := _open_readable(found)) is None:
                continue
            there = os.pread(file, before, self._offset - before)
            if len(there) == before and zlib.crc32(there) == check:
                return file, found
            os.close(file)
        return None

    def _begin_anew(self, lost: int) -> None:
        if lost:
            self._say(f"{self._path} was truncated before it was read to its end: {lost} bytes are lost", wrong=True)
        self._break_off(lost)
        self._offset, self._before, self._seen, self._anew = 0, b"", 0, True

    def _break_off(self, lost: int) -> None:
        """Tell that the next byte does not follow the last one."""
        owed, self._owed = self._owed, 0
        unfinished, self._unfinished = self._unfinished, False
        self._cut(lost + owed, unfinished=unfinished)

    def _pass_hole(self) -> None:
        """Pass over the hole of a writer who does not append: after a truncation it goes on at its old place."""
        try:
            begin = os.lseek(self._file, self._offset, os.SEEK_DATA)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.EINVAL):  # nothing is there yet; no holes are known there
                return
            raise
        block = os.pread(self._file, 1 << 16, begin)
        self._place(begin + len(block) - len(block.lstrip(b"\0")))

    def _place(self, offset: int) -> None:
        before = min(offset, CHECKED_BYTES)
        self._offset, self._before = offset, os.pread(self._file, before, offset - before)

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
        if not self._take_first(self._next()):
            return False
        if self._owed:
            self._break_off(0)
        return True

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
            self._place(self._seen)
        return True

    def _come_back(self, resume: Position) -> bool:
        """Open the file that a former process was in, by whatever name; or, where it is gone, the one after it."""
        for file in [each for each in (find(self._path), *beside(self._path)) if each is not None]:
            if file.inode == resume.inode:
                if not self._take(file.path, file.inode, resume.offset):
                    return False
                self._at = resume.at
                return self._is_as_it_was(resume) or self._come_back_to_another(file, resume)
        head = find(self._path)
        if head is None:
            self._check_path()
            return False
        if not self._take_first([*self._later_than(resume), head]):
            return False
        self._break_off(max(resume.seen - resume.offset, 0))
        self._say(
            f"{self._path}: the file that was read up to byte {resume.offset} is gone; what came in it later is lost",
            wrong=True,
        )
        return True

    def _is_as_it_was(self, resume: Position) -> bool:
        return self._seen >= resume.offset and resume.check in (0, zlib.crc32(self._before))

    def _come_back_to_another(self, file: Found, resume: Position) -> bool:
        """Go on where the file was truncated since a former process read it, and maybe rotated; return True."""
        self._seen = max(resume.seen, resume.offset)
        if not self._truncated(resume.check):
            self._say(f"{file.path} is another than what was read of it up to byte {resume.offset}; it is new")
            later = [each for each in self._later_than(resume) if each.inode != file.inode]
            if later and file.path == self._path:
                self._take_first([*later, file])
        return True

    def _later_than(self, resume: Position) -> list[Found]:
        """Return what was rotated since. With `>=`: rather some lines twice than a file lost whose time is coarse."""
        return [file for file in rotated(self._path) if resume.at and file.order[0] >= resume.at]

    def _take(self, path: str, inode: int, offset: int) -> bool:
        """Open a file instead of the one that is open, if it is still the one that was meant. Raise OSError."""
        file = _open_same(path, inode)
        if file is None:
            return False
        if self._file >= 0:
            os.close(self._file)
        self._at = 0
        self._use(file, inode, offset)
        return True

    def _use(self, file: int, inode: int, offset: int) -> None:
        self._resume, self._moved, self._anew = None, False, False
        self._file, self._inode, self._seen = file, inode, os.fstat(file).st_size
        self._place(offset)

    def _check_path(self) -> None:
        """Raise OSError where there is something that cannot be read on and on."""
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")


def _open_readable(found: Found) -> int | None:
    """Open what may be a copy; None where it cannot be read: then it is none, and what is lost is said as such."""
    try:
        return _open_same(found.path, found.inode)
    except OSError:
        return None


def _open_same(path: str, inode: int) -> int | None:
    """Open a file; None where that is another by now: it was renamed, and is looked for again. Raise OSError."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    if os.fstat(file).st_ino != inode:
        os.close(file)
        return None
    return file
