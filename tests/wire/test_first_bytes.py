"""What a new connection speaks, told from its first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.wire.first_bytes import Framed, Mistake, PortFirstBytes, ProducerFirstBytes, Raw, Speech

HEADER_BYTES = 4096


def whole(data: bytes) -> Speech | None:
    return ProducerFirstBytes(HEADER_BYTES).feed(data)


def by_byte(data: bytes) -> tuple[Speech | None, int]:
    """Return the decision and after how many bytes it came."""
    first = ProducerFirstBytes(HEADER_BYTES)
    for count in range(1, len(data) + 1):
        if (speech := first.feed(data[count - 1 : count])) is not None:
            return speech, count
    return None, len(data)


def kind(speech: Speech | None) -> str:
    return speech.kind if isinstance(speech, Mistake) else type(speech).__name__


CASES = [
    (b"GET /users 200\n", "Raw"),
    (b"GET / HTTP/1.1\r\n", "http"),
    (b"GET / HTTP/1.1\n", "http"),
    (b"GET / HTTP/2\r\n", "http"),
    (b"POST /streams/x HTTP/1.0\r\n", "http"),
    (b"PROPFIND / HTTP/1.1\r\n", "http"),
    (b"get / HTTP/1.1\r\n", "http"),
    (b"BREW coffee://pot HTTP/1.1\r\n", "http"),
    (b"GET / HTTP/1.10\r\n", "Raw"),
    (b"GET / HTTP/x\r\n", "Raw"),
    (b"GET / FTP/1.1\r\n", "Raw"),
    (b"HELLO HUB/1 stream=ci/a session=k\n", "Framed"),
    (b"HELLO HUB/2 stream=a\n", "version"),
    (b"HELLO HUB/10 \n", "version"),
    (b"HELLO HUB/1\n", "version"),
    (b"HELLO HUB/\n", "version"),
    (b"HUB/1 RAW stream=ci/a\n", "Raw"),
    (b"HUB/2 RAW stream=ci/a\n", "version"),
    (b"HUB/1 COOKED stream=ci/a\n", "version"),
    (b"HUB/1\n", "version"),
    (b"HELLO WORLD\n", "Raw"),
    (b"HELLO\n", "Raw"),
    (b"HUB\n", "Raw"),
    (b"hello hub/1 \n", "Raw"),
    (b"\x16\x03\x01\x02\x00\x01\x00", "tls"),
    (b"\x16\x03\x03\x02\x00\x01\x00", "tls"),
    (b"\x16\x03\x05\x02\x00\x01\x00", "Raw"),
    (b"\x16\x04", "Raw"),
    (b"\n", "Raw"),
    (b"\x00\x01", "Raw"),
    (b"\xff\xfe", "Raw"),
]


@pytest.mark.parametrize(("data", "expected"), CASES)
def test_what_it_is_whole_byte_by_byte_and_with_a_tail(data: bytes, expected: str) -> None:
    assert kind(whole(data)) == expected
    assert kind(by_byte(data)[0]) == expected
    assert kind(whole(data + b"\x00and more\nlines\n")) == expected


@given(data=st.binary(min_size=1, max_size=40), tail=st.binary(max_size=10))
def test_arbitrary_first_bytes_never_raise_and_lose_nothing(data: bytes, tail: bytes) -> None:
    first = ProducerFirstBytes(HEADER_BYTES)
    for count in range(1, len(data) + 1):
        speech = first.feed(data[count - 1 : count])
        if isinstance(speech, Raw) and speech.header is None:
            assert speech.data == data[:count]
        if speech is not None:
            return
        assert first.held == count
    speech = first.expire()
    if isinstance(speech, Raw):
        assert speech.data == data


@pytest.mark.parametrize("prompt", [b"Password: ", b"login: ", b".", b"[ 12%] ", b"$ ", b"> ", b"1", b"-", b"\x1b[32m"])
def test_prompts_and_dots_show_at_once(prompt: bytes) -> None:
    assert whole(prompt) == Raw(prompt)
    speech, count = by_byte(prompt)
    assert isinstance(speech, Raw)
    assert count <= prompt.find(b" ") + 1 or count == 1 or prompt[:count].isalpha() is False


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"GET /users 200\n", len(b"GET /users 2")),
        (b"HELP\n", len(b"HELP\n")),
        (b"HELLO WORLD\n", len(b"HELLO WORLD\n")),
        (b"make: nothing\n", len(b"make:")),
        (b"compiling x.c with cc\n", len(b"compiling x.c w")),
        (b"\x16\x05", 2),
    ],
)
def test_no_more_is_held_than_may_become_special(data: bytes, count: int) -> None:
    speech, needed = by_byte(data)
    assert (kind(speech), needed) == ("Raw", count)


def test_what_looks_like_a_request_line_is_held_to_a_bound() -> None:
    endless = b"GET /" + b"a" * 5000
    speech, count = by_byte(endless)
    assert (kind(speech), count) == ("Raw", HEADER_BYTES)


def test_frames_begin_with_all_bytes_so_far() -> None:
    assert whole(b"HELLO HUB/1 stream=a\nDATA") == Framed(b"HELLO HUB/1 stream=a\nDATA")
    assert by_byte(b"HELLO HUB/1 ")[0] == Framed(b"HELLO HUB/1 ")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_raw_header_names_the_stream_and_the_rest_is_raw(end: bytes) -> None:
    speech = whole(b"HUB/1 RAW stream=ci/a meta=%7B%22a%22:1%7D" + end + b"first\nsecond")
    assert isinstance(speech, Raw)
    assert speech.data == b"first\nsecond"
    assert speech.header is not None
    assert speech.header.keys == {"stream": "ci/a", "meta": '{"a":1}'}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b"HUB/1 RAW stream=a {5}\n", "PROTO"),
        (b"HUB/1 RAW extra stream=a\n", "PROTO"),
        (b"HUB/1 RAW stream=%\n", "PROTO"),
        (b"HUB/1 RAW  stream=a\n", "PROTO"),
        (b"HUB/1 RAW stream=\xff\n", "PROTO"),
        (b"HUB/1 RAW stream=" + b"a" * 5000, "TOOBIG"),
        (b"HUB/1 RAW stream=" + b"a" * 5000 + b"\n", "TOOBIG"),
    ],
)
def test_a_malformed_header_is_never_a_stream(line: bytes, word: str) -> None:
    for speech in (whole(line), by_byte(line)[0]):
        assert isinstance(speech, Mistake)
        assert speech.problem is not None
        assert speech.problem.word == word


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (b"", "NoneType"),
        (b"GET / HT", "Raw"),
        (b"word", "Raw"),
        (b"HELLO", "Raw"),
        (b"HELLO HUB", "Raw"),
        (b"HELLO HUB/1", "header"),
        (b"HUB/1 RAW stream=a", "header"),
        (b"HUB/", "header"),
        (b"\x16\x03", "Raw"),
    ],
)
def test_what_it_is_when_nothing_more_comes(held: bytes, expected: str) -> None:
    first = ProducerFirstBytes(HEADER_BYTES)
    if held:
        assert first.feed(held) is None
    assert kind(first.expire()) == expected


def test_version_mistakes_say_what_is_supported() -> None:
    speech = whole(b"HELLO HUB/2 ")
    assert isinstance(speech, Mistake)
    assert speech.problem is not None
    assert (speech.problem.word, speech.problem.keys) == ("VERSION", {"supported": 1})


# The ports that speak lines.


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET / HTTP/1.1\r\n", "http"),
        (b"any words at all HTTP/1.1\n", "http"),
        (b"\x16\x03\x01\x00", "tls"),
        (b"HELLO HUB/1 token=t\n", None),
        (b'{"jsonrpc":"2.0"}\n', None),
        (b"\n", None),
    ],
)
def test_a_port_of_lines_whole_and_byte_by_byte(data: bytes, expected: str | None) -> None:
    for slices in ([data], [data[i : i + 1] for i in range(len(data))]):
        first = PortFirstBytes(8192)
        outcomes = [each for each in map(first.feed, slices) if each is not None]
        assert outcomes
        assert outcomes[0] == data if expected is None else kind(outcomes[0]) == expected  # type: ignore[arg-type]


def test_a_first_line_without_end_is_refused_at_its_bound() -> None:
    first = PortFirstBytes(100)
    assert first.feed(b"x" * 99) is None
    outcome = first.feed(b"x")
    assert isinstance(outcome, Mistake)
    assert outcome.problem is not None
    assert outcome.problem.word == "TOOBIG"
    assert "limits.first_frame_bytes" in outcome.problem.text
