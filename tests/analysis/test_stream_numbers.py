"""What is known of a stream, however its bytes were cut, over time, and over a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from hub.analysis.fields import Summary
from hub.analysis.numbers import Numbers
from hub.analysis.process import Loop, Memory
from hub.analysis.shelf import FILE_NAME, Shelf, copy_shelf, zstd
from hub.analysis.stream_numbers import FIELDS, UNFINISHED_BYTES, StreamNumbers
from hub.analysis.tiers import Tiers
from hub.wire.frame import encode
from hub.wire.frame_reader import FrameReader

TEXT = b"".join(b"ERROR step %d loss=%d.5\nok\r\n" % (number, number) for number in range(40))
MINUTE = 60_000


def fed(*pieces: bytes, at: int = 1000) -> StreamNumbers:
    numbers = StreamNumbers()
    for piece in pieces:
        numbers.eat(piece, at)
    return numbers


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_it_does_not_matter_how_text_is_cut(size: int) -> None:
    numbers = fed(*[TEXT[start : start + size] for start in range(0, len(TEXT), size)])
    stats = numbers.stats()
    assert stats["levels"] == {"error": 40}
    assert stats["seen"] == len(TEXT)
    assert stats["line_bytes"]["max"] == len(b"ERROR step 39 loss=39.5")
    assert stats["fields"]["loss"]["last"] == 39.5


def test_a_progress_bar_without_a_line_end_is_read() -> None:
    numbers = fed(*[b"\r%d%% 3.5it/s" % percent for percent in range(50)])
    assert numbers.stats()["fields"]["%"]["last"] == 48


def test_a_line_cut_by_what_was_skipped_is_not_read() -> None:
    numbers = fed(b"ERROR one\nERR")
    numbers.cut()
    numbers.eat(b"OR two\nERROR three\n", 1000)
    assert numbers.stats()["levels"] == {"error": 2}
    assert numbers.stats()["seen"] == 32


def test_a_line_without_end_is_not_kept() -> None:
    numbers = fed(*[b"x" * 10_000] * 20, b"ERROR\n", b"WARN\n")
    assert numbers.stats()["levels"] == {"warn": 1}
    assert numbers.stats()["line_bytes"]["max"] < UNFINISHED_BYTES


def test_names_that_come_once_are_not_kept_and_many_are_bounded() -> None:
    numbers = fed(*[b"id%d=5 loss=1\n" % number for number in range(1000)])
    assert set(numbers.stats()["fields"]) == {"loss"}
    many = b" ".join(b"f%d=%d" % (number, number) for number in range(100)) + b"\n"
    assert len(fed(*[many] * 10).stats()["fields"]) == FIELDS


def test_a_field_over_time() -> None:
    numbers = StreamNumbers()
    for second in range(30):
        numbers.eat(b"loss=%d WARN\nloss=%d\n" % (second, second + 2), second * 1000)
    loss = numbers.read("loss", None, 30_000, 300)
    assert (loss["since"], loss["step_ms"]) == (1000, 1000)  # it has to come three times
    assert loss["values"][:3] == [2, 3, 4]
    assert (loss["low"][0], loss["high"][0]) == (1, 3)
    coarse = numbers.read("level.warn", 0, 30_000, 3)
    assert coarse == {"since": 0, "step_ms": 10_000, "values": [10, 10, 10]}
    assert numbers.read("unknown", 0, 3000, 10)["values"] == [None] * 3


def test_old_times_are_kept_in_coarser_steps() -> None:
    tiers = Tiers()
    for second in range(3 * 24 * 3600 // 10):
        tiers.add(second * 10_000, Summary(1, 1, 1, 1, 1))
    now = 3 * 24 * 3_600_000
    assert tiers.size == 600 + 1080 + 2880
    assert tiers.buckets(now - 5 * MINUTE, now, 2000).step == 1000
    assert tiers.buckets(now - 120 * MINUTE, now, 2000).step == 10_000
    assert tiers.buckets(now - 26 * 60 * MINUTE, now, 2000).step == MINUTE
    hour = tiers.read(tiers.buckets(now - 60 * MINUTE, now, 60))
    assert [each.number for each in hour if each] == [6] * 60


def test_numbers_outlive_the_process(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / FILE_NAME)
    numbers = Numbers(shelf)
    for second in range(5):
        numbers.eat("a#1", b"ERROR loss=2\n", second * 1000, cut=second == 2)
    numbers.eat("b#2", b"fine\n", 0, cut=False)
    before = numbers.stats("a#1"), numbers.series("a#1", "loss", None, 5000, 10)
    numbers.save()
    shelf.close()
    again = Numbers(Shelf(tmp_path / FILE_NAME))
    assert (again.stats("a#1"), again.series("a#1", "loss", None, 5000, 10)) == before
    assert before[0]["levels"] == {"error": 4}
    again.forget("a#1")
    assert again.stats("a#1")["levels"] == {}


def test_the_file_keeps_the_streams_that_changed_last(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / FILE_NAME, most=3)
    for number in range(10):
        shelf.put({f"s#{number}": b"%d" % number})
    shelf.put({"s#7": b"again"})
    assert [shelf.get(f"s#{number}") for number in range(5, 10)] == [None, None, b"again", b"8", b"9"]


def test_the_errors_of_streams_are_known_when_it_starts(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / FILE_NAME)
    numbers = Numbers(shelf)
    assert numbers.eat("a#1", b"ERROR x\nFATAL y\nValueError: z\nINFO\n", 0, cut=False) == 3
    assert numbers.eat("b#2", b"fine\n", 0, cut=False) == 0
    numbers.save()
    shelf.close()
    said: list[bytes] = []
    Loop(Numbers(Shelf(tmp_path / FILE_NAME)), said.append).begin()
    (frame,) = FrameReader(4096, 1 << 20).feed(b"".join(said))
    assert (frame.verb, json.loads(frame.payload or b"")) == ("ERRORS", {"a#1": 3, "b#2": 0})


def test_a_file_of_the_version_before_keeps_what_it_has(tmp_path: Path) -> None:
    old = apsw.Connection(str(tmp_path / FILE_NAME))
    old.execute("CREATE TABLE numbers (stream TEXT PRIMARY KEY, at INTEGER NOT NULL, packed BLOB NOT NULL) STRICT")
    numbers = Numbers(Memory())
    numbers.eat("a#1", b"ERROR\n", 0, cut=False)
    packed = numbers._streams["a#1"].pack()
    old.execute("INSERT INTO numbers VALUES ('a#1', 1, ?)", (zstd.compress(packed, 1),))
    old.pragma("user_version", 1)
    old.close()
    again = Numbers(Shelf(tmp_path / FILE_NAME))
    assert again.errors() == {}, "not counted in yet, which is not none"
    assert again.stats("a#1")["levels"] == {"error": 1}
    assert again.eat("a#1", b"ERROR\n", 0, cut=False) == 2
    again.save()
    assert again.errors() == {"a#1": 2}


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 1000)
    numbers = Numbers(Shelf(tmp_path / FILE_NAME))
    numbers.eat("a#1", b"ERROR\n", 0, cut=False)
    numbers.save()
    assert Numbers(Shelf(tmp_path / FILE_NAME)).stats("a#1")["levels"] == {"error": 1}


def test_a_file_that_a_former_process_still_writes_is_left_as_it_is(tmp_path: Path) -> None:
    former = Shelf(tmp_path / FILE_NAME)
    former.put({"a#1": b"kept"})
    other = apsw.Connection(str(tmp_path / FILE_NAME))
    other.execute("BEGIN IMMEDIATE")
    shelf = Shelf(tmp_path / FILE_NAME)
    assert shelf.get("a#1") == b"kept"
    other.execute("ROLLBACK")
    shelf.put({"a#1": b"newer"})
    assert former.get("a#1") == b"newer"


def test_memory_is_bounded_and_nothing_is_lost_by_that() -> None:
    memory = Memory()
    numbers = Numbers(memory, most=100)
    for stream in range(50):
        numbers.eat(f"s#{stream}", b"ERROR\nWARN\n", 1000, cut=False)
    assert len(numbers._streams) < 10
    assert numbers.stats("s#0")["levels"] == {"error": 1, "warn": 1}
    numbers.eat("s#0", b"ERROR\n", 1000, cut=False)
    assert numbers.stats("s#0")["levels"] == {"error": 2, "warn": 1}


def test_the_process_talks_in_frames() -> None:
    said: list[bytes] = []
    loop = Loop(Numbers(Memory()), said.append)
    asked = encode("ASK", 7, "stats", payload=b'{"stream": "ci/a#1"}')
    series = encode(
        "ASK", 8, "series", payload=b'{"stream":"ci/a#1","field":"level.error","since":0,"until":2000,"points":5}'
    )
    data = encode("DATA", "ci/a#1", 1000, payload=b"half\nERROR two\n", cut=1)
    for byte in b"".join([*data, *asked, *series, *encode("FORGET", "ci/a#1"), *asked]):
        loop.received(bytes([byte]))
    frames: list[Any] = list(FrameReader(4096, 1 << 20).feed(b"".join(said)))
    assert [frame.verb for frame in frames] == ["DONE", "ANSWER", "ANSWER", "ANSWER"]
    assert frames[0].args == ("15", "1")
    assert b'"error":1' in frames[1].payload
    assert b'"values":[0,1]' in frames[2].payload
    assert b'"levels":{}' in frames[3].payload


def test_a_copy_of_the_file_is_whole_while_it_is_written_to(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / FILE_NAME)
    shelf.put({"a": b"one"})
    copy_shelf(tmp_path, tmp_path / "copy")
    shelf.put({"a": b"two"})
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("copy")] == ["copy"]
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    (tmp_path / "restored").mkdir()
    (tmp_path / "copy").rename(tmp_path / "restored" / FILE_NAME)
    assert Shelf(tmp_path / "restored" / FILE_NAME).get("a") == b"one"
    assert shelf.get("a") == b"two"


def test_a_copy_overwrites_nothing_and_leaves_no_half_of_one(tmp_path: Path) -> None:
    Shelf(tmp_path / FILE_NAME).put({"a": b"one"})
    (tmp_path / "copy").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        copy_shelf(tmp_path, tmp_path / "copy")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / FILE_NAME).write_bytes(b"no database" * 1000)
    with pytest.raises(apsw.NotADBError):
        copy_shelf(tmp_path / "damaged", tmp_path / "other")
    assert (tmp_path / "copy").read_bytes() == b"mine"
    assert sorted(each.name for each in tmp_path.iterdir() if "partial" in each.name or each.name == "other") == []
