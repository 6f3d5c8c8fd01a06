"""Who may ask at all: Host, Origin, credentials."""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address

from adapters.web.desk import ADMIN, FAR, HOST, ORIGIN, Desk
from hub.adapters.web.guard import host_name
from hub.core.credentials import Policy

ROUTES = ["/", "/livez", "/readyz", "/metrics", "/.well-known/hub", "/login", "/streams/s", "/ws", "/nothing"]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("hub:7480", "hub"),
        ("HUB.example.", "hub.example"),
        ("[::1]:7480", "::1"),
        ("[::1]", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
        ("user@localhost", ""),
        ("localhost/x", ""),
        ("localhost:x", ""),
        ("[::1", ""),
        ("localhost?", ""),
        ("localhost:99999", ""),
    ],
)
def test_a_host_header_is_a_name(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7480", "localhost.evil.example", "127.0.0.1.nip.io", ""]
)
def test_no_route_answers_to_a_foreign_host(path: str, host: str) -> None:
    answer = Desk().ask("GET", path, {**ADMIN, "Host": host})
    assert answer.code() == (403, "DENIED")
    assert "web.hosts" in answer.json()["text"]


@pytest.mark.parametrize("host", ["127.0.0.1:7480", "localhost", "LOCALHOST:9999", "[::1]:7480", "hub.example:1"])
def test_it_answers_to_its_own_names_through_any_forwarded_port(host: str) -> None:
    assert Desk(hosts=("hub.example",)).ask("GET", "/livez", {"Host": host}).status == 200


def test_a_host_given_with_a_port_counts_with_that_port() -> None:
    desk = Desk(hosts=("hub.example:8443",))
    assert desk.ask("GET", "/livez", {"Host": "hub.example:8443"}).status == 200
    assert desk.ask("GET", "/livez", {"Host": "hub.example"}).status == 403


def test_bound_to_all_addresses_it_answers_to_the_one_that_was_reached() -> None:
    desk = Desk(host=IPv4Address("TCP", "0.0.0.0", 7480))
    reached = IPv4Address("TCP", "192.0.2.1", 7480)
    assert desk.ask("GET", "/livez", {"Host": "192.0.2.1:7480"}, host=reached).status == 200
    assert desk.ask("GET", "/livez", {"Host": "192.0.2.2:7480"}, host=reached).status == 403
    assert desk.ask("GET", "/livez", {"Host": "0.0.0.0:7480"}, host=reached).status == 403


def test_two_hosts_are_none() -> None:
    line = Desk().connect()
    line.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")
    assert line.answer().code() == (403, "DENIED")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": f"ftp://{HOST}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_route_answers_to_another_site(path: str, headers: dict[str, str]) -> None:
    assert Desk().ask("GET", path, {**ADMIN, **headers}).code() == (403, "DENIED")


def test_a_link_from_anywhere_leads_to_the_page_and_nowhere_else() -> None:
    desk = Desk()
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert desk.ask("GET", "/", followed).status == 503  # the page, which is not built here
    assert desk.ask("GET", "/streams/s", {**followed, **ADMIN}).status == 403
    assert desk.ask("POST", "/", followed).status == 403
    assert desk.ask("GET", "/", {**followed, "Sec-Fetch-Dest": "iframe"}).status == 403


def test_reading_needs_credentials_and_missing_looks_like_forbidden() -> None:
    desk = Desk()
    desk.stream("ci/a", b"a")
    desk.stream("other", b"b")
    assert desk.ask("GET", "/streams/other").code() == (401, "AUTH")
    assert desk.ask("GET", "/streams/other", {"Authorization": "Bearer wrong"}).code() == (401, "AUTH")
    assert desk.ask("GET", "/streams/other", {"Authorization": "Bearer maker-token"}).code() == (403, "DENIED")
    bound = {"Authorization": "Bearer ci-token"}
    assert desk.ask("GET", "/streams/ci/a", bound).body == b"a"
    forbidden, missing = desk.ask("GET", "/streams/other", bound), desk.ask("GET", "/streams/nothing", bound)
    assert forbidden.code() == (404, "NOTFOUND")
    assert forbidden.body == missing.body


def test_a_browser_writes_with_cookie_own_origin_and_header_token_only() -> None:
    desk = Desk()
    page = desk.log_in()
    assert desk.ask("PUT", "/streams/s", page, b"x").status == 200
    for missing, code in (("Cookie", (401, "AUTH")), ("Origin", (403, "DENIED")), ("X-Hub-Csrf", (403, "DENIED"))):
        headers = {name: value for name, value in page.items() if name != missing}
        assert desk.ask("PUT", "/streams/s", headers, b"y").code() == code, missing
    assert desk.ask("PUT", "/streams/s", {**page, "X-Hub-Csrf": "guessed"}, b"y").code() == (403, "DENIED")
    assert desk.ask("PUT", "/streams/s", {"Origin": ORIGIN}, b"y").code() == (401, "AUTH")
    assert desk.ask("PUT", "/streams/s", {"Sec-Fetch-Site": "same-origin"}, b"y").code() == (401, "AUTH")
    assert desk.ask("PUT", "/streams/s", {"Sec-Fetch-Site": "cross-site"}, b"y").code() == (403, "DENIED")
    assert desk.all_of("s") == b"x"


def test_who_writes_without_a_token_is_anonymous_on_loopback_only() -> None:
    desk = Desk()
    assert desk.ask("PUT", "/streams/s", body=b"x").status == 200
    assert desk.ask("PUT", "/streams/t", body=b"x", peer=FAR).code() == (401, "AUTH")
    assert desk.ask("PUT", "/streams/t", {"Authorization": "Bearer viewer-token"}, b"x").code() == (403, "DENIED")
    assert desk.ask("PUT", "/streams/t", {"Authorization": "Bearer maker-token"}, b"x", peer=FAR).status == 200
    strict = Desk(policy=Policy(producer_auth="always"))
    assert strict.ask("PUT", "/streams/s", body=b"x").code() == (401, "AUTH")


def test_refusals_are_counted() -> None:
    desk = Desk()
    desk.ask("GET", "/streams/s")
    desk.ask("GET", "/livez", {"Host": "evil.example"})
    assert desk.hub.counters.problems == {"AUTH": 1, "DENIED": 1}


def test_credentials_of_another_kind_are_no_anonymous_upload() -> None:
    desk = Desk()
    answer = desk.ask("PUT", "/streams/u/a", {"Authorization": "Basic Zm9vOmJhcg=="}, b"x")
    assert answer.code() == (401, "AUTH")
    assert len(desk.hub.streams) == 0
