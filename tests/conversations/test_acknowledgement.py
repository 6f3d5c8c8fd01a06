"""What is acknowledged is held: ACK, BYE and EXPIRED while the store is slow, however a connection came to its run."""

from __future__ import annotations

import pytest

from conversations.producer_line import KEY, OTHER_KEY, ProducerLine, hello
from fakes.world import World
from hub.core.deletion import delete_stream
from hub.model.problem import Problem

RESUME = f"HELLO HUB/1 {hello(more='resume=1')}"


class Behind:
    """A hub whose store holds five bytes of a run, and hangs; five more came before the connection was cut."""

    def __init__(self, *, ended: bool, **limits: int) -> None:
        self.world = World(**limits)
        self.line = ProducerLine(self.world, hello())
        self.line.data(0, b"held\n")
        self.world.store.slow = True
        self.line.data(5, b"lost\n")
        if ended:
            self.line.say("END 10 status=exit:0")
        assert "ACK 10" not in " ".join(self.line.told())

    def heal(self) -> None:
        self.world.store.slow = False
        self.world.store.finish()
        self.world.settle()

    def after_a_kill(self) -> list[str]:
        """What the producer is told by the next hub."""
        self.world.restart()
        return ProducerLine(self.world).say(RESUME)


@pytest.fixture(params=["lost", "taken over"])
def behind(request: pytest.FixtureRequest) -> Behind:
    one = Behind(ended=False)
    if request.param == "lost":
        one.line.lose()
    return one


def test_a_connection_that_comes_back_is_told_what_is_held_and_nothing_more(behind: Behind) -> None:
    again = ProducerLine(behind.world)
    ok, held = again.say(RESUME)
    assert "offset=10" in ok, "where to go on"
    assert held == "ACK 5 window=1048576"
    assert again.data(5, b"lost\n") == ["ACK 5 window=1048576"], "a duplicate is not held by being one"
    behind.heal()
    assert again.told() == ["ACK 10 window=1048576"], "what came before it is acknowledged to it"


def test_what_was_held_while_nobody_was_there_is_acknowledged_to_whoever_comes(behind: Behind) -> None:
    behind.line.lose()
    behind.heal()
    assert ProducerLine(behind.world).say(RESUME)[1:] == ["ACK 10 window=1048576"]


@pytest.mark.parametrize("cut", [True, False])
def test_an_end_that_is_asked_for_again_is_answered_once_it_is_held(cut: bool) -> None:
    behind = Behind(ended=True)
    if cut:
        behind.line.lose()
    again = ProducerLine(behind.world)
    ok, held = again.say(RESUME)
    assert ok.endswith("ended=1")
    assert held == "ACK 5 window=1048576"
    assert again.data(5, b"lost\n") == ["ACK 5 window=1048576"]
    assert again.say("END 10 status=exit:0", "END 10 status=exit:0") == []
    behind.heal()
    assert again.told() == ["ACK 10 window=1048576", "BYE 10"]
    assert again.sink.closed
    assert behind.line.told() == ([] if cut else ["ACK 10 window=1048576", "BYE 10"])


def test_a_session_is_not_forgotten_before_the_store_has_taken_its_end() -> None:
    behind = Behind(ended=True, producer_session_seconds=100)
    behind.line.lose()
    behind.world.pass_seconds(101)
    ok, held = ProducerLine(behind.world).say(RESUME)
    assert ok.endswith("ended=1")
    assert held == "ACK 5 window=1048576"
    behind.heal()
    behind.world.pass_seconds(101)
    assert ProducerLine(behind.world).say(RESUME) == ["ERR EXPIRED cause=unknown"]


def test_a_hub_that_is_killed_before_the_end_was_held_asks_for_it_again() -> None:
    behind = Behind(ended=True)
    behind.line.lose()
    ok, held = behind.after_a_kill()
    assert "offset=5 " in ok
    assert "ended=1" not in ok
    assert held == "ACK 5 window=1048576"


def test_a_drain_acknowledges_what_is_held(behind: Behind) -> None:
    again = ProducerLine(behind.world)
    again.say(RESUME)
    again.conversation.dismiss(Problem("DRAIN", "bye"))
    assert again.told() == ["ACK 5 window=1048576", "ERR DRAIN"]


