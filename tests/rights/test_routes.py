"""Every route against everybody: by Bearer token, from near and far."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from adapters.web.desk import FAR, LOCAL, ORIGIN, Desk
from hub.model.principal import Role
from rights.people import BOUND_VIEWER, EVERYBODY, Somebody, named

OPEN, ROLE = "open", "role"


class Row(NamedTuple):
    """For whom it is, and the body that is sent."""

    whose: str
    body: bytes = b""
    far: str | None = None
    """For whom it is beyond loopback, where that is another."""


ROUTES = {
    ("GET", "/"): Row(OPEN),
    ("GET", "/livez"): Row(OPEN),
    ("GET", "/readyz"): Row(OPEN),
    ("GET", "/metrics"): Row(OPEN, far=ROLE),
    ("GET", "/.well-known/hub"): Row(OPEN),
    ("GET", "/login"): Row("cookie"),
    ("POST", "/login"): Row("code", b"{}"),
    ("POST", "/login/link"): Row(ROLE),
    ("POST", "/logout"): Row(OPEN),
    ("GET", "/ws"): Row("socket"),
    ("GET", "/streams/ci/a"): Row(ROLE),
    ("PUT", "/streams/ci/new"): Row("produces", b"x"),
    ("POST", "/streams/ci/new"): Row("produces", b"x"),
}


def headers(somebody: Somebody) -> dict[str, str]:
    return {} if somebody.token is None else {"Authorization": f"Bearer {somebody.token}"}


def desk_with_streams() -> Desk:
    desk = Desk()
    desk.stream("ci/a", b"inside")
    desk.stream("other", b"outside")
    return desk


def known(somebody: Somebody) -> bool:
    return bool(somebody.role) or somebody.produces


def test_every_route_has_a_row() -> None:
    listener = Desk().listener
    routes = {(method.decode(), path.decode()) for path, ways in listener._routes.items() for method in ways}
    routes |= {(method.decode(), "/streams/ci/a") for method in listener._stream_routes}
    routes |= {(method.decode(), "/") for method in listener._page_routes}
    routes |= {(method, "/streams/ci/new") for method in ("PUT", "POST")}
    assert routes == set(ROUTES)


def expected(row: Row, somebody: Somebody, *, far: bool) -> set[int]:
    """Return the statuses of which one is to come."""
    whose = row.far if far and row.far else row.whose
    if whose == OPEN:
        return {200, 503}  # 503: this checkout has no page
    if whose in ("cookie", "code"):
        return {401}
    if whose == "socket":
        return {401, 403} if somebody.token is not None and not somebody.role else {400, 426}
    if whose == "produces":
        anonymous = somebody.token is None and not far
        if somebody.produces or anonymous:
            return {200}
        return {403} if known(somebody) else {401}
    if somebody.role:
        return {200}
    return {403} if known(somebody) else {401}


@pytest.mark.parametrize("peer", [LOCAL, FAR], ids=["near", "far"])
@pytest.mark.parametrize("somebody", EVERYBODY, ids=named)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_route_is_for_whom_it_is(route: tuple[str, str], somebody: Somebody, peer: object) -> None:
    method, path = route
    row = ROUTES[route]
    desk = desk_with_streams()
    answer = desk.ask(method, path, headers(somebody), row.body, peer=peer)  # type: ignore[arg-type]
    assert answer.status in expected(row, somebody, far=peer is FAR), answer
    assert b"outside" not in answer.body
    assert desk.failures.reported == []


@pytest.mark.parametrize("somebody", [each for each in EVERYBODY if each.bound], ids=named)
@pytest.mark.parametrize("more", ["", "?follow=1", "?run=1", "?run=7"])
def test_a_stream_out_of_bounds_is_as_one_that_is_not_there(somebody: Somebody, more: str) -> None:
    there, missing = (
        desk_with_streams().ask("GET", f"/streams/{name}{more}", headers(somebody)) for name in ("other", "missing")
    )
    for answer in (there, missing):
        del answer.headers["date"]
    assert (there.status, there.headers, there.body) == (missing.status, missing.headers, missing.body)
    assert there.status == (404 if somebody.role else 403)


@pytest.mark.parametrize("somebody", [each for each in EVERYBODY if each.bound and each.produces], ids=named)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_nobody_writes_out_of_bounds(somebody: Somebody, method: str) -> None:
    there, missing = (
        desk_with_streams().ask(method, f"/streams/{name}", headers(somebody), b"x") for name in ("other", "missing")
    )
    assert (there.status, there.body) == (missing.status, missing.body)
    assert there.code() == (403, "DENIED")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ADMIN])
def test_a_cookie_reads_as_its_token_does_and_writes_with_its_header_token_alone(role: Role) -> None:
    desk = desk_with_streams()
    token = {Role.VIEWER: "viewer-token", Role.OPERATOR: "operator-token", Role.ADMIN: "admin-token"}[role]
    answer = desk.ask("POST", "/login", {"Origin": ORIGIN}, b'{"token": "%s"}' % token.encode())
    page = {"Cookie": answer.headers["set-cookie"].partition(";")[0], "Origin": ORIGIN}
    assert desk.ask("GET", "/streams/ci/a", page).status == 200
    assert desk.ask("PUT", "/streams/ci/new", page, b"x").code() == (403, "DENIED")
    whole = {**page, "X-Hub-Csrf": answer.json()["csrf"]}
    assert desk.ask("PUT", "/streams/ci/new", whole, b"x").status == (403 if role is Role.VIEWER else 200)


def test_a_bound_cookie_stays_within_bounds() -> None:
    desk = desk_with_streams()
    answer = desk.ask("POST", "/login", {"Origin": ORIGIN}, b'{"token": "%s"}' % str(BOUND_VIEWER.token).encode())
    page = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert desk.ask("GET", "/streams/ci/a", page).body == b"inside"
    assert desk.ask("GET", "/streams/other", page).code() == (404, "NOTFOUND")
