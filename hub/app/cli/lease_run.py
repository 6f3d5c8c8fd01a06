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
from hub.client.lease import HeldLease, LeaseLost

LOOK_SECONDS = 0.2
FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


class LeasedCommand:
    """The command. On a terminal it shares this process's group, so that it may read and be interrupted there."""

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start it with `variables` added to its environment; raise OSError."""
        self._alone = not sys.stdin.isatty()
        self._popen = subprocess.Popen(command, env={**os.environ, **variables}, start_new_session=self._alone)

    def run(self, lease: HeldLease, grace_seconds: float) -> int:
        """Wait for its end and tend the lease meanwhile; a lease that is lost ends it. Return the exit code."""
        with self._forwarding():
            while True:
                code = self._wait(LOOK_SECONDS)
                if code is not None:
                    return code if code >= 0 else 128 - code
                try:
                    lease.tend()
                except LeaseLost as lost:
                    print(f"hub lease run: the lease is lost: {lost}", file=sys.stderr, flush=True)
                    self._stop(grace_seconds)
                    return exit_codes.LEASE_LOST

    def _stop(self, grace_seconds: float) -> None:
        self._signal(signal.SIGTERM)
        if self._wait(grace_seconds) is None:
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
