"""What every store promises the core, as one suite: subclass it, say how to make one, and how to run a coroutine."""

from __future__ import annotations

import itertools
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

import msgspec
import pytest

from hub.core.matcher import Matcher
from hub.core.ports import Append, Store
from hub.core.scan import Part, Query, Range, Wanted
from hub.core.slabs import hits_in, slabs_of
from hub.model.buckets import Buckets
from hub.model.chunk import Chunk, Gap, Piece, joined
from hub.model.cursor import EpochStart
from hub.model.record import StreamRecord
from hub.model.run import Run

T = TypeVar("T")
EPOCH = 17


class Feed:
    """Makes contiguous pieces of one stream."""

    def __init__(self, name: str, *, anonymous: bool = False) -> None:
        self.name = name
        self.anonymous = anonymous
        self.end = 0
        self.lines = 0
        self.received = 0
        self.run = 1
        self.ordinal = 1

    def chunk(self, data: bytes, at: int = 1000, **extra: Any) -> Append:
        lines = data.count(b"\n")
        chunk = Chunk(self.end, data, at, self.run, self.lines, lines, **extra)
        self.end += len(data)
        self.lines += lines
        self.received += len(data)
        return Append(self.record(), [chunk])

    def gap(self, size: int, reason: str = "producer_skip") -> Append:
        gap = Gap(self.end, self.end + size, reason)
        self.end += size
        return Append(self.record(), [gap])

    def record(self) -> StreamRecord:
        """Return the stream as it is now."""
        run = Run(self.run, 0, 1000, {"n": self.run}, ordinal=self.ordinal)
        epochs = (EpochStart(EPOCH, 0),)
        return StreamRecord(
            self.name, "me", self.anonymous, 1, epochs, 0, self.end, self.lines, self.received, 0, False, 1, 2, (run,)
        )


