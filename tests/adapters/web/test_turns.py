"""A peer that asks for much at once is answered over many turns, and is not read meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.web.desk import ADMIN, Desk, Line, request
from adapters.web.socket_client import PING, PONG, binary, frame
from adapters.web.test_websocket import Socket
from hub.core.turn_share import TurnShare

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


def test_a_websocket_that_is_lost_meanwhile_says_nothing_more(desk: Desk, socket: Socket) -> None:
    hear(socket.line, binary("PING x") * 100)
    socket.messages()
    socket.line.lose()
    desk.clock.settle()
    assert socket.messages() == []
    assert desk.failures.take() == []


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


def test_a_request_is_not_late_because_it_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(desk.hub.turn.share, "wait", lambda work, again: waiting.append(work))
    line = desk.connect()
    hear(line, ONE[:40])
    desk.pass_seconds(desk.limits.first_frame_seconds + 1)
    assert not line.transport.disconnecting
    (go_on,) = waiting
    go_on()
    desk.pass_seconds(desk.limits.first_frame_seconds + 1)
    assert line.transport.disconnecting, "a head that never ends is late once it had its turn"


def test_a_request_whose_peer_leaves_before_its_turn_is_nobodys(desk: Desk) -> None:
    lines = [desk.connect() for _ in range(2)]
    for line in lines:
        hear(line, request("PUT", "/streams/new", ADMIN, b"x"))
    lines[0].lose()
    lines[1].transport.protocol.dismiss(None)
    desk.clock.settle()
    assert desk.hub.streams.get("new") is None
    assert desk.failures.take() == []
