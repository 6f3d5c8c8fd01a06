"""`hub run` and `hub sync` against a real hub that comes and goes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from running_hub import COMMAND, PATIENCE_SECONDS, Process, RunningHub

# Says what it is told, line by line, so that a test decides when it goes on.
ECHO = "import sys\nfor line in sys.stdin:\n print(line.strip(), flush=True)\n"


def spooled(hub: RunningHub) -> list[Path]:
    return sorted(Path(hub.env["HUB_SPOOL_DIR"]).glob("*.spool"))


def script(text: str) -> tuple[str, str, str]:
    return (sys.executable, "-c", text)


def test_output_is_passed_on_stored_and_the_status_returned(hub: RunningHub) -> None:
    text = "import sys\nprint('out')\nsys.stdout.flush()\nprint('oops', file=sys.stderr)\nsys.exit(3)"
    done = hub.run("run", "--name", "r/a", "--", *script(text), code=3)
    assert done.stdout == b"out\n"
    assert b"oops\n" in done.stderr
    assert f"{hub.endpoints['web'].rstrip('/')}/#/s/r/a".encode() in done.stderr
    assert hub.run("cat", "r/a").stdout == b"out\noops\n"
    assert hub.run("wait", "r/a", code=3)
    assert spooled(hub) == []


def test_a_command_that_a_signal_ends(hub: RunningHub) -> None:
    hub.run("run", "--name", "r/a", "--", *script("import os\nos.kill(os.getpid(), 15)"), code=143)
    hub.run("wait", "r/a", code=143)


def test_signals_are_passed_on(hub: RunningHub) -> None:
    text = "import signal, sys\nsignal.signal(15, lambda *a: sys.exit(7))\nprint('ready', flush=True)\nsignal.pause()"
    with hub.start("run", "--name", "r/a", "--", *script(text)) as run:
        run.until(b"ready\n")
        assert run.end(signal.SIGTERM) == 7
    hub.run("wait", "r/a", code=7)


@pytest.mark.own_hub
def test_a_hub_that_is_killed_costs_nothing(hub: RunningHub) -> None:
    with hub.start("run", "--name", "r/a", "--", *script(ECHO)) as run:
        run.feed(b"before\n")
        run.until(b"before\n")
        hub.process.until(b"r/a")
        hub.process.end(signal.SIGKILL)
        run.feed(b"meanwhile\n")
        run.until(b"meanwhile\n")
        run.until(b"the output is kept", on_stderr=True)
        hub.come_again()
        run.until(b"connected again", on_stderr=True)
        run.feed(b"after\n")
        run.end_input()
        assert run.end() == 0
    assert hub.run("cat", "r/a").stdout == b"before\nmeanwhile\nafter\n"
    assert spooled(hub) == []


@pytest.mark.own_hub
def test_what_is_left_of_a_run_that_was_killed_is_synced(hub: RunningHub) -> None:
    hub.process.end(signal.SIGKILL)
    with hub.start("run", "--name", "r/a", "--", *script(ECHO)) as run:
        run.feed(b"one\ntwo\n")
        run.until(b"two\n")
        run.end(signal.SIGKILL)
    hub.come_again()
    assert b"8 B sent" in hub.run("sync").stdout
    assert hub.run("cat", "r/a").stdout == b"one\ntwo\n"
    assert spooled(hub) == []
    assert b"nothing is kept" in hub.run("sync").stderr


def test_what_is_for_another_hub_is_left_and_said(hub: RunningHub, tmp_path: Path) -> None:
    own = {"HUB_DATA_DIR": hub.env.pop("HUB_DATA_DIR")}
    elsewhere = tmp_path / "elsewhere"
    hub.run("run", "--offline", "--data-dir", str(elsewhere), "--name", "r/other", "--", "echo", "not yours")
    hub.run("run", "--offline", "--url", "http://hub.example:7480", "--name", "r/far", "--", "echo", "not yours")
    hub.run("run", "--offline", "--name", "r/none", "--", "echo", "anybody's")
    hub.env.update(own)
    done = hub.run("sync")
    assert (done.stdout, done.stderr.count(b"left, since it is for the hub at")) == (b"r/none: 10 B sent\n", 2)
    assert str(elsewhere).encode() in done.stderr
    assert b"http://hub.example:7480; `hub sync --any` sends it" in done.stderr
    assert len(spooled(hub)) == 2
    assert b"r/other: " in hub.run("sync", "--any", "--keep").stdout
    assert b"r/far: " in hub.run("sync", hub.env["HUB_SPOOL_DIR"]).stdout
    assert spooled(hub) == []


def test_offline_output_is_synced_while_it_is_written(hub: RunningHub) -> None:
    with hub.start("run", "--offline", "--name", "r/a", "--", *script(ECHO)) as run:
        run.feed(b"one\n")
        run.until(b"one\n")
        with hub.start("sync") as sync:
            hub.process.until(b"r/a")
            run.feed(b"two\n")
            run.until(b"two\n")
            run.end_input()
            assert run.end() == 0
            assert sync.end() == 0
    assert hub.run("cat", "r/a").stdout == b"one\ntwo\n"
    hub.run("wait", "r/a", code=0)


def test_secrets_are_masked_in_what_is_stored(hub: RunningHub) -> None:
    hub.env["DEPLOY_TOKEN"] = "tok-123456"
    text = "import os, sys\nsys.stdout.write('a tok-12')\nsys.stdout.flush()\nsys.stdout.write('3456 b')"
    assert hub.run("run", "--name", "r/a", "--", *script(text)).stdout == b"a tok-123456 b"
    assert hub.run("cat", "r/a").stdout == b"a *** b"
    hub.run("run", "--no-mask", "--name", "r/b", "--", *script(text))
    assert hub.run("cat", "r/b").stdout == b"a tok-123456 b"


@pytest.mark.parametrize("how", ["--control", "--pty"])
def test_input_from_a_file_is_read_to_its_end(hub: RunningHub, tmp_path: Path, how: str) -> None:
    (tmp_path / "f").write_bytes(b"hi\n" * 3 + b"end")
    with (tmp_path / "f").open("rb") as file:
        done = subprocess.run(
            [*COMMAND, "run", "-q", how, "--name", "t/file", "--", "cat"],
            env=hub.env,
            stdin=file,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    assert done.stdout.replace(b"\r\n", b"\n").endswith(b"hi\nhi\nhi\nend")


def test_input_that_is_not_read_waits_and_breaks_nothing(hub: RunningHub) -> None:
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    try:
        done = subprocess.run(
            [*COMMAND, "run", "-q", "--control", "--name", "t/yes", "--", "sleep", "1.5"],
            env=hub.env,
            stdin=yes.stdout,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    finally:
        yes.kill()
        yes.communicate()
    assert (done.returncode, done.stderr) == (0, b"")
    assert hub.rows("t/yes")[0]["status"] == "exit:0"
    assert spooled(hub) == []


def test_a_terminal_of_its_own(hub: RunningHub) -> None:
    done = hub.run("run", "--pty", "--name", "r/a", "--", *script("import sys\nprint(sys.stdout.isatty())"))
    assert b"True\r\n" in done.stdout
    assert hub.run("cat", "r/a").stdout == b"True\r\n"


def test_a_command_that_is_not_there_leaves_nothing(hub: RunningHub) -> None:
    assert b"No such file" in hub.run("run", "--", "no-such-command", code=127).stderr
    assert spooled(hub) == []
    assert b"{host}" in hub.run("run", "--name", "{nobody}", "--", "true", code=2).stderr


def test_without_a_hub_the_command_runs_all_the_same(tmp_path: Path) -> None:
    from running_hub import environment

    env = environment(HUB_DATA_DIR=str(tmp_path), HUB_SPOOL_DIR=str(tmp_path / "spool"))
    with Process("run", "--name", "r/a", "--", *script("print('kept')"), env=env) as run:
        run.until(b"kept\n")
        assert run.end() == 0
        run.until(b"hub sync", on_stderr=True)
    assert len(list((tmp_path / "spool").glob("*.spool"))) == 1
