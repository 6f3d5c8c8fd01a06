"""The ways in which commands reach a hub: URL, login, Unix sockets, TLS; and the browser's way."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from running_hub import COMMAND, PATIENCE_SECONDS, RunningHub, environment

PORTS = ("producers", "commands", "data")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    running = RunningHub(tmp_path_factory.mktemp("hub") / "data")
    yield running
    running.close()


def run(env: dict[str, str], *args: str, given: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [*COMMAND, *args], env=env, input=given, capture_output=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == code, (args, done)
    return done


def send_and_read_back(env: dict[str, str], name: str) -> None:
    data = b"one\n\x00\xff" * 50_000
    run(env, "send", name, given=data)
    assert run(env, "cat", name).stdout == data
    assert b"ended: done" in run(env, "wait", name).stderr
    assert run(env, "tail", "--no-follow", "-n", "2", "--raw", name).stdout == b"\x00\xffone\n\x00\xff"


def test_a_url_and_a_token_are_enough(hub: RunningHub) -> None:
    env = environment(HUB_URL=hub.endpoints["web"], HUB_TOKEN=(hub.data_dir / "admin.token").read_text().strip())
    send_and_read_back(env, "url/a")
    env["HUB_URL"] = f"http://127.0.0.1:1,{hub.endpoints['web']}"
    assert b"hub 0" in run(env, "status").stdout
    env["HUB_TOKEN"] = "wrong"
    assert b"AUTH" in run(env, "status", code=1).stderr


def test_a_login_is_tried_stored_and_forgotten(hub: RunningHub, tmp_path: Path) -> None:
    env = environment(XDG_CONFIG_HOME=str(tmp_path))
    token = (hub.data_dir / "admin.token").read_bytes()
    assert b"AUTH" in run(env, "login", hub.endpoints["web"], "--token-file", "-", given=b"wrong\n", code=1).stderr
    assert not (tmp_path / "hub" / "login.json").exists()
    assert b"admin" in run(env, "login", hub.endpoints["web"], "--token-file", "-", given=token).stdout
    assert stat.S_IMODE((tmp_path / "hub" / "login.json").stat().st_mode) == 0o600
    send_and_read_back(env, "login/a")
    run(env, "login", "--forget")
    run(env, "status", code=69)


def test_without_a_token_one_may_send_but_not_read(hub: RunningHub) -> None:
    env = environment(HUB_URL=hub.endpoints["web"])
    run(env, "send", "anonymous/a", given=b"x\n")
    assert b"hub login" in run(env, "cat", "anonymous/a", code=1).stderr


def test_the_link_logs_a_browser_in_once(hub: RunningHub) -> None:
    shown = hub.process.until(b"#code=")
    assert b"open the page" in shown
    link = hub.run("open", "--print").stdout.decode().strip()
    parts = urlsplit(link)
    assert f"{parts.scheme}://{parts.netloc}" == hub.endpoints["web"]
    code = parts.fragment.partition("code=")[2]
    assert [_log_in(hub, code), _log_in(hub, code)] == [200, 401]


def _log_in(hub: RunningHub, code: str) -> int:
    connection = HTTPConnection("127.0.0.1", hub.port("web"), timeout=PATIENCE_SECONDS)
    try:
        headers = {"Content-Type": "application/json", "Origin": hub.endpoints["web"]}
        connection.request("POST", "/login", body=f'{{"code":"{code}"}}', headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_unix_sockets_do_for_everything(tmp_path: Path) -> None:
    listen = {name: f"unix:{tmp_path}/{name}" for name in PORTS}
    running = RunningHub(tmp_path / "hub", listen=listen)
    try:
        assert running.endpoints["producers"] == f"unix:{tmp_path}/producers"
        assert b"nc -N -U" in running.process.until(b"hub send")
        send_and_read_back(running.env, "unix/a")
    finally:
        running.close()


def test_tls_does_for_everything(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    pem = tmp_path / "hub.pem"
    certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    listen = dict.fromkeys(PORTS, f"ssl:0:interface=127.0.0.1:privateKey={pem}:certKey={pem}")
    running = RunningHub(tmp_path / "hub", listen=listen, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
    try:
        assert running.endpoints["data"].startswith("ssl:127.0.0.1:")
        send_and_read_back(running.env, "tls/a")
        # Commands beside the hub's data directory trust what it says of itself; one from elsewhere has only the names.
        token = (running.data_dir / "admin.token").read_text().strip()
        stranger = environment(HUB_URL=running.endpoints["web"], HUB_TOKEN=token, SSL_CERT_FILE=os.devnull)
        assert b"certificate verify failed" in run(stranger, "status", code=69).stderr
    finally:
        running.close()
