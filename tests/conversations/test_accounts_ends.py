"""What ends with what: logins with a password, links with their maker, and changes that come at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.command_line import CommandLine, request
from fakes.world import World
from hub.conversations.account_methods import LONGEST_GUEST_MS
from hub.model.problem import Problem

PASSWORD = "correct horse"
HOUR_MS = 3_600_000


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world: World) -> CommandLine:
    return CommandLine(world)


def alice(admin: CommandLine, **more: Any) -> None:
    admin.call("user.set", **{"user": "alice", "role": "operator", "password": PASSWORD, **more})


def as_alice(world: World, password: str = PASSWORD) -> CommandLine:
    line = CommandLine(world, hello=None)
    line.call("hub.hello", protocol="HUB/1", user="alice", password=password)
    return line


def soon(world: World) -> int:
    return world.clock.now_ms() + HOUR_MS


def login(world: World) -> str:
    """Return the token that `hub login` would keep."""
    return str(as_alice(world).call("login.begin", expires_at=soon(world))["secret"])


def link(line: CommandLine, stream: str = "ci/a") -> str:
    return str(line.call("guest.create", stream=stream, expires_at=soon(line.world))["secret"])


def run(world: World, work: Any) -> list[str]:
    """Start something of the book; return a list that gets `done`, or the problem's word, when it is over."""
    over: list[str] = []

    async def go() -> None:
        try:
            await work
        except Problem as problem:
            over.append(problem.word)
        else:
            over.append("done")

    world.tasks.spawn(go())
    return over


# Logins.


@pytest.mark.parametrize("change", [{"password": "battery staple"}, {"role": "viewer", "password": None}])
def test_any_change_of_a_user_ends_the_tokens_that_were_made_with_their_password(
    world: World, admin: CommandLine, change: dict[str, Any]
) -> None:
    alice(admin)
    kept = admin.call("token.create", kind="admin", role="viewer", principal="alice")["secret"]
    token = login(world)
    line = CommandLine(world, hello=token)
    alice(admin, **change)
    assert line.sink.closed
    assert world.hub.accounts.by_token(token) is None
    assert world.hub.accounts.by_token(kept) is not None, "an admin made it: it is not of the password"
    assert len(admin.call("token.list")["tokens"]) == 1, "what is worth nothing is not listed"
    world.pass_seconds(10)
    world.restart()
    assert world.hub.accounts.by_token(token) is None
    assert world.hub.accounts.by_token(kept) is not None


def test_a_login_ends_also_where_the_store_does_not_forget_it(world: World, admin: CommandLine) -> None:
    alice(admin)
    token = login(world)
    world.store.slow = True
    changed = run(world, world.hub.accounts.set_user("alice", "operator", [], "battery staple"))
    world.store.step()
    world.store.step()
    world.store.fail_next(Problem("STORE", "the disk is full"))
    while world.store.step():
        world.settle()
    assert (changed, world.store.failing) == (["done"], 0)
    assert world.hub.accounts.by_token(token) is None
    world.pass_seconds(10)
    world.restart()
    assert world.hub.accounts.by_token(token) is None


def test_a_login_outlives_the_hub_and_changes_of_others(world: World, admin: CommandLine) -> None:
    alice(admin)
    token = login(world)
    admin.call("user.set", user="bob", role="viewer", password=PASSWORD)
    world.pass_seconds(10)
    world.restart()
    assert world.hub.accounts.by_token(token) is not None


def test_an_old_password_does_not_log_in_that_was_checked_while_it_was_changed(
    world: World, admin: CommandLine
) -> None:
    alice(admin)
    checked = world.tasks.promise()
    check = world.passwords.check

    async def slowly(user: str, password: str) -> bool:
        fits = await check(user, password)
        await checked
        return fits

    world.passwords.check = slowly  # type: ignore[method-assign]
    line = CommandLine(world, hello=None)
    line.say(request(1, "hub.hello", protocol="HUB/1", user="alice", password=PASSWORD))
    alice(admin, password="battery staple")
    checked.keep(None)
    world.settle()
    (answer,) = line.answers()
    assert answer["error"]["data"]["code"] == "AUTH"
    assert line.sink.closed


# Changes at the same time.


