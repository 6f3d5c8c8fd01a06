"""Frames and journals of the fault tests: what is printed is read back, however it arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.slicing import each_way
from faults.frames import Frame, FrameReader, WireError, again, printed
from faults.journal import Journal, read
from hub.wire.frame import encode, parse_header


def test_frames_are_read_however_they_arrive() -> None:
    said = printed("DATA", 0, at=5, ch="err", payload=b"a\nb") + printed("OK", stream="a/b c%") + printed("PING", "x")
    frames = each_way(lambda: FrameReader().feed, said, b"DATA 3 {5}\nabc")
    assert frames == [
        Frame("DATA", ("0",), {"at": "5", "ch": "err"}, b"a\nb"),
        Frame("OK", (), {"stream": "a/b c%"}),
        Frame("PING", ("x",)),
    ]
    assert b"".join(map(again, frames)) == said


def test_an_error_says_its_text() -> None:
    (frame,) = FrameReader().feed(b"ERR CONFLICT retry_after=50 :someone else {writes} it\n")
    assert frame == Frame("ERR", ("CONFLICT",), {"retry_after": "50"}, None, "someone else {writes} it")


@pytest.mark.parametrize(
    "said",
    [
        b"data 0\n",
        b"DATA 0  1\n",
        b"DATA 0 {01}\n",
        b"DATA {2}\nabc",
        b"\n",
        b"DATA \xff\n",
        b"A" * 5000,
        b"D {2000000}\n",
    ],
)
def test_what_is_no_frame_is_refused(said: bytes) -> None:
    with pytest.raises(WireError):
        FrameReader().feed(said)


def test_the_hub_reads_and_prints_the_same() -> None:
    said = printed("HELLO", "HUB/1", stream="ci/a~1", meta='{"a": "%"}', slot="x y")
    theirs, length = parse_header(said[:-1])
    assert length is None
    assert (theirs.verb, theirs.args, dict(theirs.keys)) == ("HELLO", ("HUB/1",), FrameReader().feed(said)[0].keys)
    (ours,) = FrameReader().feed(b"".join(encode("DATA", 5, payload=b"x\n", ch="a b")))
    assert ours == Frame("DATA", ("5",), {"ch": "a b"}, b"x\n")


def test_a_journal_goes_on_where_its_writer_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    assert read(path) == []
    journal = Journal(path)
    journal.note("SENT", 5)
    journal.note("DATA", 1, payload=b"abc")
    journal.close()
    with path.open("ab") as file:
        file.write(b"DATA 4 {10}\nabc")
    journal = Journal(path)
    assert [frame.verb for frame in journal.past] == ["SENT", "DATA"]
    journal.copy(journal.past[:1])
    assert [frame.verb for frame in read(path)] == ["SENT", "DATA", "SENT"]
    journal.close()