def one_where_they_touch(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces with those gaps joined that a store may keep as one."""
    found: list[Piece] = []
    for piece in pieces:
        one = joined(found[-1], piece) if found else None
        if one is None:
            found.append(piece)
        else:
            found[-1] = one
    return found


def content(pieces: list[Piece]) -> bytes:
    """Return the bytes of contiguous pieces; a gap is so many question marks."""
    text = b""
    for before, after in itertools.pairwise(pieces):
        assert before.end == after.offset, "a hole between pieces"
    for piece in pieces:
        text += piece.data if isinstance(piece, Chunk) else b"?" * (piece.end - piece.offset)
    return text


class StoreContract:
    """The suite. Each test gets a fresh store that has room for all that it is given here."""

    searches = False
    """Whether the store may search by itself."""

    def make(self) -> Store:
        raise NotImplementedError

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the store to its end."""
        raise NotImplementedError

    @pytest.fixture
    def store(self) -> Store:
        return self.make()

    def append(self, store: Store, *batch: Append) -> None:
        self.run(store.append(batch))

    def read(self, store: Store, name: str, offset: int, size: int = 1 << 20) -> list[Piece]:
        return list(self.run(store.read(name, offset, size)))

    def read_all(self, store: Store, name: str, size: int) -> list[Piece]:
        """Read slice by slice, as the catch-up does."""
        pieces: list[Piece] = []
        offset = 0
        while found := self.read(store, name, offset, size):
            assert found[0].offset == offset
            pieces.extend(found)
            offset = found[-1].end
        return pieces

    def test_durability_is_one_of_the_words(self, store: Store) -> None:
        assert store.durability in ("fsync", "os", "memory", "quorum")

    def test_what_was_appended_is_read(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"one\n"), feed.chunk(b"\x00\xff"), feed.gap(3), feed.chunk(b"four"))
        self.append(store, feed.chunk(b"five"))
        assert content(self.read(store, "a", 0)) == b"one\n\x00\xff???fourfive"

    @pytest.mark.parametrize("offset", range(1, 14))
    def test_a_read_begins_exactly_where_it_is_asked(self, store: Store, offset: int) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"one\n"), feed.chunk(b"two\n"), feed.gap(2), feed.chunk(b"four"))
        pieces = self.read(store, "a", offset)
        assert pieces[0].offset == offset
        assert content(pieces) == b"one\ntwo\n??four"[offset:]

    def test_a_cut_chunk_knows_its_lines(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"a\nb\nc\nd"))
        (piece,) = self.read(store, "a", 3)
        assert isinstance(piece, Chunk)
        assert (piece.first_line, piece.lines) == (1, 2)

    def test_times_runs_and_channels_come_back(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"x", at=5, sent_at=3, channel="err"))
        feed.run = 2
        self.append(store, feed.chunk(b"y", at=6))
        chunks = [piece for piece in self.read(store, "a", 0) if isinstance(piece, Chunk)]
        assert [(each.at, each.run, each.sent_at, each.channel) for each in chunks] == [
            (5, 1, 3, "err"),
            (6, 2, None, None),
        ]

    @pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
    def test_slices_follow_each_other_without_hole_or_overlap(self, store: Store, size: int) -> None:
        feed = Feed("a")
        for number in range(30):
            self.append(store, feed.chunk(b"%d\n" % number), feed.gap(2) if number % 7 == 3 else feed.chunk(b"."))
        pieces = self.read_all(store, "a", size)
        assert pieces[-1].end == feed.end
        text = content(pieces).replace(b"??", b"").replace(b".", b"")
        assert text == b"".join(b"%d\n" % number for number in range(30))

    def test_a_read_stops_once_it_has_enough(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, *[feed.chunk(b"x" * 100) for _ in range(50)])
        pieces = self.read(store, "a", 0, 250)
        assert 250 <= len(content(pieces)) < 1000

    def test_gaps_that_touch_and_say_the_same_are_one(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"x"), feed.gap(2), feed.gap(3))
        self.append(store, feed.gap(1))
        self.append(store, feed.gap(4, "store_loss"))
        self.append(store, feed.gap(1, "store_loss"), feed.chunk(b"y"), feed.gap(1))
        skipped, lost = Gap(1, 7, "producer_skip"), Gap(7, 12, "store_loss")
        assert self.read(store, "a", 1)[:2] == [skipped, lost]
        assert self.read(store, "a", 13) == [Gap(13, 14, "producer_skip")]
        assert self.read(store, "a", 5)[0] == Gap(5, 7, "producer_skip")

    def test_a_gap_at_the_beginning_of_a_run_is_one_of_its_own(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"x"), feed.gap(2))
        feed.run = 2
        runs = (*feed.record().runs, Run(2, feed.end, 1000, {}))
        begun = feed.gap(3)
        self.append(store, begun._replace(record=msgspec.structs.replace(begun.record, runs=runs)))
        assert self.read(store, "a", 1) == [Gap(1, 3, "producer_skip"), Gap(3, 6, "producer_skip")]

    @pytest.mark.parametrize(
        ("start", "end", "found"),
        [(0, 4, None), (0, 5, (4, 7)), (4, 5, (4, 7)), (6, 9, (4, 7)), (7, 9, None), (7, 99, (9, 11)), (11, 99, None)],
    )
    def test_the_first_gap_is_found(self, store: Store, start: int, end: int, found: tuple[int, int] | None) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"four"), feed.gap(3), feed.chunk(b"78"), feed.gap(2), feed.chunk(b"."))
        expected = None if found is None else Gap(*found, "producer_skip")
        assert self.run(store.first_gap("a", start, end)) == expected
        assert self.run(store.first_gap("nobody", start, end)) is None

    def test_a_read_of_many_gaps_stops_once_it_has_enough(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, *[each for _ in range(500) for each in (feed.gap(1), feed.chunk(b"."))])
        assert len(self.read(store, "a", 0, 1)) == 1
        assert 30 <= len(self.read(store, "a", 0, 2000)) <= 2000 // 64 * 2 + 2
        assert content(self.read_all(store, "a", 2000)) == b"?." * 500

    def test_nothing_is_read_past_the_end_or_of_an_unknown_stream(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"one"))
        assert self.read(store, "a", 3) == []
        assert self.read(store, "a", 99) == []
        assert self.read(store, "nobody", 0) == []

    def test_streams_of_one_batch_are_kept_apart(self, store: Store) -> None:
        one, two = Feed("one"), Feed("two", anonymous=True)
        self.append(store, one.chunk(b"1"), two.chunk(b"22"), one.chunk(b"1"), two.chunk(b"2"))
        assert content(self.read(store, "one", 0)) == b"11"
        assert content(self.read(store, "two", 0)) == b"222"

    @pytest.mark.parametrize(("line", "offset"), [(0, 0), (1, 2), (2, 4), (3, 9), (4, 11), (5, None)])
    def test_a_line_is_found(self, store: Store, line: int, offset: int | None) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"a\nb\nc"), feed.gap(2), feed.chunk(b"c\nd\n"), feed.chunk(b"e"))
        assert self.run(store.seek_line("a", line)) == offset

    @pytest.mark.parametrize(("at", "offset"), [(0, 0), (10, 0), (11, 1), (20, 1), (25, 5), (30, 5), (31, None)])
    def test_a_time_is_found_by_the_first_chunk_in_offset_order(
        self, store: Store, at: int, offset: int | None
    ) -> None:
        feed = Feed("a")
        # The wall clock went back after the second chunk.
        self.append(store, feed.chunk(b"x", at=10), feed.chunk(b"yy", at=20), feed.gap(2), feed.chunk(b"z", at=30))
        self.append(store, feed.chunk(b"w", at=15))
        assert self.run(store.seek_time("a", at)) == offset

    def test_nothing_is_found_in_an_unknown_stream(self, store: Store) -> None:
        assert self.run(store.seek_line("nobody", 1)) is None
        assert self.run(store.seek_time("nobody", 1)) is None

    def test_what_came_is_counted_by_its_time(self, store: Store) -> None:
        feed = Feed("a")
        # In one batch, so in one block of a store that joins; the wall clock goes back once.
        self.append(store, feed.chunk(b"a\nb\n", at=1000), feed.chunk(b"cc\n", at=1999), feed.chunk(b"d", at=4500))
        self.append(store, feed.gap(7), feed.chunk(b"d\n", at=3000), feed.chunk(b"eee\n", at=9000))
        counted = self.run(store.count("a", Buckets(1000, 1000, 5)))
        assert counted == (feed.end, [3, 0, 1, 0, 0], [7, 0, 2, 1, 0])
        whole = self.run(store.count("a", Buckets(0, 10_000, 1)))
        assert (whole.lines, whole.bytes) == ([feed.lines], [feed.received])
        assert self.run(store.count("a", Buckets(10_000, 1000, 2))) == (feed.end, [0, 0], [0, 0])
        assert self.run(store.count("nobody", Buckets(0, 1000, 2))) == (0, [0, 0], [0, 0])

    @pytest.mark.parametrize("step", [1000, 3000, 7000, 60_000])
    def test_many_small_chunks_are_counted_each_once(self, store: Store, step: int) -> None:
        feed = Feed("a")
        expected = [0] * (60_000 // step + 1)
        for number in range(200):
            at = number * 293
            expected[at // step] += 1 + number % 3
            self.append(store, feed.chunk(b"x\n" * (1 + number % 3), at=at))
        counted = self.run(store.count("a", Buckets(0, step, len(expected))))
        assert counted.lines == expected
        assert counted.bytes == [2 * lines for lines in expected]

    def test_a_deleted_stream_is_forgotten_and_can_be_made_again(self, store: Store) -> None:
        feed, other = Feed("a"), Feed("b")
        self.append(store, feed.chunk(b"old\n" * 10), other.chunk(b"kept"))
        self.run(store.delete("a"))
        self.run(store.delete("a"))
        assert self.read(store, "a", 0) == []
        again = Feed("a")
        self.append(store, again.chunk(b"new"))
        assert content(self.read(store, "a", 0)) == b"new"
        assert content(self.read(store, "b", 0)) == b"kept"

    def test_what_it_has_already_is_passed_over(self, store: Store) -> None:
        """As after an append of which nobody knows whether it was done."""
        feed = Feed("a")
        batch = (feed.chunk(b"one\n"), feed.gap(3))
        self.append(store, *batch)
        self.append(store, *batch)
        self.append(store, *batch, feed.chunk(b"two\n"))
        assert content(self.read(store, "a", 0)) == b"one\n???two\n"

    def test_a_record_may_come_without_pieces(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, Append(feed.record(), []))
        assert self.read(store, "a", 0) == []
        self.append(store, feed.chunk(b"one\n"), Append(feed.record(), []))
        assert content(self.read(store, "a", 0)) == b"one\n"

    def test_small_records_are_kept_by_kind_and_key(self, store: Store) -> None:
        self.run(store.put("session", {"a": b"1"}))
        self.run(store.put("session", {"b": b"2"}))
        self.run(store.put("other", {"a": b"3"}))
        self.run(store.put("session", {"a": b"4"}))
        self.run(store.put("session", {"b": None}))
        self.run(store.put("session", {"never": None}))
        assert dict(self.run(store.records("session"))) == {"a": b"4"}
        assert dict(self.run(store.records("other"))) == {"a": b"3"}
        assert dict(self.run(store.records("nothing"))) == {}

    def test_epochs_are_reserved(self, store: Store) -> None:
        self.run(store.reserve_epochs(1 << 45))
        self.run(store.reserve_epochs(1))

    def hits(self, store: Store, parts: list[Part], wanted: Wanted) -> list[tuple[str, int, int, int, bytes]] | None:
        """Return (stream, offset, line, time, text) of what the store finds; None where it does not search."""
        found: list[tuple[str, int, int, int, bytes]] = []
        parts = list(parts)
        while parts:
            scanned = self.run(store.scan(parts, wanted))
            if scanned is None:
                assert not self.searches
                return None
            for index, hits in scanned.found:
                found.extend((parts[index].stream, hit.offset, hit.line, hit.at, hit.text) for hit in hits)
            parts = parts[scanned.finished :]
            if parts:
                edge = "end" if wanted.newest else "start"
                assert scanned.finished or getattr(parts[0], edge) != scanned.reached, "it comes no further"
                parts[0] = parts[0]._replace(**{edge: scanned.reached})
        return found

    @pytest.mark.parametrize("newest", [False, True])
    @pytest.mark.parametrize(
        "query", [Query("b+"), Query("^$"), Query("B.", regex=True, case=False), Query("b", invert=True), Query("zz")]
    )
    def test_a_store_that_searches_finds_what_is_read(self, store: Store, query: Query, newest: bool) -> None:
        feeds = [Feed(f"s/{number}") for number in range(40)]
        batch = []
        for number, feed in enumerate(feeds):
            batch += [feed.chunk(b"a\nb"), feed.chunk(b"%d\n\nBb\n" % number, at=2000 + number)]
            if number % 7 == 3:
                batch += [feed.gap(5), feed.chunk(b"b after a gap", at=9000)]
        big = Feed("big")
        batch += [
            big.chunk(b"a line of some length\n" * 99 + b"b%d " % number, at=3000 + number) for number in range(99)
        ]
        self.append(store, *batch)
        feeds.insert(20, big)
        matcher = Matcher(query.text, regex=query.regex, case=query.case, invert=query.invert)
        wanted = Wanted(query, Range(2010, None), newest, 1000, 1_000_000)
        expected = []
        for feed in feeds:
            for slab in slabs_of(self.read_all(store, feed.name, 1 << 20)):
                expected.extend((feed.name, *hit[:4]) for hit in hits_in(slab, matcher, wanted._replace(newest=False)))
        found = self.hits(store, [Part(feed.name, 0, feed.end) for feed in feeds[:: -1 if newest else 1]], wanted)
        assert found is None or found == expected[:: -1 if newest else 1]
        assert expected or query.text == "zz"

    def test_a_search_of_what_is_gone_finds_nothing(self, store: Store) -> None:
        feed = Feed("a")
        self.append(store, feed.chunk(b"a\n"))
        self.run(store.delete("a"))
        wanted = Wanted(Query("a"), Range(), False, 1000, 10)
        assert not self.hits(store, [Part("a", 0, 2), Part("b", 0, 2)] * 20, wanted)
