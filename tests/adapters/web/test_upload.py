"""PUT and POST to /streams/…: decided by the headers, appended as the bytes come."""

from __future__ import annotations

import pytest
from twisted.internet import error

from adapters.web.desk import ADMIN, EPOCH, FAR, LOCAL, Desk, chunked, request
from hub.adapters.web.connection import DISCARD_SECONDS, IDLE_SECONDS
from hub.core.deletion import delete_stream
from hub.model.principal import ANONYMOUS


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_whole_body_is_a_run(method: str) -> None:
    desk = Desk()
    answer = desk.ask(method, "/streams/ci/a%7E1", body=b"one\ntwo")
    assert answer.status == 200
    assert answer.json() == {
        "stream": "ci/a~1",
        "run": 1,
        "epoch": EPOCH,
        "from": 0,
        "to": 7,
        "durability": "memory",
    }
    assert desk.ask(method, "/streams/ci/a~1", body=b"more").json()["from"] == 7
    assert desk.all_of("ci/a~1") == b"one\ntwomore"
    stream = desk.hub.streams.get("ci/a~1")
    assert [run.cause for run in stream.runs] == ["eof", "eof"]


def test_bytes_are_appended_as_they_come_and_byte_by_byte() -> None:
    desk = Desk()
    line = desk.connect()
    line.send(
        request("PUT", "/streams/s", {"Transfer-Encoding": "chunked", "Content-Length": ""}).replace(
            b"Content-Length: \r\n", b""
        )
    )
    stream = desk.hub.streams.get("s")
    assert stream.state == "live"
    for byte in chunked(b"first\n", end=False):
        line.send(bytes([byte]))
    assert desk.all_of("s") == b"first\n"
    line.send(chunked(b"second"))
    assert desk.all_of("s") == b"first\nsecond"
    assert line.answer().json()["to"] == 12
    assert stream.run.cause == "eof"


def test_a_body_whose_stream_is_deleted_before_it_is_durable_is_not_said_to_be() -> None:
    desk = Desk(slow_store=True)
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "3"}) + b"one")
    assert line.taken() == b""
    desk.hub.tasks.spawn(delete_stream(desk.hub, desk.hub.streams.get("s"), force=True))
    desk.pass_seconds(0)
    desk.store.finish()
    answer = line.answer()
    assert (answer.status, answer.json()["code"]) == (404, "NOTFOUND")


def test_a_body_that_would_pass_the_last_offset_is_refused() -> None:
    desk = Desk()
    desk.ask("PUT", "/streams/s", body=b"x")
    stream = desk.hub.streams.get("s")
    writer = desk.hub.streams.open_exact("s", ANONYMOUS, {})
    writer.lose(2**53 - 3, "producer_skip")
    writer.end("end")
    answer = desk.ask("PUT", "/streams/s", body=b"too long")
    assert (answer.status, answer.json()["code"]) == (429, "LIMIT")
    assert (stream.end, stream.run.cause) == (2**53 - 3, "reset")


@pytest.mark.parametrize(
    ("reason", "cause"), [(None, "reset"), (error.ConnectionLost(), "reset"), (error.TimeoutError(), "timeout")]
)
def test_a_cut_body_ends_its_run_and_what_came_is_kept(reason: Exception | None, cause: str) -> None:
    desk = Desk()
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "100"}) + b"half of it")
    line.lose(reason)
    stream = desk.hub.streams.get("s")
    assert (stream.state, stream.run.cause) == ("ended", cause)
    assert desk.all_of("s") == b"half of it"
    assert desk.hub.admission.connections == 0


def test_the_answer_waits_until_all_is_durable() -> None:
    desk = Desk(slow_store=True)
    line = desk.connect()
    line.send(request("PUT", "/streams/s", body=b"x"))
    assert line.taken() == b""
    desk.reactor.advance(10 * IDLE_SECONDS)
    assert not line.transport.disconnecting
    desk.store.finish()
    assert line.answer().status == 200


def test_browsers_that_leave_their_connections_open_are_let_go_in_turn() -> None:
    desk = Desk()
    lines = [desk.connect() for _ in range(4)]
    for line in lines:
        line.send(request("GET", "/livez"))
        assert line.answer().status == 200
    desk.reactor.advance(IDLE_SECONDS)
    assert not any(line.transport.disconnecting for line in lines), "that is for the hub's next turn"
    lines[0].send(request("GET", "/livez"))  # just in time
    assert lines[0].answer().status == 200
    assert [line.transport.disconnecting for line in lines] == [False, True, True, True]


