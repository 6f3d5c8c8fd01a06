"""Servers as processes: started in a group of their own, measured through /proc, and ended whatever happens."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_READY_SECONDS = 30.0
_END_SECONDS = 5.0
_LAST_LINES = 8

Value = TypeVar("Value")


class ServerFailed(Exception):
    """A server ended by itself, or did not do what it was waited for; the text carries the end of what it printed."""


class StartFailed(ServerFailed):
    """A server did not start: there is no use in trying it again in this run."""


@dataclass(frozen=True)
class Usage:
    """What a server and its children have used so far."""

    cpu: float
    """Seconds, user and system, ended children included."""
    rss: int
    """Resident bytes now."""


class Server:
    """A running server; leaving the `with` block ends it with all of its children."""

    def __init__(
        self, name: str, command: Sequence[str], directory: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._log = directory / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(settings or {})},
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has no threads
            )
        self.pid = self._process.pid

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, ready: Callable[[], Value | None], what: str) -> Value:
        """Return `ready()` as soon as it is not None. Where the server ends or 30 s pass first, end it and raise."""
        deadline = time.monotonic() + _READY_SECONDS
        try:
            while (value := ready()) is None:
                self._check()
                if time.monotonic() > deadline:
                    raise ServerFailed(f"{self.name}: no {what} in {_READY_SECONDS:.0f} s:\n{self._last_words()}")
                time.sleep(0.02)
        except BaseException:
            self.stop()
            raise
        return value

    def printed(self) -> str:
        """Return what the server has printed."""
        return self._log.read_text(errors="replace")

    def usage(self) -> Usage:
        """Return what the server has used; raise ServerFailed where it is gone."""
        self._check()
        return tree_usage(self.pid)

    def sockets(self) -> int:
        """Return how many sockets the server itself holds."""
        links = (_link(f"/proc/{self.pid}/fd/{each}") for each in os.listdir(f"/proc/{self.pid}/fd"))
        return sum(link.startswith("socket:") for link in links)

    def _check(self) -> None:
        status = self._process.poll()
        if status is not None:
            raise ServerFailed(f"{self.name} ended with status {status}:\n{self._last_words()}")

    def _last_words(self) -> str:
        return "\n".join(self.printed().strip().splitlines()[-_LAST_LINES:])

    def stop(self) -> None:
        """End the whole process group: asked first, killed after 5 s."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        with suppress(ProcessLookupError):  # nothing of the group is left, which is what is wanted
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def die_with_parent() -> None:
    """Have the kernel end the calling process when its parent ends, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def tree_usage(root: int) -> Usage:
    """Sum CPU and resident memory over a process and all of its living descendants."""
    cpu, rss = 0.0, 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            waiting += children_of(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended since it was listed; its parent's counts have it
        used, pages = parse_stat(stat)
        cpu += used / _TICK
        rss += pages * _PAGE
    return Usage(cpu, rss)


def parse_stat(stat: str) -> tuple[int, int]:
    """Take (CPU ticks with those of ended children, resident pages) from the text of /proc/PID/stat."""
    after_name = stat[stat.rindex(")") + 2 :].split()
    return sum(int(ticks) for ticks in after_name[11:15]), int(after_name[21])


def children_of(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads started them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""  # closed since it was listed
