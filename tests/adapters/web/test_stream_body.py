"""GET /streams/…: bytes and their headers."""

from __future__ import annotations

import pytest

from adapters.web.desk import ADMIN, EPOCH, Desk, request
from hub.adapters.web.stream_body import SLICE_BYTES
from hub.model.problem import Problem

TEXT = b"".join(b"%02d\n" % n for n in range(10))
"""30 bytes."""
ETAG = f'"{EPOCH}"'


def gapped() -> Desk:
    """Bytes 0-9, a gap 10-19, bytes 20-29; the stream has ended."""
    desk = Desk()
    writer = desk.stream("s", TEXT[:10])
    writer.stream.append_gap(20, "producer_skip")
    desk.write(writer, TEXT[20:])
    writer.end("eof")
    return desk


def test_the_bytes_come_as_harmless_text() -> None:
    desk = Desk()
    desk.stream("ci/a", TEXT)
    answer = desk.get("/streams/ci/a")
    assert (answer.status, answer.body) == (200, TEXT)
    assert (
        answer.headers
        | {
            "content-type": "text/plain; charset=utf-8",
            "x-content-type-options": "nosniff",
            "content-security-policy": "sandbox",
            "cache-control": "no-store",
            "etag": ETAG,
            "accept-ranges": "bytes",
            "content-length": "30",
        }
        == answer.headers
    )
    assert "hub-gap" not in answer.headers
    assert "hub-offset" not in answer.headers


def test_head_says_the_same_without_a_body() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    head = desk.ask("HEAD", "/streams/s", {**ADMIN, "Range": "bytes=5-"})
    get = desk.get("/streams/s", {"Range": "bytes=5-"})
    assert head.headers == get.headers
    assert head.status == get.status == 206


@pytest.mark.parametrize(
    ("asked", "body", "content_range"),
    [
        ("bytes=0-", TEXT, "bytes 0-29/*"),
        ("bytes=3-5", TEXT[3:6], "bytes 3-5/*"),
        ("bytes=-3", TEXT[27:], "bytes 27-29/*"),
        ("bytes=20-99", TEXT[20:], "bytes 20-29/*"),
    ],
)
def test_ranges_of_a_live_stream_know_no_total(asked: str, body: bytes, content_range: str) -> None:
    desk = Desk()
    writer = desk.stream("s", TEXT)
    answer = desk.get("/streams/s", {"Range": asked})
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, body, content_range)
    writer.end("eof")
    answer = desk.get("/streams/s", {"Range": asked})
    assert answer.headers["content-range"] == content_range.replace("*", "30")


def test_a_range_past_the_end_is_416() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    for asked in ("bytes=30-", "bytes=31-40", "bytes=-0"):
        answer = desk.get("/streams/s", {"Range": asked})
        assert answer.code() == (416, "OFFSET")
        assert answer.headers["content-range"] == "bytes */30"
        assert "hub-gap" not in answer.headers


def test_if_range_is_about_the_epoch() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    assert desk.get("/streams/s", {"Range": "bytes=5-", "If-Range": ETAG}).status == 206
    for other in ('"1"', f"W/{ETAG}", "Mon, 23 Nov 2026 18:00:00 GMT"):
        answer = desk.get("/streams/s", {"Range": "bytes=5-", "If-Range": other})
        assert (answer.status, answer.body) == (200, TEXT)


def test_an_etag_does_not_mean_unchanged() -> None:
    desk = Desk()
    writer = desk.stream("s", TEXT)
    desk.write(writer, b"more")
    assert desk.get("/streams/s", {"If-None-Match": ETAG}).body == TEXT + b"more"


def test_an_answer_stops_before_a_gap_and_says_where_to_go_on() -> None:
    desk = gapped()
    first = desk.get("/streams/s")
    assert (first.status, first.body) == (200, TEXT[:10])
    assert (first.headers["hub-next"], first.headers["hub-gap"]) == (f"{EPOCH}:20", "10-20 producer_skip")
    within = desk.get("/streams/s", {"Range": "bytes=5-"})
    assert (within.status, within.body, within.headers["content-range"]) == (206, TEXT[5:10], "bytes 5-9/30")
    assert within.headers["hub-next"] == f"{EPOCH}:20"
    stuck = desk.get("/streams/s", {"Range": "bytes=10-"})
    assert stuck.code() == (416, "OFFSET")
    assert (stuck.headers["hub-next"], stuck.headers["hub-gap"]) == (f"{EPOCH}:20", "10-20 producer_skip")
    rest = desk.get("/streams/s", {"Range": "bytes=20-"})
    assert (rest.status, rest.body) == (206, TEXT[20:])
    assert "hub-gap" not in rest.headers


