"""The command itself: what it loads, how it refuses, what its exit codes are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.app.cli.exit_codes import OK, UNREACHABLE, USAGE
from hub.app.cli.greeting import MOST_A_SECOND, Announcer, lines_to_try
from hub.app.cli.group import COMMANDS, run
from hub.app.cli.send import default_name, parse_meta
from hub.client.connection import Address

HEAVY = (
    "click",
    "rich",
    "twisted",
    "msgspec",
    "autobahn",
    "platformdirs",
    "re2",
    "asyncio",
    "http.client",
    "dataclasses",
)


@pytest.fixture(autouse=True)
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_send_loads_nothing_that_takes_time(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['hub', 'send', 'a']\n"
        "from hub.app.cli import main\n"
        "try: main()\n"
        f"except SystemExit as done: print(done.code, sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    env = {**os.environ, "HUB_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, input=b"", capture_output=True, timeout=30, check=True
    )
    assert done.stdout == b"69 []\n"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == OK
    shown = capsys.readouterr().out
    assert shown.startswith("Usage: hub ")
    assert "Exit codes:" in shown or name == "version"


@pytest.mark.parametrize(
    "argv",
    [
        ["bogus"],
        ["tail", "--since", "soon"],
        ["tail", "a b"],
        ["tail", "-n", "x"],
        ["tail", "-n", "1", "--since", "1h"],
        ["tail", "--exit-status", "a/*"],
        ["tail", "--include", "("],
        ["tail", "--url", "http://h", "--data-dir", "d"],
        ["tail", "--url", "not a url"],
        ["cat", "a#x"],
        ["cat"],
        ["wait", "a#1"],
        ["ls", "--meta", "novalue"],
        ["login"],
        ["login", "ftp://x"],
        ["completion", "tcsh"],
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == USAGE
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["ls"], ["tail"], ["cat", "a"], ["wait", "a"], ["status"], ["stats"], ["open"]])
def test_no_hub_exits_with_69_and_says_what_to_do(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == UNREACHABLE
    assert "hub serve" in capsys.readouterr().err


def test_config_show_says_where_each_value_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('data = "tcp:9:interface=localhost"\n')
    monkeypatch.setenv("HUB_LIMITS_STREAMS", "7")
    assert run(["config", "show", "--config", str(file)]) == OK
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert rows["data"].endswith(str(file))
    assert rows["limits.streams"].endswith("HUB_LIMITS_STREAMS")
    assert rows["store"].endswith("default")


def test_config_check_is_an_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check"]) == OK
    monkeypatch.setenv("HUB_DATA", "tcp:7413")
    assert run(["config", "check"]) == 1
    assert "allow_plain_beyond_loopback" in capsys.readouterr().err
    monkeypatch.setenv("HUB_DATTA", "x")
    assert run(["config", "check"]) == 1
    assert "did you mean HUB_DATA?" in capsys.readouterr().err


@pytest.mark.parametrize(("variable", "setting"), [("HUB_RAW_ALLOW", "raw_allow"), ("HUB_PROXIES", "proxies")])
def test_config_check_warns_of_networks_that_are_everybody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, setting: str
) -> None:
    monkeypatch.setenv(variable, "192.0.2.0/24")
    assert run(["config", "check"]) == OK
    assert capsys.readouterr().err == ""
    for network in ("0.0.0.0/0", "::/0"):
        monkeypatch.setenv(variable, network)
        assert run(["config", "check"]) == OK
        assert f"warning: {setting}: {network} is everybody" in capsys.readouterr().err


def test_completion_prints_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert run(["completion", shell]) == OK
        assert "_HUB_COMPLETE" in capsys.readouterr().out


def test_send_names_a_stream_after_host_and_directory() -> None:
    assert default_name("build-7.example.org", "/home/me/my project") == "build-7/my-project"
    assert default_name("h", "/") == "h/root"
    assert default_name("..", "/a/..") == "root/root"


@pytest.mark.parametrize(
    ("text", "pair"),
    [("a=b", ("a", "b")), ("n=42", ("n", 42)), ("t=true", ("t", True)), ("e=", ("e", "")), ("x=1=2", ("x", "1=2"))],
)
def test_meta_is_key_and_value(text: str, pair: tuple[str, object]) -> None:
    assert parse_meta(text) == pair


def test_lines_to_try_fit_the_address() -> None:
    assert lines_to_try(Address("tcp", "127.0.0.1", 7411)) == [
        "make 2>&1 | nc -N 127.0.0.1 7411",
        "make 2>&1 | ncat --send-only 127.0.0.1 7411",
        "make > /dev/tcp/127.0.0.1/7411 2>&1",
    ]
    assert "-U /run/hub.sock" in lines_to_try(Address("unix", "/run/hub.sock"))[0]
    assert "--ssl" in lines_to_try(Address("ssl", "h", 1))[0]


def test_lines_to_try_bring_a_token_where_local_producers_need_one() -> None:
    assert lines_to_try(Address("tcp", "127.0.0.1", 7411), with_token=True, data_dir="/srv/my hub") == [
        "make 2>&1 | hub send --data-dir '/srv/my hub' ci/build",
        "TOKEN=$(hub token create --data-dir '/srv/my hub' --for builds)",
        '{ echo "HUB/1 RAW stream=ci/test token=$TOKEN"; make test 2>&1; } | nc -N 127.0.0.1 7411',
        '{ echo "HUB/1 RAW stream=ci/test token=$TOKEN"; make test 2>&1; } | ncat --send-only 127.0.0.1 7411',
    ]
    for address in (Address("unix", "/run/hub.sock"), Address("ssl", "h", 1)):
        assert all("token" in line or "hub send" in line for line in lines_to_try(address, with_token=True))


def test_very_many_new_streams_are_counted_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    later = []
    announcer = Announcer(sys.stdout, lambda _seconds, call: later.append(call))
    for number in range(MOST_A_SECOND + 5):
        announcer.stream(f"s/{number}")
    later.pop()()
    announcer.stream("next")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MOST_A_SECOND + 2
    assert lines[-2] == "... and 5 more streams; `hub ls` lists them"
    assert lines[-1].startswith("next ")
