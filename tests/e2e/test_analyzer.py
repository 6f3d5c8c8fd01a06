"""A real analyzer beside a real hub: what it finds, how it dies, and what is left of it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from running_hub import PATIENCE_SECONDS, RunningHub

TEXT = b"".join(b"step %d loss=%.2f INFO ok\nERROR none\n" % (number, number / 100) for number in range(100))


def stats(hub: RunningHub, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = hub.ask("stream.stats", stream=name)
    return answer


def until(hub: RunningHub, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Ask again until an answer is as it should be: each asking waits for a process to start and to answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds(answer := stats(hub, name)):
        assert time.monotonic() < deadline, answer
    return answer


def answered(answer: dict[str, Any]) -> bool:
    """Tell whether the analyzer had an answer: on a busy machine it may take longer than the hub waits for it."""
    return "levels" in answer


def analyzers(hub: RunningHub) -> list[int]:
    """Return the hub's child processes that are analyzers."""
    return [pid for pid in hub.children() if b"hub.analysis" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_levels_numbers_and_lengths_are_found(hub: RunningHub) -> None:
    for _ in range(3):
        hub.run("send", "ci/a", given=TEXT)
    found = until(hub, "ci/a", answered)
    assert (found["sampled"], found["levels"]) == (1.0, {"info": 300, "error": 300})
    assert found["line_bytes"]["max"] == len(b"step 99 loss=0.99 INFO ok")
    assert found["fields"]["loss"]["max"] == 0.99
    errors = json.loads(hub.run("stats", "ci/a", "--series", "level.error", "--json").stdout)
    assert sum(errors["values"]) == 300
    loss = json.loads(hub.run("stats", "ci/a", "--series", "loss", "--json").stdout)
    assert max(value for value in loss["high"] if value is not None) == 0.99


@pytest.mark.own_hub
def test_it_outlives_the_hub_and_is_gone_with_it(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=TEXT)
    assert until(hub, "ci/a", answered)["levels"]["error"] == 100
    (first,) = analyzers(hub)
    hub.process.end(signal.SIGTERM)
    assert not Path(f"/proc/{first}").exists()
    again = RunningHub(hub.data_dir)
    assert until(again, "ci/a", answered)["levels"]["error"] == 100
    again.run("send", "ci/a", given=TEXT)
    assert until(again, "ci/a", answered)["levels"]["error"] == 200
    again.close()


@pytest.mark.own_hub
def test_a_killed_one_is_started_again_and_the_hub_goes_on(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=TEXT)
    assert until(hub, "ci/a", answered)["sampled"] == 1.0
    (first,) = analyzers(hub)
    os.kill(first, signal.SIGKILL)
    counts = stats(hub, "ci/a")
    assert counts["lines"] == 200
    hub.run("send", "ci/a", given=TEXT)
    # What it knew and had not put away is gone, and the part that was looked at says so.
    found = until(hub, "ci/a", answered)
    assert found["levels"]["error"] == 100
    assert found["sampled"] == 0.5
    assert analyzers(hub) != [first]


@pytest.mark.own_hub
def test_a_stopped_one_costs_nothing_but_its_answers(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=TEXT)
    stats(hub, "ci/a")
    (child,) = analyzers(hub)
    os.kill(child, signal.SIGSTOP)
    try:
        text = b"".join(b"line %d of many, to fill all that may wait\n" % number for number in range(500_000))
        hub.run("send", "ci/b", given=text)
        assert hub.run("cat", "ci/b").stdout == text
    finally:
        os.kill(child, signal.SIGCONT)
    found = until(hub, "ci/b", answered)
    assert found["lines"] == 500_000
    assert 0 < found["sampled"] < 1


def test_a_deleted_stream_leaves_nothing_to_its_name(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=TEXT)
    assert until(hub, "ci/a", answered)["levels"]["error"] == 100
    hub.run("delete", "-y", "ci/a")
    hub.run("send", "ci/a", given=b"WARN anew\n")
    assert until(hub, "ci/a", answered)["levels"] == {"warn": 1}


def test_it_can_be_left_out(tmp_path: Path) -> None:
    hub = RunningHub(tmp_path / "data", HUB_ANALYZER="no")
    hub.run("send", "ci/a", given=TEXT)
    assert "levels" not in stats(hub, "ci/a")
    assert analyzers(hub) == []
    assert b"setting analyzer" in hub.run("stats", "ci/a", "--series", "loss", code=1).stderr
    hub.close()