def with_many_gaps(**limits: int) -> tuple[Desk, int]:
    """A skipped begin, then a byte and a skipped one in turn, 200 times; return where the first byte is."""
    desk = Desk(tail_stream_bytes=1, **limits)
    stream = desk.stream("s").stream
    for _ in range(5000):
        stream.append_gap(stream.end + 1, "producer_skip")
    first = stream.end
    for _ in range(200):
        stream.append(b"x", 0)
        stream.append_gap(stream.end + 1, "producer_skip")
        desk.clock.advance(0.01)
    return desk, first


@pytest.mark.parametrize("remembered", [10, 1000])
def test_a_gap_is_said_also_where_it_is_not_remembered_any_more(remembered: int) -> None:
    desk, first = with_many_gaps(gaps_per_stream=remembered)
    desk.store.calls.clear()
    answer = desk.get("/streams/s")
    assert (answer.status, answer.body, answer.headers["hub-offset"]) == (200, b"x", str(first))
    assert answer.headers["hub-gap"] == f"{first + 1}-{first + 2} producer_skip"
    assert desk.store.calls.count("first_gap") == (2 if remembered == 10 else 0)
    stuck = desk.get("/streams/s", {"Range": "bytes=7-"})
    assert (stuck.status, stuck.headers["hub-gap"]) == (416, f"7-{first} producer_skip")
    late = desk.get("/streams/s", {"Range": f"bytes={first + 398}-"})
    assert (late.status, late.body) == (206, b"x")
    followed = desk.get("/streams/s?follow=1", {"Range": "bytes=7-"})
    assert (followed.status, followed.headers["hub-next"]) == (416, f"{EPOCH}:{first}")


def test_a_stream_whose_gaps_the_store_does_not_tell_is_not_there_now() -> None:
    desk, _ = with_many_gaps(gaps_per_stream=10)
    desk.store.fail_next(Problem("STORE", "the disk is gone", retry_after=1000))
    assert desk.get("/streams/s").code() == (503, "STORE")


def test_whoever_leaves_while_gaps_are_looked_up_is_not_answered() -> None:
    desk, _ = with_many_gaps(gaps_per_stream=10)
    desk.store.slow = True
    line = desk.connect()
    line.send(request("GET", "/streams/s", ADMIN))
    line.lose()
    desk.store.finish()
    assert desk.failures.reported == []


def test_what_is_kept_no_longer_is_left_out_and_said() -> None:
    desk = Desk(tail_stream_bytes=1, memory_store_stream_bytes=266)
    writer = desk.stream("s")
    for start in range(0, 30, 10):
        desk.write(writer, TEXT[start : start + 10])
    assert writer.stream.start == 20
    answer = desk.get("/streams/s")
    assert (answer.status, answer.body, answer.headers["hub-offset"]) == (200, TEXT[20:], "20")
    gone = desk.get("/streams/s", {"Range": "bytes=0-"})
    assert gone.code() == (416, "OFFSET")
    assert (gone.headers["hub-next"], gone.headers["hub-gap"]) == (f"{EPOCH}:20", "0-20 retention")


def test_one_run_of_many() -> None:
    desk = Desk()
    desk.stream("s", b"first").end("eof")
    desk.stream("s", b"second").end("eof")
    desk.stream("s", b"third")
    answer = desk.get("/streams/s?run=2")
    assert (answer.body, answer.headers["hub-offset"]) == (b"second", "5")
    ranged = desk.get("/streams/s?run=2", {"Range": "bytes=-3"})
    assert (ranged.body, ranged.headers["content-range"]) == (b"ond", "bytes 8-10/11")
    assert desk.get("/streams/s?run=2", {"Range": "bytes=0-3"}).status == 416
    for unknown in ("4", "0", "x", "-1", "9" * 30):
        assert desk.get(f"/streams/s?run={unknown}").code() == (404, "NOTFOUND")


@pytest.mark.parametrize(
    "path", ["/streams/none", "/streams/", "/streams/%2e%2e/s", "/streams/%00", "/streams/%ff", "/streams//s"]
)
def test_no_such_stream(path: str) -> None:
    desk = Desk()
    desk.stream("s", b"x")
    assert desk.get(path).code() == (404, "NOTFOUND")


