"""What a storm is measured with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from storm.backlog import MIB, Day, Morning, Round, random_lines
from storm.backlog import broken as broken_morning
from storm.clients import letters, seconds_of
from storm.storms import Size, Strike, broken, p99
from storm.weather import Reading

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("seconds", [0.0, 0.000001, 12.5, 123456.789012])
def test_a_time_in_letters_is_the_same_time(seconds: float) -> None:
    assert letters(seconds).isalpha() or seconds == 0
    assert abs(seconds_of(letters(seconds)) - seconds) < 2e-6


def test_a_percentile_is_of_what_was_said_within_the_time() -> None:
    latencies = [(float(at), 0.001 * at) for at in range(200)]
    assert p99(latencies, 0, 100) == (0.099, 100)
    assert p99(latencies, 100, 200) == (0.199, 100)
    assert p99(latencies, 500, 600) == (0.0, 0)


def strike(**other: object) -> Strike:
    kept: dict[str, object] = {
        "name": "links cut",
        "hub_away": 0.0,
        "resumed": 3.0,
        "caught_up": 3.0,
        "busies": Counter({0: 5, 1: 5}),
        "refused": Counter(),
        "before": Reading(1000, 100.0),
        "most": Reading(1100, 120.0),
        "idle_losses": 0,
        "span": (0.0, 1.0),
        "p99": 0.2,
        "lines": 1000,
    }
    return Strike(**{**kept, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"resumed": 10.1}, "resumed only after"),
        ({"busies": Counter({2: 1})}, "more than one BUSY"),
        ({"refused": Counter({"DENIED": 1})}, "refused"),
        ({"p99": 0.26}, "p99"),
        ({"lines": 0}, "p99"),
        ({"most": Reading(1201, 100.0)}, "open files"),
        ({"most": Reading(1000, 200.0)}, "MB"),
        ({"idle_losses": 1}, "idle connections"),
    ],
)
def test_each_promise_is_looked_at(other: dict[str, object], said: str) -> None:
    assert broken(Size(), strike()) == []
    (found,) = broken(Size(), strike(**other))
    assert said in found


def test_a_small_machine_has_no_more_memory_than_it_has() -> None:
    assert broken(Size(small_mb=256), strike(most=Reading(1100, 120.0, 250.0))) == []
    (found,) = broken(Size(small_mb=256), strike(most=Reading(1100, 120.0, 260.0)))
    assert "260 MB in all its processes" in found


def test_a_small_machine_has_one_core_and_its_memory() -> None:
    code = (
        "import os\nassert len(os.sched_getaffinity(0)) == 1\n"
        "bytearray(8 << 20)\n"
        "try: bytearray(64 << 20)\nexcept MemoryError: print('no more')"
    )
    core = str(min(os.sched_getaffinity(0)))
    command = [sys.executable, "-m", "storm.small", core, str(48 << 20), sys.executable, "-c", code]
    assert subprocess.run(command, check=True, capture_output=True, text=True, cwd=TESTS).stdout == "no more\n"


def morning(**other: object) -> Morning:
    kept: dict[str, object] = {
        "resumed": 2.0,
        "seconds": 10.0,
        "busies": Counter({0: 1, 1: 3}),
        "p99": 0.020,
        "lines": 100,
        "shares": [3 * MIB, 3 * MIB, 3 * MIB + 1000, 3 * MIB - 1000],
        "again": 4,
    }
    return Morning(Day(readers=4), calm_p99=0.020, rounds=[Round(**{**kept, **other})])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"again": 3}, "only 3 of 4"),
        ({"resumed": 10.1}, "resumed only after"),
        ({"busies": Counter({2: 1})}, "more than one BUSY"),
        ({"p99": 0.026}, "p99"),
        ({"lines": 0}, "p99"),
        ({"shares": [4 * MIB, 4 * MIB, 4 * MIB, 2 * MIB]}, "shares of the backlog from 0.57"),
        ({"shares": [16 * MIB] * 4}, "it says nothing"),
    ],
)
def test_each_promise_to_those_who_come_back_is_looked_at(other: dict[str, object], said: str) -> None:
    assert broken_morning(morning()) == []
    (found,) = broken_morning(morning(**other))
    assert said in found


def test_a_day_is_made_of_whole_lines_of_a_mebibyte() -> None:
    lines = random_lines(Random(1))
    assert len(lines) == MIB
    assert lines.endswith(b"\n")
