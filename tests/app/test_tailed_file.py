"""A file that is written, renamed, truncated, removed and made anew: each byte once, in order."""

from __future__ import annotations

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


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["write", "rotate", "read", "restart"]), max_size=30))
def test_rotations_and_restarts_lose_and_double_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("tail") / "app.log"
    file, written, found, rotations = tail(path), b"", b"", 0
    seen = False
    for number, step in enumerate(steps):
        if step == "write":
            line = b"line %d\n" % number
            append(path, line)
            written += line
        elif step == "rotate" and path.exists() and seen:
            rotations += 1
            path.rename(path.with_name(f"app.log.{rotations}"))
            seen = False  # rotated once more before anybody looks, the file between is nobody's
        elif step == "read":
            found += all_of(file)
            seen = path.exists()
        elif step == "restart":
            position = file.position
            file.close()
            file = tail(path, position)
    found += all_of(file)
    assert found == written
