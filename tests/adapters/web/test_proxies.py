"""Behind a proxy: its word for addresses, TLS and users, and the path under which it has the hub."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.address import IPv4Address

from adapters.web.desk import ADMIN, HOST, LOCAL, Desk, request
from adapters.web.socket_client import handshake
from hub.adapters.reactor.far_end import Proxies
from hub.adapters.web import Front

PROXY = IPv4Address("TCP", "10.0.0.1", 40000)
STRANGER = IPv4Address("TCP", "192.0.2.9", 40000)
HTTPS = {"X-Forwarded-Proto": "https", "Origin": f"https://{HOST}"}


def desk(**front: Any) -> Desk:
    desk = Desk(front=Front(Proxies(["10.0.0.0/24", "127.0.0.1"]), **front))
    desk.stream("ci/a", b"x")
    return desk


def test_a_proxy_on_the_same_machine_makes_nobody_local() -> None:
    hub = desk()
    assert hub.ask("GET", "/metrics", peer=LOCAL).code() == (401, "AUTH")
    assert hub.ask("PUT", "/streams/ci/b", body=b"x", peer=LOCAL).code() == (401, "AUTH")
    assert Desk().ask("PUT", "/streams/ci/b", body=b"x", peer=LOCAL).status == 200, "without a proxy it is local"


def test_logins_are_limited_by_the_address_behind_the_proxy() -> None:
    hub = desk()
    for _ in range(5):
        hub.ask("POST", "/login", {"X-Forwarded-For": "198.51.100.1"}, b'{"token": "wrong"}', peer=PROXY)
    wrong = b'{"token": "wrong"}'
    from_there = {"X-Forwarded-For": "203.0.113.5, 198.51.100.1"}
    assert hub.ask("POST", "/login", from_there, wrong, peer=PROXY).code() == (429, "LIMIT")
    assert hub.ask("POST", "/login", {"X-Forwarded-For": "198.51.100.2"}, wrong, peer=PROXY).status == 401
    for _ in range(5):
        hub.ask("POST", "/login", {"X-Forwarded-For": "198.51.100.3"}, b'{"token": "wrong"}', peer=STRANGER)
    spoofed = hub.ask("POST", "/login", {"X-Forwarded-For": "198.51.100.4"}, wrong, peer=STRANGER)
    assert spoofed.code() == (429, "LIMIT"), "who is no proxy is taken by its own address"


def test_tls_at_the_proxy_makes_secure_cookies_and_links() -> None:
    hub = desk()
    answer = hub.ask("POST", "/login", HTTPS, b'{"token": "admin-token"}', peer=PROXY)
    assert "secure" in answer.headers["set-cookie"].lower()
    link = hub.ask("POST", "/login/link", {**ADMIN, "X-Forwarded-Proto": "https"}, peer=PROXY).json()["url"]
    assert link.startswith(f"https://{HOST}/#code=")
    plain = hub.ask("POST", "/login", {"X-Forwarded-Proto": "https"}, b'{"token": "admin-token"}', peer=STRANGER)
    assert "secure" not in plain.headers["set-cookie"].lower(), "who is no proxy is not believed"
    http = {"X-Forwarded-Proto": "https", "Origin": f"http://{HOST}"}
    assert hub.ask("POST", "/login", http, b"{}", peer=PROXY).code() == (403, "DENIED")


def test_a_base_path_is_taken_off_and_put_on() -> None:
    hub = desk(base_path="/tools/hub")
    assert hub.ask("GET", "/tools/hub/livez").body == b"ok\n"
    assert hub.ask("GET", "/livez").body == b"ok\n", "a proxy may take it off itself"
    assert hub.get("/tools/hub/streams/ci/a").body == b"x"
    assert hub.ask("PUT", "/tools/hub/streams/ci/new", ADMIN, b"y").status == 200
    answer = hub.ask("GET", "/tools/hub")
    assert (answer.status, answer.headers["location"]) == (302, "/tools/hub/")
    link = hub.ask("POST", "/tools/hub/login/link", ADMIN).json()["url"]
    assert link.startswith(f"http://{HOST}/tools/hub/#code=")
    answer = hub.ask("POST", "/tools/hub/login", body=b'{"token": "admin-token"}')
    assert "path=/tools/hub/;" in answer.headers["set-cookie"].lower() + ";"
    assert hub.get("/tools/hubris").status == 404


@pytest.fixture
def sso() -> Desk:
    hub = desk(user_header="X-Remote-User")
    hub.hub.tasks.spawn(hub.hub.accounts.set_user("alice", "operator", ["ci/**"], None))
    hub.hub.tasks.spawn(hub.hub.accounts.set_user("bob", "viewer", [], None))
    return hub


def as_user(name: str) -> dict[str, str]:
    return {"X-Remote-User": name}


def test_a_header_that_stands_twice_names_nobody(sso: Desk) -> None:
    line = sso.connect(PROXY)
    line.send(f"GET /login HTTP/1.1\r\nHost: {HOST}\r\nX-Remote-User: alice\r\nX-Remote-User: bob\r\n\r\n".encode())
    answer = line.answer()
    assert answer.code() == (401, "AUTH")
    assert "web.user_header" in answer.json()["text"]
    assert "set-cookie" not in answer.headers


def test_the_page_is_logged_in_as_whom_the_proxy_names(sso: Desk) -> None:
    answer = sso.ask("GET", "/login", as_user("alice"), peer=PROXY)
    assert (answer.status, answer.json()["principal"]) == (200, "alice")
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0], **as_user("alice")}
    assert sso.ask("GET", "/streams/ci/a", cookie, peer=PROXY).body == b"x"
    again = sso.ask("GET", "/login", cookie, peer=PROXY)
    assert again.json() == answer.json()
    assert "set-cookie" not in again.headers


def test_a_cookie_of_the_proxys_former_user_is_worth_nothing(sso: Desk) -> None:
    answer = sso.ask("GET", "/login", as_user("alice"), peer=PROXY)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    now_bob = {"Cookie": cookie, **as_user("bob")}
    assert sso.ask("GET", "/streams/ci/a", now_bob, peer=PROXY).code() == (401, "AUTH")
    assert sso.ask("GET", "/login", now_bob, peer=PROXY).json()["principal"] == "bob"


def test_nobody_else_may_name_a_user(sso: Desk) -> None:
    assert sso.ask("GET", "/login", as_user("alice"), peer=STRANGER).code() == (401, "AUTH")
    assert sso.ask("GET", "/login", as_user("mallory"), peer=PROXY).code() == (401, "AUTH")
    assert sso.ask("GET", "/streams/ci/a", as_user("alice"), peer=PROXY).code() == (401, "AUTH"), "the cookie reads"
    assert desk().ask("GET", "/login", as_user("alice"), peer=PROXY).code() == (401, "AUTH"), "no such setting"


def by(client: str, **more: str) -> dict[str, str]:
    return {**ADMIN, "X-Forwarded-For": client, **more}


def test_connections_are_bounded_by_the_address_behind_the_proxy() -> None:
    hub = Desk(front=Front(Proxies(["10.0.0.0/24"])), connections_per_address=2)
    hub.stream("ci/a", b"x")
    follow = "/streams/ci/a?follow=1"
    lines = [hub.connect(PROXY) for _ in range(5)]
    assert hub.hub.admission.connections == 5, "a proxy may have more: they are its clients'"
    for line in lines[:2]:
        line.send(request("GET", follow, by("198.51.100.1")))
        assert line.taken().startswith(b"HTTP/1.1 200")
    lines[2].send(request("GET", follow, by("198.51.100.1")))
    refused = lines[2].answer()
    assert refused.code() == (429, "LIMIT")
    assert "limits.connections_per_address (2)" in refused.body.decode()
    lines[2].send(request("GET", follow, by("198.51.100.2")))
    assert lines[2].taken().startswith(b"HTTP/1.1 200"), "others come by the same connection"
    lines[3].send(request("PUT", "/streams/ci/b", by("198.51.100.1"), b"x"))
    assert lines[3].taken().startswith(b"HTTP/1.1 429"), "an upload is refused before its body"
    lines[0].lose()
    lines[4].send(request("GET", follow, by("198.51.100.1")))
    assert lines[4].taken().startswith(b"HTTP/1.1 200")
    for line in lines[1:]:
        line.lose()
    assert hub.hub.admission.connections == 0
    assert not hub.hub.admission._by_host


def test_a_websocket_behind_the_proxy_counts_for_its_address_as_long_as_it_is_open() -> None:
    hub = Desk(front=Front(Proxies(["10.0.0.0/24"])), connections_per_address=1)
    socket = hub.connect(PROXY)
    socket.send(handshake(by("198.51.100.1")))
    assert socket.taken().startswith(b"HTTP/1.1 101")
    assert hub.ask("GET", "/livez", by("198.51.100.1"), peer=PROXY).code() == (429, "LIMIT")
    assert hub.ask("GET", "/livez", by("198.51.100.2"), peer=PROXY).status == 200
    socket.lose()
    assert hub.ask("GET", "/livez", by("198.51.100.1"), peer=PROXY).status == 200


def test_a_request_that_is_over_counts_for_nobody_and_a_proxy_that_names_nobody_is_not_bounded() -> None:
    hub = Desk(front=Front(Proxies(["10.0.0.0/24"])), connections_per_address=1)
    first, second = hub.connect(PROXY), hub.connect(PROXY)
    for line in (first, second, first, second):
        line.send(request("GET", "/livez", by("198.51.100.1")))
        assert line.answer().status == 200
    for line in (first, second):
        line.send(request("GET", "/livez", ADMIN))
        assert line.answer().status == 200
    assert hub.hub.admission._by_host == {"local": 2}
