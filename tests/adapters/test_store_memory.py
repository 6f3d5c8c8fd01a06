"""The memory store: the contract, quick and slow, and its bounds."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from contracts.store import Feed, StoreContract, content
from fakes.store import TrickyStore
from fakes.tasks import FakeFailures, FakeTasks
from hub.adapters.store.memory import PIECE_OVERHEAD, MemoryStore
from hub.core.ports import Append, Store

T = TypeVar("T")
ROOM = 1 << 30


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("it waits")


class TestMemoryStore(StoreContract):
    def make(self) -> Store:
        return MemoryStore(ROOM, ROOM, ROOM)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return run(work)


class TestSlowMemoryStore(StoreContract):
    """The same behind a store that answers late: what passes here passes on a network."""

    def make(self) -> Store:
        self.tricky = TrickyStore(MemoryStore(ROOM, ROOM, ROOM), slow=True)
        return self.tricky

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        results: list[T] = []

        async def keep() -> None:
            results.append(await work)

        failures = FakeFailures()
        FakeTasks(failures).spawn(keep())
        self.tricky.finish()
        assert failures.reported == []
        return results[0]


def test_epochs_that_were_reserved_are_not_given_out_again() -> None:
    store = MemoryStore(ROOM, ROOM, ROOM)
    run(store.reserve_epochs(1 << 45))
    run(store.reserve_epochs(1))
    assert store.open(5).epoch == 1 << 45


class Bounded:
    """A small store, and what it said was trimmed."""

    def __init__(self, total: int = ROOM, stream: int = ROOM, anonymous: int = ROOM) -> None:
        self.store = MemoryStore(total, stream, anonymous)
        self.trimmed: dict[str, int] = {}
        self.store.trimmed = self.trimmed.__setitem__

    def append(self, *batch: Append) -> None:
        run(self.store.append(batch))

    def text(self, name: str) -> bytes:
        return content(list(run(self.store.read(name, self.trimmed.get(name, 0), ROOM))))


COST = PIECE_OVERHEAD + 100


def test_a_stream_over_its_bound_loses_its_oldest_pieces() -> None:
    kept = Bounded(stream=3 * COST)
    feed = Feed("a")
    for number in range(10):
        kept.append(feed.chunk(b"%d" % number * 100))
    assert kept.trimmed == {"a": 700}
    assert kept.text("a") == b"7" * 100 + b"8" * 100 + b"9" * 100


def test_one_piece_larger_than_the_bound_is_kept() -> None:
    kept = Bounded(stream=COST)
    feed = Feed("a")
    kept.append(feed.chunk(b"x"))
    kept.append(feed.chunk(b"y" * 5000))
    assert kept.text("a") == b"y" * 5000


def test_over_the_bound_of_all_the_oldest_pieces_go_first() -> None:
    kept = Bounded(total=4 * COST)
    one, two = Feed("one"), Feed("two")
    for number in range(3):
        kept.append(one.chunk(b"%d" % number * 100))
        kept.append(two.chunk(b"%d" % number * 100))
    assert kept.trimmed == {"one": 100, "two": 100}
    assert kept.text("one") == b"1" * 100 + b"2" * 100


def test_anonymous_streams_have_a_bound_of_their_own_and_go_first() -> None:
    kept = Bounded(total=6 * COST, anonymous=2 * COST)
    own, anonymous = Feed("own"), Feed("raw", anonymous=True)
    for _ in range(3):
        kept.append(own.chunk(b"o" * 100), anonymous.chunk(b"a" * 100))
    assert kept.trimmed == {"raw": 100}
    for _ in range(3):
        kept.append(own.chunk(b"o" * 100))
    assert kept.trimmed["raw"] == 300, "all that was anonymous went before anything else"
    assert "own" not in kept.trimmed


def test_a_stream_of_many_pieces_can_lose_all_of_them() -> None:
    # 513 pieces are as many as the lists are cut at.
    for pieces in (512, 513, 514, 1100):
        kept = Bounded(total=1200 * (PIECE_OVERHEAD + 1))
        idle, busy = Feed("idle"), Feed("busy")
        for _ in range(pieces):
            kept.append(idle.chunk(b"x"))
        for _ in range(1250):
            kept.append(busy.chunk(b"y"))
        assert kept.trimmed["idle"] == pieces
        assert run(kept.store.read("idle", 0, ROOM)) == []
        kept.append(idle.chunk(b"again"))
        assert kept.text("idle") == b"again"


def test_seeking_in_what_was_trimmed_finds_the_first_kept_byte() -> None:
    kept = Bounded(stream=3 * COST)
    feed = Feed("a")
    for number in range(10):
        kept.append(feed.chunk(b"x" * 99 + b"\n", at=number))
    assert run(kept.store.seek_line("a", 2)) == 700
    assert run(kept.store.seek_line("a", 8)) == 800
    assert run(kept.store.seek_time("a", 2)) == 700


@given(
    sizes=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 300), st.booleans()), max_size=60),
    total=st.integers(1000, 8000),
    stream=st.integers(500, 4000),
    anonymous=st.integers(500, 4000),
)
def test_bounds_hold_and_what_is_kept_is_right(
    sizes: list[tuple[str, int, bool]], total: int, stream: int, anonymous: int
) -> None:
    kept = Bounded(total, stream, anonymous)
    feeds = {name: Feed(name, anonymous=name == "a") for name in "abc"}
    texts = dict.fromkeys("abc", b"")
    for name, size, gap in sizes:
        data = (b"%d\n" % len(texts[name]) * size)[:size]
        kept.append(feeds[name].gap(size) if gap else feeds[name].chunk(data))
        texts[name] += b"?" * size if gap else data
        found = {each: list(run(kept.store.read(each, kept.trimmed.get(each, 0), ROOM))) for each in "abc"}
        for each, pieces in found.items():
            assert content(pieces) == texts[each][kept.trimmed.get(each, 0) :]
        costs = {
            each: sum(PIECE_OVERHEAD + len(getattr(piece, "data", b"")) for piece in pieces)
            for each, pieces in found.items()
        }
        assert sum(costs.values()) <= total or sum(map(len, found.values())) <= 1
        assert costs["a"] <= anonymous or len(found["a"]) <= 1
        assert all(cost <= stream or len(found[each]) == 1 for each, cost in costs.items())


def test_deleting_gives_the_room_back() -> None:
    kept = Bounded(total=4 * COST)
    old, new = Feed("old"), Feed("new")
    kept.append(*[old.chunk(b"x" * 100) for _ in range(4)])
    run(kept.store.delete("old"))
    kept.append(*[new.chunk(b"y" * 100) for _ in range(4)])
    assert kept.trimmed == {}


def test_what_is_remembered_of_the_order_is_bounded_too() -> None:
    """A quiet stream at the front must not keep the entries of a busy one whose pieces are long gone."""
    store = MemoryStore(total_bytes=10**9, stream_bytes=10_000, anonymous_bytes=10**9)
    quiet, busy = Feed("quiet"), Feed("busy")
    run(store.append([quiet.chunk(b"x" * 100)]))
    for _ in range(20_000):
        run(store.append([busy.chunk(b"x" * 100)]))
    assert len(store._order[False]) < 3000
    assert store._pieces[False] == 1 + len(store._kept["busy"].pieces) - store._kept["busy"].head
