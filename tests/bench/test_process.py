"""What /proc says of a process, and servers that end before they are ready."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest

from bench.process import Server, ServerFailed, children_of, parse_stat, tree_usage


def test_cpu_and_memory_are_found_behind_any_process_name() -> None:
    fields = ["S"] + [str(number) for number in range(4, 53)]
    assert parse_stat(f"42 (a (strange) name) {' '.join(fields)}\n") == (14 + 15 + 16 + 17, 24)


def test_this_process_uses_something() -> None:
    usage = tree_usage(os.getpid())
    assert usage.cpu > 0
    assert usage.rss > 2**20


def test_a_server_that_ends_at_once_says_what_it_printed(tmp_path: Path) -> None:
    with (
        Server("broken", [sys.executable, "-c", "raise SystemExit('port taken')"], tmp_path) as server,
        pytest.raises(ServerFailed, match=r"broken ended with status 1:\nport taken"),
    ):
        server.wait_for(lambda: None, "port")


def test_children_count_and_end_with_their_server(tmp_path: Path) -> None:
    program = "from subprocess import *; import sys; Popen([sys.executable, '-c', 'input()'], stdin=PIPE).wait()"
    with Server("parent", [sys.executable, "-c", program], tmp_path) as server:
        (child,) = server.wait_for(lambda: children_of(server.pid) or None, "child")
        life = os.pidfd_open(child)
        assert tree_usage(server.pid).rss > tree_usage(child).rss > 0
    try:
        assert select.select([life], [], [], 10.0)[0], "the child lives on"
    finally:
        os.close(life)


def test_settings_reach_the_server(tmp_path: Path) -> None:
    with Server(
        "env", [sys.executable, "-c", "import os; print(os.environ['HUB_X'])"], tmp_path, {"HUB_X": "7"}
    ) as server:
        assert server.wait_for(lambda: server.printed().strip() or None, "line") == "7"
