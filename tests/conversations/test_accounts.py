"""Users, tokens and guest links over the command port, and what happens to whoever is in when they end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from conversations.producer_line import ProducerLine, hello
from fakes.sink import RecordingSink
from fakes.tasks import Wait
from fakes.world import FAR, World
from hub.conversations.body_producer import BodyProducer
from hub.conversations.follower import Follower
from hub.conversations.producer import ProducerConversation
from hub.core.account_book import FORGET_MS
from hub.core.turn_share import TurnShare
from hub.model.cursor import Cursor
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


def log_in(world: World, user: str = "alice", password: str = PASSWORD) -> tuple[CommandLine, Any]:
    """Say hello with a password; return the line and its one answer."""
    line = CommandLine(world, hello=None)
    line.say(request(1, "hub.hello", protocol="HUB/1", user=user, password=password))
    (answer,) = line.answers()
    return line, answer


def secret(admin: CommandLine, **wish: Any) -> str:
    made = admin.call("token.create", **wish)["secret"]
    assert isinstance(made, str)
    return made


def greeted(world: World, words: str) -> list[str]:
    """Return what a framed producer from far away is told after its HELLO."""
    return ProducerLine(world, peer=FAR).say(f"HELLO HUB/1 {words}")


# Passwords.


def test_a_user_says_hello_with_a_password(world: World, admin: CommandLine) -> None:
    alice(admin, patterns=["ci/**"])
    line, answer = log_in(world)
    said = answer["result"]
    assert (said["principal"], said["role"], said["patterns"], said["expires_at"]) == (
        "alice",
        "operator",
        ["ci/**"],
        None,
    )
    assert line.call("hub.info")["protocol"] == "HUB/1"


@pytest.mark.parametrize(
    ("user", "password"), [("alice", "wrong"), ("bob", PASSWORD), ("alice", ""), ("alice", "x" * 2000)]
)
def test_a_wrong_password_and_an_unknown_user_look_the_same(
    world: World, admin: CommandLine, user: str, password: str
) -> None:
    alice(admin)
    line, answer = log_in(world, user, password)
    assert answer["error"] == {
        "code": -32001,
        "message": "this user and password are not valid",
        "data": {"code": "AUTH"},
    }
    assert line.sink.closed


def test_what_comes_while_a_password_is_checked_waits(world: World, admin: CommandLine) -> None:
    alice(admin)
    line = CommandLine(world, hello=None)
    line.say(
        request(1, "hub.hello", protocol="HUB/1", user="alice", password=PASSWORD),
        request(2, "hub.info"),
        request(3, "hub.bye"),
    )
    assert [answer["id"] for answer in line.answers()] == [1, 2, 3]
    assert line.sink.closed


def test_nobody_is_read_while_a_password_is_checked_however_busy_the_turn_is(
    world: World, admin: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice(admin)
    world.passwords.wait = Wait()
    line = CommandLine(world, hello=None)
    monkeypatch.setattr(TurnShare, "used_up", True)  # by calls of others
    line.commander.received(
        b"".join(
            json.dumps(each).encode() + b"\n"
            for each in (
                request(1, "hub.hello", protocol="HUB/1", user="alice", password=PASSWORD),
                *[request(number, "hub.info") for number in range(2, 102)],
            )
        )
    )
    assert not line.sink.reading
    monkeypatch.undo()
    world.settle()
    assert (world.passwords.checks, line.answers(), line.sink.reading) == (["alice"], [], False)
    world.passwords.wait.release()
    world.settle()
    assert [answer["id"] for answer in line.answers()] == list(range(1, 102))
    assert line.sink.reading


def test_guessing_is_limited_by_address_and_by_user(world: World, admin: CommandLine) -> None:
    alice(admin)
    for number in range(5):
        assert log_in(world, "alice", f"guess {number}")[1]["error"]["data"]["code"] == "AUTH"
    _, answer = log_in(world)
    assert answer["error"]["data"]["code"] == "LIMIT"
    assert "limits.login_attempts_per_minute" in answer["error"]["message"]
    world.pass_seconds(61)
    assert "result" in log_in(world)[1]


def test_good_logins_are_not_limited(world: World, admin: CommandLine) -> None:
    alice(admin)
    for _ in range(10):
        assert "result" in log_in(world)[1]


def test_a_changed_password_sends_away_who_came_with_the_old_one(world: World, admin: CommandLine) -> None:
    alice(admin)
    line, _ = log_in(world)
    alice(admin, password="battery staple")
    (error,) = line.answers()
    assert (error["error"]["data"]["code"], error["error"]["data"]["cause"]) == ("EXPIRED", "revoked")
    assert line.sink.closed
    assert "error" in log_in(world)[1]
    assert "result" in log_in(world, password="battery staple")[1]


def test_a_user_without_a_password_is_not_let_in_by_one(world: World, admin: CommandLine) -> None:
    admin.call("user.set", user="carol", role="viewer")
    assert admin.call("user.list")["users"][0]["password"] is False
    assert log_in(world, "carol", "")[1]["error"]["data"]["code"] == "AUTH"


@pytest.mark.parametrize("user", ["admin", "anonymous", "", "a b", "../a", "ä", "x" * 65])
def test_names_that_no_user_may_have(admin: CommandLine, user: str) -> None:
    assert admin.error("user.set", user=user, role="viewer")["data"]["code"] in ("PROTO", "CONFLICT")


def test_a_password_has_a_least_length(admin: CommandLine) -> None:
    assert "8 to" in admin.error("user.set", user="alice", role="viewer", password="short")["message"]
    assert admin.call("user.list")["users"] == []


def test_users_are_listed_without_their_hashes_and_removed_with_their_tokens(world: World, admin: CommandLine) -> None:
    alice(admin)
    token = secret(admin, kind="admin", role="admin", principal="alice")
    bound = CommandLine(world, hello=token)
    assert admin.call("user.list") == {
        "users": [
            {
                "user": "alice",
                "role": "operator",
                "patterns": [],
                "password": True,
                "changed_at": admin.call("user.list")["users"][0]["changed_at"],
            }
        ],
        "next": None,
    }
    assert admin.call("user.remove", user="alice") == {"user": "alice", "tokens_revoked": 1}
    assert bound.sink.closed
    assert admin.error("user.remove", user="alice")["data"]["code"] == "NOTFOUND"
    assert world.hub.accounts.by_token(token) is None


# Tokens.


def test_a_token_may_do_what_it_says(world: World, admin: CommandLine) -> None:
    token = secret(admin, kind="admin", role="viewer", patterns=["ci/**"], principal="dash")
    assert token.startswith("hub_admin_")
    world.stream_of("ci/a", b"x")
    world.stream_of("secret", b"x")
    line = CommandLine(world, hello=token)
    assert [row["stream"] for row in line.call("stream.list")["streams"]] == ["ci/a"]
    assert line.error("stream.runs", stream="secret") == line.error("stream.runs", stream="missing")
    assert line.error("session.list")["data"]["code"] == "DENIED"
    (row,) = admin.call("token.list")["tokens"]
    assert "secret" not in row
    assert token not in str(row)


def test_a_token_of_a_user_may_do_no_more_than_they(world: World, admin: CommandLine) -> None:
    alice(admin, role="viewer", patterns=["ci/**"])
    token = secret(admin, kind="admin", role="admin", patterns=["*/a"], principal="alice")
    world.stream_of("ci/a", b"x")
    world.stream_of("ci/b", b"x")
    world.stream_of("other/a", b"x")
    line = CommandLine(world, hello=token)
    assert [row["stream"] for row in line.call("stream.list")["streams"]] == ["ci/a"]
    assert line.error("user.list")["data"]["code"] == "DENIED"
    alice(admin, role="operator")
    assert line.sink.closed, "the user changed"


def test_tokens_of_one_name_share_its_streams(world: World, admin: CommandLine) -> None:
    old, new = (secret(admin, kind="producer", principal="builds") for _ in range(2))
    producer = ProducerLine(world, hello(more=f"token={old}"), peer=FAR)
    producer.data(0, b"one")
    admin.call("token.revoke", token=admin.call("token.list")["tokens"][-1]["token"])
    assert producer.told()[-1] == "ERR AUTH"
    again = greeted(world, hello(more=f"token={new} resume=1"))
    assert "offset=3" in again[0], "the session was kept for whoever has the name"


def test_a_producers_token_asks_nothing_and_a_viewers_sends_nothing(world: World, admin: CommandLine) -> None:
    maker = secret(admin, kind="producer", patterns=["ci/**"])
    viewer = secret(admin, kind="admin", role="viewer")
    assert CommandLine(world, hello=None).error("hub.hello", protocol="HUB/1", token=maker)["data"]["code"] == "AUTH"
    assert greeted(world, hello("ci/a", more=f"token={viewer}")) == ["ERR DENIED"]
    assert greeted(world, hello("other", more=f"token={maker}")) == ["ERR DENIED"]
    assert greeted(world, hello("ci/a", more=f"token={maker}"))[0].startswith("OK")


def test_a_token_needs_a_role_a_free_name_and_a_future(admin: CommandLine) -> None:
    assert admin.error("token.create", kind="admin")["data"]["code"] == "PROTO"
    assert admin.error("token.create", kind="producer", principal="admin")["data"]["code"] == "CONFLICT"
    assert admin.error("token.create", kind="producer", expires_at=1)["data"]["code"] == "PROTO"
    assert admin.error("token.create", kind="producer", patterns=["//"])["data"]["code"] == "PROTO"
    secret(admin, kind="producer", principal="bot")
    assert admin.error("user.set", user="bot", role="viewer")["data"]["code"] == "CONFLICT"


def test_there_are_at_most_so_many(world: World) -> None:
    world = World(tokens=1, users=1)
    admin = CommandLine(world)
    secret(admin, kind="producer")
    assert "limits.tokens" in admin.error("token.create", kind="producer")["message"]
    alice(admin)
    assert "limits.users" in admin.error("user.set", user="bob", role="viewer")["message"]
    alice(admin, role="viewer")


def test_a_repeated_call_makes_one_token(admin: CommandLine) -> None:
    first = admin.call("token.create", kind="producer", idem="x")
    assert admin.call("token.create", kind="producer", idem="x") == first
    assert len(admin.call("token.list")["tokens"]) == 1


def test_lists_come_in_pages(admin: CommandLine) -> None:
    for name in ("a", "b", "c"):
        secret(admin, kind="producer", principal=name)
        admin.call("user.set", user=f"user-{name}", role="viewer")
    page = admin.call("token.list", limit=2)
    rest = admin.call("token.list", limit=2, after=page["next"])
    assert (len(page["tokens"]), len(rest["tokens"]), rest["next"]) == (2, 1, None)
    page = admin.call("user.list", limit=2)
    assert [row["user"] for row in page["users"]] == ["user-a", "user-b"]
    assert [row["user"] for row in admin.call("user.list", after=page["next"])["users"]] == ["user-c"]


# Who is in when a token ends.


def everybody(world: World, token: str) -> dict[str, RecordingSink]:
    """Come in by every way there is, with one token."""
    book = world.hub.accounts
    principal = book.by_token(token)
    assert principal is not None
    stream = world.stream_of("s", b"x").stream
    sinks: dict[str, RecordingSink] = {}
    line = CommandLine(world, hello=token)
    reader = DataLine(world, f"HELLO HUB/1 token={token}")
    reader.ask("SUB 1 s")
    framed = ProducerLine(world, hello("f", more=f"token={token}"), peer=FAR)
    sinks |= {"commands": line.sink, "data": reader.sink, "framed": framed.sink}
    sinks["raw"], sinks["body"], sinks["follow"] = RecordingSink(), RecordingSink(), RecordingSink()
    raw = ProducerConversation(world.hub, FAR, sinks["raw"])
    raw.received(f"HUB/1 RAW stream=r token={token}\nhi\n".encode())
    body = BodyProducer(world.hub, FAR, sinks["body"], "b", principal, {})
    body.received(b"hi")
    follow = sinks["follow"]
    Follower(world.hub, principal, stream, Cursor(stream.epoch, 0), follow, "plain", lambda complete: follow.close())
    world.settle()
    assert [name for name, sink in sinks.items() if sink.closed] == []
    return sinks


def test_a_revoked_token_cuts_every_connection(world: World, admin: CommandLine) -> None:
    token = secret(admin, kind="admin", role="operator", principal="p")
    sinks = everybody(world, token)
    admin.call("token.revoke", token=admin.call("token.list")["tokens"][0]["token"])
    assert [name for name, sink in sinks.items() if not sink.closed] == []
    assert b"EXPIRED" in sinks["data"].bytes()
    assert {name: world.hub.streams.get(name).run.cause for name in "rb"} == {"r": "revoked", "b": "revoked"}
    assert not world.hub.standing._callers, "nothing is left"
    world.assert_no_failures()


def test_a_token_cuts_every_connection_when_its_time_is_over(world: World, admin: CommandLine) -> None:
    now = world.clock.now_ms()
    token = secret(admin, kind="admin", role="operator", principal="p", expires_at=now + 10_000)
    sinks = everybody(world, token)
    world.pass_seconds(9)
    assert [name for name, sink in sinks.items() if sink.closed] == []
    world.pass_seconds(2)
    assert [name for name, sink in sinks.items() if not sink.closed] == []
    assert world.hub.accounts.by_token(token) is None
    assert admin.call("token.list")["tokens"][0]["expires_at"] == now + 10_000, "it is still listed"


def test_others_stay_in(world: World, admin: CommandLine) -> None:
    kept = everybody(world, secret(admin, kind="admin", role="operator", principal="kept"))
    secret(admin, kind="producer")
    admin.call("token.revoke", token=admin.call("token.list")["tokens"][0]["token"])
    assert [name for name, sink in kept.items() if sink.closed] == []


def test_a_detached_session_ends_with_its_token(world: World, admin: CommandLine) -> None:
    token = secret(admin, kind="admin", role="viewer")
    reader = DataLine(world, f"HELLO HUB/1 token={token}")
    reader.ask("SUB 1 **")
    reader.conversation.lost("reset")
    admin.call("token.revoke", token=admin.call("token.list")["tokens"][0]["token"])
    again = DataLine(world, hello=None)
    assert again.ask(f"HELLO HUB/1 session={reader.key}")[0].startswith("ERR EXPIRED")


def test_ended_tokens_are_forgotten_after_a_week(world: World, admin: CommandLine) -> None:
    secret(admin, kind="producer", expires_at=world.clock.now_ms() + 1000)
    world.clock.advance(FORGET_MS / 1000 + 2)
    admin = CommandLine(world)
    secret(admin, kind="producer")
    assert len(admin.call("token.list")["tokens"]) == 1


# Guests.


def test_a_guest_link_shows_one_stream_and_is_no_token(world: World, admin: CommandLine) -> None:
    world.stream_of("ci/a", b"x")
    made = CommandLine(world, hello="ci-operator-token").call(
        "guest.create", stream="ci/a", expires_at=world.clock.now_ms() + HOUR_MS
    )
    guest = world.hub.accounts.by_guest_code(made["secret"])
    assert guest is not None
    assert (guest.role.word, guest.may_produce, guest.may_see("ci/a"), guest.may_see("ci/b")) == (
        "viewer",
        False,
        True,
        False,
    )
    line = CommandLine(world, hello=None)
    assert line.error("hub.hello", protocol="HUB/1", token=made["secret"])["data"]["code"] == "AUTH"
    world.clock.advance(3601)
    assert world.hub.accounts.by_guest_code(made["secret"]) is None


def test_a_guest_link_is_made_by_operators_of_the_stream_and_revoked_by_who_made_it(world: World) -> None:
    world.stream_of("ci/a", b"x")
    world.stream_of("other", b"x")
    when = world.clock.now_ms() + HOUR_MS
    bound = CommandLine(world, hello="ci-operator-token")
    assert bound.error("guest.create", stream="other", expires_at=when) == bound.error(
        "guest.create", stream="missing", expires_at=when
    )
    viewer = CommandLine(world, hello="viewer-token")
    assert viewer.error("guest.create", stream="ci/a", expires_at=when)["data"]["code"] == "DENIED"
    made = bound.call("guest.create", stream="ci/a", expires_at=when)
    other = CommandLine(world, hello="operator-token")
    missing = other.error("token.revoke", token="0" * 16)
    assert other.error("token.revoke", token=made["token"]) == missing
    bound.call("token.revoke", token=made["token"])
    assert world.hub.accounts.by_guest_code(made["secret"]) is None


# Logins of commands.


def test_a_user_gets_a_token_for_themselves_and_ends_it(world: World, admin: CommandLine) -> None:
    alice(admin, patterns=["ci/**"])
    line, _ = log_in(world)
    made = line.call("login.begin", expires_at=world.clock.now_ms() + HOUR_MS)
    own = CommandLine(world, hello=made["secret"])
    assert own.error("login.begin", expires_at=world.clock.now_ms() + HOUR_MS)["data"]["code"] == "DENIED"
    assert own.ask("hub.info")["result"]
    own.say(request(7, "login.end"))
    answer, goodbye = own.answers()
    assert answer["result"] == {"token": made["token"]}, "the answer comes first"
    assert goodbye["error"]["data"]["code"] == "EXPIRED"
    assert not line.sink.closed
    assert admin.error("login.end")["data"]["code"] == "NOTFOUND", "the admin's token is a file"


# What lasts.


def test_accounts_and_sessions_outlive_the_hub(world: World, admin: CommandLine) -> None:
    alice(admin)
    token = secret(admin, kind="admin", role="viewer", principal="dash")
    gone = secret(admin, kind="producer")
    admin.call("token.revoke", token=admin.call("token.list")["tokens"][0]["token"])
    reader = DataLine(world, f"HELLO HUB/1 token={token}")
    reader.ask("SUB 1 **")
    world.pass_seconds(10)
    world.restart()
    assert "result" in log_in(world)[1]
    assert world.hub.accounts.by_token(token) is not None
    assert world.hub.accounts.by_token(gone) is None
    again = DataLine(world, hello=None)
    assert again.ask(f"HELLO HUB/1 session={reader.key}")[0].startswith("OK")


def test_a_store_that_fails_changes_nothing(world: World, admin: CommandLine) -> None:
    world.store.fail_next(Problem("STORE", "the disk is full"))
    assert admin.error("user.set", user="alice", role="viewer", password=PASSWORD)["data"]["code"] == "STORE"
    assert admin.call("user.list")["users"] == []


def test_a_record_that_cannot_be_read_is_nobody(world: World) -> None:
    world.run_inner(world.memory.put("user", {"x": b"\xff", "y": b"\x93\xa1a\xa1b\xc0"}))
    world.run_inner(world.memory.put("token", {"x": b"{}"}))
    world.restart()
    assert CommandLine(world).call("user.list")["users"] == []


# The audit log.


def test_deeds_and_refusals_are_in_the_audit_log(world: World, admin: CommandLine) -> None:
    alice(admin)
    log_in(world, password="wrong")
    line, _ = log_in(world)
    line.error("token.create", kind="producer")
    world.stream_of("a", b"x")
    admin.error("stream.delete", stream="a")
    entries = admin.call("audit.list")["entries"]
    told = [(row["principal"], row["action"], row["target"], row["outcome"]) for row in entries]
    assert told == [
        ("admin", "stream.delete", "a", "CONFLICT"),
        ("alice", "token.create", "", "DENIED"),
        ("alice", "login", "tcp", "ok"),
        ("alice", "login", "tcp", "AUTH"),
        ("admin", "user.set", "alice", "ok"),
    ]
    assert PASSWORD not in str(entries)
    assert entries[-1]["detail"] == "role=operator"


def concerning(admin: CommandLine, target: str) -> list[tuple[str, str, str]]:
    """Return who did what to `target`, and what came of it, newest first."""
    rows = admin.call("audit.list", target=target)["entries"]
    return [(row["principal"], row["action"], row["outcome"]) for row in rows]


def test_who_may_not_do_something_is_in_the_audit_log_with_what_they_tried_it_on(
    world: World, admin: CommandLine
) -> None:
    alice(admin)
    operator = CommandLine(world, hello=secret(admin, kind="admin", role="operator", principal="carl"))
    bound = CommandLine(world, hello=secret(admin, kind="admin", role="admin", patterns=["ci/**"], principal="bound"))
    operator.error("stream.delete", stream="ci/b1")
    operator.error("user.set", user="carl", role="admin", password=PASSWORD)
    bound.error("user.remove", user="alice")
    assert concerning(admin, "ci/b1") == [("carl", "stream.delete", "DENIED")]
    assert concerning(admin, "alice") == [("bound", "user.remove", "DENIED"), ("admin", "user.set", "ok")]
    (entry,) = admin.call("audit.list", target="carl")["entries"]
    assert entry["detail"] == "role=admin"
    assert PASSWORD not in str(admin.call("audit.list"))


def test_what_is_no_id_is_not_in_the_audit_log(world: World, admin: CommandLine) -> None:
    token = secret(admin, kind="admin", role="viewer", principal="dash")
    CommandLine(world, hello=token).error("token.revoke", token=token)
    (entry,) = admin.call("audit.list", action="token.revoke")["entries"]
    assert (entry["target"], entry["detail"], entry["outcome"]) == ("", "", "DENIED")


def test_a_token_is_in_the_audit_log_by_its_id_from_its_making_to_its_end(world: World, admin: CommandLine) -> None:
    first, second = (admin.call("token.create", kind="producer", principal="builds") for _ in range(2))
    admin.call("token.revoke", token=second["token"])
    assert concerning(admin, first["token"]) == [("admin", "token.create", "ok")]
    assert concerning(admin, second["token"]) == [("admin", "token.revoke", "ok"), ("admin", "token.create", "ok")]
    world.stream_of("ci/a", b"x")
    when = world.clock.now_ms() + HOUR_MS
    link = admin.call("guest.create", stream="ci/a", expires_at=when)
    admin.call("token.revoke", token=link["token"])
    made = ("admin", "guest.create", "ok")
    assert concerning(admin, link["token"]) == [("admin", "token.revoke", "ok"), made]
    assert concerning(admin, "ci/a") == [made]
    alice(admin)
    line, _ = log_in(world)
    login = line.call("login.begin", expires_at=when)
    CommandLine(world, hello=login["secret"]).say(request(1, "login.end"))
    assert concerning(admin, login["token"]) == [("alice", "login.end", "ok"), ("alice", "login.begin", "ok")]
    told = str(admin.call("audit.list"))
    assert not [each for each in (first, second, link, login) if each["secret"] in told]


def test_the_audit_log_is_asked_for_parts_and_in_pages(world: World, admin: CommandLine) -> None:
    for name in ("a1", "b1", "c1"):
        admin.call("user.set", user=name, role="viewer")
    admin.call("user.remove", user="b1")
    assert [row["target"] for row in admin.call("audit.list", action="user.set")["entries"]] == ["c1", "b1", "a1"]
    assert len(admin.call("audit.list", action="user.*", target="b1")["entries"]) == 2
    assert admin.call("audit.list", principal="nobody")["entries"] == []
    page = admin.call("audit.list", limit=3)
    rest = admin.call("audit.list", before=page["next"])
    assert [row["target"] for row in page["entries"] + rest["entries"]] == ["b1", "c1", "b1", "a1"]
    assert admin.call("audit.list", since=world.clock.now_ms() + 1)["entries"] == []


def test_the_audit_log_is_bounded_and_refusals_do_not_wash_deeds_away(world: World) -> None:
    world = World(audit_entries=4)
    admin = CommandLine(world)
    alice(admin)
    viewer = CommandLine(world, hello="viewer-token")
    for _ in range(20):
        viewer.error("token.create", kind="producer")
    entries = admin.call("audit.list")["entries"]
    assert [row["action"] for row in entries] == ["token.create", "user.set"]
    for _ in range(6):
        alice(admin)
    assert len(admin.call("audit.list", action="user.set")["entries"]) == 4
    world.pass_seconds(2)
    world.restart()
    assert len(CommandLine(world).call("audit.list")["entries"]) == 5


def test_a_password_that_was_not_looked_at_is_no_failure(world: World, admin: CommandLine) -> None:
    alice(admin)
    check = world.passwords.check

    async def busy(user: str, password: str) -> bool:
        raise Problem("BUSY", "limits.passwords_waiting (32) passwords are in line", retry_after=1000)

    world.passwords.check = busy  # type: ignore[method-assign]
    for _ in range(20):
        assert log_in(world)[1]["error"]["data"]["code"] == "BUSY"
    world.passwords.check = check  # type: ignore[method-assign]
    assert "result" in log_in(world)[1]


def test_a_name_that_nobody_can_have_is_refused_and_not_kept(world: World, admin: CommandLine) -> None:
    for number in range(4):
        _, answer = log_in(world, f"{number}" + "x" * 100_000)
        assert answer["error"]["data"]["code"] == "AUTH"
    assert all(len(key) < 100 for key in world.hub.credentials.guesses._failed)
    assert all(len(entry.principal) <= 64 for entry in world.hub.audit.newest_first())
    assert set(world.passwords.checks) == {""}, "it takes as long as any"
