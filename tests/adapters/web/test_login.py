"""Logins: codes, cookies, header tokens, links."""

from __future__ import annotations

import pytest

from adapters.web.desk import FAR, HERE, HOST, ORIGIN, Desk
from hub.adapters.web.login import CODE_SECONDS, LOGIN_SECONDS


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
    assert answer.json() == {"principal": "admin", "role": "admin", "csrf": page["X-Hub-Csrf"]}
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
    for body in (wrong, right):
        answer = desk.ask("POST", "/login", body=body, peer=FAR)
        assert answer.code() == (429, "LIMIT")
        assert "limits.login_attempts_per_minute" in answer.json()["text"]
        assert answer.headers["retry-after"] == "30"
    assert desk.ask("POST", "/login", body=right).status == 200, "another address is not concerned"
    desk.clock.advance(31)
    assert desk.ask("POST", "/login", body=right, peer=FAR).status == 200
