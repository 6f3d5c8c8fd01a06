"""A command and what it started are ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.app.cli.started import Group, Started, Tree

PATIENCE_SECONDS = 20.0
FAMILY = """
sh -c 'trap "" TERM; echo $$; while :; do sleep 0.02; done' &
wait
"""
"""A command that ends when it is told to, and one that it started, which does not."""


class Family:
    def __init__(self, *, alone: bool) -> None:
        self.popen = subprocess.Popen(["sh", "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=alone)
        assert self.popen.stdout is not None
        self.child = int(self.popen.stdout.readline())
        self.started: Started = Group(self.popen) if alone else Tree(self.popen)

    def until_left(self, left: bool) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.started.is_left() != left:
            assert time.monotonic() < deadline, f"left: {not left}"

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        if runs(self.child):
            os.kill(self.child, signal.SIGKILL)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture(params=["alone", "in the group of others"])
def family(request: pytest.FixtureRequest) -> Iterator[Family]:
    family = Family(alone=request.param == "alone")
    yield family
    family.close()


def test_what_outlives_the_command_is_known_and_killed(family: Family) -> None:
    family.started.end(signal.SIGTERM)
    family.popen.wait(PATIENCE_SECONDS)
    assert family.started.is_left(), "it does not end when it is told to"
    assert runs(family.child)
    family.started.end(signal.SIGKILL)
    family.until_left(False)
    assert not runs(family.child)


def test_what_is_gone_hears_nothing(family: Family) -> None:
    family.started.end(signal.SIGKILL)
    family.popen.wait(PATIENCE_SECONDS)
    family.until_left(False)
    family.started.end(signal.SIGTERM)
    family.started.signal(signal.SIGTERM)


def test_those_beside_it_in_the_group_hear_nothing() -> None:
    family = Family(alone=False)
    beside = subprocess.Popen(["sh", "-c", "read line"], stdin=subprocess.PIPE)
    try:
        assert os.getpgid(beside.pid) == os.getpgid(family.popen.pid)
        family.started.end(signal.SIGKILL)
        family.popen.wait(PATIENCE_SECONDS)
        family.until_left(False)
        assert beside.poll() is None
    finally:
        family.close()
        beside.communicate(b"\n")


def test_without_proc_the_command_alone_is_ended(tmp_path: Path) -> None:
    popen = subprocess.Popen(["sh", "-c", "read line"], stdin=subprocess.PIPE)
    started = Tree(popen, tmp_path / "none")
    started.end(signal.SIGTERM)
    assert popen.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    assert not started.is_left()
    popen.communicate()
