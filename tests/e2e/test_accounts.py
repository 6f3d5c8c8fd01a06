"""Users, tokens, guest links and the audit log by commands, against a real hub."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hub.app.cli import exit_codes
from running_hub import COMMAND, Process, RunningHub

PASSWORD = b"correct horse\n"


def as_somebody_else(hub: RunningHub, tmp_path: Path, **env: str) -> None:
    """Let commands find the hub by its URL alone, as on another machine."""
    hub.env = {**hub.env, "HUB_DATA_DIR": "", "XDG_CONFIG_HOME": str(tmp_path / "config"), **env}


@pytest.mark.own_hub
def test_a_user_logs_in_works_and_logs_out(hub: RunningHub, tmp_path: Path) -> None:
    said = hub.run("user", "set", "alice", "--role", "operator", "-p", "ci/**", "--password-file", "-", given=PASSWORD)
    assert said.stdout == b"alice, operator, ci/**\n"
    assert hub.run("user", "list").stdout == b"alice\toperator\tci/**\tyes\n"
    hub.run("send", "ci/a", given=b"one\n")
    hub.run("send", "secret", given=b"one\n")
    url, admin = hub.endpoints["web"], dict(hub.env)
    as_somebody_else(hub, tmp_path)
    assert b"AUTH" in hub.run("login", url, "-u", "alice", "--password-file", "-", given=b"wrong\n", code=1).stderr
    said = hub.run("login", url, "--user", "alice", "--password-file", "-", given=PASSWORD)
    assert said.stdout.startswith(b"logged in as alice, operator; stored in ")
    stored = json.loads((tmp_path / "config" / "hub" / "login.json").read_text())
    assert stored["token"].startswith("hub_admin_"), "the password is not kept"
    who = json.loads(hub.run("whoami", "--json").stdout)
    assert (who["principal"], who["role"], who["patterns"]) == ("alice", "operator", ["ci/**"])
    assert b"bound to ci/**" in hub.run("whoami").stdout
    assert [row["stream"] for row in hub.rows()] == ["ci/a"]
    assert b"DENIED" in hub.run("token", "create", code=1).stderr
    assert hub.run("logout").stdout == b"the stored login is deleted; its token has ended\n"
    assert hub.run("logout").stdout == b"there was no stored login\n"
    as_somebody_else(hub, tmp_path, HUB_URL=url, HUB_TOKEN=stored["token"])
    assert b"AUTH" in hub.run("ls", code=1).stderr
    hub.env = admin
    deeds = [json.loads(line) for line in hub.run("audit", "--json", "--who", "alice").stdout.splitlines()]
    assert [(row["action"], row["outcome"]) for row in deeds] == [
        ("login.end", "ok"),
        ("token.create", "DENIED"),
        ("login.begin", "ok"),
        ("login", "ok"),
        ("login", "AUTH"),
    ]
    assert len(hub.run("audit", "--did", "user.*", "-n", "1").stdout.splitlines()) == 1


def test_nobody_is_asked_for_a_secret_where_there_is_no_hub(hub: RunningHub, tmp_path: Path) -> None:
    as_somebody_else(hub, tmp_path)
    for more in ((), ("--user", "alice")):
        said = hub.run("login", "http://127.0.0.1:1", *more, code=exit_codes.UNREACHABLE)
        assert b"token" not in said.stderr
        assert b"password" not in said.stderr


def test_a_user_is_made_with_an_answer_for_scripts(hub: RunningHub) -> None:
    said = hub.run("user", "set", "carol", "--role", "viewer", "--keep-password", "--json")
    row = json.loads(said.stdout)
    assert (row["user"], row["role"], row["patterns"], row["password"]) == ("carol", "viewer", [], False)


def test_a_user_is_removed_by_who_says_that_it_is_meant(hub: RunningHub) -> None:
    hub.run("user", "set", "dora", "--role", "viewer", "-p", "ci/**", "--keep-password")
    hub.ask("token.create", kind="admin", role="viewer", principal="dora")
    said = hub.run("user", "remove", "dora", code=exit_codes.USAGE).stderr
    assert b"  dora  viewer, ci/**, tokens: 1\n" in said
    assert b"--yes" in said
    assert b"no such user" in hub.run("user", "remove", "nobody", code=exit_codes.FAILED).stderr
    controller, terminal = pty.openpty()
    with Process("user", "remove", "dora", env=hub.env, stdin=terminal) as asked:
        os.close(terminal)
        asked.until(b"Remove this user, and all tokens that act for them? [y/N]:", on_stderr=True)
        os.write(controller, b"n\n")
        assert asked.end() != exit_codes.OK
    os.close(controller)
    assert [row["user"] for row in hub.ask("user.list")["users"] if row["user"] == "dora"] == ["dora"]
    assert hub.run("user", "remove", "--yes", "dora").stdout == b"removed dora and 1 tokens\n"


@pytest.mark.own_hub
def test_a_token_sends_and_is_revoked_while_it_does(hub: RunningHub) -> None:
    made = hub.run("token", "create", "--for", "builds", "-p", "ci/**", "--expires", "90d", "--note", "box 7")
    token = made.stdout.decode().strip()
    assert re.fullmatch(r"hub_producer_[A-Za-z0-9]{32}", token)
    (row,) = [json.loads(line) for line in hub.run("token", "list", "--json").stdout.splitlines()]
    assert (row["principal"], row["note"], row["created_by"]) == ("builds", "box 7", "admin")
    hub.env["HUB_TOKEN"] = token
    with hub.start("run", "--name", "ci/job", "--quiet", "--", "sh", "-c", "echo one; read x; echo two") as job:
        job.until(b"one\n")
        del hub.env["HUB_TOKEN"]
        hub.until_listed("ci/job")
        assert hub.run("token", "revoke", row["token"]).stdout == f"revoked {row['token']} of builds\n".encode()
        job.feed(b"\n")
        job.until(b"two\n")
        assert b"not valid" in job.until(b"hub sync", on_stderr=True), "the command went on, and its output is kept"
    assert hub.run("token", "list").stdout == b""


def test_a_stream_is_shared_by_a_link(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=b"one\n")
    link = hub.run("share", "ci/a", "--for", "1h").stdout.decode().strip()
    assert re.fullmatch(re.escape(hub.endpoints["web"]) + r"/#code=hub_guest_\w{32}&to=/s/ci/a", link)
    assert b"no such stream" in hub.run("share", "missing", code=1).stderr
    assert b"some day" in hub.run("share", "ci/a", "--for", "never", code=2).stderr


@pytest.mark.own_hub
def test_accounts_are_there_after_a_crash(hub: RunningHub) -> None:
    token = hub.run("token", "create", "--kind", "admin", "--role", "viewer").stdout.decode().strip()
    hub.come_again()
    hub.env["HUB_TOKEN"] = token
    assert json.loads(hub.run("whoami", "--json").stdout)["role"] == "viewer"


@pytest.mark.parametrize(
    "args",
    [
        ("token", "create", "--kind", "admin"),
        ("token", "create", "--role", "viewer"),
        ("token", "create", "--expires", "soon"),
        ("token", "create", "-p", "//"),
        ("user", "set", "alice"),
        ("user", "set", "alice", "--role", "viewer"),
        ("login", "http://127.0.0.1:1", "--user", "a", "--token-file", "-"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(hub: RunningHub, args: tuple[str, ...]) -> None:
    hub.run(*args, code=2)


@pytest.mark.own_hub(HUB_PRODUCER_AUTH="always")
def test_the_lines_to_try_work_where_local_producers_need_a_token(hub: RunningHub, tmp_path: Path) -> None:
    said = hub.process.until(b"this link works once").decode()
    lines = [line.strip() for line in said.partition("stream something into it:")[2].splitlines()]
    send, token, raw = (line for line in lines if "hub " in line[:30] or "| nc " in line)
    assert (hub.data_dir / "admin.token").read_text().strip() not in said
    (tmp_path / "bin").mkdir()
    programs = {
        "hub": f'exec {shlex.join(COMMAND)} "$@"',
        "make": 'echo "made $*"',
        # As nc -N does: standard input to the port, its end with it.
        "nc": f"exec {sys.executable} -c 'import socket, sys; s = socket.create_connection(sys.argv[2:]); "
        's.sendall(sys.stdin.buffer.read()); s.shutdown(1); sys.stdout.buffer.write(s.recv(999))\' "$@"',
    }
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    env = {name: value for name, value in hub.env.items() if not name.startswith("HUB_")}
    env["PATH"] = f"{tmp_path / 'bin'}:{env['PATH']}"
    done = subprocess.run(
        ["sh", "-ec", "\n".join((send, token, raw))], env=env, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, b""), done
    assert hub.run("cat", "ci/build").stdout == b"made \n"
    assert hub.run("cat", "ci/test").stdout == b"made test\n"
