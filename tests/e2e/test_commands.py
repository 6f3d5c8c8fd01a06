"""The commands as a user meets them: real processes, real sockets, a hub of its own for each test's streams."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import socket
import struct
import time
from pathlib import Path

import pytest

from running_hub import ANY_PORT, PATIENCE_SECONDS, Process, RunningHub, environment

AWKWARD = bytes(range(256)) * 64 + b"\r\n\xff\xfe no end of line"


def test_what_is_sent_is_what_cat_writes(hub: RunningHub) -> None:
    data = AWKWARD + b"x" * 3_000_000 + AWKWARD
    hub.run("send", "bytes/a", given=data)
    assert hub.run("cat", "bytes/a").stdout == data


def test_send_with_tee_passes_the_input_on(hub: RunningHub) -> None:
    assert hub.run("send", "--tee", "bytes/tee", given=AWKWARD).stdout == AWKWARD
    assert hub.run("cat", "bytes/tee").stdout == AWKWARD


def test_runs_are_told_apart(hub: RunningHub) -> None:
    for text in (b"first\n", b"second\n"):
        hub.run("send", "runs/a", given=text)
    assert hub.run("cat", "runs/a").stdout == b"first\nsecond\n"
    assert hub.run("cat", "runs/a#1").stdout == b"first\n"
    assert hub.run("cat", "runs/a#2").stdout == b"second\n"
    assert b"runs 1 to 2" in hub.run("cat", "runs/a#3", code=1).stderr


def test_a_raw_producer_is_announced_listed_and_tailed(hub: RunningHub) -> None:
    with hub.producer() as raw:
        raw.sendall(b"from nc\n")
        shown = hub.process.until(b"raw/127.0.0.1/")
        name = re.findall(rb"raw/127\.0\.0\.1/\S+", shown)[0].decode()
        assert f"http://127.0.0.1:{hub.port('web')}/".encode() in shown
        (row,) = hub.rows("--live", "raw/**")
        assert (row["stream"], row["state"], row["lines"]) == (name, "live", 1)
        with hub.start("tail", name) as tail:
            tail.until(b"from nc\n")
            raw.sendall(b"and on\n")
            assert tail.until(b"and on\n") == b"from nc\nand on\n"
            assert tail.end(signal.SIGINT) == 130


def test_tail_begins_with_the_last_lines_and_filters(hub: RunningHub) -> None:
    hub.run("send", "lines/a", given=b"".join(b"line %d\n" % number for number in range(30)))
    last = hub.run("tail", "--no-follow", "lines/a").stdout
    assert last.splitlines() == [b"line %d" % number for number in range(20, 30)]
    assert hub.run("tail", "--no-follow", "-n", "2", "lines/*").stdout == b"lines/a | line 28\nlines/a | line 29\n"
    chosen = hub.run("tail", "--no-follow", "-n", "all", "--include", "[05]$", "--exclude", "2", "lines/a").stdout
    assert chosen.splitlines() == [b"line 0", b"line 5", b"line 10", b"line 15"]
    stamped = hub.run("tail", "--no-follow", "-n", "1", "-t", "--since", "1h", "lines/a", code=2)
    assert b"one of them" in stamped.stderr
    stamped = hub.run("tail", "--no-follow", "-t", "--since", "1h", "lines/a")
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} line 0", stamped.stdout.splitlines()[0])


def test_tail_is_sent_only_the_lines_that_match(hub: RunningHub) -> None:
    name = "match/a"
    with hub.start("send", name) as send:
        send.feed(b"err 1\nfine\nerr 2\n" + b"x" * 4000 + b"\n")
        with hub.start("tail", "-n", "all", "--match", "err [0-9]+$", "match/*") as tail:
            assert tail.until(b"err 2\n") == b"match/a | err 1\nmatch/a | err 2\n"
            send.feed(b"nothing\nerr")
            send.feed(b" 3\nerr x\nerr 4")
            send.end_input()
            send.end()
            # The last line has no end, and is whole when its run is.
            assert tail.until(b"err 4").splitlines()[2:] == [b"match/a | err 3", b"match/a | err 4"]
            tail.until(b"match/a#1 ended", on_stderr=True)
            assert tail.end(signal.SIGINT) == 130
            told = tail.until(b"left out\n", on_stderr=True)
            assert b"3.9 KiB in lines that do not match were left out" in told
            assert b"offsets" not in told
    refused = hub.run("tail", "--match", "(", name, code=2)
    assert b"--match '(' is no RE2 pattern" in refused.stderr


def test_tail_takes_a_stream_that_appears_later_and_ends_with_its_status(hub: RunningHub) -> None:
    with hub.start("tail", "--exit-status", "later/a") as tail:
        tail.until(b"waiting for one", on_stderr=True)
        hub.run("send", "later/a", given=b"here\n")
        assert tail.until(b"here\n") == b"here\n"
        assert tail.end() == 0


def test_wait_exits_with_how_the_run_ended(hub: RunningHub) -> None:
    hub.run("send", "wait/well", given=b"x")
    assert b"ended: done" in hub.run("wait", "wait/well").stderr
    with hub.start("wait", "wait/badly") as wait:
        wait.until(b"waiting for it", on_stderr=True)
        with hub.producer() as raw:
            raw.sendall(b"HUB/1 RAW stream=wait/badly\nx\n")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            hub.process.until(b"wait/badly")
        assert wait.end() == 1
        wait.until(b"wait/badly#1 ended: reset", on_stderr=True)
    assert b"not ended" in hub.run("wait", "--timeout", "0.1", "wait/never", code=1).stderr


def test_ls_chooses(hub: RunningHub) -> None:
    hub.run("send", "ls/a", "--meta", "build=42", "--meta", "branch=main", given=b"x\n")
    hub.run("send", "ls/b", "--meta", "build=43", given=b"x\n")
    with hub.producer() as raw:
        raw.sendall(b"HUB/1 RAW stream=ls/c\nx\n")
        hub.process.until(b"ls/c")
        assert [row["stream"] for row in hub.rows("ls/*")] == ["ls/c", "ls/b", "ls/a"]
        assert [row["stream"] for row in hub.rows("--live", "ls/*")] == ["ls/c"]
        assert hub.run("ps", "ls/*").stdout.split(b"\t")[:2] == [b"ls/c", b"live"]
        with hub.start("wait", "ls/c") as wait:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raw.close()
            assert wait.end() == 1
    assert [row["stream"] for row in hub.rows("--failed", "ls/*")] == ["ls/c"]
    assert [row["stream"] for row in hub.rows("--meta", "build=42", "ls/*")] == ["ls/a"]
    assert hub.rows("--meta", "build=42", "--meta", "branch=dev", "ls/*") == []


def test_names_that_come_near_are_suggested(hub: RunningHub) -> None:
    hub.run("send", "near/build-7", given=b"x\n")
    for command in (("cat",), ("tail", "--no-follow"), ("ls",), ("stats",)):
        assert b"did you mean near/build-7" in hub.run(*command, "near/biuld-7", code=1).stderr


def test_status_and_stats_tell(hub: RunningHub) -> None:
    told = hub.run("status").stdout.decode()
    for endpoint in hub.endpoints.values():
        assert endpoint in told
    hub.run("send", "stats/a", given=b"1\n2\n")
    assert b"\nlines\t2\n" in hub.run("stats", "stats/a").stdout
    assert b"uptime_s\t" in hub.run("stats").stdout
    steps = hub.run("stats", "stats/a", "--series", "lines").stdout.decode().splitlines()
    assert sum(int(step.split("\t")[1]) for step in steps) == 2
    series = json.loads(hub.run("stats", "stats/a", "--series", "bytes", "--since", "1h", "--json").stdout)
    assert (sum(series["values"]), len(series["values"]) <= 2000) == (4, True)
    assert b"name it" in hub.run("stats", "--series", "lines", code=2).stderr
    nothing = json.loads(hub.run("stats", "stats/a", "--series", "loss", "--json").stdout)
    assert set(nothing["values"]) <= {None}


def test_tail_ends_when_nobody_reads_it(hub: RunningHub) -> None:
    hub.run("send", "pipe/a", given=b"x\n")
    with hub.start("tail", "pipe/a") as tail:
        tail.until(b"x\n")
        assert tail.popen.stdout is not None
        tail.popen.stdout.close()
        assert tail.end() == 141
        tail.end_input()
        assert tail.popen.stderr is not None
        assert b"Traceback" not in tail.popen.stderr.read()


def test_a_terminal_gets_harmless_lines_and_the_unfinished_one_in_place(hub: RunningHub) -> None:
    hostile = b"\x1b]0;title\x07\x1b[31mred\x1b[0m\x1b[2J\n"
    hub.run("send", "tty/cat", given=hostile)
    controller, terminal = pty.openpty()
    try:
        with (
            open(terminal, "wb", buffering=0, closefd=False) as out,
            hub.start("cat", "tty/cat", stdout=out) as cat,
        ):
            assert cat.end() == 0
            assert cat.read_until(controller, b"\n") == b"\x1b[31mred\x1b[0m\x1b[0m\r\n"
        with (
            open(terminal, "wb", buffering=0, closefd=False) as out,
            hub.start("send", "tty/progress") as send,
            hub.start("tail", "-q", "tty/progress", stdout=out) as tail,
        ):
            send.feed(b"10%")
            tail.read_until(controller, b"10%")
            send.feed(b"\r20%")
            tail.read_until(controller, b"\r\x1b[K20%")
            send.feed(b"\rdone\n")
            tail.read_until(controller, b"\r\x1b[Kdone\r\n")
            send.end_input()
            assert (send.end(), tail.end(signal.SIGINT)) == (0, 130)
    finally:
        os.close(controller)
        os.close(terminal)


@pytest.mark.own_hub
def test_tail_comes_back_after_a_crash_and_nothing_is_gone(hub: RunningHub) -> None:
    hub.run("send", "crash/a", given=b"before\n")
    with hub.start("tail", "crash/a") as tail:
        tail.until(b"before\n")
        hub.come_again()
        hub.run("send", "crash/a", given=b"after\n")
        assert tail.until(b"after\n") == b"before\nafter\n"
        assert b"not part of the stream" not in tail.until(b"connected again", on_stderr=True)


def test_tail_says_what_a_crash_took_with_it(tmp_path: Path) -> None:
    with contextlib.closing(RunningHub(tmp_path / "data", HUB_STORE="memory")) as hub:
        hub.run("send", "crash/a", given=b"before\n")
        with hub.start("tail", "crash/a") as tail:
            tail.until(b"before\n")
            hub.come_again()
            hub.run("send", "crash/a", given=b"after\n")
            assert tail.until(b"after\n") == b"before\nafter\n"
            assert b"connected again" in tail.until(b"not part of the stream any more", on_stderr=True)


@pytest.mark.own_hub
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_cleanly_by_a_signal(hub: RunningHub, number: int) -> None:
    with hub.producer() as raw:
        raw.sendall(b"still here\n")
        hub.process.until(b"raw/127.0.0.1/")
        hub.process.popen.send_signal(number)
        raw.sendall(b"read until it ends\n")
    # Nobody writes raw any more, so the drain does not take its time.
    assert hub.process.end() == 0
    assert not (hub.data_dir / "endpoints.json").exists()
    assert hub.process.popen.stderr is not None
    assert b"Traceback" not in hub.process.popen.stderr.read()
    assert b"no hub runs" in hub.run("status", code=69).stderr


@pytest.mark.own_hub
def test_a_send_outlives_its_hub(hub: RunningHub) -> None:
    with hub.start("send", "gone/a") as send:
        send.feed(b"before\n")
        hub.process.until(b"gone/a")
        hub.process.end(signal.SIGKILL)
        send.feed(b"meanwhile\n")
        send.until(b"kept in memory", on_stderr=True)
        hub.come_again()
        send.until(b"connected again", on_stderr=True)
        send.feed(b"after\n")
        send.end_input()
        assert send.end() == 0
    assert hub.run("cat", "gone/a").stdout == b"before\nmeanwhile\nafter\n"


def test_without_a_hub_tee_still_passes_the_input_on(tmp_path: Path) -> None:
    env = environment(HUB_DATA_DIR=str(tmp_path))
    with Process("send", "--tee", env=env) as send:
        send.until(b"no hub runs", on_stderr=True)
        send.feed(b"kept\n")
        send.end_input()
        assert send.until(b"kept\n") == b"kept\n"
        assert send.end() == 69


@pytest.mark.own_hub
def test_serve_goes_on_when_nobody_reads_what_it_says(hub: RunningHub) -> None:
    assert hub.process.popen.stdout is not None
    hub.process.popen.stdout.close()
    for name in ("silent/a", "silent/b"):
        hub.run("send", name, given=b"x\n")
        assert hub.run("cat", name).stdout == b"x\n"
    assert hub.process.end(signal.SIGTERM) == 0


def test_a_taken_port_names_the_setting(hub: RunningHub, tmp_path: Path) -> None:
    flags = {"producers": ANY_PORT, "commands": ANY_PORT, "data": ANY_PORT, "web": ANY_PORT}
    flags["data"] = f"tcp:{hub.port('data')}:interface=127.0.0.1"
    args = [part for name, endpoint in flags.items() for part in (f"--{name}", endpoint)]
    with Process("serve", "--data-dir", str(tmp_path / "data"), *args, env=environment()) as serve:
        assert serve.end() == 1
        assert b"setting: data" in serve.until(b"\n", on_stderr=True)
    assert not (tmp_path / "data" / "endpoints.json").exists()


def test_a_second_hub_in_the_same_directory_is_refused_and_harms_nothing(hub: RunningHub) -> None:
    with hub.start("serve", "--data", ANY_PORT) as serve:
        assert serve.end() == 1
        told = serve.until(b"\n", on_stderr=True).decode()
    assert f"another hub (process {hub.process.popen.pid}) already runs" in told
    hub.run("status")


@pytest.mark.parametrize("directory", ["/dev/null/hub", "/proc/hub"])
def test_a_data_directory_that_cannot_be_made_is_told(directory: str) -> None:
    with Process("serve", "--data-dir", directory, env=environment()) as serve:
        assert serve.end() == 1
        assert b"data_dir: " in serve.until(b"\n", on_stderr=True)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--store", "nats://127.0.0.1"), b"not built yet"),
        (("--data", "tcp:7413"), b"allow_plain_beyond_loopback"),
        (("--config", "/nonexistent/hub.toml"), b"is not a file"),
    ],
)
def test_serve_refuses_what_it_must_not_start_with(tmp_path: Path, flags: tuple[str, ...], says: bytes) -> None:
    with Process("serve", "--data-dir", str(tmp_path), *flags, env=environment()) as serve:
        assert serve.end() == 2
        assert says in serve.until(b"\n", on_stderr=True)


def test_who_half_closes_gets_the_answers_that_were_there_and_what_was_to_be_changed_is(hub: RunningHub) -> None:
    hub.run("send", "a", given=b"hello\n")

    def ask(method: str, **params: object) -> bytes:
        token = (hub.data_dir / "admin.token").read_text().strip()
        with socket.create_connection(("127.0.0.1", hub.port("commands")), 30) as sock:
            answers = sock.makefile("rb")
            for id_, name, given in ((0, "hub.hello", {"protocol": "HUB/1", "token": token}), (1, method, params)):
                call = {"jsonrpc": "2.0", "id": id_, "method": name, "params": given}
                sock.sendall(json.dumps(call).encode() + b"\n")
                if id_ == 0:
                    answers.readline()
            sock.shutdown(socket.SHUT_WR)
            return answers.read()

    assert json.loads(ask("hub.info"))["result"]["protocol"] == "HUB/1"
    assert ask("stream.mark", stream="a", text="here") == b"", "it is answered once durable"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (marks := json.loads(ask("stream.marks", stream="a"))["result"]["marks"]):
        assert time.monotonic() < deadline, "it was not done"
    assert [each["text"] for each in marks] == ["here"]
