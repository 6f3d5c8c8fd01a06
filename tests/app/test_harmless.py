"""Escape sequences made harmless, over a corpus of what hostile and merely decorative programs write."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.app.cli.harmless import SGR, cut_to_width, harmless, plain, printable

RESET = "\x1b[0m"

HOSTILE = [
    b"\x1b]0;pwned\x07title",
    b"\x1b]2;pwned\x1b\\title",
    b"\x1b]52;c;cm0gLXJmIC8=\x07clipboard",
    b"\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b]1337;File=inline=1:AAAA\x07picture",
    b"\x1b]52;c;never ended",
    b'\x1bP$q"p\x1b\\answers',
    b"\x1bPnever ended",
    b"\x1b_apc\x1b\\x\x1b^pm\x1b\\y\x1bXsos\x1b\\z",
    b"\x1b[2J\x1b[H\x1b[3Jcleared",
    b"\x1b[1A\x1b[2Koverwritten",
    b"\x1b[6n\x1b[c\x1b[>c\x1b[21treports",
    b"\x1b[?1049h\x1b[?1000h\x1b[?25l\x1b[?2004hmodes",
    b"\x1bc\x1b7\x1b8\x1b#8\x1bM\x1bD\x1bEreset",
    b"\x1b(0lqqk\x1b(B",
    b"\x0e\x0f\x05\x07\x08\x08\x08bell",
    b"\xc2\x9b2J\xc2\x9d0;t\xc2\x9c C1 as UTF-8",
    b"\x9b2J\x9d0;t\x9c C1 as bytes",
    b"\x1b[8mhidden\x1b[28m",
    b"\x1b[31;8mhidden too\x1b[0m",
    b"\x1b[" + b"1;" * 500 + b"m long",
    b"\x1b[38;2;1;2;3",
    b"\x1b",
    b"\x1b[",
    b"\x1b]",
    "safe\u202etxt.exe\u2066\u2069\u200f".encode(),
    "two\u2028lines\u2029".encode(),
    b"rm -rf /\rharmless      ",
    b"\x00\x01\x7f\xff\xfe",
    b"\x1b[31m\x1b]0;x\x07red",
    b"\x1b\x1b[31m[2J",
    b"\x1b]0;a\x1b[2Jb\x07c",
]

_ALLOWED_CONTROL = {"\t"}


def check_harmless(text: str) -> None:
    """Nothing is left that a terminal obeys, but colours and tabs."""
    rest = SGR.sub("", text)
    assert not [c for c in rest if unicodedata.category(c) in ("Cc", "Zl", "Zp") and c not in _ALLOWED_CONTROL], repr(
        text
    )
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", rest), repr(text)


@pytest.mark.parametrize("line", HOSTILE)
@pytest.mark.parametrize("returns", [True, False])
def test_nothing_of_the_corpus_reaches_the_terminal(line: bytes, returns: bool) -> None:
    check_harmless(harmless(line, returns=returns))
    check_harmless(harmless(line * 3, returns=returns))
    check_harmless(printable(line.decode(errors="replace")))


@given(
    st.lists(
        st.sampled_from(
            [
                b"\x1b",
                b"[",
                b"]",
                b"31",
                b"m",
                b";",
                b"8",
                b"\x07",
                b"\\",
                b"P",
                b"x",
                b"\r",
                b"\xc2\x9b",
                b"\x9b",
                b"0",
                b"J",
                b":",
                "é".encode(),
            ]
        )
    ).map(b"".join)
)
def test_nor_does_anything_made_of_its_pieces(line: bytes) -> None:
    for returns in (True, False):
        text = harmless(line.replace(b"\n", b""), returns=returns)
        check_harmless(text)
        if "\x1b" in text:
            assert text.endswith(RESET)


@given(st.binary().map(lambda data: data.replace(b"\n", b"")))
def test_nor_do_any_bytes(line: bytes) -> None:
    check_harmless(harmless(line))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"plain\ttext", "plain\ttext"),
        ("grün 漢字 🎉".encode(), "grün 漢字 🎉"),
        (b"crlf\r", "crlf"),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m" + RESET),
        (b"\x1b[1;38;5;208morange", "\x1b[1;38;5;208morange" + RESET),
        (b"\x1b[38;2;1;2;3m\x1b[4:3mtrue", "\x1b[38;2;1;2;3m\x1b[4:3mtrue" + RESET),
        (b"\x1b[01;31m\x1b[Kerror:\x1b[m\x1b[K here", "\x1b[01;31merror:\x1b[m here" + RESET),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://e\x1b\\name\x1b]8;;\x1b\\", "name"),
        (b"\x1b]0;never ended", "␛]0;never ended"),
        (b"\x1b[8mhidden", "hidden"),
        (b"bell\x07 back\x08", "bell␇ back␈"),
        (b"\xff", "\ufffd"),
        ("a\u202eb".encode(), "a<U+202E>b"),
    ],
)
def test_what_is_shown(line: bytes, shown: str) -> None:
    assert harmless(line) == shown


def test_a_progress_bar_shows_its_last_state() -> None:
    assert harmless(b"10%\r50%\r100%\r") == "100%"
    assert harmless(b"10%\r50%\r") == "50%"
    assert harmless(b"10%\r100%", returns=False) == "10%␍100%"


def test_filters_see_the_text_alone() -> None:
    assert plain(b"\x1b[31mERR\x1b[0mOR\x1b[K: x\r") == "ERROR: x"


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("漢字", 3, "漢"),
        ("e\u0301e\u0301", 1, "e\u0301"),
        ("\x1b[31mabcd" + RESET, 2, "\x1b[31mab" + RESET),
        ("a\tb", 8, "a\t"),
        ("\x1b[31mab" + RESET, 2, "\x1b[31mab" + RESET),
    ],
)
def test_cut_to_width_counts_columns(text: str, width: int, cut: str) -> None:
    assert cut_to_width(text, width) == cut