def test_names_come_percent_encoded() -> None:
    desk = Desk()
    desk.stream("ci/a~1", b"x")
    assert desk.get("/streams/ci%2Fa%7e1").body == b"x"


def test_an_empty_stream_is_an_empty_answer() -> None:
    desk = Desk()
    desk.stream("s")
    answer = desk.get("/streams/s")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


def test_a_long_answer_is_read_from_the_past_in_slices() -> None:
    desk = Desk(tail_stream_bytes=1)
    pieces = [bytes([n]) * 60_000 for n in range(20)]
    desk.stream("s", *pieces)
    assert desk.get("/streams/s").body == b"".join(pieces)


@pytest.mark.parametrize("begun", [False, True])
def test_bytes_that_vanish_break_the_answer_off(begun: bool) -> None:
    desk = Desk(tail_stream_bytes=1)
    writer = desk.stream("s", b"x" * 1000)
    desk.write(writer, b"more")
    if begun:  # the first slice comes from the store, the next one would too
        desk.write(writer, b"y" * SLICE_BYTES)
        desk.write(writer, b"y" * SLICE_BYTES)
        desk.write(writer, b"z")
    desk.store.slow = True
    line = desk.connect()
    line.send(request("GET", "/streams/s", ADMIN))
    if begun:
        desk.store.step()
        desk.store.step()
    desk.store.inner._kept.clear()
    writer.stream.start = writer.stream.end
    desk.store.finish()
    if begun:
        assert line.transport.disconnecting
        head, _, body = line.taken().partition(b"\r\n\r\n")
        assert b"Content-Length: %d" % writer.stream.end in head
        assert 0 < len(body) < writer.stream.end
    else:
        assert line.answer().code() == (503, "STORE")
    assert desk.failures.take() == []


def test_a_store_that_fails_is_told_and_reported() -> None:
    desk = Desk(tail_stream_bytes=1)
    desk.write(desk.stream("s", b"x" * 1000), b"more")
    desk.store.fail_next(RuntimeError("the disk is gone"))
    answer = desk.get("/streams/s", {"Range": "bytes=0-"})
    assert answer.code() == (503, "STORE")
    assert "content-range" not in answer.headers
    assert b"disk" not in answer.body
    assert [what for what, _ in desk.failures.take()] == ["while reading a stream for a response"]


def test_a_reader_that_leaves_meanwhile_is_forgotten() -> None:
    desk = Desk(tail_stream_bytes=1)
    desk.write(desk.stream("s", b"x" * 1000), b"more")
    desk.store.slow = True
    line = desk.connect()
    line.send(request("GET", "/streams/s", ADMIN))
    line.lose()
    desk.store.finish()
    assert desk.failures.take() == []
    assert desk.reactor.getDelayedCalls() == []


def test_a_request_byte_by_byte_is_the_same_request() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    line = desk.connect()
    for byte in request("GET", "/streams/s", {**ADMIN, "Range": "bytes=3-5"}):
        line.send(bytes([byte]))
    assert line.answer() == desk.get("/streams/s", {"Range": "bytes=3-5"})


def test_many_small_chunks_are_few_writes() -> None:
    desk = Desk()
    desk.stream("s", *[b"line\n"] * 1000)
    line = desk.connect()
    writes = []
    line.transport.write = writes.append
    line.send(request("GET", "/streams/s", ADMIN))
    assert b"".join(writes) == b"line\n" * 1000
    assert len(writes) < 5


def test_requests_in_a_row_on_one_connection() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    line = desk.connect()
    one = request("GET", "/streams/s", {**ADMIN, "Range": "bytes=0-4"})
    line.send(one * 3)
    data = line.taken()
    assert data.count(b"HTTP/1.1 206") == 3
    assert data.endswith(TEXT[:5])


def test_an_answer_waits_while_earlier_ones_are_not_taken() -> None:
    desk = Desk()
    desk.stream("s", TEXT).end("eof")
    for path in ("/streams/s", "/streams/s?follow=1"):
        line = desk.connect()
        line.transport.producer.pauseProducing()  # the transport holds enough
        line.send(request("GET", path, ADMIN))
        assert TEXT not in line.taken()
        line.transport.producer.resumeProducing()
        assert TEXT in line.taken()


def test_other_methods_are_not_allowed() -> None:
    desk = Desk()
    desk.stream("s", TEXT)
    answer = desk.ask("DELETE", "/streams/s", ADMIN)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, PUT, POST")
