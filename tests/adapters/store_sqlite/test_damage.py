"""Flipped bits, torn files, killed writers: what is beside the damage is read, and the damage is said."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from adapters.store_sqlite.place import Place
from contracts.store import Feed, content
from hub.model.buckets import Buckets
from hub.model.chunk import Chunk, Gap
from hub.model.problem import Problem

BLOCKS = 12
SIZE = 3000


def noise(number: int) -> bytes:
    return random.Random(number).randbytes(SIZE - 1) + b"\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A store that is stopped: one stream of blocks that hold noise, so that each is found in the file."""
    place = Place(tmp_path)
    feed = Feed("a")
    for number in range(BLOCKS):
        place.append(feed.chunk(noise(number), at=1000 + number))
    place.stop()
    return place


def change(place: Place, sql: str, *bindings: object) -> None:
    connection = apsw.Connection(str(place.path))
    connection.execute(sql, bindings)
    connection.close()


def whole(number: int) -> tuple[int, int]:
    return number * SIZE, (number + 1) * SIZE


def lost(place: Place) -> list[tuple[int, int, str]]:
    """Return the gaps, after a check that all else is what was written."""
    gaps: list[tuple[int, int, str]] = []
    text = b"".join(noise(number) for number in range(BLOCKS))
    end = 0
    for piece in place.read("a"):
        assert piece.offset == end
        end = piece.end
        if isinstance(piece, Gap):
            gaps.append(tuple(piece))
        else:
            assert piece.data == text[piece.offset : piece.end]
    assert end == BLOCKS * SIZE
    return gaps


@pytest.mark.parametrize("number", [0, 5, BLOCKS - 1])
def test_a_flipped_bit_in_the_text_is_a_gap_of_that_block_alone(place: Place, number: int) -> None:
    data = bytearray(place.path.read_bytes())
    # A page that is not used any more may hold it too.
    for found in re.finditer(re.escape(noise(number)[200:300]), bytes(data)):
        data[found.start()] ^= 0x10
    place.path.write_bytes(data)
    place.start()
    assert lost(place) == [(*whole(number), "corrupt")]
    assert place.query("SELECT count(*) FROM block") == [(BLOCKS,)]
    place.stop()


@pytest.mark.parametrize(
    "column", ["end", "first_line", "lines", "min_at", "max_at", "codec", "table_bytes", "crc", "data", "start"]
)
def test_a_wrong_value_in_a_row_is_a_gap_and_no_more(place: Place, column: str) -> None:
    value = "CAST('x' AS BLOB)" if column == "data" else f"{column} + 1"
    change(place, f"UPDATE block SET {column} = {value} WHERE start = ?", 5 * SIZE)
    place.start()
    (gap,) = (each for each in lost_at_most(place) if isinstance(each, Gap))
    assert 5 * SIZE <= gap.offset <= gap.end <= 6 * SIZE + 1
    place.stop()


def lost_at_most(place: Place) -> list[Chunk | Gap]:
    """Return contiguous pieces in which neighbouring gaps are one."""
    found: list[Chunk | Gap] = []
    for piece in place.read("a"):
        if found and isinstance(piece, Gap) and isinstance(found[-1], Gap):
            piece = Gap(found.pop().offset, piece.end, piece.reason)
        found.append(piece)
    return found


def test_a_block_that_is_gone_is_a_gap(place: Place) -> None:
    change(place, "DELETE FROM block WHERE start = ?", 4 * SIZE)
    place.start()
    assert lost(place) == [(*whole(4), "store_loss")]
    place.stop()


def test_seeks_come_near_what_is_damaged(place: Place) -> None:
    change(place, "UPDATE block SET crc = crc + 1 WHERE start = ?", 5 * SIZE)
    place.start()
    loop, store = place.loop, place.store
    assert loop.run(store.seek_time("a", 1005)) == 5 * SIZE
    line = 1 + sum(noise(number).count(b"\n") for number in range(5))
    assert loop.run(store.seek_line("a", line)) == 5 * SIZE
    assert loop.run(store.seek_line("a", line - 1)) == 5 * SIZE
    place.stop()


def test_a_damaged_record_sets_its_stream_aside_and_its_name_is_free(place: Place) -> None:
    change(place, "UPDATE stream SET record = zeroblob(50)")
    assert place.start() == []
    again = Feed("a")
    place.append(again.chunk(b"new"))
    assert place.text("a") == b"new"
    assert place.query("SELECT count(*) FROM block") == [(BLOCKS + 1,)]
    place.stop()


