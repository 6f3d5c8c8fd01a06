"""`hub collect` against a real hub, pseudo serial ports, a peer that hangs up, and files that are rotated."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import socket
import subprocess
import time
import tty
from pathlib import Path

import pytest

from running_hub import COMMAND, PATIENCE_SECONDS, Process, RunningHub


class Port:
    """A pseudo serial port under a name that stays, as udev gives them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: list[int] = []
        self.plug()

    def plug(self) -> None:
        self.device, other = pty.openpty()
        tty.setraw(other)  # as a driver leaves a port: it translates nothing
        self._ends = [self.device, other]
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.path.symlink_to(os.ttyname(other))

    def unplug(self) -> None:
        self.path.unlink()
        for end in self._ends:
            os.close(end)
        self._ends = []

    def says(self, data: bytes) -> None:
        os.write(self.device, data)

    def hears(self) -> bytes:
        ready, _, _ = select.select([self.device], [], [], PATIENCE_SECONDS)
        return os.read(self.device, 4096) if ready else b""

    def close(self) -> None:
        for end in self._ends:
            os.close(end)


def start(hub: RunningHub, path: Path, text: str) -> Process:
    path.write_text(text)
    return hub.start("collect", str(path))


def until_stored(hub: RunningHub, stream: str, data: bytes) -> None:
    """Wait until a stream holds exactly this."""
    hub.until_listed(stream)
    deadline = time.monotonic() + PATIENCE_SECONDS
    with hub.admin() as admin:
        admin.call("hub.subscribe", topics=["streams"], pattern=stream)
        while (row := next(admin.each_stream(pattern=stream)))["end"] - row["start"] < len(data):
            assert admin.next_notification(deadline - time.monotonic()) is not None, row
    assert hub.run("cat", stream).stdout == data


def test_a_serial_port_over_a_replug(hub: RunningHub, tmp_path: Path) -> None:
    port = Port(tmp_path / "ttyUSB0")
    text = f'[[serial]]\nstream = "board/7"\nport = "{port.path}"\ncontrol = true\n'
    try:
        with start(hub, tmp_path / "c.toml", text) as collect:
            collect.until(b"is open", on_stderr=True)
            port.says(b"boot \xff\r\n")
            until_stored(hub, "board/7", b"boot \xff\r\n")
            assert hub.run("cmd", "board/7", "stdin", "reset").stdout == b"done\n"
            assert port.hears() == b"reset\n"
            port.unplug()
            collect.until(b"it is tried again", on_stderr=True)
            assert b"is away" in hub.run("cmd", "board/7", "stdin", "x", code=1).stderr
            port.plug()
            port.says(b"again\r\n")
            until_stored(hub, "board/7", b"boot \xff\r\nagain\r\n")
            assert collect.end(signal.SIGINT) == 0
        assert json.loads(hub.run("ls", "--json").stdout)["status"] == "stopped"
    finally:
        port.close()


