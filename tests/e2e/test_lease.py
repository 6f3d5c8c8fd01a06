"""`hub lease` against a real hub."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from running_hub import PATIENCE_SECONDS, RunningHub

# A busy machine takes its time to start a hub again.
PATIENT = pytest.mark.own_hub(HUB_LIMITS_LEASE_GRACE_SECONDS="30")


def leases(hub: RunningHub) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hub.run("lease", "list", "--json").stdout.splitlines()]


def until_waited_for(hub: RunningHub) -> None:
    """Wait until somebody waits for the lease that is held."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with hub.admin() as admin:
        admin.call("hub.subscribe", topics=["lease.*"])
        while admin.call("lease.list")["leases"][0]["waiters"] == 0:
            assert admin.next_notification(deadline - time.monotonic()) is not None, "nobody waits"


def test_one_command_at_a_time_runs_under_a_name(hub: RunningHub) -> None:
    script = 'echo "fence $HUB_LEASE_FENCE $HUB_LEASE"; read line'
    with hub.start("lease", "run", "printer", "--", "sh", "-c", script) as first:
        fence = int(first.until(b" printer\n").split()[1])
        assert [(row["name"], row["fence"]) for row in leases(hub)] == [("printer", fence)]
        assert b"is held by admin" in hub.run("lease", "run", "printer", "--", "true", code=75).stderr
        with hub.start("lease", "run", "--wait", "60", "printer", "--", "sh", "-c", script) as second:
            until_waited_for(hub)
            first.feed(b"go\n")
            assert first.end() == 0
            assert int(second.until(b" printer\n").split()[1]) > fence
            second.feed(b"go\n")
            assert second.end() == 0
    assert leases(hub) == []


def test_a_command_exits_as_it_exits(hub: RunningHub) -> None:
    hub.run("lease", "run", "a", "--", "sh", "-c", "exit 7", code=7)
    hub.run("lease", "run", "a", "--", "sh", "-c", "kill -9 $$", code=137)
    hub.run("lease", "run", "a", "--", "no-such-command", code=127)
    assert leases(hub) == []


def test_a_command_ends_when_its_lease_is_stolen(hub: RunningHub) -> None:
    with hub.start("lease", "run", "a", "--", "sh", "-c", "echo on; sleep 60") as command:
        command.until(b"on\n")
        hub.run("lease", "steal", "a", "--reason", "fire")
        assert b"stolen by admin: fire" in command.until(b"fire", on_stderr=True)
        assert command.end() == 76


