"""The page, the routes for those who run the hub, and what is on none."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from adapters.web.desk import ADMIN, FAR, Desk
from hub.adapters.web.page import CSP
from hub.model.problem import Problem


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>hub</title>" + "x" * 500)
    (tmp_path / "assets" / "index-abc123.js").write_text("let hub = 1;" * 100)
    (tmp_path / "icon.svg").write_text("<svg/>")
    return tmp_path


def test_the_page_comes_with_a_strict_policy(page: Path) -> None:
    answer = Desk(page_dir=page).ask("GET", "/")
    assert answer.body.startswith(b"<!doctype html>")
    assert (
        answer.headers
        | {
            "content-security-policy": CSP.decode(),
            "content-type": "text/html; charset=utf-8",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin",
            "referrer-policy": "no-referrer",
            "cache-control": "no-cache",
            "server": "hub",
        }
        == answer.headers
    )
    for part in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ):
        assert part in answer.headers["content-security-policy"].split("; ")


def test_what_is_hashed_in_its_name_is_kept_by_the_browser(page: Path) -> None:
    desk = Desk(page_dir=page)
    answer = desk.ask("GET", "/assets/index-abc123.js", {"Accept-Encoding": "br, gzip"})
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert gzip.decompress(answer.body) == b"let hub = 1;" * 100
    plain = desk.ask("GET", "/assets/index-abc123.js")
    assert plain.body == b"let hub = 1;" * 100
    assert desk.ask("HEAD", "/assets/index-abc123.js").headers == plain.headers


def test_what_has_not_changed_is_not_sent_again(page: Path) -> None:
    desk = Desk(page_dir=page)
    first = desk.ask("GET", "/")
    line = desk.connect()
    line.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + first.headers["etag"].encode() + b"\r\n\r\n")
    assert line.taken().startswith(b"HTTP/1.1 304")


@pytest.mark.parametrize("path", ["/assets/", "/assets", "/../secret", "/%2e%2e/secret", "/assets/../index.html", "/x"])
def test_nothing_else_can_be_had_and_no_folder_is_listed(page: Path, path: str) -> None:
    (page.parent / "secret").write_text("secret")
    answer = Desk(page_dir=page).ask("GET", path)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert b"index" not in answer.body


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    for folder in (None, tmp_path, tmp_path / "missing"):
        answer = Desk(page_dir=folder).ask("GET", "/")
        assert answer.status == 503
        assert b"make page" in answer.body


def test_life_and_readiness_are_open() -> None:
    desk = Desk()
    assert desk.ask("GET", "/livez", peer=FAR, headers={"Host": "localhost"}).body == b"ok\n"
    assert desk.ask("GET", "/readyz").status == 200
    desk.hub.log.committer.problem = Problem("STORE", "the disk is full")
    assert desk.ask("GET", "/readyz").status == 503
    desk.hub.log.committer.problem = None
    desk.hub.draining = True
    assert desk.ask("GET", "/readyz").status == 503
    assert desk.ask("GET", "/livez").status == 200
    assert desk.ask("PUT", "/streams/s", body=b"x").code() == (503, "DRAIN")


def test_metrics_are_open_on_loopback_only() -> None:
    desk = Desk()
    desk.stream("s", b"a\nb\n")
    answer = desk.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"\nhub_lines_total 2.0\n" in answer.body
    assert desk.ask("GET", "/metrics", peer=FAR).code() == (401, "AUTH")
    assert desk.ask("GET", "/metrics", ADMIN, peer=FAR).status == 200


def test_one_url_leads_to_everything() -> None:
    desk = Desk(hosts=("hub.example",))
    desk.hub.endpoints.update(producers="tcp:127.0.0.1:7411", web="http://127.0.0.1:7480")
    answer = desk.ask("GET", "/.well-known/hub").json()
    assert answer == {
        "protocol": "HUB/1",
        "name": "hub",
        "version": "1.2.3",
        "endpoints": {"producers": "tcp:127.0.0.1:7411", "web": "http://127.0.0.1:7480"},
        "passwords": False,
    }
    seen = desk.ask("GET", "/.well-known/hub", {"Host": "hub.example:7480"}, peer=FAR).json()["endpoints"]
    assert seen == {"producers": "tcp:hub.example:7411", "web": "http://hub.example:7480"}


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/livez", "GET, HEAD"),
        ("GET", "/logout", "POST"),
        ("DELETE", "/login", "GET, POST, HEAD"),
        ("BREW", "/", "GET, HEAD"),
    ],
)
def test_a_method_that_a_route_does_not_take(method: str, path: str, allow: str) -> None:
    answer = Desk().ask(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


def test_a_fault_of_ours_is_reported_and_tells_nothing() -> None:
    desk = Desk()
    desk.hub.log.committer = None  # what no code does
    answer = desk.ask("GET", "/readyz")
    assert answer.code() == (500, "INTERNAL")
    assert b"Traceback" not in answer.body
    assert b"NoneType" not in answer.body
    assert [what for what, _ in desk.failures.take()] == ["in a web request"]


def test_no_listener_leaves_a_clock_running() -> None:
    desk = Desk()
    desk.listener.site.doStart()
    assert desk.reactor.getDelayedCalls() == []
    desk.listener.site.doStop()
