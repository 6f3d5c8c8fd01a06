"""Streams bytes into a hub, raw: best effort by nature, as TCP alone is the carrier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

from hub.client.connection import Closable, Connection, HubLost
from hub.client.locator import Hub
from hub.model.problem import Problem
from hub.wire.error_line import parse_error
from hub.wire.frame import encode, parse_header

CLOSE_SECONDS = 60.0
_MOST_ERROR_BYTES = 4096


class RawProducer(Closable):
    """One run of one stream. The hub answers nothing, save one ERR line before a refusal."""

    def __init__(self, connection: Connection, name: str, *, token: str | None, meta: Mapping[str, object]) -> None:
        """Send the header line. A stream that somebody else is writing becomes `name~2` at the hub."""
        self.connection = connection
        self.bytes_sent = 0
        """Bytes handed to the network; how many of them arrived is known only after `finish`."""
        self._said = b""
        packed = json.dumps(dict(meta), separators=(",", ":")) if meta else None
        connection.send(b"HUB/1 ", *encode("RAW", stream=name, token=token, meta=packed))

    @classmethod
    def connect(cls, hub: Hub, name: str, meta: Mapping[str, object]) -> Self:
        """Connect and name the stream; raise Unreachable or HubLost."""
        return cls(Connection.open(hub.address("producers")), name, token=hub.token, meta=meta)

    def fileno(self) -> int:
        """For select: readable means that the hub refuses or is gone; call `listen`."""
        return self.connection.socket.fileno()

    def write(self, data: bytes) -> None:
        """Send bytes, waiting while the hub does not take them; raise Problem for its refusal, HubLost without one."""
        try:
            self.connection.send(data)
        except HubLost as lost:
            raise self._refusal() or lost from lost
        self.bytes_sent += len(data)

    def listen(self) -> None:
        """Read what the hub says, if it says anything; raise Problem or HubLost, since it speaks only to refuse."""
        received = self.connection.receive(0)
        if received is None:
            return
        self._said += received
        if not received or b"\n" in self._said:
            raise self._refusal() or HubLost(f"{self.connection.address} closed the connection")

    def finish(self, timeout: float = CLOSE_SECONDS) -> None:
        """End the run and wait until the hub has taken all; raise Problem or HubLost."""
        try:
            self.connection.finish()
            if (problem := self._refusal(timeout)) is not None:
                raise problem
        finally:
            self.close()

    def close(self) -> None:
        """Close the socket."""
        self.connection.close()

    def _refusal(self, timeout: float = 1.0) -> Problem | None:
        """Return the ERR line that the hub sent, if it sent one before it closed."""
        while len(self._said) < _MOST_ERROR_BYTES and b"\n" not in self._said:
            received = self.connection.receive(timeout)
            if received is None:
                raise HubLost(f"{self.connection.address} has not taken everything after {timeout:.0f} s")
            if not received:
                break
            self._said += received
        line, _, _ = self._said.partition(b"\n")
        return parse_error(parse_header(line)[0]) if line.startswith(b"ERR ") else None
