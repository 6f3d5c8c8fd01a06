"""The follower: what it asks for when it comes back, and what it tells. Readers are fakes; no time passes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hub.client.connection import HubLost, Unreachable
from hub.client.data_events import Data, Event, GoAway, Live, Missing, Refused, RunEnded, StreamAt
from hub.client.follower import CLOCK_SLACK_MS, LONGEST_PAUSE_SECONDS, Follower, Wanted
from hub.client.news import Away, Back, Began, Bytes, CaughtUp, CutBack, Ended, Hole, News, NotTaken
from hub.model.cursor import Cursor
from hub.model.problem import Problem

WALL_S = 1_793_880_000


class FakeReader:
    """Gives the prepared bursts, then fails as told."""

    def __init__(self, *bursts: list[Event] | Exception) -> None:
        self._bursts = list(bursts)
        self.subs: list[tuple[str, str, str, dict[str, Cursor]]] = []
        self.closed = self.said_bye = False

    def subscribe(
        self, sub_id: str, pattern: str, begin: str = "end", *, match: str | None = None,
        cursors: Mapping[str, Cursor] | None = None,
    ) -> None:  # fmt: skip
        self.subs.append((sub_id, pattern, begin, dict(cursors or {})))

    def receive(self, timeout: float) -> list[Event]:
        burst = self._bursts.pop(0) if self._bursts else []
        if isinstance(burst, Exception):
            raise burst
        return burst

    def bye(self) -> None:
        self.said_bye = True

    def close(self) -> None:
        self.closed = True


class World:
    """Connections in order, and a clock that only sleeping moves."""

    def __init__(self, *connections: FakeReader | Exception) -> None:
        self.connections = list(connections)
        self.slots: list[str | None] = []
        self.now = 0.0
        self.chance = 0.5

    def connect(self, slot: str | None) -> FakeReader:
        self.slots.append(slot)
        connection = self.connections.pop(0)
        if isinstance(connection, Exception):
            raise connection
        return connection

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def follower(self, *wanted: Wanted, attempts: int | None = None) -> Follower:
        return Follower(
            self.connect,  # type: ignore[arg-type]
            wanted or (Wanted("**"),),
            attempts=attempts,
            clock=lambda: self.now,
            wall=lambda: WALL_S,
            sleep=self.sleep,
            chance=lambda: self.chance,
        )


def steps(follower: Follower, count: int) -> list[News]:
    return [news for _ in range(count) for news in follower.step(60.0)]


STREAM = StreamAt(1, "ci/a", Cursor(7, 0), 1, "live", None, None)


def data(offset: int, text: bytes, alias: int = 1, at: int = 1_793_880_111_000) -> Data:
    return Data(alias, offset, at, text, None, None)


def test_tells_streams_by_name() -> None:
    world = World(FakeReader([STREAM, data(0, b"one\n"), Live(1, 4)], [RunEnded(1, 4, 1, "exit:0", "end")]))
    assert steps(world.follower(), 2) == [
        Began("ci/a", Cursor(7, 0), 1, "live"),
        Bytes("ci/a", 0, 1_793_880_111_000, b"one\n", None),
        CaughtUp("ci/a"),
        Ended("ci/a", 1, "exit:0", "end"),
    ]


def test_goes_on_by_cursor_and_takes_what_began_meanwhile() -> None:
    first = FakeReader([STREAM, data(0, b"one\n")], HubLost("gone"))
    second = FakeReader([])
    world = World(first, second)
    follower = world.follower(Wanted("ci/**", "-10"), Wanted("x/*"))
    news = steps(follower, 3)
    assert (first.closed, first.said_bye) == (True, False)
    assert first.subs == [("0", "ci/**", "-10", {}), ("1", "x/*", "end", {})]
    assert news[2:] == [Away("gone", 0.25), Back(0.25)]
    assert second.subs == [
        ("0", "ci/**", "@1793880111000", {"ci/a": Cursor(7, 4)}),
        ("1", "x/*", "@1793880111000", {}),
    ]


def test_without_any_bytes_the_rest_begins_a_minute_before_it_first_listened() -> None:
    second = FakeReader()
    steps(World(FakeReader(HubLost("x")), second).follower(), 2)
    assert second.subs == [("0", "**", f"@{WALL_S * 1000 - CLOCK_SLACK_MS}", {})]


def test_bytes_that_come_again_are_dropped_or_trimmed() -> None:
    world = World(
        FakeReader([STREAM, data(0, b"0123")], HubLost("x")),
        FakeReader([STREAM, data(0, b"01"), data(2, b"2345"), Missing(1, 3, 9, "lag"), Missing(1, 1, 2, "lag")]),
    )
    news = steps(world.follower(), 4)
    assert [each for each in news if isinstance(each, Bytes | Hole)] == [
        Bytes("ci/a", 0, 1_793_880_111_000, b"0123", None),
        Bytes("ci/a", 4, 1_793_880_111_000, b"45", None),
        Hole("ci/a", 6, 9, "lag"),
    ]


def test_a_truncate_is_told_and_obeyed() -> None:
    cut = StreamAt(9, "ci/a", Cursor(8, 2), 2, "live", 4, None)
    world = World(
        FakeReader([STREAM, data(0, b"0123")], HubLost("x")),
        FakeReader([cut, data(2, b"new", alias=9)]),
    )
    follower = world.follower()
    news = steps(follower, 4)
    assert news[-3:] == [
        Began("ci/a", Cursor(8, 2), 2, "live"),
        CutBack("ci/a", 2, 4),
        Bytes("ci/a", 2, 1_793_880_111_000, b"new", None),
    ]
    assert follower.cursor("ci/a") == Cursor(8, 5)


def test_an_end_told_again_is_told_once() -> None:
    end = RunEnded(1, 0, 1, None, "eof")
    world = World(FakeReader([STREAM, end], HubLost("x")), FakeReader([STREAM, end]))
    assert sum(isinstance(each, Ended) for each in steps(world.follower(), 4)) == 1


def test_pauses_grow_with_full_jitter_up_to_a_bound() -> None:
    world = World(FakeReader(HubLost("x")), *[Unreachable("no") for _ in range(12)])
    world.chance = 1.0
    pauses = [each.retry_in for each in steps(world.follower(), 12) if isinstance(each, Away)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(pauses) == LONGEST_PAUSE_SECONDS
    world = World(FakeReader(HubLost("x")), Unreachable("no"))
    world.chance = 0.0
    assert [each.retry_in for each in steps(world.follower(), 2) if isinstance(each, Away)] == [0.0, 0.0]


def test_busy_with_a_slot_comes_at_its_time_with_its_slot() -> None:
    busy = Problem("BUSY", "full", retry_after=1500, slot="s9")
    world = World(FakeReader(HubLost("x")), busy, FakeReader())
    world.chance = 1.0
    news = steps(world.follower(), 3)
    assert [each.retry_in for each in news if isinstance(each, Away)] == [0.5, 1.5]
    assert world.slots == [None, None, "s9"]


def test_a_drain_hint_is_spread() -> None:
    world = World(FakeReader([GoAway(1000)], HubLost("x")), FakeReader())
    world.chance = 1.0
    (away,) = [each for each in steps(world.follower(), 2) if isinstance(each, Away)]
    assert away.retry_in == 1.5


def test_a_long_pause_is_waited_for_in_steps() -> None:
    world = World(FakeReader(HubLost("x")), FakeReader())
    world.chance = 1.0
    follower = world.follower()
    assert isinstance(follower.step(0.2)[0], Away)
    assert follower.step(0.2) == []
    assert follower.step(0.2) == []
    assert follower.step(0.2) == [Back(pytest.approx(0.5))]


@pytest.mark.parametrize("word", ["AUTH", "DENIED", "VERSION", "FENCED", "PROTO"])
def test_what_no_retry_mends_is_raised(word: str) -> None:
    world = World(FakeReader(HubLost("x")), Problem(word))
    with pytest.raises(Problem, match=word):
        steps(world.follower(), 2)


def test_the_first_connection_must_be_had() -> None:
    with pytest.raises(Unreachable, match="no hub"):
        World(Unreachable("no hub")).follower().step(1)


def test_a_busy_hub_is_waited_for_from_the_start() -> None:
    world = World(Problem("BUSY", retry_after=300, slot="s1"), FakeReader([STREAM]))
    news = steps(world.follower(), 2)
    assert [type(each) for each in news] == [Away, Back]
    assert world.slots == [None, "s1"]


def test_bounded_attempts_end_with_the_last_failure() -> None:
    world = World(FakeReader(HubLost("first")), Unreachable("second"), Unreachable("third"))
    with pytest.raises(Unreachable, match="third"):
        steps(world.follower(attempts=2), 4)


def test_too_many_ended_streams_on_return_fall_back_to_the_living() -> None:
    refused = Refused(Problem("LIMIT", "too many"), "0", None)
    second = FakeReader([refused])
    world = World(FakeReader([STREAM], HubLost("x")), second)
    news = steps(world.follower(), 4)
    assert second.subs[-1] == ("0", "**", "end", {})
    assert not any(isinstance(each, NotTaken) for each in news)


def test_a_refused_subscription_is_told() -> None:
    problem = Problem("LIMIT", "too many")
    news = steps(World(FakeReader([Refused(problem, "0", None)])).follower(Wanted("a/**", "start")), 1)
    assert news == [NotTaken("a/**", problem)]


def test_leaving_ends_the_session() -> None:
    reader = FakeReader([STREAM])
    follower = World(reader).follower()
    follower.step(1)
    follower.close()
    assert (reader.closed, reader.said_bye) == (True, True)
