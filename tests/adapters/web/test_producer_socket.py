"""A framed producer over /ws (`hub.v1.producer`), in memory."""

from __future__ import annotations

import pytest

from adapters.web.desk import ORIGIN, Desk
from adapters.web.socket_client import BINARY, TEXT, frame, handshake
from adapters.web.test_websocket import Socket
from hub.model.principal import ANONYMOUS

HELLO = b"HELLO HUB/1 stream=a session=" + b"k" * 22 + b"\n"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def producer(desk: Desk, **headers: str) -> Socket:
    return Socket(desk, **{"Sec-WebSocket-Protocol": "hub.v1.producer", **headers})


def say(desk: Desk, socket: Socket, *messages: bytes) -> list[str]:
    """Send frames, a message each; return the verbs of what comes back."""
    for message in messages:
        socket.send(frame(BINARY, message))
        desk.clock.advance(0.01)
    return [message.frame().verb for message in socket.messages() if message.opcode == BINARY]


def test_frames_go_both_ways(desk: Desk) -> None:
    socket = producer(desk)
    assert "Sec-WebSocket-Protocol: hub.v1.producer" in socket.head
    assert say(desk, socket, HELLO, b"DATA 0 {4}\none\n\n") == ["OK", "ACK"]
    assert say(desk, socket, b"END 4 status=exit:0\n") == ["ACK", "BYE"]
    stream = desk.hub.streams.get("a")
    assert stream is not None
    assert (stream.run.status, stream.end, stream.owner) == ("exit:0", 4, ANONYMOUS.name)


def test_a_token_of_the_request_stands_for_that_of_hello(desk: Desk) -> None:
    socket = producer(desk, Authorization="Bearer maker-token")
    assert say(desk, socket, HELLO) == ["OK"]
    stream = desk.hub.streams.get("a")
    assert stream is not None
    assert stream.owner == "maker"


def test_a_lost_socket_leaves_the_session_detached(desk: Desk) -> None:
    socket = producer(desk)
    say(desk, socket, HELLO, b"DATA 0 {4}\none\n\n")
    socket.line.lose()
    stream = desk.hub.streams.get("a")
    assert stream is not None
    assert stream.state == "detached"
    assert say(desk, producer(desk), HELLO.replace(b"\n", b" resume=1\n")) == ["OK", "ACK"]


@pytest.mark.parametrize(
    "message", [frame(TEXT, HELLO), frame(BINARY, HELLO + HELLO), frame(BINARY, b"DATA 0 {4}\none\n\n")]
)
def test_what_is_not_one_frame_after_hello_is_refused(desk: Desk, message: bytes) -> None:
    socket = producer(desk)
    socket.send(message)
    code, text = socket.closed()
    assert code == 4507
    assert text.startswith("PROTO")
    assert len(desk.hub.streams) == 0


def test_a_page_cannot_stream_with_its_cookie(desk: Desk) -> None:
    cookie = desk.log_in()["Cookie"]
    line = desk.connect()
    line.send(handshake({"Sec-WebSocket-Protocol": "hub.v1.producer", "Origin": ORIGIN, "Cookie": cookie}))
    assert line.answer().code() == (403, "DENIED")