@pytest.mark.parametrize("seed", range(25))
def test_pages_full_of_noise_never_give_wrong_bytes(place: Place, seed: int) -> None:
    """Whatever page it hits, what is read is what was written or said to be gone, or the file is refused."""
    chance = random.Random(seed)
    data = bytearray(place.path.read_bytes())
    page = chance.randrange(1, len(data) // 4096) * 4096
    for _ in range(chance.choice([1, 3, 100])):
        data[page + chance.randrange(4096)] = chance.randrange(256)
    place.path.write_bytes(data)
    try:
        streams = place.start()
    except Problem as problem:
        assert problem.word == "STORE"
        return
    text = b"".join(noise(number) for number in range(BLOCKS))
    try:
        pieces = place.read("a") if streams else []
    except Problem as problem:
        assert problem.word == "STORE"
        pieces = []
    for piece in pieces:
        if isinstance(piece, Chunk):
            assert piece.data == text[piece.offset : piece.end]
    content(pieces)
    place.stop()


def torn(path: Path) -> None:
    """Cut the WAL in the middle of its last frame."""
    wal = path.with_name(path.name + "-wal")
    os.truncate(wal, wal.stat().st_size - 2000)


def overwritten(path: Path) -> None:
    wal = path.with_name(path.name + "-wal")
    data = bytearray(wal.read_bytes())
    data[-3000:] = bytes(3000)
    wal.write_bytes(data)


@pytest.mark.parametrize("damage", [torn, overwritten])
def test_a_torn_end_of_the_wal_loses_the_last_batch_alone(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """A power cut in the middle of a write that nobody was told of."""
    (tmp_path / "live").mkdir()
    live = Place(tmp_path / "live")
    feed = Feed("a")
    for number in range(5):
        live.append(feed.chunk(noise(number)))
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("hub.db", "hub.db-wal"):
        (copy / name).write_bytes((tmp_path / "live" / name).read_bytes())
    live.stop()
    damage(copy / "hub.db")
    place = Place(copy)
    assert place.text("a") == b"".join(noise(number) for number in range(4))
    place.append(Feed("b").chunk(b"goes on"))
    assert place.text("b") == b"goes on"
    place.stop()


WRITER = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed
loop = Loop()
store = make_store(Path(sys.argv[1]), loop)
print("epoch", store.open(1000).epoch, flush=True)
feeds = [Feed("s%d" % number) for number in range(5)]
for number in range(100000):
    batch = [feed.chunk(b"%d %s\\n" % (number, feed.name.encode()) * (number % 50 + 1)) for feed in feeds]
    loop.run(store.append(batch))
    print(number, feeds[0].end, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_called_durable(tmp_path: Path) -> None:
    paths = [path for path in sys.path if path]
    chance = random.Random(7)
    epochs = []
    for round_number in range(4):
        directory = tmp_path / str(round_number)
        directory.mkdir()
        command = [sys.executable, "-c", WRITER.format(paths=paths), str(directory)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            epochs.append(int(writer.stdout.readline().split()[1]))
            for _ in range(chance.randrange(1, 200)):
                said = writer.stdout.readline()
            writer.send_signal(signal.SIGKILL)
        number, end = map(int, said.split())
        place = Place(directory)
        assert place.opened.epoch > epochs[-1]
        for name in (f"s{each}" for each in range(5)):
            text = place.text(name)
            durable = b"".join(b"%d %s\n" % (each, name.encode()) * (each % 50 + 1) for each in range(number + 1))
            assert text.startswith(durable)
            assert len(durable) == end
        place.stop()


def test_a_block_that_cannot_be_read_is_counted_where_it_begins(place: Place) -> None:
    change(place, "UPDATE block SET data = zeroblob(100), min_at = 1500, max_at = 3500 WHERE start = ?", 5 * SIZE)
    place.start()
    counted = place.loop.run(place.store.count("a", Buckets(1000, 1000, 3)))
    lines = sum(noise(number).count(b"\n") for number in range(BLOCKS))
    assert counted.lines == [lines, 0, 0]
    assert counted.bytes == [BLOCKS * SIZE, 0, 0]
    place.stop()
