"""A hub whose every port speaks TLS, with certificates that are made for the test, and commands against it."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.certificates import Authority
from running_hub import LISTENERS, PATIENCE_SECONDS, RunningHub

EVERYWHERE = dict.fromkeys(LISTENERS, "ssl:0:interface=127.0.0.1")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def hub(tmp_path: Path, authority: Authority) -> Iterator[RunningHub]:
    files = authority.issue("hub.example", "localhost", "127.0.0.1")
    hub = RunningHub(
        tmp_path / "data",
        listen=EVERYWHERE,
        HUB_TLS_CERTIFICATE=files.certificate,
        HUB_TLS_KEY=files.key,
        HUB_TLS_CLIENT_CA=authority.root,
        HUB_SPOOL_DIR=str(tmp_path / "spool"),
    )
    yield hub
    hub.close()


def elsewhere(hub: RunningHub, **more: str) -> dict[str, str]:
    """Return the environment of commands on another machine, which know the URL and the token alone."""
    kept = {name: value for name, value in hub.env.items() if not name.startswith("HUB_")}
    token = (hub.data_dir / "admin.token").read_text().strip()
    return {**kept, "HUB_URL": hub.endpoints["web"], "HUB_TOKEN": token, **more}


def test_commands_on_this_machine_need_nothing_more(hub: RunningHub) -> None:
    hub.run("send", "ci/a", given=b"one\n")
    assert [row["stream"] for row in hub.rows()] == ["ci/a"]
    assert hub.run("cat", "ci/a").stdout == b"one\n"
    with hub.start("run", "--name", "job", "--quiet", "--", "echo", "two") as job:
        assert job.end() == 0
    assert hub.run("tail", "--no-follow", "job").stdout == b"two\n"
    assert hub.run("open", "--print").stdout.startswith(b"https://127.0.0.1:")
    assert all(address.startswith(("ssl:", "https:")) for name, address in hub.endpoints.items() if name in LISTENERS)


def test_commands_elsewhere_believe_the_authority_that_they_are_told(hub: RunningHub, authority: Authority) -> None:
    hub.env = elsewhere(hub)
    assert b"CERTIFICATE_VERIFY_FAILED" in hub.run("ls", code=69).stderr
    hub.env = elsewhere(hub, HUB_CA=authority.root)
    hub.run("send", "ci/a", given=b"one\n")
    assert hub.run("cat", "ci/a").stdout == b"one\n"
    hub.env["HUB_CA"] = "/nonexistent.pem"
    assert b"HUB_CA" in hub.run("ls", code=69).stderr


def test_a_client_certificate_says_who_a_producer_is(hub: RunningHub, authority: Authority) -> None:
    own = authority.issue("box7.example", file="client", common_name="box7")
    context = ssl.create_default_context(cafile=authority.root)
    context.load_cert_chain(own.certificate, own.key)
    with (
        socket.create_connection(("127.0.0.1", hub.port("producers")), PATIENCE_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(b"HUB/1 RAW stream=from/box7\nhello\n")
        hub.until_listed("from/box7")
        (row,) = [json.loads(each) for each in hub.run("ls", "--json", "from/box7").stdout.splitlines()]
        assert row["state"] == "live"
    hub.env = elsewhere(hub, HUB_CA=authority.root, HUB_CERTIFICATE=own.certificate, HUB_KEY=own.key)
    assert hub.run("cat", "from/box7").stdout == b"hello\n"


def test_a_new_certificate_is_taken_up_by_sighup_and_old_connections_stay(
    hub: RunningHub, authority: Authority
) -> None:
    hub.run("send", "ci/a", given=b"one\n")
    with hub.start("tail", "ci/a") as tail:
        tail.until(b"one\n")
        before = hub.endpoints["certificate"]
        authority.issue("localhost", "127.0.0.1")
        hub.process.popen.send_signal(signal.SIGHUP)
        said = hub.process.until(b"certificate reloaded: ", on_stderr=True)
        assert b"SHA-256 " in said
        while hub.endpoints["certificate"] == before:
            pass
        hub.run("send", "ci/a", given=b"two\n")
        tail.until(b"two\n")
    shown = ssl.get_server_certificate(("127.0.0.1", hub.port("web")), timeout=PATIENCE_SECONDS)
    assert shown.strip() == hub.endpoints["certificate"].strip()


def test_a_certificate_that_cannot_be_used_is_logged_and_the_old_one_goes_on(hub: RunningHub, tmp_path: Path) -> None:
    (tmp_path / "hub-cert.pem").write_text("nonsense")
    hub.process.popen.send_signal(signal.SIGHUP)
    assert b"certificate not reloaded: tls.certificate" in hub.process.until(b"not reloaded", on_stderr=True)
    hub.run("send", "ci/a", given=b"one\n")


def test_a_first_certificate_is_made_by_a_command(tmp_path: Path, hub: RunningHub) -> None:
    made = hub.run("cert", "self-signed", "--to", str(tmp_path / "new"), "-n", "hub.example", "-n", "10.0.0.1")
    assert made.stdout.startswith(b"[tls]\ncertificate = ")
    assert b"SHA-256 " in made.stderr
    assert (tmp_path / "new" / "hub-key.pem").stat().st_mode & 0o777 == 0o600
    shown = hub.run("cert", "show", str(tmp_path / "new" / "hub-cert.pem")).stdout
    assert shown.startswith(b"hub.example, 10.0.0.1\n  until ")
    assert b"--force" in hub.run("cert", "self-signed", "--to", str(tmp_path / "new"), code=1).stderr
    read = subprocess.run(
        ["openssl", "x509", "-in", str(tmp_path / "new" / "hub-cert.pem"), "-noout", "-fingerprint", "-sha256"],
        capture_output=True,
        check=True,
    )
    assert read.stdout.partition(b"=")[2].strip() in shown
