"""Dialogues about leases (PROTOCOL 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, come_back, request
from fakes.world import World
from hub.adapters.store.memory import MemoryStore
from hub.model.problem import Problem
from hub.model.session_key import public_id
from hub.wire import json_rpc


@pytest.fixture
def world() -> World:
    return World()


def operator(world: World) -> CommandLine:
    return CommandLine(world, hello="operator-token")


def acquire(line: CommandLine, name: str = "printer", ttl_s: int = 30) -> dict[str, Any]:
    answer: dict[str, Any] = line.call("lease.acquire", name=name, ttl_s=ttl_s)
    return answer


def wait_for(line: CommandLine, number: int = 7, **params: object) -> None:
    """Ask for a lease and wait; nothing is answered yet."""
    line.say(request(number, "lease.acquire", **{"ttl_s": 30, "wait_s": 60, **params}))
    assert line.answers() == []


def granted(line: CommandLine, number: int = 7) -> dict[str, Any]:
    """Return what a call that waited was answered."""
    line.world.settle()
    (answer,) = [each for each in line.answers() if each.get("id") == number]
    result: dict[str, Any] = answer["result"]
    return result


def lose(line: CommandLine) -> None:
    line.commander.lost("reset")
    line.world.settle()


def back(line: CommandLine) -> CommandLine:
    again, answer, _ = come_back(line)
    assert "result" in answer
    return again


def code(line: CommandLine, method: str, **params: object) -> str:
    word: str = line.error(method, **params)["data"]["code"]
    return word


def test_one_holds_it_and_the_other_is_told_who(world: World) -> None:
    one, two = operator(world), operator(world)
    lease = acquire(one)
    assert lease["session"] == public_id(one.key)
    assert lease["stream"] is None
    assert 29_000 < lease["expires_at"] - world.clock.now_ms() <= 30_000
    error = two.error("lease.acquire", name="printer", ttl_s=30)
    assert error["data"]["code"] == "CONFLICT"
    assert error["data"]["session"] == public_id(one.key)
    assert 29_000 < error["data"]["retry_after"] <= 30_000
    assert "op" in error["message"]


def test_the_holder_asking_again_gets_its_own(world: World) -> None:
    line = operator(world)
    first = acquire(line)
    world.pass_seconds(20)
    again = acquire(line)
    assert again["fence"] == first["fence"]
    assert again["expires_at"] > first["expires_at"]


def test_waiters_are_served_in_the_order_in_which_they_came(world: World) -> None:
    holder, *waiters = [operator(world) for _ in range(4)]
    fence = acquire(holder)["fence"]
    for line in waiters:
        wait_for(line, name="printer")
    fences = [fence]
    for line in waiters:
        assert holder.call("lease.release", name="printer", fence=fence) == {"name": "printer"}
        lease = granted(line)
        fence = lease["fence"]
        fences.append(fence)
        holder = line
    assert fences == sorted(set(fences))


def test_who_waits_in_vain_is_told_so(world: World) -> None:
    one, two = operator(world), operator(world)
    acquire(one)
    two.say(request(7, "lease.acquire", name="printer", ttl_s=30, wait_s=5))
    world.clock.advance(4.9)
    assert two.answers() == []
    world.clock.advance(0.2)
    assert two.answers()[0]["error"]["data"]["code"] == "CONFLICT"
    one.call("lease.release", name="printer", fence=1)
    assert two.answers() == []
    assert two.call("lease.list")["leases"] == []


def test_whose_turn_comes_in_the_last_moment_is_told_that_it_has_it(world: World) -> None:
    """The lease is given at the very time at which the wait is over, before its promise is kept."""
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    release = request(9, "lease.release", name="printer", fence=fence)
    world.clock.call_later(5.0, lambda: one.commander.received(json.dumps(release).encode() + b"\n"))
    wait_for(two, wait_s=5, name="printer")
    world.clock.advance(6)
    assert granted(two)["fence"] > fence
    (row,) = two.call("lease.list")["leases"]
    assert row["session"] == public_id(two.key)


def test_a_turn_that_comes_to_one_who_cancels_goes_on_to_the_next(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    wait_for(three, name="printer")
    one.commander.received(json.dumps(request(9, "lease.release", name="printer", fence=fence)).encode() + b"\n")
    two.commander.received(json.dumps(request(8, "$/cancel", id=7)).encode() + b"\n")
    assert granted(three)["session"] == public_id(three.key)


def test_a_cancelled_waiter_loses_its_turn_at_once(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    wait_for(three, name="printer")
    two.say(request(8, "$/cancel", id=7))
    assert [answer.get("error", {}).get("code") for answer in two.answers()] == [-32800, None]
    one.call("lease.release", name="printer", fence=fence)
    assert granted(three)["session"] == public_id(three.key)


def test_renewing_keeps_it_and_forgetting_to_loses_it(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one, ttl_s=10)["fence"]
    wait_for(two, name="printer")
    for _ in range(3):
        world.pass_seconds(9)
        one.call("lease.renew", name="printer", fence=fence)
    assert [each["method"] for each in two.answers()] == ["hub.ping"]
    world.pass_seconds(11)
    assert granted(two)["fence"] > fence
    (lost,) = one.answers()
    assert (lost["method"], lost["params"]["cause"]) == ("lease.lost", "expired")
    error = one.error("lease.renew", name="printer", fence=fence)
    assert error["data"]["code"] == "FENCED"
    assert "expired" in error["message"]
    assert code(one, "lease.release", name="printer", fence=fence) == "FENCED"


def test_a_stale_fence_is_refused_even_of_the_holder_itself(world: World) -> None:
    line = operator(world)
    old = acquire(line)["fence"]
    line.call("lease.release", name="printer", fence=old)
    new = acquire(line)["fence"]
    for method, more in (("renew", {}), ("release", {}), ("hand_over", {"session": public_id(line.key)})):
        assert code(line, f"lease.{method}", name="printer", fence=old, **more) == "FENCED"
    line.call("lease.renew", name="printer", fence=new)


def test_a_lost_connection_keeps_it_for_ten_seconds(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lose(one)
    world.pass_seconds(9)
    one = back(one)
    world.pass_seconds(5)
    assert acquire(one)["fence"] == fence
    lose(one)
    world.pass_seconds(11)
    assert granted(two)["fence"] > fence
    assert (
        CommandLine(world, hello=None).error("hub.hello", protocol="HUB/1", token="operator-token", session=one.key)[
            "data"
        ]["code"]
        == "EXPIRED"
    ), "a session without anything ends"


def test_a_lost_waiter_keeps_its_turn_for_as_long(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    wait_for(three, name="printer")
    lose(two)
    world.pass_seconds(5)
    two = back(two)
    wait_for(two, name="printer")
    one.call("lease.release", name="printer", fence=fence)
    fence = granted(two)["fence"]
    assert three.answers() == []
    wait_for(one, name="printer")
    lose(three)
    world.pass_seconds(11)
    two.call("lease.release", name="printer", fence=fence)
    assert granted(one)["session"] == public_id(one.key)


def test_who_is_away_when_its_turn_comes_finds_it_held_for_it(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lose(two)
    one.call("lease.release", name="printer", fence=fence)
    two = back(two)
    assert acquire(two)["fence"] == fence + 1


def test_the_end_of_a_session_frees_what_it_held(world: World) -> None:
    one, two, boss = operator(world), operator(world), operator(world)
    acquire(one)
    wait_for(two, name="printer")
    one.call("hub.bye")
    assert granted(two)
    wait_for(boss, name="printer")
    admin = CommandLine(world)
    admin.call("session.kick", session=public_id(two.key))
    assert granted(boss)


def test_a_lease_is_handed_over_before_all_that_wait(world: World) -> None:
    one, two, heir = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lease = one.call("lease.hand_over", name="printer", fence=fence, session=public_id(heir.key))
    assert (lease["session"], lease["fence"]) == (public_id(heir.key), fence + 1)
    (told,) = heir.answers()
    assert (told["method"], told["params"]) == (
        "lease.granted",
        {"name": "printer", "fence": fence + 1, "ttl_s": 30},
    )
    assert code(one, "lease.renew", name="printer", fence=fence) == "FENCED"
    heir.call("lease.release", name="printer", fence=fence + 1)
    assert granted(two)


def test_a_lease_is_handed_to_one_who_waits_for_it(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    wait_for(three, name="printer")
    one.call("lease.hand_over", name="printer", fence=fence, session=public_id(three.key))
    assert granted(three)["fence"] == fence + 1
    assert two.answers() == []


def test_nobody_is_handed_a_lease_who_may_not_hold_it(world: World) -> None:
    line = operator(world)
    fence = acquire(line)["fence"]
    viewer = CommandLine(world, hello="viewer-token")
    for session in (public_id(viewer.key), "0" * 16):
        assert code(line, "lease.hand_over", name="printer", fence=fence, session=session) == "NOTFOUND"


def test_a_steal_is_told_to_the_loser_with_its_reason(world: World) -> None:
    one, two, thief = operator(world), operator(world), CommandLine(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lease = thief.call("lease.steal", name="printer", reason="it burns")
    assert lease["fence"] == fence + 1
    (told,) = one.answers()
    assert told["method"] == "lease.lost"
    assert told["params"] == {
        "name": "printer",
        "fence": fence,
        "cause": "stolen",
        "by": "admin",
        "reason": "it burns",
    }
    assert "stolen by admin: it burns" in one.error("lease.renew", name="printer", fence=fence)["message"]
    thief.call("lease.release", name="printer", fence=fence + 1)
    assert granted(two)
    assert thief.call("lease.steal", name="free", reason="why not")["name"] == "free"


def test_any_of_some_names_is_had(world: World) -> None:
    lines = [operator(world) for _ in range(3)]
    names = [line.call("lease.acquire", any_of=["a", "b"], ttl_s=30)["name"] for line in lines[:2]]
    assert names == ["a", "b"]
    wait_for(lines[2], any_of=["a", "b"])
    lines[1].call("lease.release", name="b", fence=2)
    assert granted(lines[2])["name"] == "b"


def test_any_free_live_stream_of_a_pattern_is_had(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    world.stream_of("board/2", b"x")
    world.stream_of("board/1", b"x")
    world.stream_of("board/0", b"x").end("eof")
    world.stream_of("other", b"x")
    lease = one.call("lease.acquire", any_of="board/*", ttl_s=30)
    assert (lease["name"], lease["stream"]) == ("stream:board/1", "board/1")
    assert two.call("lease.acquire", any_of="board/*", ttl_s=30)["stream"] == "board/2"
    assert "no live stream of board/*" in three.error("lease.acquire", any_of="board/*", ttl_s=30)["message"]
    wait_for(three, any_of="board/*")
    world.stream_of("board/3", b"x")
    assert granted(three)["stream"] == "board/3"


def test_it_is_for_operators_and_within_their_patterns(world: World) -> None:
    assert code(CommandLine(world, hello="viewer-token"), "lease.acquire", name="a", ttl_s=1) == "DENIED"
    world.stream_of("secret", b"x")
    world.stream_of("ci/a", b"x")
    bound = CommandLine(world, hello="ci-operator-token")
    for name in ("printer", "stream:secret"):
        assert code(bound, "lease.acquire", name=name, ttl_s=1) == "NOTFOUND"
        assert code(bound, "lease.steal", name=name, reason="") == "NOTFOUND"
    assert bound.call("lease.acquire", any_of="**", ttl_s=30)["stream"] == "ci/a"
    acquire(operator(world))
    assert [row["name"] for row in bound.call("lease.list")["leases"]] == ["stream:ci/a"]


@pytest.mark.parametrize(
    "params",
    [
        {"ttl_s": 5},
        {"name": "a", "any_of": ["b"], "ttl_s": 5},
        {"name": "a b", "ttl_s": 5},
        {"name": "a", "ttl_s": 0},
        {"name": "a", "ttl_s": 1.5},
        {"any_of": [], "ttl_s": 5},
        {"any_of": "a//b", "ttl_s": 5},
        {"name": "a"},
    ],
)
def test_what_makes_no_sense_is_refused(world: World, params: dict[str, object]) -> None:
    assert operator(world).error("lease.acquire", **params)["code"] in (-32600, -32602)


def test_the_list_says_who_holds_what_and_how_many_wait(world: World) -> None:
    one, two = operator(world), operator(world)
    acquire(one, "stream:a")
    wait_for(two, name="stream:a")
    answer = two.call("lease.list")
    (row,) = answer["leases"]
    assert (answer["waiters"], answer["total"]) == (1, 1)
    assert {key: row[key] for key in ("name", "stream", "session", "principal", "fence", "ttl_s", "waiters")} == {
        "name": "stream:a",
        "stream": "a",
        "session": public_id(one.key),
        "principal": "op",
        "fence": 1,
        "ttl_s": 30,
        "waiters": 1,
    }
    assert row["queue"] == [{"session": public_id(two.key), "principal": "op"}]


def test_each_step_is_an_event(world: World) -> None:
    line, watcher = operator(world), CommandLine(world)
    watcher.call("hub.subscribe", topics=["lease.*"])
    fence = acquire(line)["fence"]
    line.call("lease.renew", name="printer", fence=fence)
    line.call("lease.release", name="printer", fence=fence)
    told = [(each["params"]["topic"], each["params"].get("cause")) for each in watcher.answers()]
    assert told == [("lease.acquired", None), ("lease.renewed", None), ("lease.ended", "released")]


def test_who_comes_into_the_queue_and_leaves_it_is_an_event(world: World) -> None:
    one, two, three, watcher = operator(world), operator(world), operator(world), CommandLine(world)
    acquire(one, "a")
    fence = acquire(one, "b")["fence"]
    watcher.call("hub.subscribe", topics=["lease.*"])
    wait_for(two, any_of=["a", "b"])
    wait_for(three, name="a")
    lose(three)
    world.pass_seconds(11)
    one.call("lease.release", name="b", fence=fence)
    told = [
        (each["topic"], each["name"], [waiter["session"] for waiter in each["queue"]])
        for each in (said["params"] for said in watcher.answers())
    ]
    second, third = public_id(two.key), public_id(three.key)
    assert told == [
        ("lease.queued", "a", [second]),
        ("lease.queued", "b", [second]),
        ("lease.queued", "a", [second, third]),
        ("lease.queued", "a", [second]),
        ("lease.ended", "b", [second]),
        ("lease.acquired", "b", []),
        ("lease.queued", "a", []),
    ]


def test_leases_outlive_the_hub_and_fences_grow_on(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one, ttl_s=300)["fence"]
    other = acquire(two, "gone", ttl_s=300)
    world.restart()
    three = operator(world)
    assert code(three, "lease.acquire", name="printer", ttl_s=30) == "CONFLICT"
    world.pass_seconds(50)
    one = back(one)
    assert acquire(one, ttl_s=300)["fence"] == fence
    world.pass_seconds(11)
    one.answers()
    assert acquire(operator(world), "gone")["fence"] > other["fence"], "nobody came back for it within a minute"
    one.call("lease.renew", name="printer", fence=fence)


def test_a_lease_of_a_made_token_outlives_the_hub(world: World) -> None:
    """Only the store knows whose such a token is: the admin's accounts alone would take the holder for nobody."""
    admin = CommandLine(world, hello="admin-token")
    secret = admin.call("token.create", kind="admin", role="operator")["secret"]
    acquire(CommandLine(world, hello=secret), ttl_s=300)
    world.restart()
    assert code(operator(world), "lease.acquire", name="printer", ttl_s=30) == "CONFLICT"


