"""What the analyzer is given: gathered, bounded, and what is skipped is counted where it was."""

from __future__ import annotations

from typing import Any

from hub.core.analyzer_feed import PORTION_BYTES, AnalyzerFeed, Portion
from hub.model.chunk import Chunk


class Desk:
    """A feed, and what it gives."""

    def __init__(self, **bounds: int) -> None:
        self.wakes = 0
        self.feed = AnalyzerFeed(self.wake, **{"queue_bytes": 1 << 30, "bytes_per_second": 1 << 30, **bounds})

    def wake(self) -> None:
        self.wakes += 1

    def offer(self, stream: str, data: bytes, at: int = 1000) -> None:
        self.feed.offer(stream, Chunk(0, data, at, 1, 0, 0))

    def taken(self) -> list[Portion]:
        portions = []
        while (portion := self.feed.take()) is not None:
            portions.append(portion)
        return portions

    def told(self) -> list[tuple[Any, ...]]:
        return [(each.stream, b"".join(each.parts), each.cut) for each in self.taken()]


def test_chunks_of_a_second_go_together() -> None:
    desk = Desk()
    desk.offer("a", b"one ", at=1000)
    desk.offer("b", b"other", at=1001)
    desk.offer("a", b"two", at=1500)
    assert (desk.taken(), desk.wakes) == ([], 0)
    desk.feed.tick()
    assert desk.wakes == 1
    first, second = desk.taken()
    assert (first.stream, first.at, first.parts, first.size) == ("a", 1000, [b"one ", b"two"], 7)
    assert second.stream == "b"


def test_much_goes_at_once() -> None:
    desk = Desk()
    desk.offer("a", b"x" * PORTION_BYTES)
    assert desk.wakes == 1
    assert desk.taken()[0].size == PORTION_BYTES


def test_more_than_a_second_may_have_is_skipped_and_told_where_it_was() -> None:
    desk = Desk(bytes_per_second=100)
    for stream in "abcde":
        desk.offer(stream, b"_")
    desk.feed.tick()
    desk.taken()
    desk.offer("a", b"x" * 25)
    desk.offer("a", b"y" * 25)  # a quarter is one stream's part
    desk.offer("b", b"z" * 20)
    desk.offer("a", b"y" * 5)
    desk.feed.tick()
    desk.offer("a", b"w")
    desk.feed.tick()
    assert desk.told() == [("a", b"x" * 25, False), ("b", b"z" * 20, False), ("a", b"w", True)]


def test_a_stream_that_is_alone_may_have_all() -> None:
    desk = Desk(bytes_per_second=100)
    for _ in range(12):
        desk.offer("a", b"x" * 10)
    desk.feed.tick()
    assert desk.told() == [("a", b"x" * 100, False)]


def test_the_first_chunk_of_a_second_is_taken_however_large() -> None:
    desk = Desk(bytes_per_second=10)
    for _ in range(3):
        desk.offer("a", b"x" * 1000)
        desk.offer("a", b"y" * 1000)
        desk.feed.tick()
    assert [cut for _, _, cut in desk.told()] == [False, True, True]


def test_what_waits_is_bounded() -> None:
    desk = Desk(queue_bytes=100)
    for _ in range(10):
        desk.offer("a", b"x" * 30)
    desk.feed.tick()
    assert desk.told() == [("a", b"x" * 90, False)]
    desk.offer("a", b"more")
    desk.feed.tick()
    assert desk.told() == [("a", b"more", True)]


def test_a_question_makes_everything_known() -> None:
    desk = Desk(queue_bytes=10)
    desk.offer("a", b"x")
    desk.offer("a", b"y" * 50)
    desk.feed.flush("a")
    assert desk.told() == [("a", b"x", False)]
    desk.feed.flush("a")
    assert desk.told() == []


def test_what_was_lost_is_said_and_a_deleted_stream_holds_nothing() -> None:
    desk = Desk(queue_bytes=100)
    desk.feed.lost("a")
    desk.offer("a", b"x")
    desk.offer("b", b"y" * 90)
    desk.feed.forget("b")
    desk.offer("c", b"z" * 90)
    desk.feed.tick()
    assert desk.told() == [("a", b"x", True), ("c", b"z" * 90, False)]
