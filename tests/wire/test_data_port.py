"""The data port's frames as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.slicing import each_way
from hub.model.begin import Begin
from hub.model.cursor import Cursor
from hub.model.problem import CODES, Problem
from hub.wire import data_port
from hub.wire.error_line import encode_error, parse_error
from hub.wire.frame import Frame, decode
from hub.wire.frame_reader import FrameReader

KEY = "k" * 22


def frame(data: bytes) -> Frame:
    (found,) = each_way(lambda: FrameReader(4096, 1 << 20).feed, data, tail=b"DATA 1 2 3 {4}\nab")
    return found


def refused(parse: object, data: bytes) -> Problem:
    with pytest.raises(Problem) as problem:
        parse(frame(data))  # type: ignore[operator]
    return problem.value


def test_hello() -> None:
    assert data_port.parse_hello(frame(b"HELLO HUB/1 token=t window=5\n")) == data_port.Hello("t", None, 5)
    resumed = frame(f"HELLO HUB/1 session={KEY}\n".encode())
    assert data_port.parse_hello(resumed) == data_port.Hello(None, KEY, 0)
    in_turn = frame(b"HELLO HUB/1 token=t slot=w0rd\n")
    assert data_port.parse_hello(in_turn) == data_port.Hello("t", None, 0, "w0rd")
    beyond = frame(b"HELLO HUB/1 token=t window=9007199254740991\n")
    assert data_port.parse_hello(beyond).window == data_port.MAX_WINDOW


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"SUB 1 a\n", "PROTO"),
        (b"HELLO\n", "VERSION"),
        (b"HELLO HUB/2 token=t\n", "VERSION"),
        (b"HELLO HUB/1\n", "PROTO"),
        (b"HELLO HUB/1 token=t session=" + KEY.encode() + b"\n", "PROTO"),
        (b"HELLO HUB/1 session=short\n", "PROTO"),
        (b"HELLO HUB/1 session=" + b"k" * 65 + b"\n", "PROTO"),
        (b"HELLO HUB/1 token=t window=-1\n", "PROTO"),
        (b"HELLO HUB/1 token=t window=9223372036854775808\n", "PROTO"),
    ],
)
def test_a_wrong_hello_is_refused(data: bytes, word: str) -> None:
    assert refused(data_port.parse_hello, data).word == word


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("end", Begin("end")),
        ("start", Begin("start")),
        ("@1793880000500", Begin("at", 1793880000500)),
        ("-10", Begin("lines", 10)),
        ("-0", Begin("lines", 0)),
        ("#7", Begin("run", 7)),
        ("17:300", Begin("cursor", cursor=Cursor(17, 300))),
    ],
)
def test_each_from(text: str, begin: Begin) -> None:
    sub = data_port.parse_sub(frame(f"SUB 1 ci/a from={text}\n".encode()))
    assert sub.begin == begin


@pytest.mark.parametrize("text", ["", "begin", "@", "@-1", "-", "--1", "#", "#x", "1:", ":1", "1:2:3", "1.5:2", "5"])
def test_a_wrong_from_is_refused_for_its_subscription_alone(text: str) -> None:
    problem = refused(data_port.parse_sub, f"SUB 1 ci/a from={text}\n".encode())
    assert (problem.word, problem.keys) == ("PROTO", {"id": "1"})


def test_sub_with_cursors() -> None:
    sub = data_port.parse_sub(
        frame(b"SUB s-1 ci/** from=start on_lag=skip match=x {24}\nci/a 17:300\nci/b/c 0:0\n\n\n")
    )
    assert (sub.id, sub.pattern.text, sub.skip, sub.match) == ("s-1", "ci/**", True, "x")
    assert sub.cursors == {"ci/a": Cursor(17, 300), "ci/b/c": Cursor(0, 0)}


@pytest.mark.parametrize(
    "payload", [b"ci/a", b"ci/a 17", b"ci/a 17:", b" 17:300", b"ci/a 17:300 x", b"../a 1:1", b"\xff 1:1", b"ci/a -1:2"]
)
def test_a_wrong_cursor_line_is_refused(payload: bytes) -> None:
    data = b"SUB 1 ci/** {%d}\n%b\n" % (len(payload), payload)
    assert refused(data_port.parse_sub, data).keys == {"id": "1"}


@pytest.mark.parametrize(
    "words", [b"ci/** from=17:300", b"a on_lag=drop", b"a//b", b"*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*q"]
)
def test_a_wrong_sub_names_its_id(words: bytes) -> None:
    assert refused(data_port.parse_sub, b"SUB 1 " + words + b"\n").keys == {"id": "1"}


def test_a_sub_without_id_ends_the_connection() -> None:
    assert refused(data_port.parse_sub, b"SUB\n").keys == {}


def test_ack() -> None:
    assert data_port.parse_ack(frame(b"ACK 5 90013\n")) == data_port.Ack(5, 90013)
    for data in (b"ACK\n", b"ACK 5\n", b"ACK x 1\n", b"ACK 5 -1\n", b"ACK 5 9223372036854775808\n"):
        assert refused(data_port.parse_ack, data).word == "PROTO"


@given(data=st.binary(max_size=50), sent_at=st.none() | st.integers(0, 1 << 50), channel=st.none() | st.just("err"))
def test_data_frames(data: bytes, sent_at: int | None, channel: str | None) -> None:
    printed = b"".join(data_port.data_frame(5, 90000, data, 17, sent_at, channel))
    keys = {"at": str(sent_at)} if sent_at is not None else {}
    keys |= {"ch": channel} if channel is not None else {}
    assert decode(printed, 4096, 100) == Frame("DATA", ("5", "90000", "17"), keys, data)


def test_the_hubs_frames_as_they_stand_in_the_protocol() -> None:
    place = data_port.stream_frame(5, "ci/build-42", Cursor(17, 90000), 3, "live", None, None)
    assert place == (b"STREAM 5 ci/build-42 epoch=17 offset=90000 run=3 state=live\n",)
    cut = data_port.stream_frame(6, "a", Cursor(17, 1), 3, "ended", 9, 5)
    assert cut == (b"STREAM 6 a epoch=17 offset=1 run=3 state=ended truncate=9 was=5\n",)
    assert data_port.gap_frame(5, 1, 9, "retention") == (b"GAP 5 1 9 reason=retention\n",)
    assert data_port.live_frame(5, 90013) == (b"LIVE 5 90013\n",)
    assert data_port.end_frame(5, 90013, 3, "exit:0", "end") == (b"END 5 90013 run=3 status=exit:0 cause=end\n",)
    assert data_port.end_frame(5, 1, 3, None, "eof") == (b"END 5 1 run=3 cause=eof\n",)
    assert b"".join(data_port.run_frame(5, 4, 7, {"a": [1, "é"]})) == b'RUN 5 4 7 {18}\n{"a":[1,"\\u00e9"]}\n'
    assert data_port.unsub_frame("a b=c") == (b"UNSUB a%20b%3Dc\n",)
    assert data_port.ok_frame(session="k", resumed=True, heartbeat=20, payload_bytes=9) == (
        b"OK session=k resumed=1 heartbeat=20 max=9\n",
    )


@pytest.mark.parametrize("word", list(CODES))
def test_errors_there_and_back(word: str) -> None:
    (line,) = encode_error(Problem(word, "some text", retry_after=7, cause="ttl"))
    problem = parse_error(frame(line))
    assert (problem.word, problem.text, problem.retry_after, problem.keys) == (word, "some text", 7, {"cause": "ttl"})


def test_an_unknown_error_keeps_its_name() -> None:
    problem = parse_error(frame(b"ERR NEWCODE :what is it\n"))
    assert (problem.word, problem.text) == ("INTERNAL", "NEWCODE what is it")
