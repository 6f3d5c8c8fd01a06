"""One connection that does what it should not."""

from __future__ import annotations

import json
import select
import socket
import ssl
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

PATIENCE_SECONDS = 20.0


class Attacker:
    """A socket, plain or TLS; everything that waits has a deadline."""

    def __init__(self, port: int, *, tls: bool) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.came = b""

    def send(self, data: bytes) -> bool:
        """Send; return whether the hub was still there."""
        try:
            self.socket.sendall(data)
        except (OSError, ssl.SSLError):
            return False
        return True

    def take(self, seconds: float = PATIENCE_SECONDS) -> bytes | None:
        """Return what comes next, b"" at the end, None where nothing came in time."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(1 << 16)
        except (TimeoutError, ssl.SSLWantReadError):
            return None
        except (OSError, ssl.SSLError):
            return b""
        self.came += data
        return data

    def until_closed(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Return all that comes until the hub closes; fail where it does not in time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.take(left) == b"":
                return self.came
        raise AssertionError(f"the hub did not close within {seconds} s; it said {self.came[-300:]!r}")

    def lines(self, count: int, seconds: float = PATIENCE_SECONDS) -> list[bytes]:
        """Return so many lines; fail where they do not come in time."""
        deadline = time.monotonic() + seconds
        while self.came.count(b"\n") < count:
            left = deadline - time.monotonic()
            assert left > 0, f"{self.came.count(10)} of {count} lines came"
            assert self.take(left) != b"", f"the hub closed: {self.came[-300:]!r}"
        *found, self.came = self.came.split(b"\n", count)
        return found

    def pour(self, data: bytes, seconds: float, *, lines: int = 0, until: bytes = b"") -> bytes:
        """Send all of `data` while taking what comes, until so many lines or `until` came; return what came in time."""
        left, came = memoryview(data), bytearray()
        found, end = 0, False
        deadline = time.monotonic() + seconds
        self.socket.setblocking(False)
        while (found < lines or (until and not end)) and time.monotonic() < deadline:
            wants = [self.socket] if left else []
            select.select([self.socket], wants, [], 1.0)
            with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                if left:
                    left = left[self.socket.send(left[: 1 << 16]) :]
            with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                while not end:
                    more = self.socket.recv(1 << 16)
                    assert more, f"the hub closed after {bytes(came[-300:])!r}"
                    came += more
                    found += more.count(b"\n")
                    end = bool(until) and until in came[-len(more) - len(until) :]
        self.socket.setblocking(True)
        assert end or not until, f"{until!r} never came: {bytes(came[-300:])!r}"
        return bytes(came)

    def call(self, method: str, **params: Any) -> Any:
        """Call a method; return the answer to it, whole."""
        self.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines(1)[0])
            if answer.get("id") == 7:
                return answer

    def close(self) -> None:
        with suppress(OSError):
            self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
