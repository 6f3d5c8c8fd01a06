"""Which bytes a GET is answered with."""

from __future__ import annotations

import pytest

from fakes.clock import FakeClock
from fakes.tasks import FakeFailures, FakeTasks, at_once
from fakes.world import World
from hub.adapters.store.memory import MemoryStore
from hub.adapters.web.ranges import Span, choose_span, parse_range
from hub.core.history import History
from hub.core.stream import Stream
from hub.model.chunk import Gap
from hub.model.run import Run


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 20)),
        ("bytes=10-1000", (10, 100)),
        ("Bytes=10-19", (10, 20)),
        ("bytes= 10 - 19", (10, 20)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=-0", (100, 100)),
        ("bytes=100-", (100, 100)),
        ("bytes=500-600", (500, 100)),
    ],
)
def test_a_range_is_a_span_of_offsets(text: str, span: tuple[int, int]) -> None:
    assert parse_range(text, 0, 100) == span


@pytest.mark.parametrize(
    "text", ["", "bytes=", "bytes=-", "bytes=9-8", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=+1-2", "bytes=1"]
)
def test_what_http_has_ignored_is_no_range(text: str) -> None:
    assert parse_range(text, 0, 100) is None


def span_of(stream: Stream, run: Run | None, asked: str) -> Span:
    """Choose where all gaps are remembered: nothing is waited for."""
    return at_once(
        choose_span(History(MemoryStore(0, 0, 0), FakeClock(), FakeTasks(FakeFailures())), stream, run, asked)
    )


def stream_with_gap() -> Stream:
    """Bytes 0-9, a gap 10-19, bytes 20-29."""
    world = World()
    writer = world.stream_of("s", b"0123456789")
    writer.stream.append_gap(20, "producer_skip")
    world.write(writer, b"abcdefghij")
    return writer.stream


GAP = Gap(10, 20, "producer_skip")


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("", Span(0, 10, False, GAP)),
        ("bytes=0-", Span(0, 10, True, GAP)),
        ("bytes=0-4", Span(0, 5, True, None)),
        ("bytes=5-25", Span(5, 10, True, GAP)),
        ("bytes=20-", Span(20, 30, True, None)),
        ("bytes=-5", Span(25, 30, True, None)),
        ("bytes=10-", Span(10, 10, True, GAP)),
        ("bytes=15-", Span(15, 15, True, GAP._replace(offset=15))),
        ("bytes=30-", Span(30, 30, True, None)),
    ],
)
def test_an_answer_ends_before_a_gap(asked: str, span: Span) -> None:
    chosen = span_of(stream_with_gap(), None, asked)
    assert chosen == span
    assert chosen.satisfiable == (span.start < span.end)


def test_what_is_kept_no_longer_is_a_gap_for_a_range_and_left_out_without_one() -> None:
    stream = stream_with_gap()
    stream.start = 4
    assert span_of(stream, None, "") == Span(4, 10, False, GAP)
    assert span_of(stream, None, "bytes=0-") == Span(0, 0, True, Gap(0, 4, "retention"))
    assert span_of(stream, None, "bytes=-1000") == Span(4, 10, True, GAP)
    stream.start = 10
    assert span_of(stream, None, "") == Span(20, 30, False, None)


def test_an_empty_stream_has_an_empty_answer_and_no_range() -> None:
    stream = World().writer("s").stream
    assert span_of(stream, None, "") == Span(0, 0, False, None)
    assert span_of(stream, None, "").satisfiable
    assert not span_of(stream, None, "bytes=0-").satisfiable


def test_a_run_is_asked_for_in_offsets_of_its_stream_and_nothing_else_is_told() -> None:
    world = World()
    world.stream_of("s", b"first").end("eof")
    world.stream_of("s", b"second").end("eof")
    world.stream_of("s", b"third")
    stream = world.hub.streams.get("s")
    assert stream is not None
    second, third = stream.runs[1], stream.runs[2]
    assert span_of(stream, second, "") == Span(5, 11, False, None)
    assert span_of(stream, second, "bytes=7-100") == Span(7, 11, True, None)
    assert span_of(stream, second, "bytes=-2") == Span(9, 11, True, None)
    assert not span_of(stream, second, "bytes=0-3").satisfiable
    assert not span_of(stream, second, "bytes=11-").satisfiable
    assert span_of(stream, third, "") == Span(11, 16, False, None)