def test_what_a_command_started_is_ended_with_it(hub: RunningHub) -> None:
    """The shell ends when it is told to; what it started takes no notice, and would go on without the lease."""
    script = """sh -c 'trap "" TERM; echo $$; while :; do sleep 0.02; done' & wait"""
    with hub.start("lease", "run", "--grace", "0.3", "a", "--", "sh", "-c", script) as command:
        stubborn = int(command.until(b"\n"))
        hub.run("lease", "steal", "a", "--reason", "\x1b[31mfire")
        assert "stolen by admin: ␛[31mfire".encode() in command.until(b"fire", on_stderr=True)
        assert command.end() == 76
    stat = Path(f"/proc/{stubborn}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_a_command_that_takes_no_notice_goes_on_when_its_caller_is_told_to_end(hub: RunningHub) -> None:
    """As with sudo and the like it is the command that decides; the lease is held as long as it runs."""
    script = """trap "" TERM; echo on; read line; exit 4"""
    with hub.start("lease", "run", "a", "--", "sh", "-c", script) as command:
        command.until(b"on\n")
        command.popen.send_signal(signal.SIGTERM)
        assert [row["name"] for row in leases(hub)] == ["a"]
        command.feed(b"go\n")
        assert command.end() == 4
    assert leases(hub) == []


@PATIENT
def test_a_lease_survives_a_hub_that_is_killed(hub: RunningHub) -> None:
    with hub.start("lease", "run", "--ttl", "20", "a", "--", "sh", "-c", "echo on; read line; exit 3") as command:
        command.until(b"on\n")
        before = leases(hub)[0]
        hub.come_again()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (row := leases(hub)[0])["expires_at"] <= before["expires_at"]:
            assert time.monotonic() < deadline, "it is not renewed"
        assert (row["fence"], row["session"]) == (before["fence"], before["session"])
        command.feed(b"\n")
        assert command.end() == 3


@PATIENT
def test_a_command_is_ended_before_its_lease_can_be_another_ones(hub: RunningHub) -> None:
    with hub.start("lease", "run", "--ttl", "2", "a", "--", "sh", "-c", "echo on; sleep 60") as command:
        command.until(b"on\n")
        hub.process.end(signal.SIGKILL)
        assert command.end() == 76


def test_a_lease_is_held_in_the_foreground_and_passed_on(hub: RunningHub) -> None:
    with hub.start("lease", "acquire", "a", "--json") as holder:
        row = json.loads(holder.until(b"\n"))
        assert row == {**row, "name": "a", "fence": leases(hub)[0]["fence"]}
        assert holder.end(signal.SIGTERM) == 143
    assert leases(hub) == [], "it is given back at once"
    once = json.loads(hub.run("lease", "acquire", "a", "b", "--once", "--json").stdout)
    assert once["name"] == "a"
    proof = ("--session", once["session_key"], "--fence", str(once["fence"]))
    hub.run("lease", "renew", "a", *proof, "--ttl", "90")
    assert leases(hub)[0]["ttl_s"] == 90
    with hub.start("lease", "acquire", "b", "--json") as heir:
        session = json.loads(heir.until(b"\n"))["session"]
        hub.run("lease", "hand-over", "a", session, *proof)
        assert [row["session"] for row in leases(hub)] == [session, session]
        assert b"EXPIRED" in hub.run("lease", "release", "a", *proof, code=1).stderr, "it has nothing any more"


def test_any_free_live_stream_of_a_pattern(hub: RunningHub) -> None:
    hub.run("lease", "run", "--any", "board/*", "--", "true", code=75)
    with hub.producer() as board:
        board.sendall(b"HUB/1 RAW stream=board/7\nhello\n")
        said = hub.run("lease", "run", "--any", "board/*", "--wait", "20", "--", "sh", "-c", "echo $HUB_LEASE_STREAM")
        assert said.stdout == b"board/7\n"


@PATIENT
def test_who_waits_goes_on_waiting_when_the_hub_is_killed_and_comes_again(hub: RunningHub) -> None:
    with hub.start("lease", "run", "a", "--", "sh", "-c", "echo on; read line") as holder:
        holder.until(b"on\n")
        with hub.start("lease", "run", "--wait", "600", "a", "--", "echo", "mine") as heir:
            until_waited_for(hub)
            hub.come_again()
            heir.until(b"at its end", on_stderr=True)
            holder.feed(b"go\n")
            assert holder.end() == 0
            heir.until(b"mine\n")
            assert heir.end() == 0


def test_who_is_told_to_end_while_it_waits_leaves_the_queue_at_once(hub: RunningHub) -> None:
    with hub.start("lease", "run", "a", "--", "sh", "-c", "echo on; read line") as holder:
        holder.until(b"on\n")
        for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)):
            with hub.start("lease", "run", "--wait", "600", "a", "--", "echo", "mine") as waiting:
                until_waited_for(hub)
                assert waiting.end(number) == code
            assert leases(hub)[0]["waiters"] == 0


@PATIENT
def test_a_lease_can_be_waited_for_before_there_is_a_hub(hub: RunningHub) -> None:
    hub.process.end(signal.SIGKILL)
    with hub.start("lease", "run", "--wait", "600", "a", "--", "echo", "mine") as early:
        early.until(b"asked again", on_stderr=True)
        hub.come_again()
        early.until(b"mine\n")
        assert early.end() == 0
