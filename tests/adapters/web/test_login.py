"""Logins: codes, cookies, header tokens, links."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.address import IPv6Address

from adapters.web.desk import FAR, HERE, HOST, ORIGIN, Desk, request
from hub.adapters.web.login import CODE_SECONDS, LOGIN_SECONDS
from hub.core.account_book import TokenWish
from hub.model.account import Token


def code_of(desk: Desk, token: str = "admin-token") -> str:
    answer = desk.ask("POST", "/login/link", {"Authorization": f"Bearer {token}"})
    assert answer.status == 200, answer
    url, _, code = answer.json()["url"].partition("/#code=")
    assert url == f"http://{HOST}"
    return code


def with_code(desk: Desk, code: str):
    return desk.ask("POST", "/login", {"Origin": ORIGIN}, b'{"code": "%s"}' % code.encode())


def test_a_link_logs_in_once() -> None:
    desk = Desk()
    code = code_of(desk)
    answer = with_code(desk, code)
    assert answer.status == 200
    assert answer.json() | {"principal": "admin", "role": "admin"} == answer.json()
    assert len(answer.json()["csrf"]) >= 32
    again = with_code(desk, code)
    assert again.code() == (401, "AUTH")
    assert "set-cookie" not in again.headers


def test_a_link_is_good_for_a_minute() -> None:
    desk = Desk()
    late, in_time = code_of(desk), code_of(desk)
    desk.clock.advance(CODE_SECONDS - 1)
    assert with_code(desk, in_time).status == 200
    desk.clock.advance(1)
    assert with_code(desk, late).code() == (401, "AUTH")


def test_a_link_logs_in_as_who_made_it_and_a_producer_makes_none() -> None:
    desk = Desk()
    assert with_code(desk, code_of(desk, "viewer-token")).json()["role"] == "viewer"
    assert desk.ask("POST", "/login/link").code() == (401, "AUTH")
    assert desk.ask("POST", "/login/link", desk.log_in()).code() == (401, "AUTH")
    assert desk.ask("POST", "/login/link", {"Authorization": "Bearer maker-token"}).code() == (403, "DENIED")


def test_a_token_never_stands_in_a_url() -> None:
    desk = Desk()
    assert desk.ask("GET", "/login?token=admin-token").code() == (401, "AUTH")
    assert desk.ask("POST", "/login?token=admin-token", body=b"{}").code() == (401, "AUTH")


def test_the_cookie_is_for_this_hub_and_no_script() -> None:
    answer = Desk().ask("POST", "/login", {"Origin": ORIGIN}, b'{"token": "admin-token"}')
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"hub_session_{HERE.port}=")
    assert {each.lower() for each in attributes} == {"httponly", "path=/", "samesite=strict"}


def test_a_page_that_is_loaded_again_is_still_logged_in() -> None:
    desk = Desk()
    page = desk.log_in()
    answer = desk.ask("GET", "/login", {"Cookie": page["Cookie"]})
    assert answer.json() == {"principal": "admin", "role": "admin", "csrf": page["X-Hub-Csrf"], "bound": False}
    assert desk.ask("GET", "/login").code() == (401, "AUTH")
    assert desk.ask("GET", "/login", {"Cookie": page["Cookie"] + "0"}).code() == (401, "AUTH")


def test_a_login_ends_after_its_time() -> None:
    desk = Desk()
    page = desk.log_in()
    desk.clock.advance(LOGIN_SECONDS - 1)
    assert desk.ask("GET", "/login", page).status == 200
    desk.clock.advance(2)
    assert desk.ask("GET", "/login", page).code() == (401, "AUTH")


def test_logging_out_needs_the_header_token_and_ends_the_cookie() -> None:
    desk = Desk()
    page = desk.log_in()
    cookie_alone = {"Cookie": page["Cookie"], "Origin": ORIGIN}
    assert desk.ask("POST", "/logout", cookie_alone).code() == (403, "DENIED")
    assert desk.ask("GET", "/login", page).status == 200
    answer = desk.ask("POST", "/logout", page)
    assert answer.status == 200
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert desk.ask("GET", "/login", page).code() == (401, "AUTH")


def test_logging_out_is_not_undone_by_a_restart_nor_by_many_who_log_out() -> None:
    desk = Desk(logins_per_minute=1_000_000)
    page = desk.log_in()
    assert desk.ask("POST", "/logout", page).status == 200
    for _ in range(300):
        desk.ask("POST", "/logout", desk.log_in())
    assert desk.ask("GET", "/login", page).code() == (401, "AUTH")
    again = desk.restarted()
    assert again.ask("GET", "/login", page).code() == (401, "AUTH")
    again.clock.advance(5)
    assert again.ask("GET", "/login", again.log_in()).status == 200


def test_logging_out_is_answered_when_it_is_stored() -> None:
    desk = Desk()
    page = desk.log_in()
    desk.store.slow = True
    line = desk.connect()
    line.send(request("POST", "/logout", page))
    assert line.taken() == b""
    assert desk.ask("GET", "/login", page).code() == (401, "AUTH"), "it is over at once"
    while desk.store.step():
        pass
    assert line.answer().status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'"token"', b"\xff", b"[" * 10_000],
)
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    assert Desk().ask("POST", "/login", body=body).code() == (400, "PROTO")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"token": 5}', b'{"code": null, "token": "wrong"}', b'{"token": "maker-token"}']
)
def test_wrong_credentials_all_look_the_same(body: bytes) -> None:
    desk = Desk()
    assert desk.ask("POST", "/login", body=body).body == desk.ask("POST", "/login", body=b'{"code": "wrong"}').body


def test_guessing_is_limited_for_an_address() -> None:
    desk = Desk(login_attempts_per_minute=3)
    wrong, right = b'{"token": "wrong"}', b'{"token": "admin-token"}'
    for _ in range(3):
        assert desk.ask("POST", "/login", body=wrong, peer=FAR).code() == (401, "AUTH")
        desk.clock.advance(10)
    answer = desk.ask("POST", "/login", body=wrong, peer=FAR)
    assert answer.code() == (429, "LIMIT")
    assert "limits.login_attempts_per_minute" in answer.json()["text"]
    assert answer.headers["retry-after"] == "30"
    assert 29_000 < answer.json()["retry_after"] <= 30_000
    assert desk.ask("POST", "/login", body=wrong).code() == (401, "AUTH"), "another address is not concerned"
    assert desk.ask("POST", "/login", body=right, peer=FAR).status == 200, "who has a good one is not either"
    desk.clock.advance(31)
    assert desk.ask("POST", "/login", body=wrong, peer=FAR).code() == (401, "AUTH")


def test_neither_wrong_passwords_nor_wrong_tokens_lock_out_who_has_something_good() -> None:
    desk = Desk(login_attempts_per_minute=2)
    made_user(desk)
    code = code_of(desk)
    for _ in range(3):
        with_password(desk, "bob", "guess", peer=FAR)
        desk.ask("POST", "/login", body=b'{"token": "wrong"}', peer=FAR)
    assert desk.ask("POST", "/login", body=b'{"code": "%s"}' % code.encode(), peer=FAR).status == 200
    assert desk.ask("POST", "/login", body=b'{"token": "viewer-token"}', peer=FAR).status == 200
    fresh = Desk(login_attempts_per_minute=2)
    made_user(fresh)
    for _ in range(3):
        fresh.ask("POST", "/login", body=b'{"token": "wrong"}', peer=FAR)
    assert with_password(fresh, "alice", "correct horse", peer=FAR).status == 200, "tokens are no passwords"


def test_very_many_logins_of_an_address_wait() -> None:
    desk = Desk(logins_per_minute=3)
    made_user(desk)
    for _ in range(3):
        desk.log_in()
    answer = desk.ask("POST", "/login", body=b'{"token": "admin-token"}')
    assert answer.code() == (429, "LIMIT")
    assert "limits.logins_per_minute (3)" in answer.json()["text"]
    wrong, right = with_password(desk, "alice", "guess"), with_password(desk, "alice", "correct horse")
    assert (wrong.code(), right.code()) == ((429, "LIMIT"), (429, "LIMIT")), "it does not tell a right password"
    assert desk.ask("POST", "/login", body=b'{"token": "admin-token"}', peer=FAR).status == 200
    desk.clock.advance(61)
    assert desk.log_in()


# Users and guests.


def made_user(desk: Desk, password: str = "correct horse") -> None:
    desk.hub.tasks.spawn(desk.hub.accounts.set_user("alice", "operator", ["ci/**"], password))


def with_password(desk: Desk, user: str, password: str, **more: Any):
    body = json.dumps({"user": user, "password": password}).encode()
    return desk.ask("POST", "/login", {"Origin": ORIGIN}, body, **more)


def test_a_user_logs_in_with_a_password() -> None:
    desk = Desk()
    assert desk.ask("GET", "/.well-known/hub").json()["passwords"] is False
    made_user(desk)
    assert desk.ask("GET", "/.well-known/hub").json()["passwords"] is True
    answer = with_password(desk, "alice", "correct horse")
    assert (answer.status, answer.json()["principal"], answer.json()["role"]) == (200, "alice", "operator")
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    desk.stream("ci/a", b"x")
    desk.stream("other", b"y")
    assert desk.ask("GET", "/streams/ci/a", cookie).body == b"x"
    assert desk.ask("GET", "/streams/other", cookie).body == desk.ask("GET", "/streams/missing", cookie).body
    made_user(desk, "another password")
    assert desk.ask("GET", "/streams/ci/a", cookie).code() == (401, "AUTH"), "the old password's login is over"


def test_wrong_passwords_and_unknown_users_look_the_same_and_are_limited() -> None:
    desk = Desk(login_attempts_per_minute=3)
    made_user(desk)
    wrong, unknown = (with_password(desk, user, "guess", peer=FAR) for user in ("alice", "bob"))
    assert wrong.code() == (401, "AUTH")
    assert (wrong.body, wrong.headers) == (unknown.body, unknown.headers)
    with_password(desk, "alice", "guess", peer=FAR)
    assert with_password(desk, "alice", "correct horse", peer=FAR).code() == (429, "LIMIT")
    assert with_password(desk, "alice", "correct horse").status == 200, "two of three failures were alice's"


def test_a_guest_link_logs_in_until_it_ends() -> None:
    desk = Desk()
    desk.stream("ci/a", b"x")
    desk.stream("other", b"y")
    made: list[tuple[str, Token]] = []

    async def make() -> None:
        wish = TokenWish(kind="guest", role="viewer", patterns=["ci/a"], expires_at=desk.clock.now_ms() + 3_600_000)
        made.append(await desk.hub.accounts.create_token(wish, "admin"))

    desk.hub.tasks.spawn(make())
    ((secret, token),) = made
    for _ in range(2):
        answer = with_code(desk, secret)
        assert (answer.json()["role"], answer.json()["bound"]) == ("viewer", True)
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert desk.ask("GET", "/streams/ci/a", cookie).body == b"x"
    assert desk.ask("GET", "/streams/other", cookie).code() == (404, "NOTFOUND")
    bearer = {"Authorization": f"Bearer {secret}"}
    assert desk.ask("GET", "/streams/ci/a", bearer).code() == (401, "AUTH"), "a link is no token"
    assert desk.ask("POST", "/login/link", bearer).code() == (401, "AUTH")
    line = desk.connect()
    line.send(request("GET", "/streams/ci/a?follow=1", cookie))
    assert b"200 OK" in line.taken()
    desk.hub.tasks.spawn(desk.hub.accounts.revoke(token))
    desk.pass_seconds(1)
    assert line.transport.disconnecting
    assert desk.ask("GET", "/streams/ci/a", cookie).code() == (401, "AUTH")
    assert with_code(desk, secret).code() == (401, "AUTH")


def test_the_addresses_of_an_ipv6_network_fail_together() -> None:
    desk = Desk(login_attempts_per_minute=3)
    near, far = (IPv6Address("TCP", host, 40000) for host in ("2001:db8::ffff", "2001:db8:0:1::1"))
    for number in range(3):
        body = b'{"user": "user-%d", "password": "guess"}' % number
        peer = IPv6Address("TCP", f"2001:db8::{number}", 40000)
        assert desk.ask("POST", "/login", body=body, peer=peer).code() == (401, "AUTH")
    body = b'{"user": "bob", "password": "guess"}'
    assert desk.ask("POST", "/login", body=body, peer=near).code() == (429, "LIMIT")
    assert desk.ask("POST", "/login", body=body, peer=far).code() == (401, "AUTH")
