"""Dialogues about places in the queue of a lease, and about the leases of a pool of streams (PROTOCOL 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, come_back, request
from conversations.producer_line import ProducerLine, hello
from conversations.test_leases import acquire, back, granted, lose, operator, wait_for
from fakes.world import World


@pytest.fixture
def world() -> World:
    return World()


def grants(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what of these tells that one was given a lease without asking."""
    return [each["params"] for each in messages if each.get("method") == "lease.granted"]


# Places.


def test_who_is_back_after_its_turn_came_is_told_that_it_has_it(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lose(two)
    one.call("lease.release", name="printer", fence=fence)
    two, _, told = come_back(two)
    assert grants(told) == [{"name": "printer", "fence": fence + 1, "ttl_s": 30}]
    lose(two)
    assert come_back(two)[2] == []  # it knows


def test_who_asks_as_it_is_back_is_told_by_the_answer_alone(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lose(two)
    one.call("lease.release", name="printer", fence=fence)
    again = CommandLine(world, hello=None)
    again.say(
        request(1, "hub.hello", protocol="HUB/1", token="operator-token", session=two.key),
        request(2, "lease.acquire", name="printer", ttl_s=30),
    )
    _, answer = again.answers()
    assert answer["result"]["fence"] == fence + 1


def test_whose_answer_is_lost_with_its_connection_is_told_when_it_is_back() -> None:
    world = World()
    line = operator(world)
    world.store.slow = True
    line.say(request(7, "lease.acquire", name="printer", ttl_s=30))
    assert line.answers() == []
    lose(line)
    world.store.finish()
    world.settle()
    _, _, told = come_back(line)
    assert [each["name"] for each in grants(told)] == ["printer"]


def test_whose_turn_comes_as_its_connection_is_lost_is_told_when_it_is_back(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    one.commander.received(json.dumps(request(9, "lease.release", name="printer", fence=fence)).encode() + b"\n")
    lose(two)
    _, _, told = come_back(two)
    assert grants(told) == [{"name": "printer", "fence": fence + 1, "ttl_s": 30}]


def test_who_is_back_and_has_not_asked_again_is_told_when_its_turn_comes(world: World) -> None:
    one, two = operator(world), operator(world)
    fence = acquire(one)["fence"]
    wait_for(two, name="printer")
    lose(two)
    two = back(two)
    assert one.call("lease.list")["leases"][0]["waiters"] == 1
    one.call("lease.release", name="printer", fence=fence)
    assert grants(two.answers()) == [{"name": "printer", "fence": fence + 1, "ttl_s": 30}]


@pytest.mark.parametrize("comes_back", [True, False], ids=["back", "away"])
def test_a_place_is_kept_no_longer_than_its_wait(world: World, comes_back: bool) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    two.say(request(7, "lease.acquire", name="printer", ttl_s=3600, wait_s=2))
    lose(two)
    if comes_back:
        two = back(two)
    world.pass_seconds(1)
    assert three.call("lease.list")["waiters"] == 1
    world.pass_seconds(2)
    assert three.call("lease.list")["waiters"] == 0
    one.call("lease.release", name="printer", fence=fence)
    assert acquire(three)["fence"] == fence + 1


def test_nobody_is_given_what_becomes_free_after_its_wait_and_before_the_next_tick(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    two.say(request(7, "lease.acquire", name="printer", ttl_s=3600, wait_s=2))
    wait_for(three, name="printer")
    lose(two)
    two = back(two)
    world.clock.advance(2.5)
    one.call("hub.bye")
    assert granted(three)["fence"] == fence + 1


def test_a_place_that_is_asked_for_again_is_kept_for_the_new_wait(world: World) -> None:
    one, two, three = operator(world), operator(world), operator(world)
    fence = acquire(one)["fence"]
    two.say(request(7, "lease.acquire", name="printer", ttl_s=30, wait_s=3))
    wait_for(three, name="printer")
    lose(two)
    two = back(two)
    wait_for(two, name="printer")
    lose(two)
    world.pass_seconds(5)
    two = back(two)
    wait_for(two, name="printer")
    one.call("lease.release", name="printer", fence=fence)
    assert granted(two)["fence"] == fence + 1


# Pools.


def test_whose_stream_has_ended_gets_another_one_of_the_pool(world: World) -> None:
    line = operator(world)
    over = world.stream_of("board/1", b"x")
    first = line.call("lease.acquire", any_of="board/*", ttl_s=30)
    over.end("eof")
    assert "no live stream" in line.error("lease.acquire", any_of="board/*", ttl_s=30)["message"]
    world.stream_of("board/3", b"x")
    assert line.call("lease.acquire", any_of="board/*", ttl_s=30)["stream"] == "board/3"
    # It has the first one still, by its name, and asking for the pool again it gets the one that is written.
    assert acquire(line, "stream:board/1")["fence"] == first["fence"]
    assert line.call("lease.acquire", any_of="board/*", ttl_s=30)["stream"] == "board/3"


def test_whose_producer_is_away_for_a_moment_has_its_stream_of_the_pool(world: World) -> None:
    producer, line = ProducerLine(world, hello("board/1")), operator(world)
    producer.conversation.received(b"DATA 0 {1}\nx\n")
    world.settle()
    first = line.call("lease.acquire", any_of="board/*", ttl_s=30)
    world.stream_of("board/2", b"x")
    producer.lose()
    assert line.call("lease.acquire", any_of="board/*", ttl_s=30)["fence"] == first["fence"]


def test_a_stream_of_the_pool_that_goes_on_is_given_to_who_has_its_lease_and_waits(world: World) -> None:
    line = operator(world)
    world.stream_of("board/1", b"x").end("eof")
    mine = acquire(line, "stream:board/1")
    wait_for(line, any_of="board/*", ttl_s=60)
    world.stream_of("board/1", b"x")
    assert granted(line)["fence"] == mine["fence"]
    (row,) = line.call("lease.list")["leases"]
    assert (row["ttl_s"], row["waiters"]) == (60, 0)


def test_a_lease_of_an_ended_stream_is_nothing_for_who_waits_for_the_pool(world: World) -> None:
    line = operator(world)
    world.stream_of("board/1", b"x").end("eof")
    wait_for(line, any_of="board/*")
    acquire(line, "stream:board/1")
    assert line.answers() == []
    world.stream_of("board/2", b"x")
    assert granted(line)["stream"] == "board/2"
