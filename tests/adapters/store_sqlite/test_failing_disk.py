"""Writes and syncs that fail: nothing is called durable that is not, and it heals by itself."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from adapters.store_sqlite.disk import Disk
from adapters.store_sqlite.place import Place
from contracts.store import Feed
from hub.adapters.store.sqlite.database import BUSY_MS, connect_to_write, write_wal_again
from hub.model.problem import Problem

RESERVE_BYTES = 1 << 20


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.close()


@pytest.fixture
def place(disk: Disk, tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, reserve_bytes=RESERVE_BYTES)
    yield place
    disk.heal()
    place.stop()


@pytest.mark.parametrize(("call", "file"), [("sync", "wal"), ("write", "wal")])
def test_a_batch_that_failed_is_durable_once_it_is_handed_over_again(
    disk: Disk, place: Place, call: str, file: str
) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail(call, file)
    batch = feed.chunk(b"two\n")
    for _ in range(3):
        with pytest.raises(Problem, match="disk of data_dir") as raised:
            place.append(batch)
        assert raised.value.word == "STORE"
        # What a failed sync left behind may be seen, as it was seen live; it is not called durable.
        assert place.text("a") in ((b"one\n", b"one\ntwo\n") if call == "sync" else (b"one\n",))
    disk.heal()
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"
    place.restart()
    assert place.text("a") == b"one\ntwo\n"


def test_after_a_failed_sync_all_is_written_again_before_anything_is_called_durable(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail("sync", "wal")
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem):
        place.append(batch)
    disk.heal()
    disk.calls.clear()
    place.append(batch)
    # What was in the WAL goes to the file, anew, and that is synced: the WAL may look written and be nowhere.
    assert ("write", "db") in disk.calls
    assert disk.calls.index(("write", "db")) < disk.calls.index(("sync", "db"))
    assert disk.calls[-1][0] == "sync"


def test_nothing_is_durable_while_the_file_cannot_be_synced_after_a_failure(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail("sync", "wal")
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem):
        place.append(batch)
    disk.heal()
    disk.fail("sync", "db")
    with pytest.raises(Problem):
        place.append(batch)
    disk.heal()
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"


def test_every_append_is_synced_before_it_returns(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    for number in range(5):
        disk.calls.clear()
        place.append(feed.chunk(b"%d\n" % number))
        latest_first = [call for call, file in reversed(disk.calls) if file == "wal"]
        assert latest_first[:2] == ["sync", "write"]


def test_a_full_disk_names_the_directory(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail("write", "wal", apsw.FullError)
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem, match=f"disk of {place.directory} is full"):
        place.append(batch)
    assert place.text("a") == b"one\n"
    disk.heal()
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"


def test_a_lock_of_somebody_else_is_told(place: Place) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    other = apsw.Connection(str(place.path))
    other.execute("BEGIN IMMEDIATE")
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem, match="locked by another program"):
        place.append(batch)
    assert place.text("a") == b"one\n"
    # What waited behind that one has waited as long already.
    began = time.monotonic()
    for write in (place.store.put("kind", {"a": b"1"}), place.store.append([batch])):
        with pytest.raises(Problem, match="locked by another program"):
            place.loop.run(write)
    assert time.monotonic() - began < BUSY_MS / 2000
    other.execute("ROLLBACK")
    other.close()
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"


def test_small_writes_are_synced_and_their_failure_is_told_to_each(disk: Disk, place: Place) -> None:
    store, loop = place.store, place.loop
    loop.run(store.put("kind", {"a": b"1"}))
    disk.calls.clear()
    loop.run(store.put("kind", {"a": b"2"}))
    assert disk.calls[-1] == ("sync", "wal")
    disk.fail("write", "wal")
    for write in (store.put("kind", {"a": b"3"}), store.reserve_epochs(1 << 40)):
        with pytest.raises(Problem, match="disk of data_dir"):
            loop.run(write)
    disk.heal()
    assert loop.run(store.records("kind")) == {"a": b"2"}


def test_a_wal_whose_sync_failed_is_written_again_where_it_is(disk: Disk, place: Place) -> None:
    """Else a loss of power could leave its older half, to be copied over newer pages at the next start."""
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail("sync", "wal")
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem):
        place.append(batch)
    disk.heal()
    wal = place.path.with_name("hub.db-wal")
    before, touched = wal.read_bytes(), wal.stat().st_mtime_ns
    connection = connect_to_write(place.path, make=False)
    write_wal_again(connection, place.path)
    connection.close()
    assert wal.stat().st_mtime_ns > touched
    assert wal.read_bytes() == before
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"


def test_a_full_disk_keeps_room_for_commands_and_gives_none_to_output(disk: Disk, place: Place) -> None:
    reserve = place.directory / "hub.reserve"
    assert reserve.stat().st_size == RESERVE_BYTES
    feed = Feed("a")
    disk.fail("write", "wal", apsw.FullError)
    batch = feed.chunk(b"one\n")
    with pytest.raises(Problem, match="is full"):
        place.append(batch)
    assert reserve.exists(), "output does not get it"
    with pytest.raises(Problem, match="is full"):
        place.loop.run(place.store.put("kind", {"a": b"1"}))
    assert not reserve.exists(), "a command does"
    disk.heal()
    place.loop.run(place.store.put("kind", {"a": b"1"}))
    place.append(batch)
    assert reserve.stat().st_size == RESERVE_BYTES, "held again before output is taken"


def test_no_lock_is_lost_when_the_file_is_opened_again(disk: Disk, place: Place) -> None:
    """What another tool does to the file afterwards must not take the WAL away that is written to."""
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    assert place.text("a") == b"one\n", "a reading connection is there"
    disk.fail("write", "wal")
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem):
        place.append(batch)
    disk.heal()
    place.append(batch)
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT count(*) FROM stream'); c.close()"
    subprocess.run([sys.executable, "-c", look, str(place.path)], check=True)
    assert place.path.with_name("hub.db-wal").exists()
    place.append(feed.chunk(b"three\n"))
    place.restart()
    assert place.text("a") == b"one\ntwo\nthree\n"


def test_a_wal_that_cannot_be_copied_for_want_of_room_goes_on(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    disk.fail("write", "wal", apsw.FullError)
    disk.fail("write", "db", apsw.FullError)
    batch = feed.chunk(b"two\n")
    with pytest.raises(Problem, match="is full"):
        place.append(batch)
    del disk.failing["write", "wal"]
    place.append(batch)
    assert place.text("a") == b"one\ntwo\n"
    place.stop()
    place.start()
    assert place.text("a") == b"one\ntwo\n"


@pytest.mark.parametrize("name", ["hub.db", "hub.db-wal"])
def test_nothing_is_durable_in_a_file_that_was_taken_away(place: Place, tmp_path: Path, name: str) -> None:
    feed = Feed("a")
    place.append(feed.chunk(b"one\n"))
    (place.directory / name).rename(tmp_path / "away")
    batch = feed.chunk(b"two\n")
    for _ in range(2):
        with pytest.raises(Problem, match="removed"):
            place.append(batch)
    (tmp_path / "away").replace(place.directory / name)
    place.append(batch)
    place.restart()
    assert place.text("a") == b"one\ntwo\n"


def test_a_block_that_the_disk_does_not_give_is_a_gap_only_for_who_is_sure(disk: Disk, place: Place) -> None:
    feed = Feed("a")
    small, large = feed.chunk(b"small\n"), feed.chunk(random.Random(1).randbytes(200_000))
    place.append(small)
    place.append(large)
    place.restart()
    size = place.path.stat().st_size
    disk.unreadable_from = size - 100_000
    assert place.sure(0, sure=False) == [(0, 6, None)], "what is beside it is read"
    with pytest.raises(Problem, match="disk") as raised:
        place.sure(6, sure=False)
    assert raised.value.word == "STORE"
    assert place.sure(0, sure=True) == [(0, 6, None), (6, 200_006, "store_loss")]
    disk.heal()
    assert place.sure(6, sure=False) == [(6, 200_006, None)]
