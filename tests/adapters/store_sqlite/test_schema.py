"""Files of older, newer and other programs."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from adapters.store_sqlite.place import Place
from adapters.store_sqlite.rig import Loop, make_store
from contracts.store import Feed
from hub.adapters.store.sqlite import schema
from hub.model.problem import Problem

VERSION_1 = Path(__file__).parent / "version_1.sql"
"""What the first version of the format wrote: two streams, three runs, a gap and a record."""


def old_file(directory: Path) -> Path:
    path = directory / "hub.db"
    connection = apsw.Connection(str(path))
    connection.execute(VERSION_1.read_text())
    connection.close()
    return path


def test_a_file_of_the_first_version_is_read_and_goes_on(tmp_path: Path) -> None:
    old_file(tmp_path)
    place = Place(tmp_path)
    records = {record.name: record for record in place.restart()}
    assert {name: len(record.runs) for name, record in records.items()} == {"ci/build": 2, "anon": 1}
    assert [tuple(gap) for gap in records["ci/build"].gaps] == [(8, 13, "producer_skip")]
    assert place.text("ci/build") == b"one\ntwo\n?????three"
    assert place.text("anon") == b"line\n" * 400
    assert dict(place.loop.run(place.store.records("session"))) == {"key": b"value"}
    place.append(Feed("new").chunk(b"more"))
    assert place.text("new") == b"more"
    assert place.query("PRAGMA user_version") == [(schema.VERSION,)]
    place.stop()


def test_steps_are_taken_one_by_one_and_all_or_none(tmp_path: Path) -> None:
    path = old_file(tmp_path)
    connection = apsw.Connection(str(path))
    broken = {2: "CREATE TABLE second (x) STRICT_", 3: ""}
    with pytest.raises(apsw.SQLError):
        schema.prepare(connection, str(path), 3, broken)
    assert connection.pragma("user_version") == 1
    steps = {2: "CREATE TABLE second (x)", 3: "ALTER TABLE second ADD COLUMN y; INSERT INTO second VALUES (1, 2)"}
    schema.prepare(connection, str(path), 3, steps)
    assert connection.pragma("user_version") == 3
    assert connection.execute("SELECT * FROM second").fetchall() == [(1, 2)]
    schema.prepare(connection, str(path), 3, {})
    connection.close()


def test_every_version_since_the_first_can_be_upgraded() -> None:
    assert sorted(schema.UPGRADES) == list(range(2, schema.VERSION + 1))


def test_a_file_of_a_newer_hub_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = old_file(tmp_path)
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", schema.VERSION + 1)
    connection.close()
    with pytest.raises(Problem, match=r"written by a newer hub .* or set data_dir"):
        make_store(tmp_path, Loop()).open(1)
    connection = apsw.Connection(str(path))
    assert connection.pragma("user_version") == schema.VERSION + 1
    assert connection.execute("SELECT count(*) FROM stream").get == 2
    connection.close()


def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(Problem, match="not a hub's"):
        make_store(tmp_path, Loop()).open(1)
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()