def superseded(behind: Behind) -> ProducerLine:
    behind.line.lose()
    other = ProducerLine(behind.world)
    assert "offset=10" in other.say(f"HELLO HUB/1 {hello(key=OTHER_KEY, more='take=1')}")[0]
    return ProducerLine(behind.world)


def test_a_session_that_is_over_is_told_so_once_all_of_it_is_held() -> None:
    behind = Behind(ended=False)
    again = superseded(behind)
    assert again.say(RESUME) == []
    assert not again.sink.reading
    behind.heal()
    assert again.told() == ["ERR EXPIRED cause=superseded offset=10"]
    assert again.sink.closed


def test_a_session_that_is_over_asks_again_where_the_store_takes_too_long() -> None:
    behind = Behind(ended=False)
    again = superseded(behind)
    again.say(RESUME)
    behind.world.pass_seconds(11)
    assert again.told() == ["ERR BUSY retry_after=1000"]
    behind.heal()
    assert again.told() == []
    assert ProducerLine(behind.world).say(RESUME) == ["ERR EXPIRED cause=superseded offset=10"]


def test_a_hub_that_is_killed_before_the_successor_was_held_lets_the_former_go_on() -> None:
    behind = Behind(ended=False)
    superseded(behind).say(RESUME)
    ok, held = behind.after_a_kill()
    assert "offset=5 " in ok
    assert held == "ACK 5 window=1048576"


def test_a_producer_that_is_kicked_is_told_how_far_it_came_once_that_is_held() -> None:
    behind = Behind(ended=False)
    stream = behind.world.hub.streams.get("a")
    assert stream is not None
    assert stream.writer is not None
    behind.world.hub.producer_sessions.end(stream.writer, "kicked", text="go")
    behind.world.settle()
    assert behind.line.told() == []
    behind.line.data(10, b"more\n")
    assert stream.end == 10, "it writes no more"
    behind.heal()
    assert behind.line.told() == ["ERR EXPIRED cause=kicked offset=10"]


def test_a_deletion_is_told_at_once() -> None:
    behind = Behind(ended=False)
    stream = behind.world.hub.streams.get("a")
    assert stream is not None
    behind.world.tasks.spawn(delete_stream(behind.world.hub, stream, force=True))
    assert behind.line.told() == ["ERR EXPIRED cause=deleted offset=10"]


def test_a_connection_that_is_gone_leaves_nothing_to_wait_for() -> None:
    behind = Behind(ended=True)
    committer = behind.world.hub.log.committer
    for _ in range(3):
        again = ProducerLine(behind.world)
        again.say(RESUME, "END 10")
        again.lose()
    waiting = [*committer._watching.values(), *committer._watching_next.values()]
    assert sum(len(calls) for calls in waiting) == 1, "that of the first connection"


def test_a_second_hello_is_out_of_place() -> None:
    world = World()
    line = ProducerLine(world, hello())
    line.told()
    assert line.say(f"HELLO HUB/1 {hello(key=KEY)}") == ["ERR PROTO"]
    assert line.sink.closed


def test_offsets_end_below_two_to_the_53() -> None:
    world = World()
    line = ProducerLine(world, hello())
    line.told()
    assert line.say(f"SKIP 0 {2**53 - 3} reason=memory") == [f"ACK {2**53 - 3} window=1048576"]
    assert line.data(2**53 - 3, b"xy") == [f"ACK {2**53 - 1} window=1048576"]
    assert line.data(2**53 - 1, b"z") == ["ERR PROTO"]
    line = ProducerLine(world, hello(more="resume=1"))
    line.told()
    assert line.say(f"SKIP {2**53 - 1} {2**53} reason=memory") == ["ERR PROTO"]


def test_raw_output_ends_where_offsets_do() -> None:
    world = World()
    line = ProducerLine(world, hello())
    line.say(f"SKIP 0 {2**53 - 3} reason=memory", f"END {2**53 - 3}")
    raw = ProducerLine(world)
    assert raw.say("HUB/1 RAW stream=a", "too long") == ["ERR LIMIT"]
    assert raw.sink.closed
    stream = world.hub.streams.get("a")
    assert stream is not None
    assert (stream.end, stream.state) == (2**53 - 3, "ended")
    world.assert_no_failures()
