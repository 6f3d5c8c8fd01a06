"""endpoints.json: whole or not there, and never of a former hub."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from hub.app.endpoints_file import write_endpoints

ENDPOINTS = {"web": "http://127.0.0.1:7480"}


class Disk:
    """A disk with so many blocks left; a new file takes one beside those of the old, which gives its own back."""

    def __init__(self, left: int, *, old: Path | None = None) -> None:
        self._left = left
        self._old = old

    def write(self, path: Path, data: bytes) -> None:
        given_back = self._old is not None and not self._old.exists()
        if self._left + given_back < 1:
            raise OSError(errno.ENOSPC, "full")
        path.write_bytes(data)

    def make_room(self) -> None:
        self._left += 1


def test_it_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    for _ in range(2):
        write_endpoints(path, ENDPOINTS)
    assert json.loads(path.read_bytes()) == ENDPOINTS
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["endpoints.json"]


def test_on_a_full_disk_the_old_one_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text("of a former hub")
    write_endpoints(path, ENDPOINTS, write=Disk(0, old=path).write)
    assert json.loads(path.read_bytes()) == ENDPOINTS


def test_where_that_is_not_enough_the_reserve_is_used(tmp_path: Path) -> None:
    disk = Disk(0)
    path = tmp_path / "endpoints.json"
    write_endpoints(path, ENDPOINTS, [disk.make_room], write=disk.write)
    assert json.loads(path.read_bytes()) == ENDPOINTS


def test_where_nothing_helps_there_is_none_rather_than_a_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text("of a former hub")
    with pytest.raises(OSError, match="full"):
        write_endpoints(path, ENDPOINTS, [lambda: None], write=Disk(0).write)
    assert not path.exists()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        write_endpoints(tmp_path / "endpoints.json", ENDPOINTS)
    assert not (tmp_path / "elsewhere").exists()
