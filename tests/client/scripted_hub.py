"""A hub that says what its script says, on a real loopback socket: each connection is one dialogue."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from hub.client.connection import Address
from hub.client.locator import Hub

PATIENCE_SECONDS = 10.0


class Peer:
    """The client's far end, as a dialogue sees it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.settimeout(PATIENCE_SECONDS)
        self._file = sock.makefile("rb")

    def line(self) -> bytes:
        """Read one line without its LF; b"" at the end."""
        return self._file.readline().removesuffix(b"\n")

    def expect(self, line: bytes) -> None:
        """Read a line that has to be this one."""
        received = self.line()
        assert received == line, f"{received!r} instead of {line!r}"

    def bytes(self, count: int) -> bytes:
        return self._file.read(count)

    def rest(self) -> bytes:
        """Read to the end."""
        return self._file.read()

    def say(self, *parts: bytes) -> None:
        self._sock.sendall(b"".join(parts))

    def reset(self) -> None:
        """Break off as a dying machine does: the client gets a reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def request(self) -> dict[str, Any]:
        """Read one JSON-RPC call."""
        value = json.loads(self.line())
        assert isinstance(value, dict)
        return value

    def answer(self, request: dict[str, Any], result: object) -> None:
        self.say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode(), b"\n")

    def close(self) -> None:
        self._file.close()
        self._sock.close()


Dialogue = Callable[[Peer], None]


class ScriptedHub:
    """Listens on loopback; the first connection is the first dialogue's, and so on. Failures are raised at exit."""

    def __init__(self, *dialogues: Dialogue) -> None:
        self._dialogues = dialogues
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE_SECONDS)
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def address(self) -> Address:
        return Address("tcp", "127.0.0.1", self.port)

    @property
    def hub(self) -> Hub:
        """This port as every port of a hub."""
        text = str(self.address)
        return Hub({"producers": text, "commands": text, "data": text}, "t0ken", "the script")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(PATIENCE_SECONDS)
        self._socket.close()
        assert not self._thread.is_alive(), "the script has not come to its end"
        if self._failures and error is None:
            raise self._failures[0]

    def _run(self) -> None:
        try:
            for dialogue in self._dialogues:
                sock, _ = self._socket.accept()
                peer = Peer(sock)
                try:
                    dialogue(peer)
                finally:
                    peer.close()
        except (AssertionError, OSError, ValueError) as failure:
            self._failures.append(failure)
