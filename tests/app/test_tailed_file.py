"""A file that is written, renamed, truncated, removed and made anew: each byte once, in order."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.app.collect.positions import Acknowledged, Positions
from hub.app.collect.tailed_file import Position, TailedFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def tail(path: Path, position: Position | None = None, *, from_end: bool = False) -> TailedFile:
    return TailedFile(str(path), position, from_end=from_end)


def all_of(file: TailedFile) -> bytes:
    """Read until two looks in a row bring nothing."""
    found, nothing = b"", 0
    while nothing < 2:
        data = file.read(3)
        found += data
        nothing = 0 if data else nothing + 1
    return found


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_what_is_appended_is_read(path: Path) -> None:
    file = tail(path)
    assert all_of(file) == b""
    append(path, b"one\n")
    assert all_of(file) == b"one\n"
    append(path, b"two\n")
    assert all_of(file) == b"two\n"


def test_from_the_end_only_what_is_new_is_read(path: Path) -> None:
    append(path, b"old\n")
    file = tail(path, from_end=True)
    assert all_of(file) == b""
    append(path, b"new\n")
    assert all_of(file) == b"new\n"


def test_a_file_that_comes_later_is_read_whole(path: Path) -> None:
    file = tail(path, from_end=True)
    file._from_end = False
    append(path, b"all\n")
    assert all_of(file) == b"all\n"


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(path: Path) -> None:
    file = tail(path)
    append(path, b"one\n")
    assert all_of(file) == b"one\n"
    append(path, b"two\n")
    rotated = path.with_name("app.log.1")
    path.rename(rotated)
    append(path, b"three\n")
    append(rotated, b"late\n")
    assert all_of(file) == b"two\nlate\nthree\n"


def test_a_truncated_file_begins_anew(path: Path) -> None:
    file = tail(path)
    append(path, b"a long first line\n")
    all_of(file)
    os.truncate(path, 0)
    append(path, b"new\n")
    assert all_of(file) == b"new\n"


class Reader:
    """A file that is read, what was said of it and where it was said to break off."""

    def __init__(self, path: Path, position: Position | None = None) -> None:
        self.said: list[str] = []
        self.cuts: list[tuple[int, bool]] = []
        self.file = TailedFile(str(path), position, from_end=False, say=self._say, cut=self._cut)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.said.append(f"! {text}" if wrong else text)

    def _cut(self, lost: int, *, unfinished: bool) -> None:
        self.cuts.append((lost, unfinished))

    def restart(self, path: Path) -> Reader:
        """Return what a new process makes of the place that this one was at."""
        self.file.close()
        return Reader(path, Position(*map(int, json.loads(json.dumps(self.file.position)))))


@pytest.mark.parametrize("new", [b"BBBB\n", b"BBBB\nCCCC\n", b"BB\n", b"\0\0\0\0\0BBBB\n"])
def test_a_file_that_is_written_anew_between_two_looks_is_read_from_its_beginning(path: Path, new: bytes) -> None:
    reader = Reader(path)
    append(path, b"AAAA\n")
    assert all_of(reader.file) == b"AAAA\n"
    path.write_bytes(new)
    assert all_of(reader.file) == new.lstrip(b"\0"), "what a writer who does not append leaves before is no content"
    assert (reader.said, reader.cuts) == ([], [(0, False)]), "nothing is known to be lost"


def test_the_hole_of_a_writer_who_does_not_append_is_passed(path: Path) -> None:
    reader = Reader(path)
    with path.open("wb", buffering=0) as writer:
        writer.write(b"a" * 3_000_000)
        reader.file.read(10)
        os.truncate(path, 0)
        writer.write(b"new\n")
    assert all_of(reader.file) == b"new\n"
    assert reader.cuts == [(2_999_990, True)]


def test_what_is_cut_off_unread_is_said_once_and_nothing_is_spliced(path: Path) -> None:
    reader = Reader(path)
    append(path, b"first\nsecond\n")
    assert reader.file.read(8) == b"first\nse"
    append(path, b"third\n")
    reader.file.look()
    os.truncate(path, 0)
    reader.file.look()
    assert reader.cuts == [(11, True)]
    assert reader.said == [f"! {path} was truncated before it was read to its end: 11 bytes are lost"]
    append(path, b"new\nmore\n")
    reader.file.look()
    os.truncate(path, 4)
    reader.file.look()
    assert reader.cuts[1:] == [(9, False)], "nothing tells whether what is there was there before"
    assert all_of(reader.file) == b"new\n"


def test_a_file_whose_end_alone_was_cut_off_goes_on(path: Path) -> None:
    reader = Reader(path)
    append(path, b"first\nsecond\n")
    assert reader.file.read(6) == b"first\n"
    os.truncate(path, 9)
    assert all_of(reader.file) == b"sec"
    assert (reader.said, reader.cuts) == ([f"! {path}: 4 bytes were cut off its end before they were read"], [])


def copy(path: Path, name: str, second: int) -> Path:
    """Copy as copytruncate does, without the truncation."""
    made = path.with_name(name)
    made.write_bytes(path.read_bytes())
    os.utime(made, (second, second))
    return made


def test_what_came_after_the_copy_was_made_is_lost_where_it_ends(path: Path) -> None:
    reader = Reader(path)
    written_at(path, b"one\ntwo\n", 1)
    assert reader.file.read(4) == b"one\n"
    made = copy(path, "app.log.1", 2)
    append(path, b"three\n")
    reader.file.look()
    path.write_bytes(b"four\n")
    reader.file.look()
    assert reader.cuts == [], "it goes on in the copy"
    assert reader.said[-1] == f"! {path}: 6 bytes came after its copy {made}: lost"
    assert reader.file.read(100) == b"two\n"
    assert all_of(reader.file) == b"four\n"
    assert reader.cuts == [(6, False)]


def test_only_what_has_the_same_before_its_place_and_is_no_older_is_a_copy(path: Path) -> None:
    reader = Reader(path)
    written_at(path, b"one\ntwo\n", 5)
    assert reader.file.read(4) == b"one\n"
    written_at(path.with_name("app.log.2"), b"one\nold\n", 4)
    written_at(path.with_name("app.log.1"), b"One\nother\n", 6)
    path.with_name("app.log.0").symlink_to("app.log.0")
    path.write_bytes(b"new\n")
    assert all_of(reader.file) == b"new\n"
    assert reader.cuts == [(4, False)]


@pytest.mark.parametrize("new", [b"n\n", b"new and longer than before\n"])
def test_a_file_that_was_truncated_while_nobody_read_is_another(path: Path, new: bytes) -> None:
    reader = Reader(path)
    written_at(path, b"one\ntwo\nthree\n", 1)
    assert reader.file.read(6) == b"one\ntw"
    path.write_bytes(new)
    again = reader.restart(path)
    assert all_of(again.file) == new
    assert again.cuts == [(8, True)]
    assert again.said[0].startswith("! "), "it was seen to be longer"


def test_copies_that_were_made_while_nobody_read_are_read_in_their_order(path: Path) -> None:
    reader = Reader(path)
    written_at(path, b"one\ntwo\n", 1)
    assert reader.file.read(4) == b"one\n"
    copy(path, "app.log.2", 2)
    path.write_bytes(b"three\n")
    copy(path, "app.log.1", 3)
    path.write_bytes(b"four, and longer\n")
    again = reader.restart(path)
    assert again.file.read(3) == b"two"
    again = again.restart(path)
    assert all_of(again.file) == b"\nthree\nfour, and longer\n"
    assert again.cuts == []
    path.with_name("app.log.2").unlink()
    without = Reader(path, reader.file.position)
    assert all_of(without.file) == b"three\nfour, and longer\n", "where the oldest is gone the others are there"
    assert without.cuts == [(4, False)]


def test_a_file_that_is_gone_is_waited_for(path: Path) -> None:
    file = tail(path)
    append(path, b"one\n")
    all_of(file)
    path.unlink()
    assert all_of(file) == b""
    append(path, b"two\n")
    assert all_of(file) == b"two\n"


def test_it_goes_on_where_a_former_process_was(path: Path) -> None:
    file = tail(path)
    append(path, b"one\n")
    all_of(file)
    position = file.position
    file.close()
    append(path, b"two\n")
    assert all_of(tail(path, position)) == b"two\n"
    path.rename(path.with_name("app.log.1"))
    append(path, b"three\n")
    assert all_of(tail(path, position)) == b"two\nthree\n", "it was rotated meanwhile"


def rotate(path: Path, most: int = 9) -> None:
    """Rename as logrotate does: the newest is `.1`."""
    for number in range(most, 0, -1):
        old = path.with_name(f"{path.name}.{number}")
        if old.exists():
            old.rename(path.with_name(f"{path.name}.{number + 1}"))
    path.rename(path.with_name(f"{path.name}.1"))


def written_at(path: Path, data: bytes, second: int) -> None:
    append(path, data)
    os.utime(path, (second, second))


@pytest.mark.parametrize("times", [(1, 2, 3, 4), (1, 1, 1, 1)])
def test_files_that_were_rotated_while_nobody_read_are_read_in_their_order(path: Path, times: tuple[int, ...]) -> None:
    written_at(path, b"older\n", 1)
    rotate(path)
    file = tail(path)
    written_at(path, b"one\n", times[0])
    assert all_of(file) == b"one\n"
    position = file.position
    file.close()
    for line, second in zip((b"two\n", b"three\n", b"four\n"), times[1:], strict=True):
        written_at(path, line, second)
        rotate(path)
    append(path, b"five\n")
    assert all_of(tail(path, position)) == b"two\nthree\nfour\nfive\n"


def test_files_rotated_between_two_looks_are_read_too(path: Path) -> None:
    file = tail(path)
    written_at(path, b"one\n", 1)
    all_of(file)
    for second, line in ((2, b"two\n"), (3, b"three\n")):
        rotate(path)
        written_at(path, line, second)
    assert all_of(file) == b"two\nthree\n"


def test_what_cannot_be_had_any_more_is_said(path: Path) -> None:
    file = tail(path)
    written_at(path, b"one\n", 5)
    all_of(file)
    position = file.position
    file.close()
    path.unlink()
    written_at(path.with_name("app.log.2.gz"), b"packed", 6)
    written_at(path.with_name("app.log.1"), b"three\n", 7)
    written_at(path.with_name("app.log.9"), b"old\n", 4)
    append(path, b"four\n")
    said: list[str] = []
    again = TailedFile(
        str(path), position._replace(inode=1), from_end=False, say=lambda text, wrong=False: said.append(text)
    )  # type: ignore[union-attr]
    assert all_of(again) == b"three\nfour\n"
    assert ["app.log.2.gz was compressed" in said[0], "byte 4 is gone" in said[1], len(said)] == [True, True, 2]


def test_a_sibling_that_cannot_be_opened_costs_no_position(path: Path) -> None:
    file = tail(path)
    append(path, b"one\n")
    all_of(file)
    position = file.position
    file.close()
    rotate(path)
    path.symlink_to(path.name)  # ELOOP
    os.mkfifo(path.with_name("app.log.0"))
    append(path.with_name("app.log.1"), b"two\n")
    again = tail(path, position)
    assert all_of(again) == b"two\n"
    assert again.position is not None
    path.with_name("app.log.1").rename(path.with_name("elsewhere"))
    again.close()
    lost = tail(path, position)
    with pytest.raises(OSError, match="symbolic links"):
        lost.read(10)
    assert lost.position == position
    path.unlink()
    path.with_name("elsewhere").rename(path.with_name("app.log.1"))
    assert all_of(lost) == b"two\n"


def test_a_former_place_that_is_no_more_is_the_beginning(path: Path) -> None:
    append(path, b"other\n")
    assert all_of(tail(path, Position(1, 100))) == b"other\n"


def test_positions_are_kept_and_survive_nonsense(tmp_path: Path) -> None:
    place = tmp_path / "sub" / "positions.json"
    positions = Positions(place)
    positions.put("/a", Position(7, 42))
    positions.save()
    assert Positions(place).get("/a") == Position(7, 42)
    place.write_text("[1, 2")
    assert Positions(place).get("/a") is None
    place.write_text("[1, 2]")
    assert Positions(place).get("/a") is None


def test_what_is_held_is_what_was_acknowledged() -> None:
    known = Acknowledged()
    known.note(10, Position(1, 10))
    known.note(20, Position(1, 20))
    known.note(30, Position(2, 10))
    assert known.upto(9) is None
    assert known.upto(25) == Position(1, 20)
    assert known.upto(25) is None
    assert known.upto(30) == Position(2, 10)


def copy_and_truncate(path: Path, second: int) -> None:
    kept = path.read_bytes() if path.exists() else b""
    if kept:
        rotate(path, 40)
        path.with_name(f"{path.name}.1").rename(path)  # only the others move
        copy(path, f"{path.name}.1", second)
        os.truncate(path, 0)
        os.utime(path, (second, second))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["write", "rotate", "copytruncate", "read", "read some", "restart"]), max_size=30))
def test_rotations_and_restarts_lose_and_double_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("tail") / "app.log"
    file, written, found = tail(path), b"", b""
    written_at(path, b"", 0)
    for number, step in enumerate(steps):
        if step == "write":
            line = b"%02d line\n" % number  # else what is written after a truncation begins as what was read
            written_at(path, line, number + 1)
            written += line
        elif step == "rotate" and path.exists() and file.position is not None:
            rotate(path, 40)
        elif step == "copytruncate" and file.position is not None and file.position.offset:
            copy_and_truncate(path, number + 1)
        elif step == "read some":
            found += file.read(5)
        elif step == "read":
            found += all_of(file)
        elif step == "restart":
            position = file.position
            file.close()
            file = tail(path, position)
    found += all_of(file)
    assert found == written
