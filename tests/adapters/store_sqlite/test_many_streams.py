"""200,000 ended streams come back in seconds and little memory: HUB_SLOW_TESTS=1 runs it."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest

from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed
from hub.core.directory import Directory

STREAMS = 200_000
SECONDS = 5
MIB = 200


@pytest.mark.slow
@pytest.mark.skipif("HUB_SLOW_TESTS" not in os.environ, reason="takes half a minute")
def test_many_ended_streams_come_back_in_seconds(tmp_path: Path) -> None:
    loop = Loop()
    store = make_store(tmp_path, loop)
    store.open(1000)
    for first in range(0, STREAMS, 1000):
        batch = []
        for number in range(first, first + 1000):
            feed = Feed(f"ci/build/{number}")
            feed.ordinal = number + 1
            append = feed.chunk(b"done\n" * 20)
            run = append.record.run
            run.end, run.ended_at, run.cause, run.status = feed.end, 2000, "end", "exit:0"
            batch.append(append)
        loop.run(store.append(batch))
    loop.run(store.close())

    began = time.perf_counter()
    directory = Directory(lambda record: pytest.fail(f"{record.name} was woken"))
    for record in make_store(tmp_path, Loop()).open(1000).streams:
        directory.load(record)
    assert len(directory) == STREAMS
    assert time.perf_counter() - began < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 < MIB
