"""The store that the settings name."""

from __future__ import annotations

import time

from twisted.internet.interfaces import IReactorCore, IReactorFromThreads

from hub.adapters.store.memory import MemoryStore
from hub.adapters.store.sqlite.store import SqliteStore
from hub.app.config import Config, ConfigError
from hub.app.config_retention import retention_policy
from hub.core.ports import Opened, Store
from hub.model.problem import Problem


def open_store(config: Config, reactor: IReactorCore) -> tuple[Store, Opened]:
    """Return the store, open, and what it holds; raise ConfigError where it cannot be used."""
    limits = config.limits
    now_ms = time.time_ns() // 1_000_000
    if config.store == "memory":
        memory = MemoryStore(limits.memory_store_bytes, limits.memory_store_stream_bytes, limits.anonymous_bytes)
        return memory, memory.open(now_ms)
    store = SqliteStore(
        config.data_path,
        call_in_reactor=IReactorFromThreads(reactor).callFromThread,
        policy=retention_policy(config.retention),
        runs_kept=limits.runs_per_stream,
        gaps_told=limits.gaps_per_stream,
        reserve_bytes=limits.reserve_bytes,
        search_processes=limits.search_processes,
    )
    try:
        opened = store.open(now_ms)
    except Problem as problem:
        raise ConfigError([f"store: {problem.text}"]) from problem
    # Threads only once the reactor runs: until then the process may fork, to become a daemon.
    reactor.callWhenRunning(store.start)
    return store, opened
