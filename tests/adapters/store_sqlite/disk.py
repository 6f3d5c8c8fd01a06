"""A disk that fails on command, below SQLite."""

from __future__ import annotations

from typing import Any

import apsw

NAME = "failing"
_REAL = "unix"


class Disk(apsw.VFS):
    """The default file system of new connections while it is there; `fail` says which calls fail, and with what."""

    def __init__(self) -> None:
        self.failing: dict[tuple[str, str], type[apsw.Error]] = {}
        self.calls: list[tuple[str, str]] = []
        self.unreadable_from: int | None = None
        """From which byte of the file on reads fail."""
        super().__init__(NAME, _REAL, makedefault=True)

    def fail(self, call: str, suffix: str, error: type[apsw.Error] = apsw.IOError) -> None:
        """Let `write` or `sync` of the file whose name ends in `suffix` fail until `heal`."""
        self.failing[call, suffix] = error

    def heal(self) -> None:
        self.failing.clear()
        self.unreadable_from = None

    def close(self) -> None:
        self.unregister()

    def note(self, call: str, name: str) -> None:
        suffix = "wal" if name.endswith("-wal") else "db"
        self.calls.append((call, suffix))
        error = self.failing.get((call, suffix))
        if error is not None:
            raise error(f"{call} of {suffix} fails")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        super().__init__(_REAL, name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        first = self._disk.unreadable_from
        if first is not None and offset >= first and not self._name.endswith("-wal"):
            raise apsw.IOError("a read fails")
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.note("write", self._name)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.note("sync", self._name)
        super().xSync(flags)
