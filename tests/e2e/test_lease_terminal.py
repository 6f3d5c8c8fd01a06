"""`hub lease run` on a terminal: what the command started ends with the lease, also where its parent has ended."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from running_hub import COMMAND, PATIENCE_SECONDS, Process, RunningHub

ORPHAN = "(sh -c 'echo $$; exec sleep 600' & )"
"""The parent of the sleep ends at once."""


class OnTerminal(Process):
    """A command whose standard input is a terminal; its group has the terminal."""

    def __init__(self, *args: str, env: dict[str, str], before: Callable[[], None] | None = None) -> None:
        self._controller, self._terminal = pty.openpty()
        self.popen = subprocess.Popen(
            [*COMMAND, *args],
            env=env,
            stdin=self._terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            preexec_fn=before,
        )
        self._seen: dict[int, bytes] = {}

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        super().close()
        os.close(self._controller)
        os.close(self._terminal)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    hub = RunningHub(tmp_path / "data")
    yield hub
    hub.close()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_one_whose_parent_has_ended_is_ended_with_the_command(hub: RunningHub) -> None:
    with OnTerminal("lease", "run", "a", "--", "sh", "-c", f"{ORPHAN}; exec sleep 600", env=hub.env) as command:
        orphan = int(command.until(b"\n"))
        hub.run("lease", "steal", "a", "--reason", "fire")
        assert command.end() == 76
        assert not runs(orphan)
        assert b"goes on without the lease" not in command.until(b"fire", on_stderr=True)


def test_whoever_left_for_a_session_of_its_own_goes_on(hub: RunningHub) -> None:
    script = "(setsid sh -c 'echo $$; exec sleep 600' & ); exec sleep 600"
    with OnTerminal("lease", "run", "a", "--", "sh", "-c", script, env=hub.env) as command:
        daemon = int(command.until(b"\n"))
        try:
            hub.run("lease", "steal", "a", "--reason", "fire")
            assert command.end() == 76
            assert runs(daemon)
        finally:
            os.kill(daemon, signal.SIGKILL)


def test_orphans_that_ended_are_waited_for(hub: RunningHub) -> None:
    script = "(sh -c 'echo $$' & ); exec sleep 600"
    with OnTerminal("lease", "run", "a", "--", "sh", "-c", script, env=hub.env) as command:
        orphan = Path(f"/proc/{int(command.until(bytes([10])))}")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while orphan.exists():
            assert time.monotonic() < deadline, "it stays, dead, in the list of processes"
        command.popen.send_signal(signal.SIGTERM)
        assert command.end() == 143


def test_children_that_it_had_before_are_not_ended(hub: RunningHub) -> None:
    """As in a shell that started something beside and became `hub lease run` by exec."""
    told, tell = os.pipe()

    def fork() -> None:
        child = os.fork()
        if child == 0:
            os.execvp("sleep", ["sleep", "600"])
        os.write(tell, b"%d" % child)

    with OnTerminal("lease", "run", "a", "--", "sh", "-c", "echo on; exec sleep 600", env=hub.env, before=fork) as mine:
        beside = int(os.read(told, 32))
        os.close(told)
        os.close(tell)
        mine.until(b"on\n")
        hub.run("lease", "steal", "a", "--reason", "fire")
        assert mine.end() == 76
        assert runs(beside)
