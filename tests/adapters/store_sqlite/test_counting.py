"""Counting a long past reads the index, and opens blocks only at the borders."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from adapters.store_sqlite.place import Place
from contracts.store import Feed
from hub.adapters.store.sqlite import counting
from hub.adapters.store.sqlite.block import Arrival, Block, arrivals
from hub.model.buckets import Buckets

BLOCKS = 60


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """One block of two chunks each second, the second chunk half a second after the first."""
    place = Place(tmp_path)
    feed = Feed("a")
    for number in range(BLOCKS):
        text = b"%02d\n" % number * 25_000
        place.append(feed.chunk(text, at=1000 * number), feed.chunk(text, at=1000 * number + 500))
    place.restart()
    return place


def test_it_outlives_a_restart(place: Place) -> None:
    counted = place.loop.run(place.store.count("a", Buckets(0, 10_000, 7)))
    assert counted.lines == [500_000] * 6 + [0]
    place.stop()


@pytest.mark.parametrize(
    ("since", "step", "opened"), [(0, 1000, 0), (0, 20_000, 0), (500, 1000, BLOCKS), (500, 20_000, 3)]
)
def test_only_blocks_across_a_border_are_opened(
    place: Place, since: int, step: int, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def watched(block: Block) -> list[Arrival]:
        seen.append(block.start)
        return arrivals(block)

    monkeypatch.setattr(counting, "arrivals", watched)
    counted = place.loop.run(place.store.count("a", Buckets(since, step, 60_000 // step + 1)))
    assert sum(counted.lines) == 3_000_000 - (25_000 if since else 0)
    assert len(seen) == opened
    place.stop()


def test_headers_come_from_the_index_alone(place: Place) -> None:
    place.stop()
    connection = apsw.Connection(str(place.path))
    for sql in (counting._SUMS, counting._ACROSS):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", (1, 0, 1000, 1000))]
        assert any("USING COVERING INDEX block_place" in step for step in plan), plan
    connection.close()
