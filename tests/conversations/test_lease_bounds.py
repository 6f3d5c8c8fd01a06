"""Dialogues about leases where there are too many, where the clock on the wall jumps, and with names that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, come_back, request
from fakes.world import World
from hub.model.session_key import public_id

HOUR_MS = 3_600_000
POOL = "board/*"


def operator(world: World) -> CommandLine:
    return CommandLine(world, hello="operator-token")


def acquire(line: CommandLine, name: str, ttl_s: int = 30) -> dict[str, Any]:
    answer: dict[str, Any] = line.call("lease.acquire", name=name, ttl_s=ttl_s)
    return answer


def wait_for(line: CommandLine, number: int = 7, **params: object) -> None:
    """Ask for a lease and wait; nothing is answered yet."""
    line.say(request(number, "lease.acquire", **{"ttl_s": 30, "wait_s": 600, **params}))
    assert line.answers() == []


def told(line: CommandLine, number: int = 7) -> dict[str, Any]:
    """Return what a call that waited was answered."""
    line.world.settle()
    (answer,) = [each for each in line.answers() if each.get("id") == number]
    return dict(answer)


def back(line: CommandLine) -> CommandLine:
    again, answer, _ = come_back(line)
    assert "result" in answer
    return again


# Too many.


def test_who_waits_for_a_pool_of_a_full_hub_is_told_the_bound_and_given_nothing() -> None:
    world = World(leases=1)
    holder, one, two = operator(world), operator(world), operator(world)
    fence = acquire(holder, "printer")["fence"]
    for line in (one, two):
        wait_for(line, any_of=POOL)
    world.stream_of("board/0", b"x")
    for line in (one, two):
        refused = told(line)["error"]
        assert (refused["data"]["code"], "limits.leases (1)" in refused["message"]) == ("LIMIT", True)
    listed = holder.call("lease.list")
    assert ([row["name"] for row in listed["leases"]], listed["waiters"]) == (["printer"], 0)
    holder.call("lease.release", name="printer", fence=fence)
    assert two.call("lease.acquire", any_of=POOL, ttl_s=30)["stream"] == "board/0"


def test_whose_share_is_full_is_told_so_and_the_next_one_is_served() -> None:
    world = World(leases_per_session=1)
    holder, greedy, next_ = operator(world), operator(world), operator(world)
    fence = acquire(holder, "printer")["fence"]
    wait_for(greedy, 7, name="printer")
    wait_for(greedy, 8, any_of=POOL)
    wait_for(next_, any_of=POOL)
    holder.call("lease.release", name="printer", fence=fence)
    assert told(greedy, 7)["result"]["name"] == "printer"
    world.stream_of("board/0", b"x")
    assert "limits.leases_per_session (1)" in told(greedy, 8)["error"]["message"]
    assert told(next_)["result"]["stream"] == "board/0"


def test_a_name_that_is_passed_on_takes_no_more_room() -> None:
    world = World(leases=1)
    holder, heir = operator(world), operator(world)
    fence = acquire(holder, "printer")["fence"]
    wait_for(heir, name="printer")
    holder.call("lease.release", name="printer", fence=fence)
    assert told(heir)["result"]["name"] == "printer"


def test_too_many_who_wait_for_a_pool_are_told_the_bound_and_the_others_keep_their_order() -> None:
    world = World(lease_waiters=3)
    holder, heir, late = operator(world), operator(world), operator(world)
    waiting = [operator(world) for _ in range(3)]
    world.stream_of("board/0", b"x")
    fence = holder.call("lease.acquire", any_of=POOL, ttl_s=600)["fence"]
    wait_for(waiting[0], any_of=POOL)
    wait_for(waiting[1], name="stream:board/0")
    wait_for(waiting[2], any_of=POOL)
    refused = late.error("lease.acquire", any_of=POOL, ttl_s=30, wait_s=600)
    assert (refused["data"]["code"], "limits.lease_waiters (3)" in refused["message"]) == ("LIMIT", True)
    heired = holder.call("lease.hand_over", name="stream:board/0", fence=fence, session=public_id(heir.key))
    assert all(line.answers() == [] for line in waiting), "handed over it passes those who wait, who keep their places"
    heir.answers()
    given = heired["fence"]
    for giver, taker in zip([heir, *waiting], waiting, strict=False):
        giver.call("lease.release", name="stream:board/0", fence=given)
        given = told(taker)["result"]["fence"]
    assert holder.call("lease.list")["waiters"] == 0


def test_one_session_does_not_fill_the_queue_with_places_of_its_former_connections() -> None:
    world = World(waiting_calls=4, lease_waiters=8)
    holder, line = operator(world), operator(world)
    for number in range(40):
        acquire(holder, f"name-{number}", ttl_s=600)
    for connection in range(5):
        for call in range(4):
            wait_for(line, 10 + call, name=f"name-{4 * connection + call}")
        line.commander.lost("reset")
        world.settle()
        line = back(line)
        assert holder.call("lease.list")["waiters"] == 4, "the places of calls that were asked for last"
    wait_for(line, name="name-19")
    holder.answers()
    fence = next(row["fence"] for row in holder.call("lease.list")["leases"] if row["name"] == "name-19")
    holder.call("lease.release", name="name-19", fence=fence)
    assert told(line)["result"]["name"] == "name-19", "and who asks again has its place still"


# Time.


@pytest.mark.parametrize("hours", [2, -2, 24 * 365])
def test_no_jump_of_the_clock_ends_a_lease_or_lets_it_last(hours: int) -> None:
    world = World()
    line, other = operator(world), operator(world)
    fence = acquire(line, "printer", ttl_s=20)["fence"]
    world.clock.wall_shift_ms = hours * HOUR_MS
    world.pass_seconds(15)
    assert line.call("lease.renew", name="printer", fence=fence)["fence"] == fence
    world.pass_seconds(15)
    row = line.call("lease.list")["leases"][0]
    assert 4_000 <= row["expires_at"] - world.clock.now_ms() <= 6_000, "by the clock that goes now"
    other.answers()
    assert other.error("lease.acquire", name="printer", ttl_s=5)["data"]["code"] == "CONFLICT"
    world.pass_seconds(6)
    assert acquire(other, "printer")["fence"] > fence


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_jumped_while_the_hub_was_away_gives_nobody_a_held_lease(hours: int) -> None:
    """The holder counts on it for ten seconds after it last heard of the hub, and its clock does not jump."""
    world = World()
    line = operator(world)
    fence = acquire(line, "printer", ttl_s=30)["fence"]
    world.restart(wall_shift_ms=hours * HOUR_MS)
    world.pass_seconds(9)
    assert operator(world).error("lease.acquire", name="printer", ttl_s=5)["data"]["code"] == "CONFLICT"
    line = back(line)
    assert line.call("lease.renew", name="printer", fence=fence)["fence"] == fence
    row = line.call("lease.list")["leases"][0]
    assert row["since"] <= world.clock.now_ms()
    world.pass_seconds(29)
    line.answers()
    assert line.call("lease.renew", name="printer", fence=fence)["fence"] == fence
    world.pass_seconds(31)
    assert acquire(operator(world), "printer")["fence"] > fence


def test_a_lease_that_was_over_while_the_hub_was_away_is_free_soon() -> None:
    world = World()
    fence = acquire(operator(world), "printer", ttl_s=30)["fence"]
    world.restart(after_seconds=3600)
    world.pass_seconds(11)
    assert acquire(operator(world), "printer")["fence"] > fence


def test_a_start_is_waited_over_no_shorter_than_a_lost_connection() -> None:
    """A holder was told the grace of a lost connection, and cannot know of a start."""
    world = World(lease_grace_seconds=10, lease_start_grace_seconds=2)
    acquire(operator(world), "printer", ttl_s=300)
    world.restart()
    world.pass_seconds(9)
    assert operator(world).error("lease.acquire", name="printer", ttl_s=5)["data"]["code"] == "CONFLICT"


# Storms and nonsense.


@pytest.mark.parametrize("slow", [False, True], ids=["quick store", "slow store"])
def test_ten_thousand_renews_at_once_cost_few_writes_and_no_lease(slow: bool) -> None:
    world = World(slow_store=False)
    line, watcher = operator(world), operator(world)
    watcher.call("hub.subscribe", topics=["lease.*"])
    fence = acquire(line, "printer")["fence"]
    watcher.answers()
    watcher.sink.stall()
    world.store.slow = slow
    before = len(world.store.calls)
    line.say(*(request(number, "lease.renew", name="printer", fence=fence) for number in range(10_000)))
    if slow:
        world.store.slow = False
        world.store.finish()
        world.settle()
    answers = {each["id"]: each for each in line.answers()}
    assert sorted(answers) == list(range(10_000)), "each is answered"
    busy = [each["error"] for each in answers.values() if "error" in each]
    assert all(each["data"]["code"] == "BUSY" and "limits.requests_at_once (64)" in each["message"] for each in busy)
    assert len(answers) - len(busy) >= 64
    if slow:
        assert len(world.store.calls) - before < 10, "calls share a write"
    watcher.sink.drain()
    assert len(watcher.answers()) <= world.limits.events_waiting + 1, "who takes no events has a bound"
    assert line.call("lease.renew", name="printer", fence=fence)["fence"] == fence
    world.assert_no_failures()


NO_NAMES = [
    *(
        "",
        " ",
        "ü",
        "\uff50rinter",
        "\u202eretnirp",
        "print\u200ber",
        "🖨",
        "e\u0301",
        "a\x00b",
        "a\nb",
        "a b",
        " fence",
    ),
    *("x" * 208, "stream:", "stream:a//b", "stream:../x", "stream:/a", "stream:a:b", "stream:" + "x" * 201),
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_refused_everywhere(name: str) -> None:
    world = World()
    line = operator(world)
    for params in ({"name": name, "ttl_s": 5}, {"any_of": ["good", name], "ttl_s": 5}):
        assert line.error("lease.acquire", **params)["code"] in (-32600, -32602)
    assert line.error("lease.steal", name=name, reason="r")["code"] in (-32600, -32602)
    for method in ("lease.renew", "lease.release"):
        assert line.error(method, name=name, fence=1)["data"]["code"] in ("FENCED", "PROTO")
    assert line.call("lease.list")["leases"] == []
    world.assert_no_failures()


def test_half_a_character_is_no_name_and_costs_no_connection() -> None:
    world = World()
    line = operator(world)
    line.commander.received(
        b'{"jsonrpc":"2.0","id":5,"method":"lease.acquire","params":{"name":"\\ud800","ttl_s":5}}\n'
    )
    world.settle()
    (answer,) = line.answers()
    assert answer["error"]["code"] in (-32700, -32600, -32602), json.dumps(answer)
    assert acquire(line, "good")["name"] == "good"
