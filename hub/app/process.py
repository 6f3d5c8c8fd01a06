"""What the hub asks of its process: room for connections, and garbage collection that stops the world rarely."""

from __future__ import annotations

import gc
import resource
import signal
import time
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IReactorFromThreads
from twisted.logger import Logger

_log = Logger(namespace="hub")

_SPARE_FILES = 256
"""File descriptors for everything that is no connection."""


def keep_steady_time(reactor: Any) -> None:
    """Let the reactor's timers follow a clock that never jumps: to be called before anything is asked of it.

    Twisted's follow the wall clock. Set back by a day, that would stop every heartbeat, retry and deadline for a day;
    set forward, it would fire them all at once.
    """
    reactor.seconds = time.monotonic


def prepare(connections: int) -> None:
    """Prepare the process for `connections` (limits.connections): to be called once, before the listeners open."""
    _raise_file_limit(connections + _SPARE_FILES)
    # What is alive at start stays alive. Chunks are freed by their reference counts; cycles are few, so looking for
    # them after every 700 new objects only adds pauses to the latency of live lines.
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(5_000, 5, 500)


def reload_on_hangup(reactor: IReactorFromThreads, reload: Callable[[], None]) -> None:
    """Call `reload` in the reactor for each SIGHUP, which would end the process otherwise."""
    signal.signal(signal.SIGHUP, lambda number, frame: reactor.callFromThread(reload))


def _raise_file_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < wanted:
        _log.warn(
            "this process may have {allowed} open files, limits.connections needs {wanted}: raise the hard limit"
            " (ulimit -Hn, LimitNOFILE=)",
            allowed=allowed,
            wanted=wanted,
        )
