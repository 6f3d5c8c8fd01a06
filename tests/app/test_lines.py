"""Chunks to lines: whole, byte by byte, and with a tail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.app.cli.lines import MOST_HELD_BYTES, Line, LineAssembler

TEXT = st.lists(st.sampled_from([b"a", b"\n", b"bc", b"\r\n", b"\x00", b"\xff"])).map(b"".join)


@given(TEXT, st.integers(1, 5))
def test_lines_do_not_depend_on_the_slices(text: bytes, slice_bytes: int) -> None:
    assembler = LineAssembler()
    lines = [
        line.data
        for start in range(0, len(text), slice_bytes)
        for line in assembler.feed(text[start : start + slice_bytes], start)
    ]
    *whole, rest = text.split(b"\n")
    assert lines == whole
    assert [line.data for line in assembler.flush()] == ([rest] if rest else [])


def test_a_line_has_the_time_of_its_first_byte() -> None:
    assembler = LineAssembler()
    assert assembler.feed(b"a\nb", 10) == [Line(b"a", 10, True)]
    assert assembler.unfinished == Line(b"b", 10, False)
    assert assembler.feed(b"c\nd", 20) == [Line(b"bc", 10, True)]
    assert assembler.unfinished == Line(b"d", 20, False)


def test_a_line_beyond_the_bound_comes_in_pieces() -> None:
    assembler = LineAssembler()
    data = b"x" * (MOST_HELD_BYTES + 1)
    assert assembler.feed(data, 1) == [Line(data, 1, False)]
    assert assembler.feed(b"end\n", 2) == [Line(b"end", 2, True)]
