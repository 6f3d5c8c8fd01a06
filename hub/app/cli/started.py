"""A command with all that it started: told to end, and known to be gone.

A command that leads a session of its own is ended as a process group. One that shares a terminal with others, such as a
pager behind it, is in their group; there its descendants are looked up in /proc, where there is one. Whoever starts a
session of its own and lets its parent end gets away from both.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple, Protocol

PROC = Path("/proc")
ROUNDS = 10
"""So often it is looked whether a process has started another one while it was being killed."""


class Started(Protocol):
    """A command and what it started. Both calls raise PermissionError for what is another user's."""

    def signal(self, number: int) -> None:
        """Pass a signal on."""

    def end(self, number: int) -> None:
        """Send a signal that ends to all of it."""

    def is_left(self) -> bool:
        """Tell whether something of it runs, once the command itself was waited for."""


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


class _Process(NamedTuple):
    parent: int
    group: int
    began: str
    """In ticks since boot: with the number it names one process for ever."""
    runs: bool


class Tree:
    """`Started` as the command and its descendants; one whose parent ended is known if it was seen before."""

    def __init__(self, popen: subprocess.Popen[bytes], proc: Path = PROC) -> None:
        self._popen = popen
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

    def _living(self) -> list[int]:
        all_ = _processes(self._proc)
        self._known = {
            pid: began for pid, began in self._known.items() if (each := all_.get(pid)) and each.began == began
        }
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
            found[int(entry.name)] = _Process(int(fields[1]), int(fields[2]), fields[19], fields[0] not in "ZX")
    return found
