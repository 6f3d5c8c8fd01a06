"""Which files of a pattern become streams, and how much of them is read ahead of the hub."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock

from hub.app.collect.file_source import FileSource
from hub.app.collect.positions import Positions, PositionsHeld, hold_positions
from hub.app.collect.settings import File

MEMORY = 65_536


class Taker:
    """A producer whose hub is away: it counts what waits, and gives up the oldest past its memory as the real one."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.skipped = list[tuple[int, int]]()
        """What was said to be missing: after how many bytes that were written, and how many."""
        self.lost = self.written = 0

    @property
    def waiting_bytes(self) -> int:
        return len(self.waiting)

    def write(self, data: bytes) -> None:
        self.waiting += data
        self.written += len(data)
        over = max(len(self.waiting) - MEMORY, 0)
        self.lost += over
        del self.waiting[:over]

    def skip(self, size: int) -> None:
        if size:
            self.skipped.append((self.written, size))


class Collected:
    """A file source, what it said and the producers that it made."""

    def __init__(self, tmp_path: Path, pattern: str, streams: dict[str, str] | None = None) -> None:
        self.clock, self.said, self.takers = Clock(), list[str](), dict[str, Taker]()
        self.wrong: list[str] = []
        """What was said to be wrong, of all that was said."""
        settings = File(stream="f/{name}", path=str(tmp_path / pattern), begin="start")
        self.source = FileSource(
            self.clock,
            settings,
            self.make,
            self.say,
            Positions(tmp_path / "positions.json"),
            memory_bytes=MEMORY,
            streams=streams,
        )

    def say(self, text: str, *, wrong: bool = False) -> None:
        self.said.append(text)
        if wrong:
            self.wrong.append(text)

    def make(self, stream: str, meta: Mapping[str, Any], commands: tuple[str, ...], tell: object) -> Any:
        assert stream not in self.takers, "a stream has one writer"
        self.takers[stream] = Taker()
        return self.takers[stream]

    def run(self, seconds: int) -> None:
        self.clock.pump([0.05] * (20 * seconds))


def test_two_paths_do_not_share_a_stream(tmp_path: Path) -> None:
    for directory in ("a", "b"):
        (tmp_path / directory).mkdir()
        (tmp_path / directory / "app.log").write_bytes(directory.encode())
    collected = Collected(tmp_path, "*/app.log")
    collected.run(12)
    assert bytes(collected.takers["f/app.log"].waiting) == b"a"
    (refused,) = [said for said in collected.said if "not collected" in said]
    assert f"{tmp_path}/b/app.log is" in refused
    assert f"that of {tmp_path}/a/app.log" in refused
    assert collected.wrong == [refused], "progress is not wrong, and a refusal is"
    assert [*collected.source.failed] == [f"{tmp_path}/b/app.log"]
    collected.source.close()


def test_names_made_equal_by_cleaning_and_streams_of_others_are_told_apart(tmp_path: Path) -> None:
    for name in ("a b.log", "a@b.log", "port.log"):
        (tmp_path / name).write_bytes(name.encode())
    collected = Collected(tmp_path, "*.log", {"f/port.log": "/dev/ttyUSB0"})
    collected.run(1)
    assert list(collected.takers) == ["f/a-b.log"]
    refused = [said for said in collected.said if "not collected" in said]
    assert ["a@b.log" in refused[0], "/dev/ttyUSB0" in refused[1], len(refused)] == [True, True, 2]
    collected.source.close()


def test_a_rotation_of_a_followed_file_is_no_stream_of_its_own(tmp_path: Path) -> None:
    for name in ("app.log", "app.log.1", "app.log-20260131.gz", "app.log.d", "other.2"):
        (tmp_path / name).write_bytes(b"x")
    collected = Collected(tmp_path, "*")
    collected.run(12)
    assert sorted(collected.takers) == ["f/app.log", "f/app.log.d", "f/other.2"]
    assert len([said for said in collected.said if "taken for a rotation of" in said]) == 2
    collected.source.close()


