"""`hub grep` against a real hub."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from running_hub import PATIENCE_SECONDS, RunningHub

BUILD = b"".join(
    b"line %d%s\n" % (number, b" \x1b[31mERROR\x1b[0m" if number % 40 == 0 else b"") for number in range(100)
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    hub = RunningHub(tmp_path_factory.mktemp("hub") / "data")
    hub.run("send", "grep/a", given=BUILD)
    hub.run("send", "grep/b", given=b"nothing\nan error of b\n")
    yield hub
    hub.close()


def grep(hub: RunningHub, *args: str, code: int = 0) -> list[str]:
    return hub.run("grep", *args, code=code).stdout.decode().splitlines()


def test_lines_come_with_their_streams(hub: RunningHub) -> None:
    assert grep(hub, "-i", "error", "grep/**")[-1] == "grep/b:an error of b"
    assert len(grep(hub, "-i", "error", "grep/**")) == 4
    assert grep(hub, "-n", "line 4[12]", "grep/a") == ["42:line 41", "43:line 42"]


def test_exit_codes_are_those_of_grep(hub: RunningHub) -> None:
    assert grep(hub, "-q", "line 1", "grep/a") == []
    assert grep(hub, "no such line", "grep/a", code=1) == []
    assert b"RE2" in hub.run("grep", "(", "grep/a", code=2).stderr
    assert b"no stream matches" in hub.run("grep", "x", "grep/zzz", code=2).stderr


def test_counts_names_and_limits(hub: RunningHub) -> None:
    assert grep(hub, "-c", "line", "grep/**") == ["grep/a:100"]
    assert grep(hub, "-c", "-v", "line", "grep/**") == ["grep/b:2"]
    assert grep(hub, "-l", "n", "grep/**") == ["grep/a", "grep/b"]
    assert grep(hub, "-m", "2", "--newest", "line", "grep/a") == ["line 99", "line 98"]
    assert grep(hub, "-F", "line 1.", "grep/a", code=1) == []


def test_context_is_shown_once(hub: RunningHub) -> None:
    shown = grep(hub, "-n", "-C", "1", "line (5|7|20)$", "grep/a")
    assert shown == [
        "5-line 4",
        "6:line 5",
        "7-line 6",
        "8:line 7",
        "9-line 8",
        "--",
        "20-line 19",
        "21:line 20",
        "22-line 21",
    ]


def test_json_tells_all(hub: RunningHub) -> None:
    (row,) = [json.loads(line) for line in grep(hub, "--json", "line 40 ", "grep/a")]
    assert (row["stream"], row["line"]) == ("grep/a", 40)
    assert BUILD[row["offset"] :].startswith(b"line 40")


def test_what_is_on_the_disk_is_searched_by_a_process_that_ends_with_the_hub(tmp_path: Path) -> None:
    hub = RunningHub(tmp_path / "data")
    try:
        for number in range(40):
            with hub.producer() as socket:
                socket.sendall(b"HUB/1 RAW stream=many/%d\nline %d of many\n" % (number, number))
                socket.shutdown(1)
                socket.recv(1)
        hub.until_durable()
        for number in (signal.SIGKILL, signal.SIGTERM):
            hub.come_again()  # what a new hub finds in its store sleeps
            found = grep(hub, "line 1.? of", "many/*")
            assert found == [f"many/{number}:line {number} of many" for number in (1, *range(10, 20))]
            (process,) = hub.children()
            over = os.pidfd_open(process)
            hub.process.end(number)
            assert select.select([over], [], [], PATIENCE_SECONDS)[0], "it outlives its hub"
            os.close(over)
    finally:
        hub.close()
