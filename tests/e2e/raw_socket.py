"""A WebSocket client of a few lines on a plain socket, written from RFC 6455 alone: it can be as wrong as a test wants.

It shares no code with the hub and none with Autobahn.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PATIENCE_SECONDS = 15.0


class Frame(NamedTuple):
    """A frame as it came."""

    fin: bool
    rsv: int
    opcode: int
    payload: bytes

    @property
    def code(self) -> int | None:
        """The code of a close."""
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None


class Answer(NamedTuple):
    """The answer to the opening handshake."""

    status: int
    headers: dict[str, str]


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length: int | None = None,
    width: int | None = None,
) -> bytes:
    """Return a frame's bytes; `length` may lie, and `width` (7, 16, 64) be wider than it has to be."""
    size = len(payload) if length is None else length
    width = width or (7 if size < 126 else 16 if size < 1 << 16 else 64)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    flag = 0x80 if masked else 0
    if width == 7:
        head += bytes([flag | size])
    elif width == 16:
        head += bytes([flag | 126]) + struct.pack("!H", size)
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(each ^ mask[index % 4] for index, each in enumerate(payload))


def close_payload(code: int, reason: bytes = b"") -> bytes:
    """Return what a close frame carries."""
    return struct.pack("!H", code) + reason


class RawSocket:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self.key = base64.b64encode(os.urandom(16))

    def shake(
        self,
        headers: Mapping[str, str | None] | None = None,
        *,
        first: str = "GET /ws HTTP/1.1",
        more: str = "",
    ) -> Answer:
        """Ask for an upgrade; `headers` replace the right ones, None leaves one out. Return the answer."""
        asked: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key.decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "hub.v1",
            **(headers or {}),
        }
        lines = [first, *(f"{name}: {value}" for name, value in asked.items() if value is not None)]
        self.send("\r\n".join(lines).encode() + b"\r\n" + more.encode() + b"\r\n")
        while b"\r\n\r\n" not in self._data:
            self._receive()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        status, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in rest)
        return Answer(int(status.split(" ")[1]), {name.lower(): value for name, _, value in pairs})

    def accept_key(self) -> str:
        """Return the right Sec-WebSocket-Accept."""
        return base64.b64encode(hashlib.sha1(self.key + GUID).digest()).decode()

    def send(self, data: bytes) -> None:
        """Send bytes, unless the hub has closed already."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def frame(self) -> Frame | None:
        """Return the next frame; None where the connection has ended."""
        head = self._take(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server masks nothing"
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", self._must(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._must(8))[0]
        return Frame(bool(head[0] & 0x80), head[0] >> 4 & 7, head[0] & 15, self._must(size))

    def ended(self) -> Frame | None:
        """Return the close frame that comes, or None where the connection ends without; others are passed over."""
        while True:
            found = self.frame()
            if found is None or found.opcode == CLOSE:
                return found

    def is_over(self) -> bool:
        """Tell whether the connection ends, after what still comes."""
        while self.frame() is not None:
            pass
        return True

    def _must(self, size: int) -> bytes:
        data = self._take(size)
        assert data is not None, "the connection ended within a frame"
        return data

    def _take(self, size: int) -> bytes | None:
        while len(self._data) < size:
            if not self._receive():
                return None
        data, self._data = self._data[:size], self._data[size:]
        return data

    def _receive(self) -> bool:
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self._data += data
        return bool(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()
