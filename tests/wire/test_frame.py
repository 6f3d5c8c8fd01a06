"""One frame: headers, words, lengths, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.problem import Problem
from hub.wire.frame import Frame, decode, encode, encode_keys, parse_header, parse_number

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
keys = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), words | st.just(""), max_size=4)
verbs = st.from_regex(r"[A-Z]{1,12}", fullmatch=True)


def header(line: bytes) -> tuple[Frame, int | None]:
    return parse_header(line)


@pytest.mark.parametrize(
    ("line", "frame", "length"),
    [
        (b"PING", Frame("PING"), None),
        (b"PING\r", Frame("PING"), None),
        (b"ACK 5 90013", Frame("ACK", ("5", "90013")), None),
        (b"DATA 0 {26}", Frame("DATA", ("0",)), 26),
        (b"DATA 0 at=17 ch=err {0}", Frame("DATA", ("0",), {"at": "17", "ch": "err"}), 0),
        (b"SUB 1 ci/** from=-10", Frame("SUB", ("1", "ci/**"), {"from": "-10"}), None),
        (b"X a%20b k=%7B%25%7D", Frame("X", ("a b",), {"k": "{%}"}), None),
        (b"X k=a=b", Frame("X", (), {"k": "a=b"}), None),
        (b"ERR BUSY retry_after=5 :come {3}", Frame("ERR", ("BUSY",), {"retry_after": "5"}, None, "come {3}"), None),
        (b"ABCDEFGHIJKL", Frame("ABCDEFGHIJKL"), None),
    ],
)
def test_a_header_is_parsed(line: bytes, frame: Frame, length: int | None) -> None:
    assert header(line) == (frame, length)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"ping",
        b"PING ",
        b" PING",
        b"PING  1",
        b"PING\t1",
        b"ABCDEFGHIJKLM",
        b"X \x00",
        b"X \x7f",
        b"X \xc3\xa9",
        b"X %",
        b"X %4",
        b"X %zz",
        b"X %ff",
        b"X\r\r",
        b"{5}",
        b"DATA {-1}",
        b"DATA {+1}",
        b"DATA {007}",
        b"DATA {00}",
        b"DATA {1",
        b"DATA {}",
        b"DATA {1_0}",
        b"DATA {0x10}",
        b"DATA {99999999999}",
        b"DATA {123456789}",
        "DATA {٣}".encode(),
    ],
)
def test_a_malformed_header_is_refused(line: bytes) -> None:
    with pytest.raises(Problem) as refused:
        header(line)
    assert refused.value.word == "PROTO"


@given(verb=verbs, args=st.lists(words, max_size=4), keys=keys, payload=st.none() | st.binary(max_size=300))
def test_what_is_printed_is_parsed(verb: str, args: list[str], keys: dict[str, str], payload: bytes | None) -> None:
    pieces = encode_keys(verb, args, keys, payload=payload)
    assert decode(b"".join(pieces), 4096, 1 << 20) == Frame(verb, tuple(args), keys, payload)


@given(text=st.text(max_size=60))
def test_the_text_of_an_error_stays_one_line_of_printable_ascii(text: str) -> None:
    (line,) = encode_keys("ERR", ("PROTO",), {}, text=text)
    assert line.endswith(b"\n")
    frame, length = header(line[:-1])
    assert (frame.verb, frame.args, length) == ("ERR", ("PROTO",), None)
    assert frame.text.isprintable()


@given(line=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_frame_or_a_problem(line: bytes) -> None:
    try:
        frame, length = header(line)
    except Problem:
        return
    assert frame.verb.isalpha()
    assert frame.verb.isupper()
    assert length is None or 0 <= length < 10**8


@given(
    message=st.binary(max_size=100)
    | st.builds(lambda n, rest: b"X {%d}\n%b" % (n, rest), st.integers(0, 9), st.binary(max_size=12))
)
def test_an_arbitrary_message_is_one_frame_or_a_problem(message: bytes) -> None:
    try:
        frame = decode(message, 4096, 8)
    except Problem as problem:
        assert problem.word in ("PROTO", "TOOBIG")
    else:
        if frame.payload is not None:
            assert message.endswith(frame.payload + b"\n")


@pytest.mark.parametrize(
    "message", [b"PING\nPING\n", b"X {2}\nabc\n", b"X {2}\na\n", b"X {2}\nabx", b"X {2}", b"X {2}\n"]
)
def test_a_message_is_exactly_one_frame(message: bytes) -> None:
    with pytest.raises(Problem):
        decode(message, 4096, 100)


def test_a_message_without_its_lf_is_taken() -> None:
    assert decode(b"PING 1", 4096, 100) == Frame("PING", ("1",))


@pytest.mark.parametrize("message", [b"X " + b"a" * 4094, b"X " + b"a" * 4094 + b"\n", b"X {9}\n123456789\n"])
def test_a_message_too_big_is_refused(message: bytes) -> None:
    with pytest.raises(Problem) as refused:
        decode(message, 4096, 8)
    assert refused.value.word == "TOOBIG"


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "٣", "²", "9007199254740992", "0" * 17, "1_0"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(Problem) as refused:
        parse_number(text, "offset")
    assert "offset" in refused.value.text


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("9007199254740991", (1 << 53) - 1), ("0000000000000017", 17)])
def test_what_is_a_number(text: str, number: int) -> None:
    assert parse_number(text, "offset") == number


def test_a_payload_is_not_copied() -> None:
    payload = b"x" * 1000
    assert encode("DATA", 5, payload=payload)[1] is payload


def test_a_missing_word_is_named() -> None:
    with pytest.raises(Problem, match="ACK lacks its offset"):
        Frame("ACK", ("1",)).number(1, "offset")