def test_a_token_that_is_made_while_its_user_is_removed_is_nobodys(world: World, admin: CommandLine) -> None:
    alice(admin)
    world.store.slow = True
    removed = run(world, world.hub.accounts.remove_user("alice"))
    admin.say(request(5, "token.create", kind="admin", role="admin", principal="alice"))
    while world.store.step():
        world.settle()
    assert removed == ["done"]
    (answer,) = admin.answers()
    made = world.hub.accounts.by_token(answer["result"]["secret"])
    assert made is not None
    assert answer["result"]["user"] is False, "a name of its own: no user was left that it could act for"
    conflict = run(world, world.hub.accounts.set_user("alice", "admin", [], None))
    assert conflict == ["CONFLICT"]


def test_a_user_that_is_removed_while_a_token_is_made_takes_it_along(world: World, admin: CommandLine) -> None:
    alice(admin)
    world.store.slow = True
    admin.say(request(5, "token.create", kind="admin", role="admin", principal="alice"))
    removed = run(world, world.hub.accounts.remove_user("alice"))
    while world.store.step():
        world.settle()
    assert removed == ["done"]
    (answer,) = admin.answers()
    assert world.hub.accounts.by_token(answer["result"]["secret"]) is None
    assert world.hub.accounts.tokens == []


def test_a_login_that_is_begun_while_the_password_is_changed_is_none(world: World, admin: CommandLine) -> None:
    alice(admin)
    line = as_alice(world)
    world.store.slow = True
    changed = run(world, world.hub.accounts.set_user("alice", "operator", [], "battery staple"))
    line.say(request(5, "login.begin", expires_at=soon(world)))
    while world.store.step():
        world.settle()
    assert changed == ["done"]
    assert world.hub.accounts.tokens == []


def test_a_change_that_fails_lets_the_next_one_through(world: World, admin: CommandLine) -> None:
    world.store.slow = True
    world.store.fail_next(Problem("STORE", "the disk is full"))
    first = run(world, world.hub.accounts.set_user("alice", "viewer", [], None))
    second = run(world, world.hub.accounts.set_user("bob", "viewer", [], None))
    while world.store.step():
        world.settle()
    assert (first, second) == (["STORE"], ["done"])


# Guest links.


def test_a_guest_link_has_a_longest_time(world: World, admin: CommandLine) -> None:
    world.stream_of("ci/a", b"x")
    longest = world.clock.now_ms() + LONGEST_GUEST_MS
    assert "92 days" in admin.error("guest.create", stream="ci/a", expires_at=longest + 60_000)["message"]
    admin.call("guest.create", stream="ci/a", expires_at=longest)


def test_a_guest_link_ends_with_the_user_who_made_it(world: World, admin: CommandLine) -> None:
    world.stream_of("ci/a", b"x")
    alice(admin)
    by_password, by_login = link(as_alice(world)), link(CommandLine(world, hello=login(world)))
    alice(admin, password="battery staple")
    assert world.hub.accounts.by_guest_code(by_password) is not None, "another password does not unmake links"
    assert world.hub.accounts.by_guest_code(by_login) is not None
    alice(admin, patterns=["other/**"])
    assert world.hub.accounts.by_guest_code(by_password) is None, "it shows nothing that its maker may not see"
    alice(admin)
    assert admin.call("user.remove", user="alice")["tokens_revoked"] == 2
    assert [world.hub.accounts.by_guest_code(code) for code in (by_password, by_login)] == [None, None]
    alice(admin)
    assert world.hub.accounts.by_guest_code(by_password) is None, "another one of that name did not make it"
    assert admin.call("token.list")["tokens"] == []


def test_a_guest_link_ends_with_the_token_by_which_it_was_made(world: World, admin: CommandLine) -> None:
    world.stream_of("ci/a", b"x")
    made = admin.call(
        "token.create", kind="admin", role="operator", principal="dash", expires_at=world.clock.now_ms() + HOUR_MS // 2
    )
    first = link(CommandLine(world, hello=made["secret"]))
    assert world.hub.accounts.by_guest_code(first) is not None
    world.clock.advance(HOUR_MS / 2000 + 1)
    assert world.hub.accounts.by_guest_code(first) is None
    admin = CommandLine(world)
    other = admin.call("token.create", kind="admin", role="operator", principal="dash")
    second = link(CommandLine(world, hello=other["secret"]))
    admin.call("token.revoke", token=other["token"])
    assert world.hub.accounts.by_guest_code(second) is None
    assert len(admin.call("token.list")["tokens"]) == 2, "the revoked token's link is not listed either"
