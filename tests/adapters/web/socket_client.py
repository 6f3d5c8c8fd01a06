"""The browser's side of a WebSocket as bytes: what it sends, and what it reads of what came."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.web.desk import request
from hub.wire.frame import Frame, decode

KEY = base64.b64encode(b"sixteen bytes !!").decode()
ACCEPT = base64.b64encode(hashlib.sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Protocol": "hub.v1",
}


class Message(NamedTuple):
    """One WebSocket frame from the hub, which never fragments."""

    opcode: int
    payload: bytes

    def json(self) -> Any:
        assert self.opcode == TEXT, self
        return json.loads(self.payload)

    def frame(self) -> Frame:
        assert self.opcode == BINARY, self
        return decode(self.payload, 4096, 1 << 20)

    def close(self) -> tuple[int, str]:
        """Return a close frame's code and reason."""
        assert self.opcode == CLOSE, self
        return struct.unpack("!H", self.payload[:2])[0], self.payload[2:].decode()


def handshake(headers: Mapping[str, str] | None = None, path: str = "/ws") -> bytes:
    return request("GET", path, {**UPGRADE, **(headers or {})})


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True) -> bytes:
    """Return one frame as a client sends it."""
    first = bytes([(0x80 if fin else 0) | opcode])
    mask = b"\x01\x02\x03\x04" if masked else b""
    bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        length = bytes([bit | size])
    elif size < 65536:
        length = bytes([bit | 126]) + struct.pack("!H", size)
    else:
        length = bytes([bit | 127]) + struct.pack("!Q", size)
    if masked:
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        payload = (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")
    return first + length + mask + payload


def call(call_id: int, method: str, **params: object) -> bytes:
    """Return a JSON-RPC call as a text message."""
    return frame(TEXT, json.dumps({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params}).encode())


def binary(text: str) -> bytes:
    """Return one data frame without a payload as a binary message."""
    return frame(BINARY, text.encode())


class MessageReader:
    """Takes bytes from the hub, gives whole messages."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> list[Message]:
        self._data += data
        found = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> Message | None:
        data = self._data
        if len(data) < 2:
            return None
        assert data[0] & 0x80, "the hub never fragments"
        assert not data[0] & 0x70, "the hub uses no extension"
        assert not data[1] & 0x80, "the hub never masks"
        size, at = data[1], 2
        if size == 126:
            size, at = struct.unpack("!H", data[2:4])[0] if len(data) >= 4 else 1 << 62, 4
        elif size == 127:
            size, at = struct.unpack("!Q", data[2:10])[0] if len(data) >= 10 else 1 << 62, 10
        if len(data) < at + size:
            return None
        self._data = data[at + size :]
        return Message(data[0] & 0x0F, data[at : at + size])
