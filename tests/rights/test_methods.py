"""Every JSON-RPC method against everybody."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from conversations.command_line import CommandLine
from fakes.world import EPOCH, World
from hub.app.methods import METHODS
from hub.model.principal import Role
from hub.wire.commands import Mutation
from rights.people import ADMIN, WITH_ROLE, WITHOUT_ROLE, Somebody, named

INSIDE, OUTSIDE, MISSING = "ci/a", "other", "missing"
LATER = 1 << 52
SOON = EPOCH + 3_600_000


class Row(NamedTuple):
    """The least role, parameters that make sense, and where the rights over streams show."""

    role: Role
    params: dict[str, Any] = {}  # noqa: RUF012 - read, never written
    stream: str | None = None
    """The parameter that names one stream: outside of one's patterns it is answered as a missing one."""
    unbound: bool = False
    """Whether it is for nobody who is bound to patterns."""


V, O, A = Role.VIEWER, Role.OPERATOR, Role.ADMIN  # noqa: E741 - as in the protocol's table
MATRIX = {
    "hub.hello": Row(V, {"protocol": "HUB/1"}),
    "hub.info": Row(V),
    "hub.stats": Row(V),
    "hub.subscribe": Row(V, {"topics": ["stats"]}),
    "hub.bye": Row(V),
    "stream.list": Row(V),
    "stream.runs": Row(V, stream="stream"),
    "stream.stats": Row(V, stream="stream"),
    "stream.read": Row(V, {"offset": 0, "max": 10}, stream="stream"),
    "stream.lines": Row(V, {"from": "start"}, stream="stream"),
    "stream.series": Row(V, {"field": "lines"}, stream="stream"),
    "stream.search": Row(V, {"query": "x"}),
    "stream.delete": Row(A, {"force": True}, stream="stream"),
    "presence.list": Row(V, stream="stream"),
    "session.list": Row(O),
    "session.kick": Row(O, {"session": "0" * 16}),
    "lease.acquire": Row(O, {"name": "rack/7", "ttl_s": 5}),
    "lease.renew": Row(O, {"name": "rack/7", "fence": 1}),
    "lease.release": Row(O, {"name": "rack/7", "fence": 1}),
    "lease.hand_over": Row(O, {"name": "rack/7", "fence": 1, "session": "0" * 16}),
    "lease.steal": Row(O, {"name": "rack/7", "reason": "mine"}),
    "lease.list": Row(O),
    "stream.command": Row(O, {"command": "signal"}, stream="stream"),
    "stream.mark": Row(O, {"text": "here"}, stream="stream"),
    "stream.marks": Row(V, stream="stream"),
    "user.set": Row(A, {"user": "u", "role": "viewer"}, unbound=True),
    "user.list": Row(A, unbound=True),
    "user.remove": Row(A, {"user": "u"}, unbound=True),
    "token.create": Row(A, {"kind": "producer"}, unbound=True),
    "token.list": Row(A, unbound=True),
    "token.revoke": Row(O, {"token": "0" * 16}),
    "guest.create": Row(O, {"expires_at": SOON}, stream="stream"),
    "login.begin": Row(V, {"expires_at": LATER}),
    "login.end": Row(V),
    "audit.list": Row(A, unbound=True),
}
ELSEWHERE = {"login.begin"}
"""Refused here for another reason than the role: only for those who said a password."""

MET = {"stream.command": "CONFLICT"}
"""What is answered where the right is there and something else is in the way: here nobody takes commands."""


def hub() -> World:
    """Return a hub with a stream inside of `ci/**` and one outside."""
    world = World()
    world.stream_of(INSIDE, b"x\n")
    world.stream_of(OUTSIDE, b"x\n")
    return world


def ask(somebody: Somebody, method: str, stream: str = INSIDE) -> Any:
    """Ask on a connection of its own to a hub of its own; return the answer without its id."""
    row = MATRIX[method]
    params = dict(row.params)
    if row.stream is not None:
        params[row.stream] = stream
    world = hub()
    answer = CommandLine(world, hello=somebody.token).ask(method, **params)
    world.assert_no_failures()
    return {key: value for key, value in answer.items() if key != "id"}


