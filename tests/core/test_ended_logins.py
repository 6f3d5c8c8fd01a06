"""A login that was ended stays ended, until its cookie is worth nothing anyway."""

from __future__ import annotations

from fakes.world import World
from hub.core.ended_logins import LOGIN_SECONDS, MOST_OF_ONE, SWEEP_SECONDS
from hub.model.problem import Problem


def end(world: World, number: str, credential: str = "user.1.alice") -> int:
    began = world.clock.now_ms() // 1000
    world.tasks.spawn(world.hub.ended_logins.end(credential, number, began))
    return began


def test_it_is_ended_at_once_and_after_a_restart() -> None:
    world = World()
    began = end(world, "one")
    for _ in range(2):
        assert world.hub.ended_logins.holds("user.1.alice", "one", began)
        assert not world.hub.ended_logins.holds("user.1.alice", "two", began)
        assert not world.hub.ended_logins.holds("user.1.bob", "one", began)
        world.settle()
        world.restart()


def test_it_is_forgotten_when_its_cookie_is_over_and_not_before() -> None:
    world = World()
    began = end(world, "one")
    world.clock.advance(LOGIN_SECONDS - 1)
    world.hub.tick()
    assert world.hub.ended_logins.holds("user.1.alice", "one", began)
    world.clock.advance(SWEEP_SECONDS + 2)
    world.hub.tick()
    assert len(world.hub.ended_logins) == 0
    world.settle()
    world.restart()
    assert len(world.hub.ended_logins) == 0


def test_many_do_not_make_room_by_letting_the_oldest_in_again() -> None:
    world = World()
    first = end(world, "0")
    for number in range(1, MOST_OF_ONE + 1):
        world.clock.advance(1)
        last = end(world, str(number))
    holds = world.hub.ended_logins.holds
    assert all(holds("user.1.alice", str(number), first + number) for number in range(MOST_OF_ONE + 1))
    assert holds("user.1.alice", "another of that time", first), "it errs on the safe side"
    assert not holds("user.1.alice", "a later one", last + 1)
    assert len(world.hub.ended_logins) == 1


def test_what_the_store_does_not_take_is_stored_later() -> None:
    world = World()
    world.store.fail_next(Problem("STORE", "the disk is full"))
    began = end(world, "one")
    assert world.hub.ended_logins.holds("user.1.alice", "one", began)
    world.pass_seconds(2)
    world.restart()
    assert world.hub.ended_logins.holds("user.1.alice", "one", began)
