"""A peer that asks for much at once is answered over many turns, and is not read meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from adapters.web.desk import ADMIN, Desk, Line, request
from adapters.web.socket_client import CLOSE, PING, PONG, binary, call, frame, handshake
from adapters.web.test_websocket import Socket
from hub.adapters.web.portioned import SMALL_PORTION
from hub.core.turn_share import TurnShare
from hub.model.problem import Problem

pytestmark = pytest.mark.usefixtures("no_time")

TEXT = b"01234"
ONE = request("GET", "/streams/s", ADMIN)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.stream("s", TEXT).end("eof")
    return desk


@pytest.fixture
def socket(desk: Desk) -> Socket:
    socket = Socket(desk)
    socket.hello()
    return socket


@pytest.fixture
def no_time(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no turn has time for more than the least."""
    monkeypatch.setattr(TurnShare, "used_up", True)


def hear(line: Line, data: bytes) -> None:
    """Let the hub read, without the turns after that."""
    line.transport.protocol.dataReceived(data)


def test_messages_of_a_websocket(desk: Desk, socket: Socket) -> None:
    hear(socket.line, b"".join(binary(f"PING {number}") for number in range(100)) + frame(PING, b"x"))
    first = len(socket.messages())
    assert 0 < first < 10
    assert socket.line.transport.producerState == "paused", "nothing more is read before"
    desk.clock.settle()
    *pongs, pong = socket.messages()
    assert [message.frame().args for message in pongs] == [(f"{number}",) for number in range(first, 100)]
    assert pong.opcode == PONG
    assert socket.line.transport.producerState == "producing"


def test_a_message_that_ends_the_socket_ends_what_came_with_it(desk: Desk, socket: Socket) -> None:
    hear(socket.line, binary("PING x") * 20 + binary("SUB") + binary("PING y") * 1000)
    desk.clock.settle()
    *pongs, refusal, close = socket.messages()
    assert [message.frame().args for message in pongs] == [("x",)] * 20
    assert refusal.frame().verb == "ERR"
    assert close.close()[1].startswith("PROTO")


@pytest.mark.parametrize("closes", [True, False])
def test_a_websocket_that_is_lost_meanwhile_is_lost_after_all_that_it_said(desk: Desk, closes: bool) -> None:
    socket = Socket(desk, **{"Sec-WebSocket-Protocol": "hub.v1.producer", **ADMIN})
    socket.send(binary("HELLO HUB/1 stream=new session=" + "k" * 22))
    frames = [binary(f"DATA {offset} {{1}}\nx\n") for offset in range(100)]
    end = [binary("END 100 status=0"), frame(PING, b"x"), *([frame(CLOSE, b"\x03\xe8")] if closes else [])]
    hear(socket.line, b"".join(frames + end))
    socket.line.lose()
    stream = desk.hub.streams.get("new")
    assert stream is not None
    assert stream.end < 100
    assert desk.hub.admission.connections == 2, "it counts as long as it costs"
    desk.clock.settle()
    assert (stream.end, stream.state) == (100, "ended")
    assert desk.hub.admission.connections == 1, "the other socket"
    assert desk.failures.take() == []
    desk.pass_seconds(60)
    assert desk.reactor.getDelayedCalls() == []


def test_a_producers_socket_that_is_held_takes_nothing_more(desk: Desk) -> None:
    socket = Socket(desk, **{"Sec-WebSocket-Protocol": "hub.v1.producer", **ADMIN})
    socket.send(binary("HELLO HUB/1 stream=new session=" + "k" * 22))
    hear(socket.line, b"".join(binary(f"DATA {offset} {{1}}\nx\n") for offset in range(100)))
    stream = desk.hub.streams.get("new")
    assert stream is not None
    taken = stream.end
    socket.line.transport.protocol.hold()
    desk.clock.settle()
    assert 0 < taken == stream.end


def test_what_comes_with_a_handshake_is_for_the_websocket(desk: Desk) -> None:
    line = desk.connect()
    hear(line, handshake() + call(1, "hub.hello", protocol="HUB/1", window=1000, token="admin-token"))
    desk.clock.settle()
    assert line.taken().count(b'"resumed":false') == 1
    assert line.transport.producerState == "producing"


