"""`hub lease run`: a command that runs while a lease is held."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hub.app.cli import exit_codes
from hub.app.cli.harmless import printable
from hub.app.cli.started import Group, Started, Tree, adopt_orphans
from hub.client.lease import HeldLease
from hub.client.lease_keeper import LeaseKeeper

LOOK_SECONDS = 0.2
KILL_SECONDS = 0.25
"""So long before the lease can be another's the command is killed."""
LEFT_SECONDS = 0.05
"""How often it is looked whether something that the command started runs still."""
KILLED_SECONDS = 1.0
"""So long something that was killed may take to be gone."""
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class LeasedCommand:
    """The command. On a terminal it shares this process's group, so that it may read and be interrupted there."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], early: list[int]) -> None:
        """Start it with `variables` added to its environment; raise OSError. Signals are passed on from now on.

        `early` are signals that came before, and it gets them as soon as it is started: none may end this program
        alone, and leave the command without a lease.
        """
        self._alone = not sys.stdin.isatty()
        self._started: Started | None = None
        self._early = early
        self._over = False
        adopts = not self._alone and adopt_orphans()
        self._handlers = self._forward()
        try:
            self._popen = subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=self._alone)
        except BaseException:
            self._restore()
            raise
        self._started = Group(self._popen) if self._alone else Tree(self._popen, adopts=adopts)
        for number in self._early:
            self._signal(number)

    def run(self, lease: HeldLease, grace_seconds: float) -> int:
        """Wait for its end while the lease is kept; a lease that is lost ends it. Return the exit code.

        Without the hub it is gone before anybody else can hold the lease: it has `grace_seconds` to end by itself, but
        no more than a quarter of what the hub waits. The lease is given back at the end: no signal cuts that short.
        """
        window = lease.window_s
        kill_s = min(KILL_SECONDS, window / 10)
        keeper = LeaseKeeper(lease, max(min(grace_seconds, window / 4), kill_s))
        try:
            while True:
                code = self._wait(min(LOOK_SECONDS, max(keeper.sure_s, 0)))
                if self._started is not None:
                    self._started.reap()
                if code is not None:
                    return code if code >= 0 else 128 - code
                over = keeper.over()
                if over is not None:
                    left = grace_seconds if over.left_s is None else max(over.left_s - kill_s, 0)
                    self._stop(over.why, min(grace_seconds, left))
                    return exit_codes.LEASE_LOST
        finally:
            self._over = True
            kept = keeper.close()
            if kept is not None:
                _say(printable(kept))
            self._restore()

    def _stop(self, why: str, grace_seconds: float) -> None:
        """End it with all that it started; what it started may outlive it by as much as it may take itself."""
        deadline = time.monotonic() + grace_seconds
        self._end(signal.SIGTERM)
        _say(f"the lease is lost: {printable(why)}")
        if not self._gone(deadline):
            self._end(signal.SIGKILL)
            if not self._gone(time.monotonic() + KILLED_SECONDS):
                _say("something that the command started cannot be ended: it goes on without the lease")

    def _gone(self, deadline: float) -> bool:
        if self._wait(deadline - time.monotonic()) is None:
            return False
        while self._started is not None and self._started.is_left():
            if time.monotonic() >= deadline:
                return False
            time.sleep(LEFT_SECONDS)
        return True

    def _wait(self, seconds: float) -> int | None:
        try:
            return self._popen.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return None

    def _end(self, number: int) -> None:
        # Another user's, such as sudo, is not ended by us; that it goes on is said at the end.
        with contextlib.suppress(PermissionError):
            if self._started is not None:
                self._started.end(number)

    def _signal(self, number: int) -> None:
        if self._over:
            return
        if self._started is None:
            self._early.append(number)
            return
        with contextlib.suppress(PermissionError):  # another user's hears its terminal alone
            self._started.signal(number)

    def _forward(self) -> dict[int, Any]:
        """Pass signals on; Ctrl-C of a terminal reaches the command by itself, so there it only must not end us.

        What is ignored here, as after nohup, the command ignores as well: so it stays.
        """
        on_interrupt = (lambda number, _: self._signal(number)) if self._alone else (lambda number, _: None)
        handlers: dict[int, Any] = {
            **dict.fromkeys(FORWARDED, lambda number, _: self._signal(number)),
            signal.SIGINT: on_interrupt,
        }
        return {
            number: signal.signal(number, handler)
            for number, handler in handlers.items()
            if signal.getsignal(number) is not signal.SIG_IGN
        }

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone, and nobody is left to be told
        print(f"hub lease run: {text}", file=sys.stderr, flush=True)
