"""Whether the files that are written to are still those in the directory."""

from __future__ import annotations

from errno import ESTALE
from pathlib import Path

Id = tuple[int, int]


class Identity:
    """A database's two files, as they were found.

    One that was removed or replaced can still be written and synced by who has it open; nobody would find it again.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._wal_path = path, path.with_name(path.name + "-wal")
        self._file: Id | None = None
        self._wal: Id | None = None
        self._is_broken = False

    def connecting(self) -> None:
        """Raise OSError while what was missed last is still missing: a connection would make it anew, and empty."""
        if self._is_broken:
            self.check()

    def connected(self) -> None:
        """Take note of the WAL of a new connection; raise OSError where the database is not the one of the first."""
        file = _id(self._path)
        self._file = self._file or file
        self._wal = _id(self._wal_path)
        self.check()

    def check(self) -> None:
        """Raise OSError where one of them is not there any more."""
        found = _id(self._path), _id(self._wal_path)
        self._is_broken = None in found or found != (self._file, self._wal)
        if self._is_broken:
            raise OSError(ESTALE, "it was removed or replaced while the hub ran; put it back, or start the hub anew")


def _id(path: Path) -> Id | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