def code(answer: Any) -> str | None:
    return answer["error"]["data"]["code"] if "error" in answer else None


def test_every_method_has_a_row() -> None:
    assert sorted(METHODS) == sorted(MATRIX), "a method needs a row in MATRIX, and a row in the protocol's table"


def test_the_roles_are_those_of_the_hub() -> None:
    assert {name: (each.role, each.unbound) for name, each in METHODS.items()} == {
        name: (row.role, row.unbound) for name, row in MATRIX.items()
    }


@pytest.mark.parametrize("somebody", WITH_ROLE, ids=named)
@pytest.mark.parametrize("method", MATRIX)
def test_a_method_is_for_its_role_and_those_above(method: str, somebody: Somebody) -> None:
    row = MATRIX[method]
    allowed = somebody.role >= row.role and not (row.unbound and somebody.bound)
    answer = code(ask(somebody, method))
    assert (answer == "DENIED") is (not allowed or method in ELSEWHERE)


@pytest.mark.parametrize("somebody", [each for each in WITH_ROLE if each.bound], ids=named)
@pytest.mark.parametrize("method", [name for name, row in MATRIX.items() if row.stream])
def test_a_stream_out_of_bounds_is_as_one_that_is_not_there(method: str, somebody: Somebody) -> None:
    if somebody.role < MATRIX[method].role:
        assert ask(somebody, method, OUTSIDE) == ask(somebody, method, INSIDE), "the role comes first"
        return
    outside = ask(somebody, method, OUTSIDE)
    assert outside == ask(somebody, method, MISSING)
    assert code(outside) == "NOTFOUND"
    assert code(ask(somebody, method, INSIDE)) == MET.get(method)
    assert code(ask(ADMIN, method, OUTSIDE)) == MET.get(method)


@pytest.mark.parametrize("somebody", [each for each in WITH_ROLE if each.bound], ids=named)
def test_lists_searches_and_events_stay_within_bounds(somebody: Somebody) -> None:
    world = hub()
    line = CommandLine(world, hello=somebody.token)
    assert [row["stream"] for row in line.call("stream.list")["streams"]] == [INSIDE]
    assert [hit["stream"] for hit in line.call("stream.search", query="x")["hits"]] == [INSIDE]
    line.call("hub.subscribe", topics=["streams", "stream.*"])
    world.stream_of("other2", b"y")
    world.stream_of("ci/b", b"y")
    world.pass_seconds(1)
    told = str(line.answers())
    assert "ci/b" in told
    assert "other" not in told


@pytest.mark.parametrize("somebody", WITHOUT_ROLE, ids=named)
@pytest.mark.parametrize("method", MATRIX)
def test_without_a_role_nothing_is_answered(method: str, somebody: Somebody) -> None:
    world = hub()
    line = CommandLine(world, hello=None)
    credentials = {} if somebody.token is None else {"token": somebody.token}
    first = line.ask("hub.hello", protocol="HUB/1", **credentials)
    assert code(first) == "AUTH"
    assert line.sink.closed
    other = CommandLine(world, hello=None)
    params = {**MATRIX[method].params, **({"stream": INSIDE} if MATRIX[method].stream else {})}
    assert code(other.ask(method, **params)) == "AUTH"
    assert other.sink.closed


@pytest.mark.parametrize("method", [name for name, each in METHODS.items() if issubclass(each.params, Mutation)])
def test_what_changes_something_is_in_the_audit_log(method: str) -> None:
    if not METHODS[method].audited:
        return
    world = hub()
    row = MATRIX[method]
    params = {**row.params, **({row.stream: INSIDE} if row.stream else {})}
    CommandLine(world).ask(method, **params)
    CommandLine(world, hello="viewer-token").ask(method, **params)
    entries = [entry for entry in world.hub.audit.newest_first() if entry.action == method]
    assert {entry.principal for entry in entries} == {"admin", "viewer"}
