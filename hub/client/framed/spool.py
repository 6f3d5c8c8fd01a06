"""Output in a file until the hub holds it: it survives its program's kill -9, and a hub that is away for long.

The file is a row of records, each with its CRC: a header (stream, meta, key), pieces, and the end. A record that is
torn at the end of the file was being written when its program died: what came before it is whole. Appending is the only
way in, so there is nothing to repair. What the hub holds of it stands in a small file beside it.
Two locks tell who is alive: one of the program that writes the spool, one of the program that sends it.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hub.client.framed.buffer import Piece
from hub.model.session_key import new_key

MAGIC = b"HUBSPOOL1\n"
SUFFIX = ".spool"
_HEAD = struct.Struct(">BIQI")
"""Kind, length, time (ms) and CRC-32 of all of that with the content."""
_BEGIN, _OUT, _ERR, _END = range(4)
_MOST = 16 << 20
_PROGRESS_BYTES = 1 << 20
_PROGRESS_WIDTH = 512
_Saved = tuple[str, str, int | None, int]


class SpoolError(Exception):
    """A file is no spool, or somebody else writes it."""


class _Place(NamedTuple):
    position: int
    file_offset: int
    size: int
    at: int
    channel: str | None


class Spool:
    """`Buffer` in a file. One process writes it, and one sends it: the same, or another meanwhile (`refresh`)."""

    def __init__(self, path: Path) -> None:
        """Open a spool that exists; see `create`. Raise SpoolError where it is none."""
        self.path = path
        self.stream = ""
        self.meta: dict[str, Any] = {}
        self.hub: tuple[str, ...] = ()
        """By which URLs or data directory the hub was named that it is for; empty where none was."""
        self.key = new_key()
        self.base: int | None = None
        self.ended = False
        self.status: str | None = None
        self._acknowledged = 0
        self._saved: _Saved = (self.stream, self.key, self.base, 0)
        self._places: list[_Place] = []
        self._ends: list[int] = []
        self._end = 0
        self._read_to = len(MAGIC)
        self._sender = -1
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags)
        if os.pread(self._file, len(MAGIC), 0) != MAGIC:
            os.close(self._file)
            raise SpoolError(f"{path} is no spool of hub's")
        self.refresh()
        if not self.stream:
            os.close(self._file)
            raise SpoolError(f"{path} has no whole beginning: its program died at once")
        self._recall()

    @classmethod
    def create(cls, path: Path, stream: str, meta: Mapping[str, object], hub: Sequence[str] = ()) -> Spool:
        """Make a new file, readable by its owner only; raise FileExistsError or OSError. `hub`: see there."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(path, flags, 0o600)
        try:
            said = {"stream": stream, "meta": dict(meta), "key": new_key(), "hub": list(hub)}
            begin = json.dumps(said).encode()
            os.write(file, MAGIC + _record(_BEGIN, begin, 0))
            os.fsync(file)
        finally:
            os.close(file)
        spool = cls(path)
        fcntl.flock(spool._file, fcntl.LOCK_EX)
        return spool

    def claim(self) -> None:
        """Become the one who sends it; raise SpoolError where another process is."""
        self._sender = os.open(self._progress_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._sender, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._sender)
            self._sender = -1
            raise SpoolError(f"{self.path} is being sent by another process") from None
        self._recall()

    @property
    def still_written(self) -> bool:
        """Whether the program that writes it lives, and has not ended it. Not for that program itself."""
        if self.ended:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    @property
    def first(self) -> int:
        """Position of the first byte that is not acknowledged."""
        return self._acknowledged

    @property
    def end(self) -> int:
        """Position after the last byte."""
        return self._end

    @property
    def size(self) -> int:
        """Bytes that are not acknowledged."""
        return self._end - self._acknowledged

    def append(self, data: bytes, at: int, channel: str | None) -> None:
        """Write bytes at the end; they survive this process at once, and the machine when the system has written them.

        Raise OSError, with nothing added, where the file takes no more.
        """
        for start in range(0, len(data), _MOST):
            content = data[start : start + _MOST]
            self._write(_record(_ERR if channel == "err" else _OUT, content, at))
            self._place(self._read_to - len(content), len(content), at, channel)

    def finish(self, status: str | None) -> None:
        """Write that nothing follows."""
        self.ended, self.status = True, status
        self._write(_record(_END, json.dumps({"status": status}).encode(), 0))

    def remember(self, stream: str, key: str, base: int | None, acknowledged: int) -> None:
        """Keep what the next process needs to go on: at once when the session changed, else now and then."""
        self._acknowledged = max(self._acknowledged, acknowledged)
        self.stream, self.key, self.base = stream, key, base
        if (stream, key, base) != self._saved[:3] or acknowledged - self._saved[3] >= _PROGRESS_BYTES:
            self._save()

    def read(self, position: int, most: int) -> Piece | None:
        """Return bytes from `position` on, of one record."""
        index = bisect_right(self._ends, position)
        if index >= len(self._places):
            return None
        place = self._places[index]
        skip = position - place.position
        data = os.pread(self._file, min(most, place.size - skip), place.file_offset + skip)
        return Piece(position, data, place.at, place.channel)

    def next(self, position: int) -> int:
        """Return a position that is not below `first`: a file has all bytes from there on."""
        return max(position, self._acknowledged)

    def release(self, position: int) -> None:
        """Take note that the hub holds all below; the file goes when all is held (`remove`)."""
        self._acknowledged = max(self._acknowledged, min(position, self._end))

    def refresh(self) -> bool:
        """Take in what another process has written meanwhile; return whether there was something."""
        before = self._read_to
        while (record := self._next()) is not None:
            self._take(*record)
        return self._read_to > before

    def remove(self) -> None:
        """Delete it: the hub holds all of it."""
        self.path.unlink(missing_ok=True)
        self._progress_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Keep the progress and let go of the file."""
        if self._file >= 0:
            if self._saved != self._state and self._sender >= 0 and self.path.exists():
                self._save()
            os.close(self._file)
            self._file = -1
        if self._sender >= 0:
            os.close(self._sender)
            self._sender = -1

    @property
    def _state(self) -> _Saved:
        return self.stream, self.key, self.base, self._acknowledged

    def _save(self) -> None:
        self._saved = self._state
        text = json.dumps(self._state).encode() + b"\n"
        # In place, since the lock is on this file: what is torn is told by its line end, and only costs sending again.
        os.pwrite(self._sender, text.ljust(_PROGRESS_WIDTH), 0)

    def _recall(self) -> None:
        try:
            line, end, _ = self._progress_path.read_bytes().partition(b"\n")
            if not end:
                return
            self.stream, self.key, self.base, acknowledged = json.loads(line)
        except (FileNotFoundError, ValueError):
            return
        self._acknowledged = min(acknowledged, self._end)
        self._saved = self._state

    @property
    def _progress_path(self) -> Path:
        return self.path.with_suffix(".progress")

    def _write(self, record: bytes) -> None:
        view = memoryview(record)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            os.ftruncate(self._file, self._read_to)
            raise
        self._read_to += len(record)

    def _next(self) -> tuple[int, bytes, int, int] | None:
        """Return the next whole record: kind, content, time, and where the content stands; None at the end."""
        head = os.pread(self._file, _HEAD.size, self._read_to)
        if len(head) < _HEAD.size:
            return None
        kind, length, at, crc = _HEAD.unpack(head)
        if length > _MOST:
            return None
        content = os.pread(self._file, length, self._read_to + _HEAD.size)
        if len(content) < length or crc != _crc(kind, length, at, content):
            return None
        where = self._read_to + _HEAD.size
        self._read_to = where + length
        return kind, content, at, where

    def _take(self, kind: int, content: bytes, at: int, where: int) -> None:
        if kind in (_OUT, _ERR):
            self._place(where, len(content), at, "err" if kind == _ERR else None)
            return
        said = json.loads(content)
        if kind == _BEGIN:
            self.stream, self.meta, self.key = said["stream"], said["meta"], said["key"]
            self.hub = tuple(said.get("hub", ()))  # those of former versions do not say
        elif kind == _END:
            self.ended, self.status = True, said["status"]

    def _place(self, where: int, size: int, at: int, channel: str | None) -> None:
        self._places.append(_Place(self._end, where, size, at, channel))
        self._end += size
        self._ends.append(self._end)


def _crc(kind: int, length: int, at: int, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(_HEAD.pack(kind, length, at, 0)))


def _record(kind: int, content: bytes, at: int) -> bytes:
    return _HEAD.pack(kind, len(content), at, _crc(kind, len(content), at, content)) + content
