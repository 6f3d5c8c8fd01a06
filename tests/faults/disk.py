"""The disk and the clock of a hub, in a test's hands: `disk.c` is compiled and preloaded, and told what is to go wrong.

A disk forgets what was not synced when the power goes, and what a sync failed for it may forget even if the next one
works. `lose_power` leaves of the files just what such a disk would have kept.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("disk.c")
COMPILE_SECONDS = 60
WRITE, TRUNCATE, SYNC, SYNC_FAILED, UNLINK = range(1, 6)
_ENTRY = struct.Struct("=qqqq")
NEVER_ON_DISK = ("hub.db-shm",)
"""Shared memory that is made anew at each start."""


class NoDisk(Exception):
    """There is no such disk here; the text says why."""


class Control(ctypes.Structure):
    """What is to go wrong; `struct control` of disk.c."""

    _fields_ = [
        (name, ctypes.c_int64)
        for name in ("room", "write_errno", "sync_errno", "sync_fails", "sync_ms", "read_errno", "clock_ms")
    ]


class Done(NamedTuple):
    """What was done to a file."""

    op: int
    name: str
    offset: int
    data: bytes


@dataclass
class Kept:
    """A file as the disk has it: `durable` is there after a loss of power, `waiting` is not."""

    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Done] = field(default_factory=list)
    doubtful: list[tuple[int, int]] = field(default_factory=list)
    """Ranges that a sync failed for, and that were not written again."""

    def take(self, done: Done) -> None:
        if done.op == SYNC:
            for each in self.waiting:
                self._apply(each)
            self.waiting.clear()
        elif done.op == SYNC_FAILED:
            self.doubtful += [(each.offset, each.offset + len(each.data)) for each in self.waiting if each.op == WRITE]
            self.waiting.clear()
        else:
            self.waiting.append(done)

    def _apply(self, done: Done) -> None:
        if done.op == TRUNCATE:
            del self.durable[done.offset :]
            self.durable += bytes(done.offset - len(self.durable))
            self.doubtful = [(start, min(end, done.offset)) for start, end in self.doubtful if start < done.offset]
            return
        end = done.offset + len(done.data)
        self.durable += bytes(max(end - len(self.durable), 0))
        self.durable[done.offset : end] = done.data
        self.doubtful = [part for each in self.doubtful for part in _without(each, done.offset, end)]


class Disk:
    """Below `below`, for a process with `env`. Nothing goes wrong until it is told to."""

    def __init__(self, below: Path, scratch: Path) -> None:
        """Make what is needed in `scratch`; raise NoDisk where that cannot be."""
        scratch.mkdir(parents=True, exist_ok=True)
        self._below, self._traces = below, scratch / "traces"
        self._traces.mkdir(exist_ok=True)
        control = scratch / "control"
        control.write_bytes(bytes(ctypes.sizeof(Control)))
        with control.open("r+b") as file:
            self._control = Control.from_buffer(mmap.mmap(file.fileno(), 0))
        self.env = {
            "LD_PRELOAD": str(compiled(scratch)),
            "FAULTS_BELOW": str(below),
            "FAULTS_CONTROL": str(control),
            "FAULTS_TRACE": str(self._traces),
        }
        self.heal()
        self._files: dict[str, Kept] = {}
        self._read: dict[Path, int] = {}
        """Bytes of each trace that were looked at."""

    def full(self, room: int = 0) -> None:
        """Let files grow by no more than `room` bytes; what is removed makes room."""
        self._control.room = room

    def fail_writes(self, number: int = errno.EIO) -> None:
        self._control.write_errno = number

    def fail_reads(self, number: int = errno.EIO) -> None:
        self._control.read_errno = number

    def fail_syncs(self, times: int = -1, number: int = errno.EIO) -> None:
        """Let the next `times` syncs fail; all of them if below 0."""
        self._control.sync_fails = times
        self._control.sync_errno = number

    @property
    def syncs_to_fail(self) -> int:
        return int(self._control.sync_fails)

    def slow_syncs(self, seconds: float) -> None:
        self._control.sync_ms = int(seconds * 1000)

    def set_clock(self, seconds: float) -> None:
        """Let the wall clock be wrong by so much."""
        self._control.clock_ms = int(seconds * 1000)

    def heal(self) -> None:
        """Let all go right again, but for the clock."""
        control = self._control
        control.room, control.write_errno, control.read_errno = -1, 0, 0
        control.sync_errno = control.sync_fails = control.sync_ms = 0

    def files(self) -> dict[str, Kept]:
        """Return what the disk has of each file."""
        for done in self._done():
            if done.op == UNLINK:
                self._files.pop(done.name, None)
            else:
                self._files.setdefault(done.name, Kept()).take(done)
        return self._files

    def lose_power(self) -> None:
        """Leave below the directory what was synced, and nothing else. The process has to be dead."""
        for name, kept in self.files().items():
            path = self._below / name
            if name in NEVER_ON_DISK:
                path.unlink(missing_ok=True)
            elif name.startswith("hub.db"):
                path.write_bytes(kept.durable)
                kept.waiting.clear()
                kept.doubtful.clear()

    def _done(self) -> Iterator[Done]:
        """Yield what was done since the last look, process by process."""
        for trace in sorted(self._traces.iterdir()):
            with trace.open("rb") as file:
                file.seek(self._read.get(trace, 0))
                content = file.read()
            at = 0
            while at + _ENTRY.size <= len(content):
                op, offset, length, path_length = _ENTRY.unpack_from(content, at)
                begin = at + _ENTRY.size + path_length
                if begin + length > len(content):
                    break  # what a killed process left half written; it was not synced either
                name = content[at + _ENTRY.size : begin].decode()
                yield Done(op, name, offset, content[begin : begin + length])
                at = begin + length
            self._read[trace] = self._read.get(trace, 0) + at


def compiled(scratch: Path) -> Path:
    """Return disk.c as a library; raise NoDisk where there is no compiler, or no preloading."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoDisk("no C compiler is there: install gcc to see disks fail")
    if sys.platform != "linux":
        raise NoDisk("disks fail on Linux only")
    library = scratch / "disk.so"
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_SECONDS, check=False)
    if done.returncode:
        raise NoDisk(f"disk.c cannot be compiled here: {done.stderr[:500]}")
    return library


def _without(part: tuple[int, int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what of a range is outside `start` to `end`."""
    if part[0] < min(start, part[1]):
        yield part[0], min(start, part[1])
    if part[1] > max(end, part[0]):
        yield max(end, part[0]), part[1]
