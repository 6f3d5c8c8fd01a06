"""The disk that fails as it is told: what it does to a process, and what it says would be left of its files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faults.disk import SYNC, SYNC_FAILED, TRUNCATE, WRITE, Disk, Done, Kept, NoDisk

SECONDS = 30


def kept(*done: Done) -> Kept:
    file = Kept()
    for each in done:
        file.take(each)
    return file


def write(offset: int, data: bytes) -> Done:
    return Done(WRITE, "f", offset, data)


SYNCED = Done(SYNC, "f", 0, b"")
NOT_SYNCED = Done(SYNC_FAILED, "f", 0, b"")


def test_what_was_not_synced_is_not_there() -> None:
    assert kept(write(0, b"one"), SYNCED, write(3, b"two")).durable == b"one"


def test_what_a_sync_failed_for_is_not_there_even_after_one_that_worked() -> None:
    file = kept(write(0, b"one"), NOT_SYNCED, write(3, b"two"), SYNCED)
    assert (file.durable, file.doubtful) == (b"\0\0\0two", [(0, 3)])


def test_written_again_it_is_there() -> None:
    file = kept(write(0, b"abcdef"), NOT_SYNCED, write(1, b"bc"), SYNCED)
    assert (file.durable, file.doubtful) == (b"\0bc", [(0, 1), (3, 6)])
    file.take(write(0, b"abcdef"))
    assert file.doubtful == [(0, 1), (3, 6)], "not before it is synced"
    file.take(SYNCED)
    assert (file.durable, file.doubtful) == (b"abcdef", [])


def test_what_was_cut_off_is_in_no_doubt() -> None:
    file = kept(write(0, b"abcdef"), NOT_SYNCED, Done(TRUNCATE, "f", 2, b""), SYNCED)
    assert (file.durable, file.doubtful) == (b"\0\0", [(0, 2)])


CHILD = """
import os, sys, time
before = time.time()
file = os.open(sys.argv[1] + "/hub.db", os.O_RDWR | os.O_CREAT)
def does(what, call):
    try:
        call()
        print(what)
    except OSError as error:
        print(what, error.errno)
for line in sys.stdin:
    verb, *args = line.split()
    if verb == "write":
        does("written", lambda: os.pwrite(file, args[1].encode(), int(args[0])))
    elif verb == "sync":
        does("synced", lambda: os.fsync(file))
    elif verb == "read":
        does("read", lambda: os.pread(file, 1, 0))
    elif verb == "allocate":
        does("allocated", lambda: os.posix_fallocate(file, 0, int(args[0])))
    elif verb == "cut":
        does("cut", lambda: os.ftruncate(file, int(args[0])))
    elif verb == "clock":
        print(round((time.time() - before) / 3600))
    sys.stdout.flush()
"""


class Child:
    """A process on such a disk that does one thing at a time."""

    def __init__(self, directory: Path) -> None:
        self.below = directory / "below"
        self.below.mkdir()
        try:
            self.disk = Disk(self.below, directory / "scratch")
        except NoDisk as error:
            pytest.skip(str(error))
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(self.below)],
            env=self.disk.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def does(self, what: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(what, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def do(self, *all_this: str) -> list[str]:
        return [self.does(each) for each in all_this]

    def end(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=SECONDS)


def test_a_process_meets_what_it_is_told_to_meet(tmp_path: Path) -> None:
    child = Child(tmp_path)
    disk = child.disk
    try:
        assert child.do("write 0 abc", "sync", "read", "clock") == [
            "written",
            "synced",
            "read",
            "0",
        ]
        disk.fail_writes()
        disk.fail_reads()
        disk.fail_syncs(1)
        assert child.do("write 0 x", "read", "sync", "sync") == [
            "written 5",
            "read 5",
            "synced 5",
            "synced",
        ]
        disk.heal()
        disk.full(4)
        assert child.do("write 0 abc", "write 3 defgh", "write 3 defg") == [
            "written",
            "written 28",
            "written",
        ]
        assert child.do("allocate 8", "cut 2", "allocate 7") == [
            "allocated 28",
            "cut",
            "allocated",
        ]
        disk.set_clock(86_400)
        assert child.does("clock") == "24"
    finally:
        child.end()


def test_a_loss_of_power_leaves_what_was_synced(tmp_path: Path) -> None:
    child = Child(tmp_path)
    try:
        child.do("write 0 abc", "sync", "write 1 XY", "write 3 def")
    finally:
        child.end()
    assert (child.below / "hub.db").read_bytes() == b"aXYdef"
    child.disk.lose_power()
    assert (child.below / "hub.db").read_bytes() == b"abc"


def test_what_a_killed_process_left_half_told_hides_nothing_of_the_next_one(tmp_path: Path) -> None:
    child = Child(tmp_path)
    try:
        child.do("write 0 abc", "sync", "write 0 XYZ")
        child.end()
        (trace,) = (tmp_path / "scratch" / "traces").iterdir()
        trace.write_bytes(trace.read_bytes()[:-2])
        child.start()
        child.do("write 3 def", "sync")
    finally:
        child.end()
    child.disk.lose_power()
    assert (child.below / "hub.db").read_bytes() == b"abcdef"
