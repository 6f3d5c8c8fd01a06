"""/ws: both languages on one socket, in memory."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock

from adapters.web.desk import ADMIN, ORIGIN, Desk, Line, request
from adapters.web.socket_client import (
    ACCEPT,
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Message,
    MessageReader,
    binary,
    call,
    frame,
    handshake,
)
from hub.adapters.web.websocket import HubSocketFactory
from hub.core.turn_share import TurnShare
from hub.model.limits import KIB, MIB, Limits


class Socket:
    """A WebSocket in memory."""

    def __init__(self, desk: Desk, **headers: str) -> None:
        self.line: Line = desk.connect()
        self._reader = MessageReader()
        self.line.send(handshake(headers))
        head, mark, rest = self.line.taken().partition(b"\r\n\r\n")
        assert mark
        self.head = head.decode()
        self._rest = rest

    def send(self, *messages: bytes) -> None:
        for message in messages:
            self.line.send(message)

    def messages(self) -> list[Message]:
        rest, self._rest = self._rest, b""
        return self._reader.feed(rest + self.line.taken())

    def one(self) -> Message:
        messages = self.messages()
        assert len(messages) == 1, messages
        return messages[0]

    def hello(self, token: str | None = "admin-token", **more: Any) -> dict[str, Any]:
        params = {"protocol": "HUB/1", "window": MIB, **({"token": token} if token else {}), **more}
        self.send(call(1, "hub.hello", **params))
        answer = self.one().json()
        assert "result" in answer, answer
        return answer["result"]

    def closed(self) -> tuple[int, str]:
        """Return the close frame that ended it, after whatever was said before."""
        return self.messages()[-1].close()


def test_the_handshake_agrees_on_the_subprotocol_and_on_no_extension() -> None:
    socket = Socket(Desk(), **{"Sec-WebSocket-Extensions": "permessage-deflate"})
    assert socket.head.startswith("HTTP/1.1 101")
    assert f"Sec-WebSocket-Accept: {ACCEPT}" in socket.head
    assert "Sec-WebSocket-Protocol: hub.v1" in socket.head
    assert "Extensions" not in socket.head


def test_commands_and_data_on_one_socket() -> None:
    desk = Desk()
    writer = desk.stream("ci/a", b"one\n")
    socket = Socket(desk)
    result = socket.hello()
    assert (result["principal"], result["role"], result["resumed"]) == ("admin", "admin", False)
    socket.send(call(2, "stream.list"), binary("SUB 1 ci/** from=start"))
    listed, place, data, live = socket.messages()
    assert listed.json()["result"]["streams"][0]["stream"] == "ci/a"
    assert place.frame().verb == "STREAM"
    assert (data.frame().verb, data.frame().payload) == ("DATA", b"one\n")
    assert live.frame().verb == "LIVE"
    desk.write(writer, b"two\n")
    assert socket.one().frame().payload == b"two\n"
    socket.send(binary("ACK 1 8"))
    writer.end("eof")
    desk.clock.advance(0.01)
    assert socket.one().frame().verb == "END"


def test_the_window_holds_data_back_until_it_is_acknowledged() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello(window=10)
    socket.send(binary("SUB 1 s"))
    writer = desk.stream("s", b"12345678")
    assert [message.frame().verb for message in socket.messages()] == ["STREAM", "DATA", "LIVE"]
    desk.write(writer, b"abcdefgh")
    assert socket.messages() == []
    socket.send(binary("ACK 1 8"))
    assert socket.one().frame().payload == b"abcdefgh"


def test_a_cookie_stands_for_the_token() -> None:
    desk = Desk()
    page = desk.log_in()
    socket = Socket(desk, Cookie=page["Cookie"], Origin=ORIGIN)
    assert socket.hello(token=None)["principal"] == "admin"
    assert Socket(desk, **ADMIN).hello(token=None)["principal"] == "admin"


def test_without_any_credentials_hello_is_refused() -> None:
    socket = Socket(Desk(), Origin=ORIGIN)
    socket.send(call(1, "hub.hello", protocol="HUB/1", window=1))
    error, close = socket.messages()
    assert error.json()["error"]["data"]["code"] == "AUTH"
    assert close.close() == (4502, "AUTH hub.hello needs a token, or user and password")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "http://evil.example"}, (403, "DENIED")),
        ({"Origin": "null"}, (403, "DENIED")),
        ({"Origin": "http://127.0.0.1:3000"}, (403, "DENIED")),
        ({"Host": "evil.example"}, (403, "DENIED")),
        ({"Sec-Fetch-Site": "cross-site"}, (403, "DENIED")),
        ({"Authorization": "Bearer wrong"}, (401, "AUTH")),
        ({"Authorization": "Bearer maker-token"}, (403, "DENIED")),
        ({"Cookie": "hub_session_7480=guessed", "Origin": ORIGIN}, (401, "AUTH")),
        ({"Upgrade": "h2c"}, (400, "PROTO")),
    ],
)
def test_refusals_come_before_the_upgrade(headers: dict[str, str], code: tuple[int, str]) -> None:
    desk = Desk()
    line = desk.connect()
    line.send(handshake(headers))
    assert line.answer().code() == code


def test_a_cookie_needs_an_origin() -> None:
    desk = Desk()
    line = desk.connect()
    line.send(handshake({"Cookie": desk.log_in()["Cookie"]}))
    assert line.answer().code() == (403, "DENIED")


def test_a_hub_that_stops_takes_no_socket() -> None:
    desk = Desk()
    desk.hub.draining = True
    line = desk.connect()
    line.send(handshake())
    answer = line.answer()
    assert (answer.code(), answer.headers["retry-after"]) == ((503, "DRAIN"), "1")


def test_another_subprotocol_is_refused() -> None:
    for protocols in ("chat", "hub.v2, chat"):
        desk = Desk()
        assert Socket(desk, **{"Sec-WebSocket-Protocol": protocols}).head.startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    ("sent", "close"),
    [
        (binary("SUB 1 **"), (4502, "AUTH hub.hello comes first")),
        (frame(TEXT, b"{"), (1000, "")),
        (call(1, "hub.info"), (4502, "AUTH the first call is hub.hello, alone")),
        (call(1, "hub.hello", protocol="HUB/9", token="x", window=1), (4508, "VERSION this hub speaks HUB/1")),
        (call(1, "hub.hello", protocol="HUB/1", token="wrong", window=1), (4502, "AUTH this token is not valid")),
        (
            call(1, "hub.hello", protocol="HUB/1", token="admin-token"),
            (4507, "PROTO a WebSocket needs a window of 1 to"),
        ),
        (frame(TEXT, b"x" * 9000), (4506, "TOOBIG this message is longer than limits.first_frame_bytes (8192)")),
        (frame(TEXT, b"x", masked=False), (1002, "unmasked client-to-server frame")),
        (frame(TEXT, b"\xff"), (1007, "encountered invalid UTF-8")),
    ],
)
def test_each_error_has_its_close_code(sent: bytes, close: tuple[int, str]) -> None:
    socket = Socket(Desk())
    socket.send(sent)
    code, reason = socket.closed()
    assert code == close[0]
    assert reason.startswith(close[1])


@pytest.mark.parametrize(
    ("sent", "close"),
    [
        (frame(BINARY, b"HELLO HUB/1 token=x\n"), (4507, "PROTO on a WebSocket hub.hello is the only hello")),
        (frame(BINARY, b"SUB 1 ** {5}\nabc\n"), (4507, "PROTO")),
        (frame(BINARY, b"nonsense"), (4507, "PROTO")),
        (
            frame(TEXT, b"x" * (256 * KIB + 1)),
            (4506, "TOOBIG this message is longer than limits.request_bytes (262144)"),
        ),
        (frame(BINARY, b"x" * (MIB + 5 * KIB)), (4506, "TOOBIG this message is longer than limits.payload_bytes")),
        (frame(TEXT, b"x" * 200_000, fin=False) + frame(0, b"x" * 100_000), (4506, "TOOBIG")),
        (binary("ACK 7 5") + binary("ACK 1 99"), (4507, "PROTO ACK 1 99 is past what was sent")),
    ],
)
def test_each_error_after_hello_has_its_close_code(sent: bytes, close: tuple[int, str]) -> None:
    desk = Desk()
    desk.stream("s", b"x")
    socket = Socket(desk)
    socket.hello()
    socket.send(binary("SUB 1 s"))
    socket.messages()
    socket.send(sent)
    code, reason = socket.closed()
    assert code == close[0]
    assert reason.startswith(close[1])
    assert desk.failures.take() == []


def test_bye_is_answered_and_ends_the_session() -> None:
    desk = Desk()
    desk.stream("s", b"x")
    socket = Socket(desk)
    socket.hello()
    socket.send(binary("SUB 1 s"))
    socket.messages()
    socket.send(call(2, "hub.bye"))
    answer, close = socket.messages()
    assert answer.json() == {"jsonrpc": "2.0", "id": 2, "result": {}}
    assert close.close() == (1000, "")
    assert len(desk.hub.sessions) == 0
    assert not desk.hub.readers


def test_a_socket_that_says_nothing_is_closed() -> None:
    desk = Desk(first_frame_seconds=5)
    socket = Socket(desk)
    desk.pass_seconds(5)
    assert socket.closed()[0] == 4004


def test_a_close_that_is_not_answered_is_cut() -> None:
    desk = Desk(close_seconds=5)
    socket = Socket(desk)
    socket.send(frame(TEXT, b"{"))
    assert socket.closed()[0] == 1000
    desk.reactor.advance(4.9)
    assert not socket.line.transport.aborted
    desk.reactor.advance(0.2)
    assert socket.line.transport.aborted


def test_a_close_by_the_peer_is_answered_and_a_peer_that_stays_is_cut() -> None:
    desk = Desk(close_seconds=5)
    socket = Socket(desk)
    socket.hello()
    socket.send(frame(CLOSE, b"\x03\xe9bye"))
    assert socket.one().close() == (1000, "")
    assert socket.line.transport.disconnecting
    assert not socket.line.transport.aborted
    desk.reactor.advance(5)
    assert socket.line.transport.aborted
    socket.line.lose()
    assert desk.reactor.getDelayedCalls() == []


def test_a_lost_socket_leaves_its_session_and_its_place() -> None:
    desk = Desk()
    writer = desk.stream("s", b"one\n")
    socket = Socket(desk)
    key = socket.hello()["session"]
    socket.send(binary("SUB 1 s from=start"))
    socket.messages()
    socket.send(binary("ACK 1 4"))
    assert desk.hub.admission.connections == 1
    socket.line.lose(ConnectionDone())
    assert (desk.hub.admission.connections, len(desk.listener.connections)) == (0, 0)
    assert writer.stream.watchers == 0
    desk.write(writer, b"two\n")
    again = Socket(desk)
    again.send(call(1, "hub.hello", protocol="HUB/1", token="admin-token", window=MIB, session=key))
    hello, place, data, live = again.messages()
    assert hello.json()["result"]["resumed"] is True
    assert place.frame().keys["offset"] == "4"
    assert data.frame().payload == b"two\n"
    assert live.frame().verb == "LIVE"


def test_the_older_socket_of_a_session_is_fenced() -> None:
    desk = Desk()
    first, second = Socket(desk), Socket(desk)
    key = first.hello()["session"]
    second.hello(session=key)
    assert first.closed()[0] == 4501


def test_a_ping_is_answered_and_pings_cannot_pile_up_answers() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello()
    socket.send(frame(PING, b"a"))
    assert socket.one() == Message(PONG, b"a")
    flow = socket.line.transport.producer
    flow.pauseProducing()  # the transport holds enough
    for number in range(1000):
        socket.send(frame(PING, b"%d" % number))
    assert socket.messages() == []
    flow.resumeProducing()
    assert socket.one() == Message(PONG, b"999")


def test_a_peer_that_asks_without_taking_answers_is_not_read() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello()
    socket.line.transport.producer.pauseProducing()
    socket.send(call(2, "hub.info"))
    assert socket.line.transport.producerState == "paused"
    socket.line.transport.producer.resumeProducing()
    assert socket.line.transport.producerState == "producing"


def test_a_browser_that_takes_nothing_for_too_long_is_cut_and_may_come_back() -> None:
    desk = Desk(stall_seconds=30)
    socket = Socket(desk)
    key = socket.hello()["session"]
    socket.send(binary("SUB 1 s"))
    socket.line.transport.producer.pauseProducing()  # the transport holds enough
    for _ in range(40):
        desk.pass_seconds(1)
        desk.hub.tick()
    assert socket.line.transport.aborted
    socket.line.lose()
    assert Socket(desk).hello(session=key)["resumed"] is True


def test_a_silent_browser_is_pinged_and_a_dead_one_closed() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello()
    for _ in range(25):
        desk.pass_seconds(1)
        desk.hub.tick()
    said = [
        message.json()["method"] if message.opcode == TEXT else message.frame().verb for message in socket.messages()
    ]
    assert sorted(said) == ["PING", "hub.ping"]
    for _ in range(25):
        desk.pass_seconds(1)
        desk.hub.tick()
    assert socket.closed()[0] == 4004


def test_a_fault_of_ours_closes_that_socket_with_1011() -> None:
    desk = Desk()
    socket, other = Socket(desk), Socket(desk)
    socket.hello()
    socket.line.transport.protocol.conversation = object()
    socket.send(call(2, "hub.info"))
    assert socket.closed() == (1011, "the hub made a mistake; its log has it")
    assert [what for what, _ in desk.failures.take()] == ["on a WebSocket"]
    other.hello()


def test_a_hub_that_stops_says_so_and_when_to_come_back() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello()
    done: list[None] = []
    desk.hub.tasks.spawn(desk.listener.stop()).addCallback(done.append)
    assert socket.closed() == (4002, "DRAIN retry_after=1000 the hub is shutting down")
    socket.send(frame(CLOSE, b"\x03\xe8"))
    assert socket.line.transport.disconnecting
    socket.line.lose()
    assert done == [None]
    assert desk.reactor.getDelayedCalls() == []


def test_fragments_for_ever_end_at_the_bound() -> None:
    desk = Desk()
    socket = Socket(desk)
    socket.hello()
    socket.send(frame(TEXT, b"x", fin=False))
    for _ in range(40):
        socket.send(frame(0, b"y" * 10_000, fin=False))
    assert socket.closed()[0] == 4506
    assert not socket.line.transport.protocol.frame_data


def test_the_effective_options_of_autobahn() -> None:
    limits = Limits()
    factory = HubSocketFactory(Clock(), limits, None, None, None, None, None)
    effective = {name: getattr(factory, name) for name in factory.protocol.CONFIG_ATTRS}
    compression = effective.pop("perMessageCompressionAccept")
    assert compression(["permessage-deflate"]) is None
    biggest = MIB + 4 * KIB + 1
    assert effective == {
        "logOctets": False,
        "logFrames": False,
        "trackTimings": False,
        "utf8validateIncoming": True,
        "applyMask": True,
        "maxFramePayloadSize": biggest,
        "maxMessagePayloadSize": biggest,
        "autoFragmentSize": 0,
        "failByDrop": False,
        "echoCloseCodeReason": False,
        "openHandshakeTimeout": 0,
        "closeHandshakeTimeout": limits.close_seconds,
        "tcpNoDelay": True,
        "autoPingInterval": 0,
        "autoPingTimeout": 0,
        "autoPingSize": 12,
        "autoPingRestartOnAnyTraffic": True,
        "versions": [13],
        "webStatus": False,
        "requireMaskedClientFrames": True,
        "maskServerFrames": False,
        "serveFlashSocketPolicy": False,
        "flashSocketPolicy": factory.flashSocketPolicy,
        "allowedOrigins": ["*"],
        "allowedOriginsPatterns": factory.allowedOriginsPatterns,
        "allowNullOrigin": False,
        "maxConnections": 0,
        "trustXForwardedFor": 0,
    }


def test_logging_out_ends_what_came_by_that_login_and_nothing_else() -> None:
    desk = Desk()
    desk.stream("a", b"one\n")
    page, elsewhere = desk.log_in(), desk.log_in()
    tab, other_tab = (Socket(desk, Cookie=page["Cookie"], Origin=ORIGIN) for _ in range(2))
    early = Socket(desk, Cookie=page["Cookie"], Origin=ORIGIN)
    another, by_token = Socket(desk, Cookie=elsewhere["Cookie"], Origin=ORIGIN), Socket(desk)
    for socket in (tab, other_tab, another):
        socket.hello(token=None)
    by_token.hello()
    follower = desk.connect()
    follower.send(request("GET", "/streams/a?follow=1", {"Cookie": page["Cookie"], "Origin": ORIGIN}))
    other_tab.send(binary("SUB 1 a from=start\n"))
    other_tab.line.lose()
    detached = [session for session in desk.hub.sessions if session.detached_at is not None]
    assert len(detached) == 1
    assert desk.ask("POST", "/logout", page).status == 200
    desk.clock.advance(0.01)
    code, reason = tab.closed()
    assert (code, "EXPIRED" in reason) == (4504, True)
    assert early.closed()[0] == 4502, "who has not said hello yet is not let in either"
    assert follower.transport.disconnecting
    assert detached[0].over, "nobody goes on with it by its key"
    for socket in (another, by_token):
        socket.send(call(7, "hub.info"))
        assert "result" in socket.one().json()


def test_a_session_that_another_login_goes_on_with_ends_with_that_one() -> None:
    desk = Desk()
    first, second = desk.log_in(), desk.log_in()
    begun = Socket(desk, Cookie=first["Cookie"], Origin=ORIGIN)
    key = begun.hello(token=None)["session"]
    taken = Socket(desk, Cookie=second["Cookie"], Origin=ORIGIN)
    taken.hello(token=None, session=key)
    assert desk.ask("POST", "/logout", first).status == 200
    taken.send(call(7, "hub.info"))
    assert "result" in taken.one().json()
    assert desk.ask("POST", "/logout", second).status == 200
    assert taken.closed()[0] == 4504


def test_calls_that_wait_keep_a_socket_from_being_read_whatever_its_data_does(monkeypatch: pytest.MonkeyPatch) -> None:
    socket = Socket(Desk())
    socket.hello()
    transport = socket.line.transport
    monkeypatch.setattr(TurnShare, "used_up", True)  # by calls of others
    transport.protocol.dataReceived(call(2, "hub.info"))
    assert transport.producerState == "paused"
    transport.producer.pauseProducing()  # the transport holds enough
    transport.producer.resumeProducing()  # and takes more again
    assert transport.producerState == "paused"
    monkeypatch.undo()
    socket.line.desk.clock.advance(0.01)
    assert socket.one().json()["id"] == 2
    assert transport.producerState == "producing"