def test_little_memory_loses_nothing_of_a_file(tmp_path: Path) -> None:
    data = bytes(range(256)) * 2000
    (tmp_path / "app.log").write_bytes(data)
    collected = Collected(tmp_path, "app.log")
    collected.run(2)
    taker, found = collected.takers["f/app.log"], b""
    while taker.waiting:
        found += bytes(taker.waiting[:10_000])
        del taker.waiting[:10_000]
        collected.run(1)
    assert (taker.lost, found == data) == (0, True)
    collected.source.close()


def test_a_file_that_cannot_be_read_has_failed_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    os.mkfifo(path)
    collected = Collected(tmp_path, "app.log")
    collected.run(3)
    assert collected.wrong == [f"{path}: it is no regular file; it is tried again"], "said once"
    assert collected.source.failed == {str(path): "it is no regular file"}
    path.unlink()
    path.write_bytes(b"now")
    collected.run(1)
    assert bytes(collected.takers["f/app.log"].waiting) == b"now"
    assert collected.source.failed == {}
    collected.source.close()


def test_a_file_that_is_truncated_while_the_hub_is_away_is_a_gap_and_a_failure(tmp_path: Path) -> None:
    path, lines = tmp_path / "app.log", b"".join(b"n %08d\n" % number for number in range(10_000))
    path.write_bytes(lines)
    collected = Collected(tmp_path, "app.log")
    collected.run(2)
    taker = collected.takers["f/app.log"]
    held = bytes(taker.waiting)
    assert 0 < len(held) < MEMORY, "no more is read"
    with path.open("ab") as file:
        file.write(lines)
    collected.run(1)
    path.write_bytes(b"new\n")
    collected.run(1)
    lost = 2 * len(lines) - len(held)
    assert taker.skipped == [(len(held) + 1, lost)]
    assert bytes(taker.waiting) == held + b"\n", "an unfinished line gets an end of its own, which drops nothing"
    assert [f"{lost} bytes are lost" in wrong for wrong in collected.wrong] == [True]
    taker.waiting.clear()
    collected.run(1)
    assert (bytes(taker.waiting), taker.lost) == (b"new\n", 0)
    assert [*collected.source.failed] == [str(path)]
    collected.source.close()


def test_what_was_copied_before_it_was_truncated_is_read_from_the_copy(tmp_path: Path) -> None:
    path, lines = tmp_path / "app.log", b"".join(b"n %08d\n" % number for number in range(20_000))
    path.write_bytes(lines)
    collected = Collected(tmp_path, "app.log")
    collected.run(2)
    for number, more in enumerate((b"second\n", b"third\n", b"last\n")):
        (tmp_path / f"app.log.{3 - number}").write_bytes(path.read_bytes())
        path.write_bytes(more)
        collected.run(1)
    taker, found = collected.takers["f/app.log"], b""
    while taker.waiting:
        found += bytes(taker.waiting)
        taker.waiting.clear()
        collected.run(2)
    assert found == lines + b"second\nthird\nlast\n"
    assert (collected.wrong, collected.source.failed, taker.skipped) == ([], {}, [])
    collected.source.close()


def test_one_process_alone_keeps_positions_in_a_file(tmp_path: Path) -> None:
    place = tmp_path / "sub" / "positions.json"
    held = hold_positions(place)
    with pytest.raises(PositionsHeld, match=rf"process {os.getpid()}\) already keeps in .*positions.json.*--state"):
        hold_positions(place)
    Positions(place).save()
    os.close(held)
    os.close(hold_positions(place))


def test_how_far_files_were_cannot_be_read(tmp_path: Path) -> None:
    assert Positions(tmp_path / "none.json").problem is None
    (tmp_path / "nonsense.json").write_text("[1]")
    assert "makes no sense" in (Positions(tmp_path / "nonsense.json").problem or "")
    assert str(tmp_path) in (Positions(tmp_path).problem or ""), "a directory cannot be read"
