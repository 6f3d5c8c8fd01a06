"""Reads streams on the data port: one connection, no memory of what was read; `follower` has that."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from hub.client.connection import Closable, Connection, HubLost
from hub.client.data_events import Event, parse_event
from hub.client.locator import Hub
from hub.model.cursor import Cursor
from hub.model.problem import Problem
from hub.wire.error_line import parse_error
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader

HELLO_SECONDS = 30.0
DEAD_SECONDS = 45.0
_MOST_HEADER_BYTES = 64 * 1024
_MOST_PAYLOAD_BYTES = 64 << 20


class Attached(NamedTuple):
    """The hub's OK to a reader's HELLO."""

    session: str
    """The session's key; it can attach the session again."""
    resumed: bool


class Reader(Closable):
    """A data connection. Whoever uses it calls `receive` often enough to answer the hub's PINGs (every 20 s)."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._frames = FrameReader(_MOST_HEADER_BYTES, _MOST_PAYLOAD_BYTES)
        self._ready: deque[Frame] = deque()
        self._heard_at = clock()

    @classmethod
    def connect(cls, hub: Hub, *, window: int = 0, slot: str | None = None) -> Self:
        """Connect and say hello with the hub's token; raise Unreachable, HubLost or Problem (AUTH, BUSY, VERSION).

        `slot` is the word of an earlier BUSY. `window` in bytes bounds what the hub sends ahead of `ack`; 0 leaves
        that to TCP.
        """
        token = hub.needed_token()
        reader = cls(Connection.open(hub.address("data")))
        try:
            reader.hello(token=token, window=window, slot=slot)
        except Problem as refusal:
            reader.close()
            raise hub.explained(refusal) from None
        except BaseException:
            reader.close()
            raise
        return reader

    def hello(
        self, *, token: str | None = None, session: str | None = None, window: int = 0, slot: str | None = None
    ) -> Attached:
        """Begin a session by `token`, or attach to one by its key; raise HubLost or Problem."""
        self._connection.send(*encode("HELLO", "HUB/1", token=token, session=session, window=window or None, slot=slot))
        deadline = self._clock() + HELLO_SECONDS
        while not self._ready:
            left = deadline - self._clock()
            if left <= 0:
                raise HubLost(f"{self._connection.address} has not answered HELLO for {HELLO_SECONDS:.0f} s")
            self._fill(left)
        frame = self._ready.popleft()
        if frame.verb == "ERR":
            raise parse_error(frame)
        if frame.verb != "OK":
            raise Problem("PROTO", f"{self._connection.address} answers HELLO with {frame.verb}; is it a data port?")
        return Attached(frame.keys.get("session", ""), frame.keys.get("resumed") == "1")

    def subscribe(
        self,
        sub_id: str,
        pattern: str,
        begin: str = "end",
        *,
        on_lag: str | None = None,
        match: str | None = None,
        cursors: Mapping[str, Cursor] | None = None,
    ) -> None:
        """Ask for all streams that match; `begin` is PROTOCOL 5's `from`, `cursors` are streams that go on there."""
        payload = None
        if cursors:
            payload = "".join(f"{name} {cursor}\n" for name, cursor in cursors.items()).encode()
        keys: dict[str, Any] = {"from": begin, "on_lag": on_lag, "match": match}
        self._connection.send(*encode("SUB", sub_id, pattern, payload=payload, **keys))

    def unsubscribe(self, sub_id: str) -> None:
        """End a subscription; Unsubscribed comes after its last event."""
        self._connection.send(*encode("UNSUB", sub_id))

    def ack(self, alias: int, offset: int) -> None:
        """Tell how far an alias was dealt with: it opens the window and moves the session's stored cursor."""
        self._connection.send(*encode("ACK", alias, offset))

    def receive(self, timeout: float) -> list[Event]:
        """Return what came within `timeout` seconds, at once when there is something.

        Raises Problem for an ERR that ends the connection, HubLost when it ended otherwise or is dead.
        """
        if not self._ready:
            self._fill(timeout)
        events: list[Event] = []
        while self._ready:
            frame = self._ready.popleft()
            if frame.verb == "PING":
                self._connection.send(*encode("PONG", *frame.args[:1]))
                continue
            try:
                event = parse_event(frame)
            except Problem:
                if events:  # hand out what came before it first
                    self._ready.appendleft(frame)
                    return events
                raise
            if event is not None:
                events.append(event)
        return events

    def bye(self) -> None:
        """End the session for good; without it the hub keeps subscriptions and cursors for who comes back."""
        self._connection.send(*encode("BYE"))

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def _fill(self, timeout: float) -> None:
        received = self._connection.receive(timeout)
        if received:
            self._heard_at = self._clock()
            self._ready.extend(self._frames.feed(received))
        elif received is not None:
            raise HubLost(f"{self._connection.address} closed the connection")
        elif self._clock() - self._heard_at > DEAD_SECONDS:
            raise HubLost(f"{self._connection.address} has said nothing for {DEAD_SECONDS:.0f} s")
