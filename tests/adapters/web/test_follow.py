"""GET /streams/…?follow=1 in its three formats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.web.desk import ADMIN, EPOCH, Desk, Line, request, unchunk
from hub.conversations.follower import KEEP_ALIVE_SECONDS, PORTION_BYTES


class Body:
    """A response that goes on."""

    def __init__(self, desk: Desk, path: str, **headers: str) -> None:
        self.line: Line = desk.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.line.send(request("GET", path, {**ADMIN, **named}))
        head, mark, self._rest = self.line.taken().partition(b"\r\n\r\n")
        assert mark, "the headers wait for the first byte"
        self.head = head.decode()
        self.complete = False

    def more(self) -> bytes:
        """Return what of the body has come since the last look."""
        body, rest = unchunk(self._rest + self.line.taken())
        self._rest = b""
        self.complete = rest == b""
        return body

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(row) for row in self.more().splitlines()]

    def events(self) -> list[tuple[str | None, str, dict[str, Any]]]:
        """Return (id, event, data) of server-sent events; comments are left out."""
        found = []
        for block in self.more().decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if fields:
                found.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
        return found

    @property
    def broken_off(self) -> bool:
        return self.line.transport.disconnecting and not self.complete


def test_plain_bytes_come_as_they_are_appended_and_end_with_the_run() -> None:
    desk = Desk()
    writer = desk.stream("s", b"one\n")
    body = Body(desk, "/streams/s?follow=1")
    assert "Transfer-Encoding: chunked" in body.head
    assert "Content-Type: text/plain; charset=utf-8" in body.head
    assert body.more() == b"one\n"
    desk.write(writer, b"tw", b"o\n")
    assert body.more() == b"two\n"
    assert not body.complete
    writer.end("eof")
    desk.clock.advance(0.01)
    assert body.more() == b""
    assert body.complete
    assert not body.line.transport.disconnecting, "the connection may be used again"


def test_a_stream_that_has_ended_is_its_bytes() -> None:
    desk = Desk()
    desk.stream("s", b"all of it").end("eof")
    body = Body(desk, "/streams/s?follow=1")
    assert (body.more(), body.complete) == (b"all of it", True)


def test_plain_bytes_break_off_at_a_gap_and_a_range_goes_on_after_it() -> None:
    desk = Desk()
    writer = desk.stream("s", b"0123456789")
    body = Body(desk, "/streams/s?follow=1")
    writer.stream.append_gap(20, "producer_skip")
    desk.write(writer, b"abc")
    assert body.more() == b"0123456789"
    assert body.broken_off
    answer = desk.get("/streams/s?follow=1", {"Range": "bytes=10-"})
    assert answer.code() == (416, "OFFSET")
    assert answer.headers["hub-next"] == f"{EPOCH}:20"
    again = Body(desk, "/streams/s?follow=1", Range="bytes=20-")
    assert "Hub-Offset: 20" in again.head
    assert again.more() == b"abc"


def test_without_chunks_a_break_is_a_reset() -> None:
    desk = Desk()
    writer = desk.stream("s", b"0123456789")
    line = desk.connect()
    line.send(request("GET", "/streams/s?follow=1", ADMIN).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert line.taken().endswith(b"\r\n\r\n0123456789")
    writer.stream.append_gap(20, "producer_skip")
    desk.clock.advance(0.01)
    assert line.transport.aborted


@pytest.mark.parametrize("path", ["/streams/s", "/streams/s?follow=1"])
def test_who_takes_nothing_for_too_long_is_cut(path: str) -> None:
    desk = Desk(stall_seconds=30)
    desk.stream("s", b"x")
    line = desk.connect()
    line.transport.producer.pauseProducing()  # the transport holds enough
    line.send(request("GET", path, ADMIN))
    for _ in range(28):
        desk.pass_seconds(1)
        desk.hub.tick()
    assert not line.transport.aborted
    for _ in range(10):
        desk.pass_seconds(1)
        desk.hub.tick()
    assert line.transport.aborted
    assert desk.hub.counters.slow == 1
    line.lose()
    assert not desk.hub.readers


def test_following_goes_on_at_the_end_and_not_past_it() -> None:
    desk = Desk()
    writer = desk.stream("s", b"0123456789")
    body = Body(desk, "/streams/s?follow=1", Range="bytes=10-")
    desk.write(writer, b"more")
    assert body.more() == b"more"
    assert desk.get("/streams/s?follow=1", {"Range": "bytes=15-"}).code() == (416, "OFFSET")


def test_a_run_that_is_followed_is_the_only_one_told() -> None:
    desk = Desk()
    desk.stream("s", b"first").end("eof")
    second = desk.stream("s", b"second")
    body = Body(desk, "/streams/s?follow=1&run=2")
    desk.write(second, b" and more")
    second.end("eof")
    desk.stream("s", b"third")
    assert (body.more(), body.complete) == (b"second and more", True)
    ended = Body(desk, "/streams/s?follow=1&run=1")
    assert (ended.more(), ended.complete) == (b"first", True)


def test_ndjson_tells_lines_gaps_and_ends() -> None:
    desk = Desk()
    writer = desk.stream("s", b"one\ntw")
    body = Body(desk, "/streams/s?follow=1", Accept="application/x-ndjson")
    assert "Content-Type: application/x-ndjson" in body.head
    stream, line, live = body.rows()
    assert (stream["event"], stream["epoch"], stream["offset"]) == ("stream", EPOCH, 0)
    assert (line["event"], line["text"], line["offset"], line["next"]) == ("line", "one", 0, f"{EPOCH}:4")
    assert live["event"] == "live"
    desk.write(writer, b"o\nhalf")
    assert [(row["event"], row["text"]) for row in body.rows()] == [("line", "two")]
    writer.stream.append_gap(20, "producer_skip")
    desk.write(writer, b"last")
    half, gap = body.rows()
    assert (half["text"], half["partial"], half["next"]) == ("half", True, f"{EPOCH}:12")
    assert (gap["event"], gap["from"], gap["to"], gap["next"]) == ("gap", 12, 20, f"{EPOCH}:20")
    writer.end("end", "exit:1")
    desk.clock.advance(0.01)
    last, end = body.rows()
    assert (last["text"], last["partial"]) == ("last", True)
    assert (end["event"], end["offset"], end["status"], end["cause"]) == ("end", 24, "exit:1", "end")
    assert body.complete


def test_a_chunk_of_very_many_lines_is_told_in_portions() -> None:
    desk = Desk()
    desk.stream("s", b"y\n" * 50_000, b"end").end("eof")
    line = desk.connect()
    line.transport.producer.pauseProducing()
    line.send(request("GET", "/streams/s?follow=1", {**ADMIN, "Accept": "application/x-ndjson"}))
    body = b""
    while not body.endswith(b"0\r\n\r\n"):
        flow = line.transport.producer._requestProducer
        flow.open = True
        write = line.transport.writeSequence

        def full(pieces, flow=flow, write=write) -> None:
            write(pieces)
            flow.pauseProducing()

        line.transport.writeSequence = full
        flow.resumeProducing()
        line.transport.writeSequence = write
        came = line.taken()
        assert came
        assert came.count(b'"event":"line"') <= PORTION_BYTES // 2 + 1
        body += came
    rows = [json.loads(row) for row in unchunk(body.partition(b"\r\n\r\n")[2])[0].splitlines()]
    lines = [row for row in rows if row["event"] == "line"]
    assert [row["line"] for row in lines] == list(range(50_001))
    assert [row["offset"] for row in lines] == list(range(0, 100_001, 2))
    assert {row["text"] for row in lines[:-1]} == {"y"}
    assert lines[-1]["text"] == "end"


def test_server_sent_events_carry_the_cursor_and_go_on_after_it() -> None:
    desk = Desk()
    writer = desk.stream("s", b"one\ntwo\n")
    body = Body(desk, "/streams/s?follow=1", Accept="text/event-stream")
    assert "Content-Type: text/event-stream" in body.head
    lines = [(event_id, row["text"]) for event_id, event, row in body.events() if event == "line"]
    assert lines == [(f"{EPOCH}:4", "one"), (f"{EPOCH}:8", "two")]
    body.line.lose()
    desk.write(writer, b"three\n")
    again = Body(desk, "/streams/s?follow=1", Accept="text/event-stream", Last_Event_ID=lines[0][0])
    assert [row["text"] for _, event, row in again.events() if event == "line"] == ["two", "three"]


def test_events_of_a_later_life_of_the_stream_carry_its_epoch() -> None:
    desk = Desk()
    desk.stream("s", b"new\n")
    body = Body(desk, "/streams/s?follow=1", Accept="text/event-stream", Last_Event_ID=f"{EPOCH - 5}:100")
    (_, place, row), (line_id, _, line), *_ = body.events()
    assert (place, row["truncate"], row["offset"]) == ("stream", 100, 0)
    assert (line_id, line["text"]) == (f"{EPOCH}:4", "new")


def test_a_malformed_last_event_id_is_refused() -> None:
    desk = Desk()
    desk.stream("s", b"x")
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "5"}
    assert desk.get("/streams/s?follow=1", headers).code() == (400, "PROTO")


def test_a_silent_event_stream_is_kept_alive_and_a_silent_connection_is_left_alone() -> None:
    desk = Desk()
    desk.stream("s")
    body = Body(desk, "/streams/s?follow=1", Accept="text/event-stream")
    body.more()
    desk.pass_seconds(KEEP_ALIVE_SECONDS + 0.1)
    assert body.more() == b": alive\n\n"
    desk.pass_seconds(3600)
    assert not body.line.transport.disconnecting


def test_who_leaves_is_forgotten() -> None:
    desk = Desk()
    writer = desk.stream("s", b"x")
    for accept in ("text/plain", "text/event-stream"):
        body = Body(desk, "/streams/s?follow=1", Accept=accept)
        assert writer.stream.watchers == 1
        body.line.lose()
        assert writer.stream.watchers == 0
    assert not desk.hub.readers
    desk.pass_seconds(60)
    assert desk.failures.take() == []


def test_nobody_follows_with_more_readers_than_allowed() -> None:
    desk = Desk(readers_per_principal=2)
    desk.stream("s", b"x")
    first, _second = Body(desk, "/streams/s?follow=1"), Body(desk, "/streams/s?follow=1")
    refused = desk.get("/streams/s?follow=1")
    assert refused.code() == (429, "LIMIT")
    assert "limits.readers_per_principal" in refused.json()["text"]
    first.line.lose()
    assert Body(desk, "/streams/s?follow=1").more() == b"x"


def test_head_of_a_stream_that_is_followed_ends_at_once() -> None:
    desk = Desk()
    desk.stream("s", b"x")
    assert desk.ask("HEAD", "/streams/s?follow=1", ADMIN).status == 200
    assert not desk.hub.readers


def test_a_hub_that_stops_breaks_bodies_off_and_ends_uploads() -> None:
    desk = Desk(close_seconds=3)
    desk.stream("s", b"x")
    body = Body(desk, "/streams/s?follow=1")
    upload = desk.connect()
    upload.send(request("PUT", "/streams/t", {"Content-Length": "10"}) + b"half")
    idle = desk.connect()
    stopped = []
    desk.hub.tasks.spawn(desk.listener.stop()).addCallback(stopped.append)
    assert desk.failures.take() == []
    assert body.more() == b"x"
    assert body.broken_off
    assert upload.transport.aborted
    assert desk.hub.streams.get("t").run.cause == "hub_lost"
    assert idle.transport.disconnecting
    assert not stopped
    desk.reactor.advance(3)
    assert idle.transport.aborted
    for line in (body.line, upload, idle):
        line.lose()
    assert stopped == [None]
    assert desk.reactor.getDelayedCalls() == []
