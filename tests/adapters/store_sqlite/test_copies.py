"""Looking into a store from outside, and copies of it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import apsw
import pytest

from adapters.store_sqlite.place import Place
from contracts.store import Feed
from hub.adapters.store.sqlite.copies import backup, compact, export
from hub.adapters.store.sqlite.inspection import Damage, describe, verify
from hub.model.pattern import Pattern
from hub.model.problem import Problem

SIZE = 3000


def noise(number: int) -> bytes:
    return random.Random(number).randbytes(SIZE)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "data").mkdir()
    place = Place(tmp_path / "data")
    feed, other = Feed("a"), Feed("b/c", anonymous=True)
    for number in range(10):
        place.append(feed.chunk(noise(number)))
    place.append(other.chunk(b"one\n"), other.gap(5), other.chunk(b"two\n"))
    return place


def damage(place: Place) -> list[Damage]:
    return [each for step in verify(place.directory) for each in step.damage]


def change(place: Place, sql: str) -> None:
    connection = apsw.Connection(str(place.path))
    connection.execute(sql)
    connection.close()


def test_a_store_is_described_while_it_is_in_use(place: Place) -> None:
    found = describe(place.directory)
    assert (found["streams"], found["anonymous_streams"], found["runs"]) == (2, 1, 2)
    assert (found["blocks"], found["gaps"], found["text_bytes"]) == (12, 1, 10 * SIZE + 8)
    assert found["format"] == 1
    place.stop()


def test_what_is_whole_is_verified_while_it_is_in_use(place: Place) -> None:
    steps = list(verify(place.directory))
    assert damage(place) == []
    assert (steps[-2].blocks, steps[-2].of_blocks, steps[-2].bytes) == (13, 13, 10 * SIZE + 8)
    place.stop()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE block SET crc = crc + 1 WHERE start = 6000", ("a", 6000, 9000, "block: checksum")),
        ("UPDATE block SET data = x'00' WHERE start = 6000", ("a", 6000, 9000, "block: checksum")),
        ("DELETE FROM block WHERE start = 6000", ("a", 6000, 9000, "blocks do not follow each other")),
        ("DELETE FROM block WHERE end = 30000", ("a", 27000, 30000, "the last blocks are missing")),
        ("UPDATE stream SET record = x'00' WHERE name = 'a'", ("a", 0, 0, "record: checksum")),
        ("INSERT INTO run VALUES (1, 0, x'00')", ("a", 0, 0, "run 0: checksum")),
    ],
)
def test_damage_is_found(place: Place, sql: str, expected: tuple[str, int, int, str]) -> None:
    place.stop()
    change(place, sql)
    assert damage(place) == [Damage(*expected)]


def test_a_backup_is_of_one_moment_while_the_store_goes_on(place: Place, tmp_path: Path) -> None:
    feed = Feed("later")
    target = tmp_path / "copy" / "hub.db"
    target.parent.mkdir()
    for number, _ in enumerate(backup(place.directory, target)):
        place.append(feed.chunk(b"%d\n" % number))
    place.append(feed.chunk(b"and more\n"))
    before = place.text("a")
    place.stop()
    assert [path.name for path in target.parent.iterdir()] == ["hub.db"]
    original = Place(place.directory)
    copy = Place(target.parent)
    assert copy.opened.epoch > original.opened.epochs_end
    original.stop()
    assert copy.text("a") == before == b"".join(noise(number) for number in range(10))
    assert copy.text("later") == b""
    copy.append(Feed("new").chunk(b"goes on"))
    copy.stop()


def test_a_backup_overwrites_nothing(place: Place, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("mine")
    with pytest.raises(Problem, match="overwrites nothing"):
        list(backup(place.directory, target))
    assert target.read_text() == "mine"
    place.stop()


@pytest.mark.parametrize("target", ["/proc/nope", "missing/copy.db", "file/copy.db"])
def test_a_backup_that_cannot_be_written_says_that_of_its_target(place: Place, tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("no directory")
    path = tmp_path / target
    with pytest.raises(Problem) as refused:
        list(backup(place.directory, path))
    assert refused.value.text.startswith(f"{path} cannot be written: ")
    assert refused.value.text.endswith("name a file in a directory that you may write to")
    place.stop()


def test_a_backup_of_a_damaged_file_says_that_of_the_file(place: Place, tmp_path: Path) -> None:
    place.stop()
    size = place.path.stat().st_size
    with place.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    with pytest.raises(Problem, match=f"{place.path} is damaged"):
        list(backup(place.directory, tmp_path / "copy.db"))
    assert not list(tmp_path.glob("copy.db*"))


def test_a_compact_file_is_smaller_and_holds_the_same(place: Place) -> None:
    place.append(Feed("gone").chunk(random.Random(1).randbytes(200_000)))
    place.loop.run(place.store.delete("gone"))
    place.restart()
    place.loop.run(place.store.put("kind", {"key": b"value"}))
    place.stop()
    before = place.path.stat().st_size
    done = compact(place.directory)
    assert (done.before, done.set_aside, done.lost) == (before, None, 0)
    assert done.after < before - 100_000
    place.start()
    assert place.text("a") == b"".join(noise(number) for number in range(10))
    assert place.text("b/c") == b"one\n?????two\n"
    place.append(Feed("new").chunk(b"goes on"))
    place.stop()
    assert damage(place) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_set_aside_and_what_can_be_read_is_in_the_new_one(place: Place, seed: int) -> None:
    place.stop()
    data = bytearray(place.path.read_bytes())
    # A page of the table of blocks, by what lies in it; the first one may be its root now, without which all is gone.
    chance = random.Random(seed)
    page = data.rindex(noise(chance.randrange(10))[100:200]) // 4096 * 4096
    data[page : page + 64] = chance.randbytes(64)
    place.path.write_bytes(data)
    done = compact(place.directory)
    if done.set_aside is not None:
        assert done.set_aside.read_bytes()[:16] == b"SQLite format 3\x00"
    place.start()
    text = place.text("a")
    whole = b"".join(noise(number) for number in range(10))
    assert len(text) == len(whole)
    same = sum(text[at : at + SIZE] == whole[at : at + SIZE] for at in range(0, len(whole), SIZE))
    assert same >= 5
    assert all(text[at : at + SIZE] in (whole[at : at + SIZE], b"?" * SIZE) for at in range(0, len(whole), SIZE))
    place.append(Feed("new").chunk(b"goes on"))
    assert place.text("new") == b"goes on"
    place.stop()


def test_streams_are_written_as_plain_files(place: Place, tmp_path: Path) -> None:
    target = tmp_path / "files"
    done = {each.name: each for each in export(place.directory, [Pattern("**")], target)}
    assert (done["a"].bytes, done["a"].missing) == (10 * SIZE, 0)
    assert (done["b/c"].bytes, done["b/c"].missing) == (8, 5)
    assert (target / "a" / "@output").read_bytes() == b"".join(noise(number) for number in range(10))
    assert (target / "b" / "c" / "@output").read_bytes() == b"one\ntwo\n"
    known = json.loads((target / "b" / "c" / "@stream.json").read_text())
    assert (known["name"], known["owner"], known["lines"]) == ("b/c", "me", 2)
    assert known["gaps"] == [{"offset": 4, "end": 9, "reason": "producer_skip"}]
    assert [run["number"] for run in known["runs"]] == [1]
    place.stop()


def test_only_what_was_asked_for_is_written(place: Place, tmp_path: Path) -> None:
    assert [each.name for each in export(place.directory, [Pattern("b/*")], tmp_path / "files")] == ["b/c"]
    assert not (tmp_path / "files" / "a").exists()
    place.stop()


def test_a_directory_without_a_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="--data-dir"):
        describe(tmp_path)
