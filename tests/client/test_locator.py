"""Finding a hub: which source wins, what is asked, and what is told when nobody is there."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import platformdirs
import pytest

from hub.client import login, places
from hub.client.connection import Address, Unreachable
from hub.client.locator import Hub, Locator
from hub.client.web import check_url, request_json
from hub.model.problem import Problem
from scripted_hub import Dialogue, Peer, ScriptedHub


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}


def data_dir(path: Path, **endpoints: str) -> str:
    path.mkdir(parents=True)
    (path / "endpoints.json").write_text(json.dumps(endpoints))
    (path / "admin.token").write_text("from-file\n")
    return str(path)


def http(status: str, body: bytes, seen: list[list[bytes]]) -> Dialogue:
    def dialogue(peer: Peer) -> None:
        lines = []
        while line := peer.line().rstrip(b"\r"):
            lines.append(line)
        seen.append(lines)
        peer.say(b"HTTP/1.1 ", status.encode(), b"\r\nContent-Length: %d\r\n\r\n" % len(body), body)

    return dialogue


def well_known(**endpoints: str) -> bytes:
    return json.dumps({"protocol": "HUB/1", "name": "hub", "version": "1", "endpoints": endpoints}).encode()


def test_the_users_own_data_directory_is_the_default(env: dict[str, str], tmp_path: Path) -> None:
    data_dir(tmp_path / "data" / "hub", producers="tcp:127.0.0.1:1", web="http://127.0.0.1:2")
    hub = Locator.from_environment(env=env).locate()
    assert hub.address("producers") == Address("tcp", "127.0.0.1", 1)
    assert (hub.web, hub.token) == ("http://127.0.0.1:2", "from-file")


def test_data_dir_is_the_arguments_then_the_variables_then_the_files(env: dict[str, str], tmp_path: Path) -> None:
    for name in ("argument", "variable", "file"):
        data_dir(tmp_path / name, data=f"unix:/{name}")
    config = tmp_path / "config" / "hub" / "hub.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'data_dir = "{tmp_path}/file"')

    def found(data_dir: str | None = None) -> str:
        return Locator.from_environment(data_dir=data_dir, env=env).locate().address("data").host

    assert found() == "/file"
    env["HUB_DATA_DIR"] = str(tmp_path / "variable")
    assert found() == "/variable"
    assert found(str(tmp_path / "argument")) == "/argument"


def test_no_hub_says_how_to_start_or_name_one(env: dict[str, str]) -> None:
    with pytest.raises(Unreachable, match="hub serve"):
        Locator.from_environment(env=env).locate()


def test_a_token_in_the_environment_wins(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"HUB_DATA_DIR": data_dir(tmp_path / "d"), "HUB_TOKEN": "other"}
    assert Locator.from_environment(env=env).locate().token == "other"


def test_a_url_is_asked_with_the_token_in_a_header(env: dict[str, str]) -> None:
    seen: list[list[bytes]] = []
    body = well_known(producers="tcp:0.0.0.0:7411", data="ssl:data.example:7413", web="http://elsewhere")
    with ScriptedHub(http("200 OK", body, seen)) as script:
        url = f"http://127.0.0.1:{script.port}"
        env |= {"HUB_URL": url + "/", "HUB_TOKEN": "s3cret"}
        hub = Locator.from_environment(env=env).locate()
    assert seen[0][0] == b"GET /.well-known/hub HTTP/1.1"
    assert b"Authorization: Bearer s3cret" in seen[0]
    assert str(hub.address("producers")) == "tcp:127.0.0.1:7411"
    assert str(hub.address("data")) == "ssl:data.example:7413"
    assert (hub.web, hub.token) == (url, "s3cret")
    with pytest.raises(Unreachable, match="commands"):
        hub.address("commands")


def test_any_of_several_urls_will_do_and_the_next_search_begins_there(env: dict[str, str]) -> None:
    seen: list[list[bytes]] = []
    with ScriptedHub() as dead, ScriptedHub(*[http("200 OK", well_known(), seen)] * 2) as script:
        dead_url = f"http://127.0.0.1:{dead.port}"
        dead.__exit__(None, None, None)
        urls = f"{dead_url}, http://127.0.0.1:{script.port}"
        locator = Locator.from_environment(url=urls, env=env | {"HUB_TOKEN": "t"})
        assert locator.locate().web.endswith(str(script.port))
        assert locator.locate().web.endswith(str(script.port))


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        ("401 Unauthorized", b"ERR AUTH :unknown token", Problem, "AUTH.*unknown token"),
        ("503 Busy", b"", Problem, "BUSY"),
        ("200 OK", b"<html>", Unreachable, "not a hub"),
        ("200 OK", b"{}", Unreachable, "not a hub"),
        ("200 OK", b"[]", Unreachable, "not a hub"),
    ],
)
def test_what_a_url_answers_instead_is_told(
    env: dict[str, str], status: str, body: bytes, error: type[Exception], says: str
) -> None:
    with ScriptedHub(http(status, body, [])) as script, pytest.raises(error, match=says):
        Locator.from_environment(url=f"http://127.0.0.1:{script.port}", env=env).locate()


@pytest.mark.parametrize(
    ("origin", "endpoint", "allowed"),
    [
        ("https://h", "tcp:192.0.2.1:7413", False),
        ("https://h", "tcp:h.example:7413", False),
        ("https://h", "tcp:[::1]:7413", True),
        ("https://h", "tcp:localhost:7413", True),
        ("https://h", "ssl:h:7413", True),
        ("http://h", "tcp:192.0.2.1:7413", True),
    ],
)
def test_a_token_given_to_a_private_url_does_not_leave_in_clear(origin: str, endpoint: str, allowed: bool) -> None:
    hub = Hub({"data": endpoint}, "t", origin)
    if allowed:
        assert hub.address("data") == Address.parse(endpoint)
    else:
        with pytest.raises(Unreachable, match="without TLS"):
            hub.address("data")
        assert hub._replace(token=None).address("data") == Address.parse(endpoint)


def test_posting_sends_an_empty_body() -> None:
    seen: list[list[bytes]] = []
    with ScriptedHub(http("200 OK", b'{"url":"x"}', seen)) as script:
        assert request_json("POST", f"http://127.0.0.1:{script.port}/login/link", "t") == {"url": "x"}
    assert seen[0][0] == b"POST /login/link HTTP/1.1"
    assert b"Content-Length: 0" in seen[0]


@pytest.mark.parametrize("url", ["hub.example", "ftp://x", "http://", "http://a/?t=1", "http://u:p@h", "http://h/#x"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        check_url(url)


def test_a_stored_login_is_private_and_used_until_forgotten(env: dict[str, str]) -> None:
    path = login.write(login.Login(("http://h",), "t"), env)
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert login.read(env) == login.Login(("http://h",), "t")
    login.write(login.Login(("http://other",), "u"), env)
    assert login.read(env) == login.Login(("http://other",), "u")
    assert login.forget(env) is True
    assert (login.forget(env), login.read(env)) == (False, None)


def test_a_stored_token_goes_to_its_own_hub_only(env: dict[str, str]) -> None:
    seen: list[list[bytes]] = []
    with ScriptedHub(*[http("200 OK", well_known(), seen)] * 2) as script:
        url = f"http://127.0.0.1:{script.port}"
        login.write(login.Login((url,), "stored"), env)
        assert Locator.from_environment(env=env).locate().token == "stored"
        login.write(login.Login(("http://other",), "stored"), env)
        assert Locator.from_environment(url=url, env=env).locate().token is None
    assert not any(b"stored" in line for line in seen[1])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"urls": 3}'])
def test_a_damaged_login_is_told(env: dict[str, str], content: str) -> None:
    path = Path(login.path(env))
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(ValueError, match="hub login"):
        login.read(env)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp:127.0.0.1:7411", Address("tcp", "127.0.0.1", 7411)),
        ("tcp:[::1]:7411", Address("tcp", "::1", 7411)),
        ("ssl:h:1", Address("ssl", "h", 1)),
        ("unix:/a:b", Address("unix", "/a:b")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "tcp", "tcp:7411", "tcp::7411", "tcp:h:x", "tcp:h:70000", "unix:", "udp:h:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tcp:host:port"):
        Address.parse(text)


def test_places_are_platformdirs_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert places.user_data_dir() == platformdirs.user_data_dir("hub")
    assert places.user_config_dir() == platformdirs.user_config_dir("hub")


def test_a_data_directory_that_cannot_be_read_says_how_else_to_name_its_hub(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").mkdir()  # as root, who runs tests in containers, nothing is refused
    with pytest.raises(Unreachable, match=r"endpoints\.json cannot be read: Is a directory\. .*HUB_URL.*hub login URL"):
        Locator(data_dir=str(tmp_path)).locate()
