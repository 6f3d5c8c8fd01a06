"""WebSocket conformance: the core of RFC 6455 by a client of its own, against a real hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from raw_socket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, RawSocket, close_payload, frame
from running_hub import RunningHub

PROTOCOL_ERROR, NOT_UTF8, TOO_BIG = 1002, 1007, 1009
OUR_TOO_BIG, OUR_PROTO = 4506, 4507


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    hub = RunningHub(tmp_path_factory.mktemp("hub") / "data", HUB_LIMITS_CLOSE_SECONDS="2")
    yield hub
    # Whatever was sent, the hub made no mistake of its own.
    assert json.loads(hub.run("stats", "--json").stdout)["failures"] == 0
    hub.close()


@pytest.fixture
def raw(hub: RunningHub) -> Iterator[RawSocket]:
    with RawSocket(hub.port("web")) as raw:
        yield raw


@pytest.fixture
def line(raw: RawSocket, hub: RunningHub) -> RawSocket:
    """A socket whose hello was answered: larger messages are taken then."""
    assert raw.shake().status == 101
    raw.send(frame(TEXT, hello(hub)))
    answer = said(raw)
    assert answer["result"]["principal"] == "admin"
    return raw


def hello(hub: RunningHub) -> bytes:
    token = (hub.data_dir / "admin.token").read_text().strip()
    return call("hub.hello", protocol="HUB/1", token=token, window=65536)


def call(method: str, **params: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, ensure_ascii=False).encode()


def padded(size: int) -> bytes:
    """Return a call of exactly so many bytes."""
    text = call("hub.info")
    assert len(text) <= size
    return text + b" " * (size - len(text))


def said(raw: RawSocket) -> Any:
    """Return the next text message, as JSON."""
    found = raw.frame()
    assert found is not None, "the connection ended"
    assert found.opcode == TEXT, found
    assert found.fin
    assert found.rsv == 0
    return json.loads(found.payload)


def answered(raw: RawSocket) -> None:
    """Fail unless a call is answered next."""
    assert "result" in said(raw)


def closed_with(raw: RawSocket, *codes: int) -> None:
    """Fail unless the connection is closed with one of the codes, and ends."""
    found = raw.ended()
    assert found is not None, "no close frame came"
    assert found.code in codes, found
    raw.send(frame(CLOSE, close_payload(found.code or 1000)))
    assert raw.is_over()


# The opening handshake (4.2).


def test_an_upgrade_is_answered_with_the_right_key(raw: RawSocket) -> None:
    answer = raw.shake()
    assert answer.status == 101
    assert answer.headers["upgrade"].lower() == "websocket"
    assert "upgrade" in answer.headers["connection"].lower()
    assert answer.headers["sec-websocket-accept"] == raw.accept_key()
    assert answer.headers["sec-websocket-protocol"] == "hub.v1"
    assert "sec-websocket-extensions" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Upgrade": "WebSocket"},
        {"Connection": "upgrade"},
        {"Sec-WebSocket-Protocol": "chat, hub.v1"},
        {"Sec-WebSocket-Protocol": "hub.v1, chat"},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec-WebSocket-Extensions": "x-unknown"},
        {"Origin": None},
    ],
    ids=str,
)
def test_what_may_vary(raw: RawSocket, headers: dict[str, str | None]) -> None:
    answer = raw.shake(headers)
    assert answer.status == 101
    assert "sec-websocket-extensions" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": None},
        {"Connection": None},
        {"Connection": "close"},
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Version": None},
        {"Sec-WebSocket-Version": "12"},
        {"Sec-WebSocket-Version": "x"},
        {"Sec-WebSocket-Protocol": None},
        {"Sec-WebSocket-Protocol": "chat"},
        {"Host": None},
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_what_is_refused_before_the_upgrade(raw: RawSocket, headers: dict[str, str | None]) -> None:
    answer = raw.shake(headers)
    assert 400 <= answer.status < 500, answer
    if headers.get("Sec-WebSocket-Version") == "12":
        assert answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("first", ["POST /ws HTTP/1.1", "GET /ws HTTP/1.0", "PUT /ws HTTP/1.1"])
def test_only_get_of_http_1_1_is_upgraded(raw: RawSocket, first: str) -> None:
    assert 400 <= raw.shake(first=first, headers={"Content-Length": "0"}).status < 500


# Frames (5.2).


@pytest.mark.parametrize("size", [125, 126, 127, 128, 65535, 65536, 200_000])
def test_a_message_of_any_length_is_taken(line: RawSocket, size: int) -> None:
    line.send(frame(TEXT, padded(size)))
    answered(line)


def test_a_frame_that_comes_byte_by_byte(line: RawSocket) -> None:
    for each in frame(TEXT, call("hub.info")):
        line.send(bytes([each]))
    answered(line)


def test_many_frames_in_one_packet(line: RawSocket) -> None:
    line.send(frame(TEXT, call("hub.info")) * 5)
    for _ in range(5):
        answered(line)


def test_what_is_not_masked_is_a_mistake(line: RawSocket) -> None:
    line.send(frame(TEXT, call("hub.info"), masked=False))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("rsv", [1, 2, 4, 7])
def test_reserved_bits_are_a_mistake(line: RawSocket, rsv: int) -> None:
    line.send(frame(TEXT, call("hub.info"), rsv=rsv))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_reserved_opcodes_are_a_mistake(line: RawSocket, opcode: int) -> None:
    line.send(frame(opcode, b"x"))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("width", [16, 64])
def test_a_length_is_written_as_short_as_it_can_be(line: RawSocket, width: int) -> None:
    line.send(frame(TEXT, call("hub.info"), width=width))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [1 << 63, (1 << 64) - 1])
def test_a_length_has_63_bits(line: RawSocket, length: int) -> None:
    line.send(frame(BINARY, length=length, width=64))
    closed_with(line, PROTOCOL_ERROR, TOO_BIG, OUR_TOO_BIG)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_length_past_the_bound_is_refused_before_its_bytes_come(line: RawSocket, opcode: int) -> None:
    line.send(frame(opcode, length=1 << 40, width=64))
    closed_with(line, TOO_BIG, OUR_TOO_BIG)


# Control frames (5.5).


@pytest.mark.parametrize("payload", [b"", b"x", b"\x00\xff\xfe", b"y" * 125], ids=len)
def test_a_ping_is_answered_with_its_payload(line: RawSocket, payload: bytes) -> None:
    line.send(frame(PING, payload))
    assert line.frame() == Frame(True, 0, PONG, payload)


def test_pings_are_answered_in_order_or_the_last_of_them(line: RawSocket) -> None:
    for number in range(10):
        line.send(frame(PING, b"%d" % number))
    last = b""
    while last != b"9":
        found = line.frame()
        assert found is not None
        assert found.opcode == PONG
        assert found.payload >= last
        last = found.payload


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_is_short(line: RawSocket, opcode: int) -> None:
    line.send(frame(opcode, b"\x03\xe8" + b"x" * 124))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_is_whole(line: RawSocket, opcode: int) -> None:
    line.send(frame(opcode, fin=False))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("payload", [b"", b"unasked"])
def test_a_pong_that_nobody_asked_for_is_ignored(line: RawSocket, payload: bytes) -> None:
    line.send(frame(PONG, payload) + frame(TEXT, call("hub.info")))
    answered(line)


# Fragments (5.4).


def in_parts(text: bytes, parts: int, between: bytes = b"") -> bytes:
    size = -(-len(text) // parts)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    frames = [
        frame(CONTINUATION if index else TEXT, piece, fin=index == len(pieces) - 1)
        for index, piece in enumerate(pieces)
    ]
    return between.join(frames)


@pytest.mark.parametrize("parts", [2, 3, 50])
def test_a_message_in_fragments(line: RawSocket, parts: int) -> None:
    line.send(in_parts(call("hub.info"), parts))
    answered(line)


def test_empty_fragments_are_fragments(line: RawSocket) -> None:
    line.send(frame(TEXT, fin=False) + frame(CONTINUATION, fin=False))
    line.send(frame(CONTINUATION, call("hub.info"), fin=False) + frame(CONTINUATION))
    answered(line)


def test_a_ping_between_fragments_is_answered_at_once(line: RawSocket) -> None:
    line.send(in_parts(call("hub.info"), 2, between=frame(PING, b"between")))
    assert line.frame() == Frame(True, 0, PONG, b"between")
    answered(line)


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_continues_something(line: RawSocket, fin: bool) -> None:
    line.send(frame(CONTINUATION, b"x", fin=fin))
    closed_with(line, PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_begins_after_the_last_one_has_ended(line: RawSocket, opcode: int) -> None:
    line.send(frame(TEXT, b"{", fin=False) + frame(opcode, b"x"))
    closed_with(line, PROTOCOL_ERROR)


def test_a_binary_message_in_fragments(line: RawSocket) -> None:
    line.send(frame(BINARY, b"PI", fin=False) + frame(CONTINUATION, b"NG x\n"))
    assert line.frame() == Frame(True, 0, BINARY, b"PONG x\n")


def test_fragments_for_ever_end_at_the_bound(line: RawSocket) -> None:
    line.send(frame(TEXT, b" " * 1000, fin=False))
    for _ in range(400):
        line.send(frame(CONTINUATION, b" " * 1000, fin=False))
    closed_with(line, TOO_BIG, OUR_TOO_BIG)


# UTF-8 (8.1).

WORDS = "κόσμε \U0001f680 ﷽ \u0000 \uffff \U0010ffff"


@pytest.mark.parametrize("cut", range(1, 12))
def test_characters_may_be_cut_by_fragments(line: RawSocket, cut: int) -> None:
    text = call("nö\U0001f680 κόσμε")
    start = text.index("ö".encode())
    line.send(frame(TEXT, text[: start + cut], fin=False) + frame(CONTINUATION, text[start + cut :]))
    assert "κόσμε" in said(line)["error"]["message"]


def test_every_character_may_stand_in_a_text(line: RawSocket) -> None:
    line.send(frame(TEXT, call("hub.subscribe", topics=[WORDS])))
    assert said(line)["result"]["topics"] == [WORDS]


@pytest.mark.parametrize(
    "wrong",
    [
        b"\x80",
        b"\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe",
        b"\xff",
        b"\xce",
        b"\xe2\x82",
    ],
    ids=bytes.hex,
)
def test_what_is_no_utf8_is_no_text(line: RawSocket, wrong: bytes) -> None:
    line.send(frame(TEXT, b'{"a": "' + wrong + b'"}'))
    closed_with(line, NOT_UTF8)


def test_a_character_that_is_cut_by_the_end_is_no_text(line: RawSocket) -> None:
    line.send(frame(TEXT, b'{"a": "\xce'))
    closed_with(line, NOT_UTF8)


def test_bad_utf8_is_told_before_the_message_is_whole(line: RawSocket) -> None:
    line.send(frame(TEXT, b'{"a": "\xff', fin=False))
    closed_with(line, NOT_UTF8)


def test_bytes_are_no_text(line: RawSocket) -> None:
    line.send(frame(BINARY, b"PING \xff\n"))
    found = line.frame()
    assert found is not None
    assert found.opcode in (BINARY, CLOSE), "whatever is said of it, it is not about UTF-8"
    assert found.code != NOT_UTF8


# Closing (5.5.1, 7.4).


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_and_the_connection_ends(line: RawSocket, code: int) -> None:
    line.send(frame(CLOSE, close_payload(code, "tschüß".encode())))
    found = line.ended()
    assert found is not None
    assert found.code in (code, 1000)
    assert line.is_over()


def test_a_close_needs_no_code(line: RawSocket) -> None:
    line.send(frame(CLOSE))
    found = line.ended()
    assert found is not None
    assert found.code in (None, 1000)
    assert line.is_over()


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535])
def test_codes_that_may_not_be_sent(line: RawSocket, code: int) -> None:
    line.send(frame(CLOSE, close_payload(code)))
    closed_with(line, PROTOCOL_ERROR)


def test_half_a_code_is_none(line: RawSocket) -> None:
    line.send(frame(CLOSE, b"\x03"))
    closed_with(line, PROTOCOL_ERROR)


def test_a_reason_is_utf8(line: RawSocket) -> None:
    line.send(frame(CLOSE, close_payload(1000, b"\xff\xfe")))
    closed_with(line, NOT_UTF8, PROTOCOL_ERROR)


def test_the_longest_reason(line: RawSocket) -> None:
    line.send(frame(CLOSE, close_payload(1000, b"x" * 123)))
    assert line.ended() is not None
    assert line.is_over()


def test_what_comes_after_a_close_is_not_done(line: RawSocket) -> None:
    line.send(frame(CLOSE, close_payload(1000)) + frame(TEXT, call("hub.info")))
    found = line.frame()
    assert found is not None
    assert found.opcode == CLOSE
    assert line.is_over()


def test_a_close_between_fragments_ends_it(line: RawSocket) -> None:
    line.send(frame(TEXT, b"{", fin=False) + frame(CLOSE, close_payload(1000)))
    assert line.ended() is not None
    assert line.is_over()


# Bounds.


def test_before_hello_a_message_is_short(raw: RawSocket) -> None:
    raw.shake()
    raw.send(frame(TEXT, padded(9000)))
    closed_with(raw, TOO_BIG, OUR_TOO_BIG)


def test_a_request_is_at_most_so_long(line: RawSocket) -> None:
    line.send(frame(TEXT, padded(256 * 1024 + 1)))
    closed_with(line, TOO_BIG, OUR_TOO_BIG)


def test_a_binary_message_is_one_frame(line: RawSocket) -> None:
    line.send(frame(BINARY, b"PING a\nPING b\n"))
    closed_with(line, OUR_PROTO)


def test_a_connection_that_breaks_off_is_let_go(line: RawSocket, hub: RunningHub, tmp_path: Path) -> None:
    line.send(frame(TEXT, call("hub.info"))[:7])
    line.socket.close()
    while json.loads(hub.run("stats", "--json").stdout)["connections"] > 1:
        pass
