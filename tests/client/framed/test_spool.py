"""The spool: whole after any cut, and read while it is written."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from hub.client.framed.spool import Spool, SpoolError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.spool"


def text(spool: Spool) -> bytes:
    found, position = b"", spool.first
    while (piece := spool.read(position, 5)) is not None:
        assert piece.position == position
        found += piece.data
        position = piece.end
    return found


def written(path: Path) -> Spool:
    spool = Spool.create(path, "ci/a", {"n": 1})
    spool.append(b"one\n", 5, None)
    spool.append(b"oops\n", 6, "err")
    return spool


def test_what_was_written_is_read_again(path: Path) -> None:
    written(path).close()
    spool = Spool(path)
    assert (spool.stream, spool.meta, text(spool)) == ("ci/a", {"n": 1}, b"one\noops\n")
    piece = spool.read(4, 100)
    assert piece is not None
    assert (piece.at, piece.channel, piece.data) == (6, "err", b"oops\n")
    assert not spool.ended


def test_a_file_that_is_cut_anywhere_holds_what_was_whole(path: Path) -> None:
    written(path).close()
    whole = path.read_bytes()
    seen = set()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        try:
            spool = Spool(path)
        except SpoolError:
            continue
        seen.add(text(spool))
        spool.close()
    assert seen == {b"", b"one\n"}


def test_a_flipped_bit_ends_it_there(path: Path) -> None:
    written(path).close()
    data = bytearray(path.read_bytes())
    data[-2] ^= 1
    path.write_bytes(bytes(data))
    assert text(Spool(path)) == b"one\n"


def test_progress_is_kept_beside_it(path: Path) -> None:
    spool = written(path)
    spool.claim()
    spool.remember("ci/a~2", "k" * 22, 100, 4)
    spool.close()
    again = Spool(path)
    assert (again.stream, again.key, again.base, again.first) == ("ci/a~2", "k" * 22, 100, 4)
    assert text(again) == b"oops\n"


def test_one_process_sends_it_at_a_time(path: Path) -> None:
    spool = written(path)
    spool.claim()
    other = Spool(path)
    with pytest.raises(SpoolError, match="another process"):
        other.claim()
    assert other.still_written
    spool.finish("exit:0")
    spool.close()
    assert other.refresh()
    assert (other.ended, other.status, other.still_written) == (True, "exit:0", False)
    other.claim()


def test_a_writer_that_died_is_told_from_one_that_writes(path: Path) -> None:
    spool = written(path)
    other = Spool(path)
    assert other.still_written
    spool.append(b"more", 7, None)
    assert other.refresh()
    assert text(other) == b"one\noops\nmore"
    spool.close()
    assert not other.still_written


def test_it_remembers_which_hub_it_is_for(path: Path) -> None:
    Spool.create(path, "ci/a", {}, ("http://a:7480",)).close()
    assert Spool(path).hub == ("http://a:7480",)


def test_one_of_a_former_version_is_for_no_hub_in_particular(path: Path) -> None:
    begin = json.dumps({"stream": "ci/a", "meta": {"n": 1}, "key": "k" * 22}).encode()
    head = struct.Struct(">BIQI")
    crc = zlib.crc32(begin, zlib.crc32(head.pack(0, len(begin), 0, 0)))
    path.write_bytes(b"HUBSPOOL1\n" + head.pack(0, len(begin), 0, crc) + begin)
    spool = Spool(path)
    assert (spool.stream, spool.meta, spool.key, spool.hub) == ("ci/a", {"n": 1}, "k" * 22, ())


def test_what_is_no_spool_is_said(path: Path) -> None:
    path.write_bytes(b"something else")
    with pytest.raises(SpoolError, match="no spool"):
        Spool(path)