def test_a_fault_of_ours_in_a_later_turn_ends_the_websocket(
    desk: Desk, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(socket.line, binary("PING x") * 100)
    monkeypatch.setattr(socket.line.transport.protocol, "onFrameBegin", None)
    desk.clock.settle()
    assert socket.line.transport.aborted
    assert [what for what, _ in desk.failures.take()] == ["on a WebSocket"]


def test_requests_of_one_connection_and_of_many(desk: Desk) -> None:
    lines = [desk.connect() for _ in range(3)]
    hear(lines[0], ONE * 20)
    hear(lines[1], ONE)
    hear(lines[2], ONE[:10])
    hear(lines[2], ONE[10:])
    assert [line.transport.producerState for line in lines] == ["paused"] * 3, "nothing more is read before"
    answered: list[list[int]] = []

    def turn() -> None:
        answered.append([line.taken().count(b"HTTP/1.1 200") for line in lines])
        if len(answered) < 60:
            desk.clock.call_later(0, turn)

    turn()
    desk.clock.settle()
    assert max(sum(turn) for turn in answered) == 1
    assert [sum(each) for each in zip(*answered, strict=True)] == [20, 1, 1]
    assert [line.transport.producerState for line in lines] == ["producing"] * 3


def test_a_request_that_waits_is_not_read_on_because_its_peer_takes_answers(desk: Desk) -> None:
    line = desk.connect()
    hear(line, ONE * 2)
    line.transport.producer.pauseProducing()
    line.transport.producer.resumeProducing()
    assert line.transport.producerState == "paused"
    line.transport.producer.pauseProducing()  # the transport holds enough
    desk.clock.settle()
    assert line.transport.producerState == "paused"
    assert TEXT not in line.taken()
    line.transport.producer.resumeProducing()
    desk.clock.settle()
    assert line.taken().count(TEXT) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_in_a_row_are_taken_in_their_order(desk: Desk, chunked: bool) -> None:
    line = desk.connect()
    said = b""
    for number in range(100):
        head = request("POST", f"/nothing/{number}", ADMIN, b"%05d" % number)
        if chunked:
            head = head.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked")
            head = head[:-5] + b"5\r\n%05d\r\n0\r\n\r\n" % number
        said += head
    for at in range(0, len(said), 1500):
        hear(line, said[at : at + 1500])
    desk.clock.settle()
    told = re.findall(rb"/nothing/(\d+) takes", line.taken())
    assert told == [b"%d" % number for number in range(100)]
    assert line.transport.producerState == "producing"
    assert not line.transport.disconnecting


def test_uploads_in_a_row_are_taken_in_their_order(desk: Desk) -> None:
    line = desk.connect()
    said = b"".join(request("PUT", f"/streams/row/{number}", ADMIN, b"%05d" % number) for number in range(50))
    for at in range(0, len(said), 700):
        hear(line, said[at : at + 700])
        desk.clock.advance(0.0001)
    for _ in range(200):
        desk.pass_seconds(0.01)
    assert line.taken().count(b"HTTP/1.1 200") == 50
    assert [desk.all_of(f"row/{number}") for number in range(50)] == [b"%05d" % number for number in range(50)]
    assert line.transport.producerState == "producing"


def test_a_connection_that_is_gone_and_was_to_be_cut_is_counted_out(desk: Desk) -> None:
    line = desk.connect()
    hear(line, ONE * 10)
    line.transport.protocol.loseConnection()
    line.lose()
    desk.reactor.advance(desk.limits.close_seconds + 1)
    desk.clock.settle()
    assert desk.hub.admission.connections == 1, "the socket"
    assert desk.failures.take() == []


def test_a_first_line_that_never_ends_is_late_on_a_connection_that_asked_before(desk: Desk) -> None:
    line = desk.connect()
    hear(line, ONE)
    desk.clock.settle()
    assert line.taken().startswith(b"HTTP/1.1 200")
    hear(line, ONE[:5])
    desk.pass_seconds(desk.limits.first_frame_seconds + 1)
    assert line.transport.disconnecting


@pytest.mark.parametrize("size", [1, 40])
def test_a_request_is_not_late_because_it_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(desk.hub.turn.share, "wait", lambda work, again: waiting.append(work))
    line = desk.connect()
    hear(line, ONE[:size])
    desk.pass_seconds(desk.limits.first_frame_seconds + 1)
    assert not line.transport.disconnecting
    (go_on,) = waiting
    go_on()
    desk.pass_seconds(desk.limits.first_frame_seconds + 1)
    assert line.transport.disconnecting, "a head that never ends is late once it had its turn"


def test_what_was_said_before_a_connection_was_lost_is_kept(desk: Desk) -> None:
    lines = {name: desk.connect() for name in ("whole", "cut", "dismissed")}
    for name, line in lines.items():
        hear(line, request("PUT", f"/streams/{name}", ADMIN, b"text" * 5000)[: -1 if name == "cut" else None])
    lines["whole"].transport.disconnecting = True  # as where TLS brings a request and the end at once
    lines["cut"].lose()
    lines["dismissed"].transport.protocol.dismiss(None)
    assert desk.hub.admission.connections == 4, "they count as long as they cost"
    desk.clock.settle()
    lines["whole"].lose()
    assert desk.all_of("whole") == b"text" * 5000
    assert desk.all_of("cut") == (b"text" * 5000)[:-1]
    whole, cut = desk.hub.streams.get("whole"), desk.hub.streams.get("cut")
    assert whole is not None
    assert cut is not None
    assert (whole.run.cause, cut.run.cause) == ("eof", "reset")
    assert desk.hub.streams.get("dismissed") is None
    assert desk.failures.take() == []
    lines["dismissed"].lose()
    assert desk.hub.admission.connections == 1, "the socket"


def test_a_connection_that_is_gone_becomes_no_websocket(desk: Desk) -> None:
    line = desk.connect()
    hear(line, handshake())
    line.lose()
    desk.clock.settle()
    assert desk.hub.admission.connections == 1, "the socket of the others"
    desk.pass_seconds(60)
    assert desk.failures.take() == []


def test_a_fault_of_ours_in_a_later_turn_ends_the_connection(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    line = desk.connect()
    hear(line, ONE)
    monkeypatch.setattr(line.transport.protocol, "requestFactory", None)
    desk.clock.settle()
    assert line.transport.aborted
    assert [what for what, _ in desk.failures.take()] == ["on a web connection"]
    line.lose()
    assert desk.hub.admission.connections == 1, "the socket"


def test_a_body_in_chunks_of_a_byte_is_appended_by_what_was_read(desk: Desk) -> None:
    line = desk.connect()
    head = request("PUT", "/streams/new", {**ADMIN, "Content-Length": "0", "Transfer-Encoding": "chunked"})
    head = head.replace(b"Content-Length: 0\r\n", b"")
    hear(line, head + b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n")
    pieces: list[int] = []

    def turn() -> None:
        stream = desk.hub.streams.get("new")
        pieces.append(0 if stream is None else stream.end)
        if len(pieces) < 200:
            desk.clock.call_later(0, turn)

    turn()
    desk.clock.settle()
    grown = [after - before for before, after in pairwise(pieces) if after > before]
    assert sum(grown) == 10_000
    most = SMALL_PORTION // len("1__x__")
    assert max(grown) <= 2 * (most + 1)
    stream = desk.hub.streams.get("new")
    assert stream is not None
    assert len(list(stream.tail)) <= 10_000 // most + 2, "one append a portion"


def test_a_body_that_the_store_is_behind_of_is_not_read_on_because_some_of_it_waited(desk: Desk) -> None:
    line = desk.connect()
    hear(line, request("PUT", "/streams/new", ADMIN, b"x" * 100)[:-50])
    channel = line.transport.protocol
    channel.read_body(wanted=False)
    desk.clock.settle()
    assert line.transport.producerState == "paused"
    channel.read_body(wanted=True)
    assert line.transport.producerState == "producing"


def test_a_connection_whose_upload_was_held_when_it_ended_is_read_on(desk: Desk) -> None:
    line = desk.connect()
    said = request("PUT", "/streams/new", ADMIN, b"x" * 100)
    hear(line, said[:-50])
    desk.clock.settle()
    line.transport.protocol.read_body(wanted=False)
    hear(line, said[-50:])
    desk.pass_seconds(0.1)
    assert line.taken().startswith(b"HTTP/1.1 200")
    assert line.transport.producerState == "producing"


def test_a_websocket_that_is_closed_while_it_is_held_hears_the_answer_to_that(desk: Desk, socket: Socket) -> None:
    socket.line.transport.producer.pauseProducing()  # the transport holds enough
    hear(socket.line, binary("PING x"))
    assert socket.line.transport.producerState == "paused"
    socket.line.transport.protocol.dismiss(Problem("DRAIN", "the hub is shutting down"))
    assert socket.line.transport.producerState == "producing"


def test_what_is_kept_behind_an_answer_that_goes_on_is_bounded_though_it_waited(desk: Desk) -> None:
    live = desk.stream("live", TEXT)
    line = desk.connect()
    hear(line, request("GET", "/streams/live?follow=1", ADMIN) + ONE * 300)
    desk.clock.settle()
    assert line.transport.producerState == "paused"
    live.end("eof")
    desk.pass_seconds(0.1)
    assert line.taken().count(b"HTTP/1.1 200") == 301
    assert line.transport.producerState == "producing"
