"""What the writing thread does while nobody asks it for anything: merge, copy the WAL, drop what is too much."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from twisted.logger import Logger

from hub.adapters.store.sqlite.merging import merge_next
from hub.adapters.store.sqlite.retention import Retention
from hub.adapters.store.sqlite.trouble import Trouble
from hub.adapters.store.sqlite.writer import Writer
from hub.model.problem import Problem
from hub.model.retention import Policy

WAL_BYTES = 16 << 20
"""Of the WAL, before it is copied while there is much to do."""
REST_SECONDS = 2.0
"""Of quiet, after which the WAL is copied however short it is."""
SWEEP_SECONDS = 10.0

_log = Logger(namespace="hub")


class Housekeeping:
    """One short step at a time, so that a batch never waits for long."""

    def __init__(
        self, writer: Writer, policy: Policy, trimmed: Callable[[str, int], None], now_ms: Callable[[], int]
    ) -> None:
        self._writer = writer
        self._retention = Retention(writer, policy, trimmed)
        self._now_ms = now_ms
        self._sweep: Iterator[None] | None = None
        self._next_sweep = 0.0
        self._wal_bytes = 0
        """As much as there was to copy since `_quiet_since`."""
        self._quiet_since = 0.0
        self._trouble = Trouble("keep house")

    def step(self) -> float:
        """Do one thing; return after how many seconds to be called again, unless something else comes first."""
        try:
            wait = self._step()
        except Problem as problem:
            self._trouble.met(problem)
        except Exception:
            _log.failure("the store made a mistake while keeping house")
        else:
            self._trouble.over()
            return wait
        self._sweep = None
        self._next_sweep = time.monotonic() + SWEEP_SECONDS
        return SWEEP_SECONDS

    def _step(self) -> float:
        now = time.monotonic()
        if self._writer.wal_bytes >= WAL_BYTES:
            self._writer.checkpoint()
            return 0
        if merge_next(self._writer):
            return 0
        if self._sweep is None and now >= self._next_sweep:
            self._sweep = self._retention.sweep(self._now_ms())
        if self._sweep is not None:
            if next(self._sweep, self) is self:
                self._sweep = None
                self._next_sweep = now + SWEEP_SECONDS
            return 0
        return self._rest(now)

    def _rest(self, now: float) -> float:
        """Copy the WAL once it has been as long for a while."""
        size = self._writer.wal_bytes
        if size != self._wal_bytes:
            self._wal_bytes, self._quiet_since = size, now
        if size and now - self._quiet_since >= REST_SECONDS:
            self._writer.checkpoint()
            size = 0
        until = self._next_sweep if not size else min(self._next_sweep, self._quiet_since + REST_SECONDS)
        return max(until - now, 0.01)