def test_a_ttl_goes_on_while_the_hub_is_down(world: World) -> None:
    line = operator(world)
    acquire(line, ttl_s=5)
    world.restart()
    world.pass_seconds(6)
    assert acquire(operator(world))["fence"] > 1


def test_fences_grow_though_the_store_forgot_all_of_them(world: World) -> None:
    former = [acquire(operator(world), f"a{number}")["fence"] for number in range(3)]
    world.memory = MemoryStore(world.limits.memory_store_bytes, world.limits.memory_store_stream_bytes, 0)
    world.restart()
    again = acquire(operator(world), "a0")["fence"]
    assert again > max(former)
    world.memory = MemoryStore(world.limits.memory_store_bytes, world.limits.memory_store_stream_bytes, 0)
    world.restart(after_seconds=1)
    assert acquire(operator(world), "a0")["fence"] > again


def test_nobody_is_told_of_a_lease_that_is_not_stored(world: World) -> None:
    line, other = operator(world), operator(world)
    world.store.slow = True
    line.say(request(7, "lease.acquire", name="printer", ttl_s=30))
    assert line.answers() == []
    assert code(other, "lease.acquire", name="printer", ttl_s=30) == "CONFLICT"
    world.store.finish()
    assert granted(line)["fence"] == 1


def test_one_that_is_cancelled_while_it_is_stored_is_free_again(world: World) -> None:
    line, other = operator(world), operator(world)
    world.store.slow = True
    line.say(request(7, "lease.acquire", name="printer", ttl_s=30), request(8, "$/cancel", id=7))
    world.store.slow = False
    world.store.finish()
    assert acquire(other)["fence"] == 2