def test_a_peer_that_hangs_up_is_dialled_again(hub: RunningHub, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        text = f'[[tcp]]\nstream = "plc"\naddress = "{address}"\nsend = "start\\n"\n'
        with start(hub, tmp_path / "c.toml", text) as collect:
            for said in (b"one\n", b"two\n"):
                peer, _ = server.accept()
                with peer:
                    assert peer.recv(100) == b"start\n"
                    peer.sendall(said)
            until_stored(hub, "plc", b"one\ntwo\n")
            assert collect.end(signal.SIGTERM) == 0


@pytest.mark.own_hub
def test_files_over_rotation_a_lost_hub_and_a_restart(hub: RunningHub, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"old\n")
    text = f'[[file]]\nstream = "logs/{{name}}"\npath = "{tmp_path}/*.log"\n'
    with start(hub, tmp_path / "c.toml", text) as collect:
        collect.until(b"begins at the hub", on_stderr=True)
        with log.open("ab") as file:
            file.write(b"one\n")
        until_stored(hub, "logs/app.log", b"one\n")
        log.rename(tmp_path / "app.log.1")
        log.write_bytes(b"two\n")
        until_stored(hub, "logs/app.log", b"one\ntwo\n")
        hub.come_again()
        with log.open("ab") as file:
            file.write(b"three\n")
        (tmp_path / "new.log").write_bytes(b"all of it\n")
        until_stored(hub, "logs/app.log", b"one\ntwo\nthree\n")
        until_stored(hub, "logs/new.log", b"all of it\n")
        assert collect.end(signal.SIGINT) == 0
    with log.open("ab") as file:
        file.write(b"four\n")
    with start(hub, tmp_path / "c.toml", text) as collect:
        until_stored(hub, "logs/app.log", b"one\ntwo\nthree\nfour\n")
        assert collect.end(signal.SIGINT) == 0


@pytest.mark.own_hub
def test_what_is_truncated_while_the_hub_is_away_is_read_in_its_copy_or_a_gap(hub: RunningHub, tmp_path: Path) -> None:
    lines, read = b"".join(b"n %07d\n" % number for number in range(20_000)), 65_535
    for name in ("copied.log", "gone.log"):
        (tmp_path / name).write_bytes(lines)
    hub.process.end(signal.SIGKILL)
    text = f'memory_bytes = 65536\n[[file]]\nstream = "{{name}}"\npath = "{tmp_path}/*.log"\nfrom = "start"\n'
    with start(hub, tmp_path / "c.toml", text) as collect:
        collect.until(b"does not answer: Connection refused; what comes is kept", on_stderr=True)
        (tmp_path / "copied.log.1").write_bytes(lines)
        for name in ("copied.log", "gone.log"):
            (tmp_path / name).write_bytes(b"new\n")
        collect.until(b"read from %s/copied.log.1" % bytes(tmp_path), on_stderr=True)
        collect.until(b"%d bytes are lost" % (len(lines) - read), on_stderr=True)
        hub.come_again()
        until_stored(hub, "copied.log", lines + b"new\n")
        hub.until_durable("gone.log", len(lines) + len(b"\nnew\n"))
        cat = hub.run("cat", "gone.log", code=1)
        assert cat.stdout == lines[:read] + b"\nnew\n"
        assert b"skipped by its producer, offsets %d to %d" % (read + 1, len(lines) + 1) in cat.stderr
        assert collect.end(signal.SIGHUP) == 1
    assert {row["status"] for row in hub.rows()} == {"stopped"}


def test_one_collector_keeps_a_state_and_a_hangup_ends_it_as_ctrl_c_does(hub: RunningHub, tmp_path: Path) -> None:
    log, state = tmp_path / "app.log", tmp_path / "state.json"
    log.write_bytes(b"one\n")
    text = f'[[file]]\nstream = "app"\npath = "{log}"\nfrom = "start"\n'
    (tmp_path / "c.toml").write_text(text)
    args = ("collect", "--state", str(state), str(tmp_path / "c.toml"))
    with hub.start(*args) as collect:
        until_stored(hub, "app", b"one\n")
        refused = hub.run(*args, code=2).stderr
        assert b"process %d) already keeps in %s" % (collect.popen.pid, bytes(state)) in refused
        assert collect.end(signal.SIGHUP) == 0
    assert hub.rows()[0]["status"] == "stopped"
    assert json.loads(state.read_text())[str(log)][1] == 4
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as below nohup
    try:
        collect = hub.start(*args)
    finally:
        signal.signal(signal.SIGHUP, before)
    with collect:
        collect.until(b"begins at the hub", on_stderr=True)
        collect.popen.send_signal(signal.SIGHUP)
        with log.open("ab") as file:
            file.write(b"two\n")
        until_stored(hub, "app", b"one\ntwo\n")
        assert collect.end(signal.SIGINT) == 0


def test_the_rest_is_brought_over_where_the_terminal_is_gone(hub: RunningHub, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"one\n")
    (tmp_path / "c.toml").write_text(f'[[file]]\nstream = "app"\npath = "{log}"\nfrom = "start"\n')
    terminal, other = pty.openpty()
    command = [*COMMAND, "collect", "--state", str(tmp_path / "state.json"), str(tmp_path / "c.toml")]
    with subprocess.Popen(command, env=hub.env, stdout=other, stderr=other, start_new_session=True) as collect:
        os.close(other)
        until_stored(hub, "app", b"one\n")
        os.close(terminal)  # what is said from now on is said to nobody
        (tmp_path / "app.log.1").write_bytes(b"one\nmore\n")
        log.write_bytes(b"two\n")
        until_stored(hub, "app", b"one\nmore\ntwo\n")
        collect.send_signal(signal.SIGHUP)
        assert collect.wait(PATIENCE_SECONDS) == 0
    assert hub.rows()[0]["status"] == "stopped"


def test_a_file_that_makes_no_sense_is_refused(hub: RunningHub, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[[serial]]\nstream = 'a'\n")
    assert b"port" in hub.run("collect", str(path), code=2).stderr
    path.write_text("[[tcp]]\nstream = 'a'\naddress = 'h:1'\n")
    assert b"1 sources" in hub.run("collect", "--check", str(path)).stdout


def test_quiet_hides_progress_and_no_refusal(hub: RunningHub, tmp_path: Path) -> None:
    hub.run("send", "taken", given=b"x\n")
    secret = json.loads(hub.run("token", "create", "--kind", "producer", "--pattern", "other/**", "--json").stdout)[
        "secret"
    ]
    (tmp_path / "c.toml").write_text(f'[[file]]\nstream = "taken"\npath = "{tmp_path}/app.log"\n')
    hub.env = {**hub.env, "HUB_TOKEN": secret}
    refused = hub.run("collect", "-q", str(tmp_path / "c.toml"), code=1)
    assert b"taken: the hub refuses it for good: DENIED" in refused.stderr
    assert b"app.log\n" not in refused.stderr, "that a file is followed is progress"


def test_what_the_file_system_refuses_is_said_and_is_exit_code_1(hub: RunningHub, tmp_path: Path) -> None:
    log, pipe, nowhere = tmp_path / "app.log", tmp_path / "pipe.log", tmp_path / "file"
    log.write_bytes(b"one\n")
    nowhere.write_bytes(b"")
    os.mkfifo(pipe)
    text = f'[[file]]\nstream = "logs/{{name}}"\npath = "{tmp_path}/*.log"\nfrom = "start"\n'
    (tmp_path / "c.toml").write_text(text)
    with hub.start("collect", "-q", "--state", str(nowhere / "state"), str(tmp_path / "c.toml")) as collect:
        collect.until(b"pipe.log: it is no regular file", on_stderr=True)
        collect.until(b"cannot be kept", on_stderr=True)
        until_stored(hub, "logs/app.log", b"one\n")
        assert collect.end(signal.SIGINT) == 1
        said = collect.until(b"files were collected is not kept", on_stderr=True)
    assert b"begins at the hub" not in said


@pytest.mark.own_hub
def test_a_hub_that_is_not_reached_is_said(hub: RunningHub, tmp_path: Path) -> None:
    hub.process.end(signal.SIGKILL)
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"127.0.0.1:{server.getsockname()[1]}"
    (tmp_path / "c.toml").write_text(f'[[tcp]]\nstream = "a"\naddress = "{nobody}"\n')
    with hub.start("collect", "-q", str(tmp_path / "c.toml")) as collect:
        collect.until(b"the hub is tried again", on_stderr=True)
        said = collect.until(b"it is dialled again", on_stderr=True).decode()
    assert f"a: {nobody} does not answer: Connection refused; it is dialled again\n" in said
    hub_line = f"tcp:127.0.0.1:{hub.port('producers')} does not answer: Connection refused; what comes is kept"
    assert hub_line in said
    assert said.count("\n") <= 2
