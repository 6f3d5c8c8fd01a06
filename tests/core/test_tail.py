"""Recent pieces in memory: bounded, and never without what is not durable."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fakes.world import World
from hub.core.tail import PIECE_OVERHEAD, Tail, piece_cost
from hub.model.chunk import Chunk, Gap, Piece


def make(sizes: list[tuple[int, bool]]) -> tuple[Tail, list[Piece]]:
    tail, pieces, at = Tail(0), [], 0
    for size, gap in sizes:
        piece: Piece = Gap(at, at + size, "producer_skip") if gap else Chunk(at, b"x" * size, 0, 1, 0, 0)
        tail.append(piece)
        pieces.append(piece)
        at += size
    return tail, pieces


@given(
    sizes=st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=30),
    shrinks=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 1500)), max_size=4),
    offset=st.integers(0, 1500),
)
def test_what_is_kept_is_contiguous_up_to_the_end(
    sizes: list[tuple[int, bool]], shrinks: list[tuple[int, int]], offset: int
) -> None:
    tail, pieces = make(sizes)
    end = pieces[-1].end if pieces else 0
    for bound, durable in shrinks:
        before = tail.bytes
        freed = tail.shrink(bound, durable)
        assert tail.bytes == before - freed
        kept = list(tail)
        assert tail.bytes == sum(map(piece_cost, kept))
        assert kept == [piece for piece in pieces if piece.end > tail.start]
        assert tail.bytes <= bound or not kept or kept[0].end > durable, "it drops all it may"
    offset = max(offset, tail.start)
    found = list(tail.since(offset))
    if offset >= end:
        assert found == []
    else:
        assert found[0].offset == offset
        assert found[-1].end == end
        assert all(one.end == two.offset for one, two in pairwise(found))


def test_what_is_not_durable_is_never_dropped() -> None:
    tail, _ = make([(10, False)] * 10)
    tail.shrink(0, durable=45)
    assert tail.start == 40
    assert len(list(tail)) == 6


def test_thousands_of_pieces_leave_no_dead_references() -> None:
    tail, _ = make([(1, False)] * 5000)
    tail.shrink(10 * (PIECE_OVERHEAD + 1), durable=5000)
    assert len(list(tail)) == 10
    assert sum(1 for piece in tail.pieces if isinstance(piece, Chunk)) == 10
    assert len(tail.pieces) < 1100


def test_over_the_bound_of_all_the_longest_silent_give_way() -> None:
    world = World(tail_bytes=3 * 1256, tail_stream_bytes=1 << 20)
    for name in "abcd":
        world.stream_of(name, b"x" * 1000)
    tails = {stream.name: stream.tail.bytes for stream in world.hub.streams.awake}
    assert tails == {"a": 0, "b": 1256, "c": 1256, "d": 1256}
    assert world.hub.log.tails.bytes == 3 * 1256


def test_each_stream_has_a_bound() -> None:
    world = World(tail_stream_bytes=3 * 1256)
    writer = world.stream_of("a", *[b"x" * 1000] * 10)
    assert writer.stream.tail.bytes <= 3 * 1256
    assert writer.stream.tail.start == 7000
