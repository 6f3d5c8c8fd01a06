"""`hub attach` on a pseudo-terminal, `hub cmd` and `hub mark`, against a real hub."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from running_hub import COMMAND, PATIENCE_SECONDS, Process, RunningHub

# Like a shell: says its size when that changes, echoes as a terminal does, and lives through Ctrl-C.
SHELL = """
import os, signal, sys
def size(*_):
    print('size', *os.get_terminal_size(0), flush=True)
signal.signal(signal.SIGWINCH, size)
signal.signal(signal.SIGINT, lambda *_: print('interrupted', flush=True))
print('ready', flush=True)
for line in sys.stdin:
    if line == 'bye\\n':
        sys.exit(5)
    print('got', line.strip(), flush=True)
"""


@pytest.fixture
def shell(hub: RunningHub) -> Iterator[Process]:
    args = ("run", "--control", "--pty", "--name", "box", "--quiet", "--", sys.executable, "-c", SHELL)
    with hub.start(*args) as run:
        run.until(b"ready")
        hub.until_listed()
        yield run


class Terminal:
    """A person's terminal with `hub attach` in it."""

    def __init__(self, hub: RunningHub, *args: str) -> None:
        self.controller, terminal = pty.openpty()
        self.before = termios.tcgetattr(terminal)
        self.terminal = terminal
        self.size(30, 100)
        self.popen = subprocess.Popen(
            [*COMMAND, "attach", *args],
            env=hub.env,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self._reads = Process.__new__(Process)
        self._reads._seen = {}

    def size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data: bytes) -> None:
        os.write(self.controller, data)

    def until(self, text: bytes) -> bytes:
        return self._reads.read_until(self.controller, text)

    def end(self) -> int:
        return self.popen.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait(PATIENCE_SECONDS)
        os.close(self.controller)
        os.close(self.terminal)


@pytest.fixture
def terminal(hub: RunningHub, shell: Process) -> Iterator[Terminal]:
    terminal = Terminal(hub, "box")
    yield terminal
    terminal.close()


def test_a_terminal_is_the_commands_own(hub: RunningHub, shell: Process, terminal: Terminal) -> None:
    terminal.until(b"attached to box")
    terminal.until(b"size 100 30")
    terminal.type(b"hello\r")
    terminal.until(b"got hello")
    terminal.type(b"\x03")
    terminal.until(b"interrupted")
    terminal.size(40, 120)
    terminal.popen.send_signal(signal.SIGWINCH)
    terminal.until(b"size 120 40")
    assert [row["name"] for row in map(json.loads, hub.run("lease", "list", "--json").stdout.splitlines())] == [
        "stream:box"
    ]
    assert b"controls this stream" in hub.run("cmd", "box", "signal", "INT", code=1).stderr
    terminal.type(b"\r~.")
    terminal.until(b"left box, which goes on")
    assert terminal.end() == 0
    assert termios.tcgetattr(terminal.terminal) == terminal.before, "the terminal is as it was"
    assert hub.run("lease", "list").stdout == b""
    assert hub.run("cmd", "box", "stdin", "again").stdout == b"done\n"
    shell.until(b"got again")


def test_it_ends_as_the_command_does(hub: RunningHub, shell: Process, terminal: Terminal) -> None:
    terminal.until(b"size 100 30")
    terminal.type(b"bye\r")
    terminal.until(b"box ended: exit:5")
    assert terminal.end() == 5
    assert shell.end() == 5


def test_only_one_is_attached_and_may_lose_it(hub: RunningHub, shell: Process, terminal: Terminal) -> None:
    terminal.until(b"size 100 30")
    second = Terminal(hub, "box")
    try:
        second.until(b"is held by admin")
        assert second.end() == 75
    finally:
        second.close()
    thief = Terminal(hub, "--steal", "my turn", "box")
    try:
        thief.until(b"attached to box")
        terminal.until(b"stolen by admin: my turn")
        assert terminal.end() == 76
        thief.type(b"mine\r")
        thief.until(b"got mine")
        thief.type(b"~.")
        assert thief.end() == 0
    finally:
        thief.close()


