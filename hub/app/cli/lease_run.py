"""`hub lease run`: a command that runs while a lease is held."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from hub.app.cli import exit_codes
from hub.client.lease import HeldLease
from hub.client.lease_keeper import LeaseKeeper

LOOK_SECONDS = 0.2
KILL_SECONDS = 0.25
"""So long before the lease can be another's the command is killed."""
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class LeasedCommand:
    """The command. On a terminal it shares this process's group, so that it may read and be interrupted there."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start it with `variables` added to its environment; raise OSError."""
        self._alone = not sys.stdin.isatty()
        self._popen = subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=self._alone)

    def run(self, lease: HeldLease, grace_seconds: float) -> int:
        """Wait for its end while the lease is kept; a lease that is lost ends it. Return the exit code.

        Without the hub it is gone before anybody else can hold the lease: it has `grace_seconds` to end by itself, but
        no more than a quarter of what the hub waits. The lease is given back at the end.
        """
        window = lease.window_s
        kill_s = min(KILL_SECONDS, window / 10)
        keeper = LeaseKeeper(lease, max(min(grace_seconds, window / 4), kill_s))
        try:
            with self._forwarding():
                while True:
                    code = self._wait(min(LOOK_SECONDS, max(keeper.sure_s, 0)))
                    if code is not None:
                        return code if code >= 0 else 128 - code
                    over = keeper.over()
                    if over is not None:
                        left = grace_seconds if over.left_s is None else max(over.left_s - kill_s, 0)
                        self._stop(over.why, min(grace_seconds, left))
                        return exit_codes.LEASE_LOST
        finally:
            keeper.close()

    def _stop(self, why: str, grace_seconds: float) -> None:
        deadline = time.monotonic() + grace_seconds
        self._signal(signal.SIGTERM)
        print(f"hub lease run: the lease is lost: {why}", file=sys.stderr, flush=True)
        if self._wait(deadline - time.monotonic()) is None:
            self._signal(signal.SIGKILL)
            self._popen.wait()

    def _wait(self, seconds: float) -> int | None:
        deadline = time.monotonic() + seconds
        try:
            return self._popen.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return None

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._alone:
                os.killpg(self._popen.pid, number)
            else:
                self._popen.send_signal(number)

    @contextlib.contextmanager
    def _forwarding(self) -> Iterator[None]:
        """Pass signals on; Ctrl-C of a terminal reaches the command by itself, so there it only must not end us."""
        handlers = {number: signal.signal(number, lambda number, _: self._signal(number)) for number in FORWARDED}
        on_interrupt = (lambda number, _: self._signal(number)) if self._alone else (lambda number, _: None)
        handlers[signal.SIGINT] = signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
