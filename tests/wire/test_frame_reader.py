"""Frames out of a stream of bytes, however the network sliced them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.slicing import each_way
from hub.model.problem import Problem
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader


def feeder(header: int = 4096, payload: int = 1 << 20) -> Callable[[bytes], Iterator[Frame]]:
    return FrameReader(header, payload).feed


def problem_of(data: bytes, header: int = 4096, payload: int = 1 << 20) -> str:
    with pytest.raises(Problem) as refused:
        list(feeder(header, payload)(data))
    return refused.value.word


DIALOGUE = b"HELLO HUB/1 token=t\r\nSUB 1 ci/** {12}\nci/a 17:300\n\nDATA 0 {0}\n\nDATA 0 {3}\n\n\x00\n\nPING 1\n"


def test_frames_whole_byte_by_byte_and_with_a_tail() -> None:
    assert each_way(feeder, DIALOGUE, tail=b"DATA 5 {10}\n12345") == [
        Frame("HELLO", ("HUB/1",), {"token": "t"}),
        Frame("SUB", ("1", "ci/**"), payload=b"ci/a 17:300\n"),
        Frame("DATA", ("0",), payload=b""),
        Frame("DATA", ("0",), payload=b"\n\x00\n"),
        Frame("PING", ("1",)),
    ]


frames = st.builds(
    lambda verb, args, payload: (verb, args, payload),
    st.from_regex(r"[A-Z]{1,12}", fullmatch=True),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), max_size=3),
    st.none() | st.binary(max_size=60),
)


@given(sent=st.lists(frames, max_size=6), cuts=st.lists(st.integers(0, 400), max_size=8))
def test_any_slicing_gives_the_same_frames(sent: list[tuple[str, list[str], bytes | None]], cuts: list[int]) -> None:
    data = b"".join(piece for verb, args, payload in sent for piece in encode(verb, *args, payload=payload))
    feed = feeder()
    got = []
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for low, high in itertools.pairwise(places):
        got.extend(feed(data[low:high]))
    assert [(each.verb, list(each.args), each.payload) for each in got] == sent


@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_never_raise_anything_but_a_problem(data: bytes) -> None:
    reader = FrameReader(100, 50)
    try:
        for byte in data:
            list(reader.feed(bytes([byte])))
            assert reader.held <= 101
    except Problem as problem:
        assert problem.word in ("PROTO", "TOOBIG")


@pytest.mark.parametrize("length", [b"{99999999999}", b"{-1}", b"{007}", "{٣}".encode(), b"{}", b"{1e3}"])
def test_a_lying_length_is_refused_before_anything_is_held(length: bytes) -> None:
    assert problem_of(b"DATA 0 " + length + b"\n") == "PROTO"


def test_a_payload_over_the_bound_is_refused_by_its_header_alone() -> None:
    reader = FrameReader(4096, 1000)
    with pytest.raises(Problem) as refused:
        list(reader.feed(b"DATA 0 {1001}\n"))
    assert refused.value.word == "TOOBIG"
    assert "limits.payload_bytes (1000)" in refused.value.text


@pytest.mark.parametrize("payload", [b"abcd\n", b"abc ", b"abc\r\n"])
def test_the_lf_after_a_payload_is_checked(payload: bytes) -> None:
    assert problem_of(b"DATA 0 {3}\n" + payload) == "PROTO"


@pytest.mark.parametrize("verb", [b"SUB 1 ci/**", b"DATA 0"])
def test_a_length_that_leaves_out_the_payloads_own_lf_is_one_mistake_and_said(verb: bytes) -> None:
    data = verb + b" {7}\nx/1 1:2\n\n"
    got: list[Frame] = []
    with pytest.raises(Problem, match="the LF after the payload is missing"):
        got.extend(feeder()(data))
    assert got == []
    feed = feeder()
    with pytest.raises(Problem, match="the LF after the payload is missing"):
        for byte in data:
            list(feed(bytes([byte])))


def test_an_empty_line_elsewhere_is_no_payloads_fault() -> None:
    with pytest.raises(Problem, match="a header is words"):
        list(feeder()(b"DATA 0 {3}\nabc\nPING x\n\n"))


def test_a_frame_counts_only_whole() -> None:
    reader = FrameReader(4096, 100)
    assert list(reader.feed(b"DATA 0 {3}\nabc")) == []
    assert reader.held == 3
    assert list(reader.feed(b"\n")) == [Frame("DATA", ("0",), payload=b"abc")]
    assert reader.held == 0


def test_the_header_bound_counts_the_lf() -> None:
    fits = b"X " + b"a" * 4093 + b"\n"
    assert len(fits) == 4096
    assert len(each_way(feeder, fits)) == 1
    assert problem_of(b"X " + b"a" * 4094 + b"\n") == "TOOBIG"


def test_a_header_without_end_is_refused_at_its_bound() -> None:
    reader = FrameReader(4096, 1 << 20)
    for _ in range(4095):
        assert list(reader.feed(b"A")) == []
    with pytest.raises(Problem) as refused:
        list(reader.feed(b"A"))
    assert refused.value.word == "TOOBIG"
    assert reader.held == 4096


def test_frames_before_a_malformed_one_are_given() -> None:
    got = []
    with pytest.raises(Problem):
        for frame in feeder()(b"PING 1\nPING 2\nnonsense\nPING 3\n"):
            got.append(frame.args)
    assert got == [("1",), ("2",)]