@pytest.mark.own_hub
def test_a_hub_that_is_killed_is_gone_on_with(hub: RunningHub, shell: Process, terminal: Terminal) -> None:
    terminal.until(b"size 100 30")
    hub.come_again()
    hub.until_listed("box", state="live")
    terminal.type(b"still\r")
    terminal.until(b"got still")


@pytest.mark.own_hub
def test_control_that_cannot_be_given_back_is_told_of(hub: RunningHub, shell: Process, terminal: Terminal) -> None:
    terminal.until(b"size 100 30")
    hub.end(signal.SIGKILL)
    terminal.type(b"\r~.")
    terminal.until(b"the lease could not be given back")
    assert terminal.end() == 0


def test_a_former_runs_end_among_the_last_lines_ends_nothing(hub: RunningHub) -> None:
    hub.run("run", "--name", "box", "--quiet", "--", "echo", "of before", code=0)
    args = ("run", "--control", "--pty", "--name", "box", "--quiet", "--", sys.executable, "-c", SHELL)
    with hub.start(*args) as run:
        run.until(b"ready")
        hub.until_listed("box", state="live")
        terminal = Terminal(hub, "box")
        try:
            terminal.until(b"of before")
            terminal.until(b"size 100 30")
            terminal.type(b"bye\r")
            terminal.until(b"box ended: exit:5")
            assert terminal.end() == 5
        finally:
            terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_it_leaves_the_terminal_as_it_was_and_the_lease_free(
    hub: RunningHub, terminal: Terminal, number: signal.Signals
) -> None:
    terminal.until(b"size 100 30")
    assert termios.tcgetattr(terminal.terminal) != terminal.before
    terminal.popen.send_signal(number)
    assert terminal.end() == 128 + number
    assert termios.tcgetattr(terminal.terminal) == terminal.before
    assert hub.run("lease", "list").stdout == b""


def test_what_cannot_be_attached_says_why(hub: RunningHub) -> None:
    assert b"no terminal here" in hub.run("attach", "x", code=2).stderr
    hub.run("send", "over", given=b"x\n")
    for name, said in (("over", b"over has ended"), ("nothing", b"there is no stream nothing")):
        terminal = Terminal(hub, name)
        try:
            terminal.until(said)
            assert terminal.end() == 1
        finally:
            terminal.close()


def test_commands_are_sent_and_refused(hub: RunningHub) -> None:
    text = "import signal, sys\nsignal.signal(10, lambda *a: sys.exit(4))\nprint('ready', flush=True)\nsignal.pause()"
    with hub.start("run", "--control", "--name", "job", "--quiet", "--", sys.executable, "-c", text) as job:
        job.until(b"ready")
        hub.until_listed()
        assert b"it offers: signal, stdin, resize" in hub.run("cmd", "job", "dance", code=1).stderr
        assert b"no terminal" in hub.run("cmd", "job", "resize", "24x80", code=1).stderr
        assert json.loads(hub.run("cmd", "job", "signal", "USR1", "--json").stdout) == {"done": True}
        assert job.end() == 4
    hub.run("send", "raw", given=b"x\n")
    assert b"nobody writes" in hub.run("cmd", "raw", "signal", "INT", code=1).stderr
    assert b"did you mean raw?" in hub.run("cmd", "rwa", "signal", "INT", code=1).stderr


def test_marks_are_put_and_listed(hub: RunningHub) -> None:
    hub.run("send", "a", given=b"one\n")
    assert hub.run("mark", "a", "here", "it", "broke").stdout.split(b"\t")[::2] == [b"4", b"admin"]
    (mark,) = [json.loads(line) for line in hub.run("mark", "a", "--json").stdout.splitlines()]
    assert (mark["offset"], mark["by"], mark["text"]) == (4, "admin", "here it broke")
