"""`hub watchers`, `hub sessions` and `hub kick` against a real hub."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from running_hub import RunningHub


def test_who_watches_is_shown_and_may_be_sent_away(hub: RunningHub) -> None:
    hub.run("send", "a", given=b"one\n")
    with hub.start("tail", "a") as tail:
        tail.until(b"one\n")
        (row,) = [json.loads(line) for line in hub.run("watchers", "a", "--json").stdout.splitlines()]
        assert (row["principal"], row["via"], row["watches"], row["behind_bytes"]) == ("admin", "tcp", ["a"], 0)
        assert hub.run("watchers").stdout.split(b"\t")[1].decode() == row["session"]
        said = hub.run("kick", row["session"][:8], "--reason", "lunch").stdout.decode()
        assert said == f"ended {row['session']} of admin, a client's\n"
        assert b"admin ended this session: lunch" in tail.until(b"lunch", on_stderr=True)
        assert tail.end() == 1
    assert hub.run("watchers").stdout == b""
    assert b"did you mean a?" in hub.run("watchers", "A", code=1).stderr


def test_a_producer_is_sent_away_and_its_command_goes_on(hub: RunningHub, tmp_path: Path) -> None:
    script = "echo one; read line; echo two $line"
    with hub.start("run", "--name", "job", "--quiet", "--", "sh", "-c", script) as job:
        job.until(b"one\n")
        hub.until_listed()
        (row,) = [json.loads(line) for line in hub.run("sessions", "--json").stdout.splitlines()]
        assert (row["kind"], row["stream"], row["attached"]) == ("producer", "job", True)
        (ended,) = [json.loads(line) for line in hub.run("kick", "job", "--json").stdout.splitlines()]
        assert (ended["session"], ended["stream"]) == (row["session"], "job")
        job.feed(b"three\n")
        job.until(b"two three\n")
        assert job.end() == 0
        assert b"admin ended this session" in job.until(b"hub sync", on_stderr=True)
    assert hub.run("cat", "job").stdout == b"one\n"
    hub.run("sync")
    assert hub.run("cat", "job").stdout == b"one\ntwo three\n", "sent later it is another run"
    assert b"there is no session" in hub.run("kick", "nobody", code=1).stderr


def test_a_tail_that_is_stopped_is_no_watcher_any_more(hub: RunningHub) -> None:
    hub.run("send", "a", given=b"one\n")
    with hub.start("tail", "a") as tail:
        tail.until(b"one\n")
        tail.end(signal.SIGINT)
    assert hub.run("watchers", "--json").stdout == b""