def test_a_body_may_be_silent_for_ever_and_the_next_request_may_not() -> None:
    desk = Desk()
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "4"}) + b"ab")
    desk.reactor.advance(3600)
    line.send(b"cd")
    assert line.answer().status == 200
    assert not line.transport.disconnecting
    desk.pass_seconds(IDLE_SECONDS - 1)
    assert not line.transport.disconnecting
    desk.pass_seconds(1)
    assert line.transport.disconnecting
    line.lose()
    assert desk.reactor.getDelayedCalls() == []


def test_100_continue_comes_when_all_is_well() -> None:
    desk = Desk()
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "2", "Expect": "100-continue"}))
    assert line.taken() == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.send(b"ok")
    assert line.answer().status == 200


def taken(desk: Desk) -> None:
    desk.stream("s", b"x")


def theirs(desk: Desk) -> None:
    desk.stream("s", b"x", principal=desk.hub.accounts.by_token("ci-token")).end("eof")


@pytest.mark.parametrize(
    ("path", "headers", "peer", "prepare", "code"),
    [
        ("/streams/s", {}, FAR, None, (401, "AUTH")),
        ("/streams/s", {"Authorization": "Bearer wrong"}, LOCAL, None, (401, "AUTH")),
        ("/streams/s", {"Authorization": "Bearer viewer-token"}, LOCAL, None, (403, "DENIED")),
        ("/streams/s", {"Authorization": "Bearer ci-token"}, LOCAL, None, (403, "DENIED")),
        ("/streams/s", {"Origin": "http://evil.example"}, LOCAL, None, (403, "DENIED")),
        ("/streams/s", {"Host": "evil.example"}, LOCAL, None, (403, "DENIED")),
        ("/streams/s", {}, LOCAL, theirs, (403, "DENIED")),
        ("/streams/s", {}, LOCAL, taken, (409, "CONFLICT")),
        ("/streams/%2e%2e/etc", {}, LOCAL, None, (400, "PROTO")),
        ("/streams/", {}, LOCAL, None, (400, "PROTO")),
        ("/streams/%ff", {}, LOCAL, None, (400, "PROTO")),
        ("/streams/s", {"Hub-Meta": "{"}, LOCAL, None, (400, "PROTO")),
        ("/streams/s", {"Hub-Meta": "[]"}, LOCAL, None, (400, "PROTO")),
        ("/streams/s", {"Hub-Meta": '{"a":"' + "b" * 9000 + '"}'}, LOCAL, None, (413, "TOOBIG")),
    ],
)
def test_a_refusal_comes_before_100_continue_and_the_rest_is_thrown_away(path, headers, peer, prepare, code) -> None:
    desk = Desk(meta_bytes=8192)
    if prepare is not None:
        prepare(desk)
    line = desk.connect(peer)
    line.send(request("PUT", path, {"Content-Length": "1000", "Expect": "100-continue", **headers}))
    answer = line.answer()
    assert answer.code() == code
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == (code[1] == "CONFLICT")
    assert ("www-authenticate" in answer.headers) == (code[1] == "AUTH")
    line.send(b"x" * 500)
    desk.reactor.advance(DISCARD_SECONDS - 0.1)
    assert not line.transport.disconnecting, "the client could not read why"
    desk.reactor.advance(0.1)
    assert line.transport.disconnecting
    assert b"x" * 10 not in desk.all_of("s") if prepare else desk.hub.streams.get("s") is None
    line.lose()
    assert desk.reactor.getDelayedCalls() == []


def test_a_body_that_is_too_long_is_told_so_whatever_comes_behind_the_bound() -> None:
    desk = Desk()
    line = desk.connect()
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    line.send(head + b"8000\r\n" + b"x" * 0x8000 + b"\r\n" * 3)
    assert line.taken().startswith(b"HTTP/1.1 413 ")


def test_a_refused_body_that_is_whole_ends_the_connection_at_once() -> None:
    desk = Desk()
    line = desk.connect(FAR)
    line.send(request("PUT", "/streams/s", body=b"whole"))
    assert line.answer().code() == (401, "AUTH")
    assert line.transport.disconnecting