def test_a_store_that_fails_says_so_and_asking_again_helps(world: World) -> None:
    line = operator(world)
    world.store.fail_next(Problem("STORE", "the disk is full"))
    assert code(line, "lease.acquire", name="printer", ttl_s=30) == "STORE"
    assert acquire(line)["fence"] == 1
    world.restart()
    assert code(operator(world), "lease.acquire", name="printer", ttl_s=30) == "CONFLICT"


def test_a_call_with_idem_is_done_once(world: World) -> None:
    line = operator(world)
    first = line.call("lease.acquire", name="printer", ttl_s=30, idem="i")
    line.call("lease.release", name="printer", fence=first["fence"])
    assert line.call("lease.acquire", name="printer", ttl_s=30, idem="i") == first
    assert line.call("lease.list")["leases"] == []


@pytest.mark.parametrize("how", ["stolen", "expired"])
def test_a_lease_that_is_lost_while_its_renewal_is_stored_is_not_renewed(world: World, how: str) -> None:
    line, thief = operator(world), operator(world)
    fence = acquire(line, ttl_s=5)["fence"]
    world.store.slow = True
    line.say(request(7, "lease.renew", name="printer", fence=fence, ttl_s=5))
    if how == "stolen":
        thief.say(request(7, "lease.steal", name="printer", reason="mine"))
    else:
        world.pass_seconds(6)
    world.store.slow = False
    world.store.finish()
    world.settle()
    (answer,) = [each for each in line.answers() if each.get("id") == 7]
    assert answer["error"]["data"]["code"] == "FENCED"
    assert how in answer["error"]["message"]


