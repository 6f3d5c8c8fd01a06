"""A hundred thousand small things at once, on every way in: they cost whoever sends them, and nobody else."""

from __future__ import annotations

import json
import os

from abuse.attacker import Attacker
from abuse.cases import Case
from abuse.target import Target
from abuse.web_cases import bearer, request

AT_ONCE = 100_000
IN_TIME_SECONDS = 60.0
LAST = b"PING last\n"
TOLD_LAST = b"PONG last\n"


def _hello(target: Target, port: str) -> Attacker:
    line = target.attacker(port)
    if port == "data":
        line.send(f"HELLO HUB/1 token={target.token}\n".encode())
    else:
        line.send(f"HELLO HUB/1 stream=flood session={os.urandom(12).hex()} take=1\n".encode())
    assert line.lines(1)[0].startswith(b"OK ")
    return line


def pings_at_once(target: Target) -> None:
    """Each is answered, in order."""
    for port in ("data", "producers"):
        with _hello(target, port) as line:
            came = line.pour(b"PING x\n" * AT_ONCE, IN_TIME_SECONDS, lines=AT_ONCE)
            assert came.count(b"PONG x\n") >= AT_ONCE, f"{came.count(10)} were answered"


def words_that_mean_nothing_at_once(target: Target) -> None:
    """They are passed over, as a later version's would be, and counted."""
    before = target.stats()["unknown_verbs"]
    for port in ("data", "producers"):
        with _hello(target, port) as line:
            line.pour(b"LATER x\n" * AT_ONCE + LAST, IN_TIME_SECONDS, until=TOLD_LAST)
    assert target.stats()["unknown_verbs"] == before + 2 * AT_ONCE


def a_byte_a_frame_at_once(target: Target) -> None:
    """Every byte is kept and acknowledged, and each that comes again is passed over."""
    with _hello(target, "producers") as line:
        frames = b"".join(b"DATA %d {1}\nx\n" % offset for offset in range(AT_ONCE))
        line.pour(frames + LAST, IN_TIME_SECONDS, until=TOLD_LAST)
        line.pour(b"DATA 0 {1}\nx\n" * AT_ONCE + LAST, IN_TIME_SECONDS, until=TOLD_LAST)
        line.pour(b"END %d status=0\n" % AT_ONCE, IN_TIME_SECONDS, until=b"BYE %d\n" % AT_ONCE)


def subscriptions_at_once(target: Target) -> None:
    """What is followed and left fifty thousand times is answered as often, and leaves nothing."""
    with _hello(target, "data") as line:
        times = AT_ONCE // 2
        came = line.pour(b"SUB 1 none\nUNSUB 1\n" * times + LAST, IN_TIME_SECONDS, until=TOLD_LAST)
        assert came.count(b"UNSUB 1\n") >= times - 1, came[-200:]


def messages_at_once(target: Target) -> None:
    """A WebSocket's messages and its own pings are no other than a port's frames."""
    with target.attacker("web") as line:
        upgrade = {
            **bearer(target),
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Protocol": "hub.v1",
            "Content-Length": None,
        }
        line.send(request(target, "GET", "/ws", upgrade))
        assert line.lines(1)[0].startswith(b"HTTP/1.1 101 ")
        hello = {"protocol": "HUB/1", "token": target.token, "window": 1 << 20}
        call = {"jsonrpc": "2.0", "id": 1, "method": "hub.hello", "params": hello}
        line.send(_message(1, json.dumps(call).encode()))
        line.pour(b"", IN_TIME_SECONDS, until=b'"resumed"')
        for message in (_message(2, b"PING x"), _message(9, b"x")):
            # Pings of the WebSocket's own may be answered together; those of ours each.
            line.pour(message * AT_ONCE + _message(2, b"PING last"), IN_TIME_SECONDS, until=b"PONG last")


def requests_at_once(target: Target) -> None:
    """Requests of one connection are answered one after the other, each whole."""
    times = AT_ONCE // 10
    with target.attacker("web") as line:
        text = request(target, "GET", "/livez", {"Connection": None})
        last = request(target, "GET", "/nothing/of/the/kind")
        came = line.pour(text * times + last, IN_TIME_SECONDS, until=b"HTTP/1.1 404 ")
        assert came.count(b"HTTP/1.1 200 ") == times


def chunks_of_a_byte_at_once(target: Target) -> None:
    """A body in chunks of a byte is kept whole, and appended by what was read."""
    with target.attacker("web") as line:
        head: dict[str, str | None] = {**bearer(target), "Content-Length": None, "Transfer-Encoding": "chunked"}
        line.send(request(target, "PUT", "/streams/chunks", head))
        came = line.pour(b"1\r\nx\r\n" * AT_ONCE + b"0\r\n\r\n", IN_TIME_SECONDS, until=b'"durability"')
        told = json.loads(came.partition(b"\r\n\r\n")[2] + line.until_closed())
        assert told["to"] - told["from"] == AT_ONCE, told


def a_crowd_that_asks_at_once(target: Target) -> None:
    """Four hundred that ask at the same moment are answered each. Over TLS their handshakes would be the news."""
    crowd = [target.attacker("web") for _ in range(400)]
    for line in crowd:
        line.send(request(target, "GET", "/livez"))
    for line in crowd:
        assert line.until_closed().startswith(b"HTTP/1.1 200 ")
        line.close()


def _message(opcode: int, payload: bytes) -> bytes:
    """Return a message as a client sends it, masked with zeros; up to 64 KiB."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


FLOOD_CASES: tuple[Case, ...] = (
    pings_at_once,
    words_that_mean_nothing_at_once,
    a_byte_a_frame_at_once,
    subscriptions_at_once,
    messages_at_once,
    requests_at_once,
    chunks_of_a_byte_at_once,
)
PLAIN_CASES: tuple[Case, ...] = (a_crowd_that_asks_at_once,)