def test_a_closing_connection_that_nobody_reads_is_cut() -> None:
    desk = Desk(close_seconds=3)
    line = desk.connect(FAR)
    line.send(request("PUT", "/streams/s", {"Content-Length": "9"}))
    desk.reactor.advance(DISCARD_SECONDS)
    assert not line.transport.aborted
    desk.reactor.advance(3)
    assert line.transport.aborted
    line.lose()


def test_reading_stops_while_the_store_is_behind() -> None:
    desk = Desk(slow_store=True, not_durable_bytes=1000)
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "4000"}) + b"x" * 2000)
    assert line.transport.producerState == "paused"
    desk.store.finish()
    assert line.transport.producerState == "producing"
    desk.store.slow = False
    line.send(b"x" * 2000)
    assert line.answer().json()["to"] == 4000


def test_meta_goes_with_the_run() -> None:
    desk = Desk()
    desk.ask("PUT", "/streams/s", {"Hub-Meta": '{"commit": "abc"}'}, b"x")
    assert desk.hub.streams.get("s").run.meta == {"commit": "abc"}


def test_a_body_without_bytes_is_a_run_without_bytes() -> None:
    desk = Desk()
    assert desk.ask("PUT", "/streams/s").json() | {"from": 0, "to": 0, "run": 1} == desk.ask(
        "PUT", "/streams/s"
    ).json() | {"run": 1}


def test_a_body_of_unknown_length_is_no_empty_one() -> None:
    line = Desk().connect()
    line.send(b"PUT /streams/s HTTP/1.0\r\nHost: localhost\r\n\r\nall of this would be lost")
    assert line.answer().code() == (400, "PROTO")


def test_a_malformed_body_ends_the_run_and_the_connection() -> None:
    desk = Desk()
    line = desk.connect()
    head = request("PUT", "/streams/s", {"Transfer-Encoding": "chunked"}).replace(b"Content-Length: 0\r\n", b"")
    line.send(head + chunked(b"good", end=False) + b"zz\r\n")
    assert line.taken().startswith(b"HTTP/1.1 400")
    assert line.transport.disconnecting
    line.lose()
    assert desk.hub.streams.get("s").run.cause == "reset"
    assert desk.all_of("s") == b"good"


def test_small_requests_stay_small() -> None:
    desk = Desk()
    for headers, body in (
        ({"Content-Length": "20000"}, b""),
        ({"Transfer-Encoding": "chunked"}, chunked(b"x" * 20000)),
    ):
        line = desk.connect()
        head = request("POST", "/login", headers)
        if "Transfer-Encoding" in headers:
            head = head.replace(b"Content-Length: 0\r\n", b"")
        line.send(head + body)
        assert line.answer().code() == (413, "TOOBIG")


def test_a_request_has_to_be_whole_in_time() -> None:
    desk = Desk(first_frame_seconds=5)
    for sent in (b"", b"GET / HTTP/1.1\r\n", request("POST", "/login", {"Content-Length": "9"}) + b"{"):
        line = desk.connect()
        line.send(sent)
        for _ in range(4):
            desk.pass_seconds(1)
            line.send(sent and b" ")  # a byte now and then does not help
        assert not line.transport.disconnecting
        desk.pass_seconds(1)
        assert line.transport.disconnecting
        line.lose()
    assert desk.hub.counters.problems == {"IDLE": 2}, "a connection kept in store is no mistake"


def test_a_fault_of_ours_ends_that_upload_alone() -> None:
    desk = Desk()
    line = desk.connect()
    line.send(request("PUT", "/streams/s", {"Content-Length": "4"}) + b"ab")
    desk.hub.log.counters = None  # what no code does
    line.send(b"cd")
    assert line.transport.aborted
    assert [what for what, _ in desk.failures.take()] == ["in an upload"]
    assert desk.hub.streams.get("s").run.cause == "hub_lost"


def test_admission_counts_connections_and_refuses_in_http() -> None:
    desk = Desk(connections=1)
    first = desk.connect()
    second = desk.connect()
    answer = second.answer()
    assert answer.code() == (503, "BUSY")
    assert answer.headers["retry-after"] == "1"
    assert "limits.connections" in answer.json()["text"]
    second.send(request("GET", "/livez"))
    second.lose()
    first.lose()
    assert desk.hub.admission.connections == 0
    assert desk.ask("GET", "/livez", ADMIN).status == 200
    assert desk.reactor.getDelayedCalls() == []
