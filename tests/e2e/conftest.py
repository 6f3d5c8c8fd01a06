"""A hub for tests of commands: the one that all share, or one of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from running_hub import RunningHub


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One hub for all tests that leave it running: to start one for each took longer than most of them do."""
    running = RunningHub(tmp_path_factory.mktemp("common") / "data")
    yield running
    running.close()


@pytest.fixture
def hub(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningHub]:
    """A hub without streams, sessions and leases; its commands keep their output in a directory of the test's.

    A test that kills it, or asks how it is as a whole, is marked `own_hub`, with the variables that it needs as
    settings.
    """
    spool = str(tmp_path / "spool")
    mark = request.node.get_closest_marker("own_hub")
    if mark is not None:
        running = RunningHub(tmp_path / "data", HUB_SPOOL_DIR=spool, **mark.kwargs)
        yield running
        running.close()
    else:
        running = request.getfixturevalue("common")
        env = running.env
        running.env = {**env, "HUB_SPOOL_DIR": spool}
        yield running
        running.env = env
        assert running.process.popen.poll() is None, "the hub that all share has ended: mark this test own_hub"
        running.empty()
