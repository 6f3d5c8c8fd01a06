"""A command with all that it started: told to end, and known to be gone.

A command that leads a session of its own is ended as a process group. One that shares a terminal with others, such as a
pager behind it, is in their group; there its descendants are looked up in /proc, where there is one. Those whose parent
has ended are found because the system makes them children of this process (`adopt_orphans`). Whoever starts a session
of its own and lets its parent end gets away from both, as it says by this that it is not to end with the command.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

PROC = Path("/proc")
ROUNDS = 10
"""So often it is looked whether a process has started another one while it was being killed."""
REAPED_AT_ONCE = 10_000
"""So many that ended are waited for in one go, so that the lease is looked at in between."""
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> bool:
    """Let what is orphaned below this process become its child from now on; tell whether it does.

    It does not where this process has children already, as one that a shell became with `exec` may have: theirs could
    not be told from the command's.
    """
    if not sys.platform.startswith("linux") or _has_children():
        return False
    done: int = ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return done == 0


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


class Started(Protocol):
    """A command and what it started. `signal` and `end` raise PermissionError for what is another user's."""

    def signal(self, number: int) -> None:
        """Pass a signal on."""

    def end(self, number: int) -> None:
        """Send a signal that ends to all of it."""

    def is_left(self) -> bool:
        """Tell whether something of it runs, once the command itself was waited for."""

    def reap(self) -> None:
        """Wait for those that ended and are nobody else's to wait for."""


class Group:
    """`Started` as the process group that the command leads."""

    def __init__(self, popen: subprocess.Popen[bytes], proc: Path = PROC) -> None:
        self._pid = popen.pid
        self._proc = proc

    def signal(self, number: int) -> None:
        """Send a signal to all of it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, number)

    def end(self, number: int) -> None:
        """Send a signal to all of it."""
        self.signal(number)

    def is_left(self) -> bool:
        """Tell whether something of it runs."""
        try:
            os.killpg(self._pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        # It also finds those that ended and were not waited for.
        all_ = _processes(self._proc)
        return not all_ or any(each.group == self._pid and each.runs for each in all_.values())

    def reap(self) -> None:
        """There are none: the system waits for what is orphaned."""


class _Process(NamedTuple):
    parent: int
    group: int
    session: int
    began: str
    """In ticks since boot: with the number it names one process for ever."""
    runs: bool


class Tree:
    """`Started` as the command and its descendants; without `adopts` one whose parent ended is lost sight of.

    `adopts`: what `adopt_orphans` returned before the command was started.
    """

    def __init__(self, popen: subprocess.Popen[bytes], proc: Path = PROC, *, adopts: bool = False) -> None:
        self._popen = popen
        self._adopts = adopts
        self._proc = proc
        self._known: dict[int, str] = {}
        """When each of them began."""
        first = _processes(proc).get(popen.pid)
        if first is not None:
            self._known[popen.pid] = first.began

    def signal(self, number: int) -> None:
        """Send a signal to the command alone: what a terminal sends reaches the others by itself."""
        self._popen.send_signal(number)

    def end(self, number: int) -> None:
        """Send a signal to all of it, and to what is started meanwhile."""
        told: set[int] = set()
        refused: PermissionError | None = None
        for _ in range(ROUNDS):
            found = [pid for pid in self._living() if pid not in told]
            if not found:
                break
            for pid in found:
                told.add(pid)
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
                except PermissionError as error:
                    refused = error
        if self._popen.pid not in told:
            self._popen.send_signal(number)
        if refused is not None:
            raise refused

    def is_left(self) -> bool:
        """Tell whether something of it runs."""
        return bool(self._living())

    def reap(self) -> None:
        """Wait for orphans that ended; the command itself is its owner's to wait for."""
        if not self._adopts:
            return
        with contextlib.suppress(ChildProcessError):
            for _ in range(REAPED_AT_ONCE):
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None or ended.si_pid == self._popen.pid:
                    return  # the command is waited for next, and the others after it
                os.waitpid(ended.si_pid, 0)

    def _living(self) -> list[int]:
        all_ = _processes(self._proc)
        self._known = {
            pid: began for pid, began in self._known.items() if (each := all_.get(pid)) and each.began == began
        }
        if self._adopts:
            own, session = os.getpid(), os.getsid(0)
            self._known.update(
                (pid, each.began) for pid, each in all_.items() if each.parent == own and each.session == session
            )
        grew = True
        while grew:
            found = {pid: each.began for pid, each in all_.items() if each.parent in self._known}
            grew = not found.keys() <= self._known.keys()
            self._known.update(found)
        return [pid for pid in self._known if all_[pid].runs]


def _processes(proc: Path) -> dict[int, _Process]:
    """Return all processes by number; none where the system does not tell."""
    found: dict[int, _Process] = {}
    with contextlib.suppress(OSError):
        for entry in os.scandir(proc):
            if not entry.name.isdigit():
                continue
            try:
                stat = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue  # it ended meanwhile
            # "pid (command) state parent group … began …": the command may hold anything.
            fields = stat.rpartition(")")[2].split()
            found[int(entry.name)] = _Process(
                int(fields[1]), int(fields[2]), int(fields[3]), fields[19], fields[0] not in "ZX"
            )
    return found