@pytest.mark.parametrize("limits", [{}, {"answer_bytes": 16 * 1024}], ids=["by limit", "by room"])
def test_the_list_is_read_to_its_end_in_pages(limits: dict[str, int]) -> None:
    world = World(**limits)
    line = operator(world)
    names = [f"lease-{number:03}-{'x' * 150}" for number in range(30)]
    for name in names:
        acquire(line, name)
    listed, after, pages = [], {}, 0
    while True:
        answer = line.call("lease.list", limit=12, **after)
        assert len(json_rpc.encode(answer)) <= world.limits.answer_bytes
        assert answer["total"] == 30
        listed += [row["name"] for row in answer["leases"]]
        pages += 1
        assert ("truncated" in answer) == (answer["next"] is not None)
        if answer["next"] is None:
            break
        after = {"after": answer["next"]}
    assert listed == names
    assert pages >= 3


def test_a_steal_of_what_is_free_is_bounded_as_well() -> None:
    world = World(leases=2)
    line = operator(world)
    for name in ("a", "b"):
        line.call("lease.steal", name=name, reason="r")
    assert "limits.leases (2)" in line.error("lease.steal", name="c", reason="r")["message"]
    assert operator(world).call("lease.steal", name="a", reason="r"), "what is held already takes no room"


def test_one_session_has_its_share_and_no_more() -> None:
    world = World(leases_per_session=2)
    line, other = operator(world), operator(world)
    for name in ("a", "b"):
        acquire(line, name)
    fence = acquire(other, "c")["fence"]
    acquire(line, "a")
    share = "limits.leases_per_session (2)"
    assert share in line.error("lease.acquire", name="d", ttl_s=5)["message"]
    assert share in line.error("lease.acquire", name="c", ttl_s=5, wait_s=5)["message"]
    assert share in line.error("lease.steal", name="c", reason="r")["message"]
    assert share in line.error("lease.steal", name="d", reason="r")["message"]
    assert share in other.error("lease.hand_over", name="c", fence=fence, session=public_id(line.key))["message"]
    assert acquire(other, "d")


def test_bounds_are_named() -> None:
    world = World(leases=1, lease_waiters=1, waiting_calls=3)
    line, other = operator(world), operator(world)
    acquire(line)
    assert "limits.leases (1)" in line.error("lease.acquire", name="another", ttl_s=5)["message"]
    wait_for(other, name="printer")
    third = operator(world).error("lease.acquire", name="printer", ttl_s=5, wait_s=5)
    assert "limits.lease_waiters (1)" in third["message"]
