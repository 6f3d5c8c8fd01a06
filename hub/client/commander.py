"""Asks a hub: JSON-RPC 2.0 over its command port, one call at a time, with notifications beside it."""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from hub.client.connection import CONNECT_SECONDS, Closable, Connection, HubLost
from hub.client.locator import Hub
from hub.model.problem import CODES, Problem
from hub.wire.line_reader import LineReader

ANSWER_SECONDS = 30.0
PROGRESS = "$/progress"
PONG = b'{"jsonrpc":"2.0","method":"hub.pong"}\n'
_MOST_LINE_BYTES = 8 << 20


class Notification(NamedTuple):
    """What the hub tells without being asked: `event`, `$/progress`, `hub.goaway`."""

    method: str
    params: dict[str, Any]


class NoAnswer(HubLost):
    """A call was not answered in time; the connection may be as good as ever."""


class Commander(Closable):
    """A command session. Not for several threads at once."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._lines = LineReader(_MOST_LINE_BYTES)
        self._messages: deque[dict[str, Any]] = deque()
        self._notifications: deque[Notification] = deque()
        self._last_id = 0
        self.session: dict[str, Any] = {}
        """hub.hello's answer: session, id, principal, role, resumed, limits."""

    @classmethod
    def connect(cls, hub: Hub, session: str | None = None, *, within: float | None = None) -> Self:
        """Connect and say hello, as a former session if its key is given; `within` so many seconds in all.

        Raise Unreachable, HubLost, or Problem (AUTH, BUSY, VERSION; EXPIRED for a session that is over).
        """
        return cls._connect(hub, within, token=hub.needed_token(), session=session)

    @classmethod
    def connect_as(cls, hub: Hub, user: str, password: str) -> Self:
        """Connect with a user's name and password; raise as `connect` does."""
        # A password is not sent where a token would not be.
        return cls._connect(hub._replace(token=password), None, user=user, password=password)

    @classmethod
    def _connect(cls, hub: Hub, within: float | None, **said: str | None) -> Self:
        slot: str | None = None
        end = math.inf if within is None else time.monotonic() + within
        while True:
            commander = cls(Connection.open(hub.address("commands"), _at_most(CONNECT_SECONDS, end)))
            try:
                patience = _at_most(ANSWER_SECONDS, end)
                commander.session = commander.call_within(patience, "hub.hello", protocol="HUB/1", slot=slot, **said)
            except Problem as busy:
                commander.close()
                given = busy.keys.get("slot")
                if slot is not None or given is None or busy.retry_after is None:
                    raise hub.explained(busy) from None
                if time.monotonic() + busy.retry_after / 1000 > end:
                    raise  # its place is too late
                slot = str(given)
                time.sleep(busy.retry_after / 1000)
            except BaseException:
                commander.close()
                raise
            else:
                return commander

    def call(self, method: str, **params: Any) -> Any:
        """Return the method's result; parameters that are None are left out. Raise Problem or HubLost."""
        return self._call(method, None, ANSWER_SECONDS, params)

    def call_within(self, seconds: float, method: str, **params: Any) -> Any:
        """Return the result of a method that may need so many seconds to be answered; raise NoAnswer past them."""
        return self._call(method, None, seconds, params)

    def call_long(self, method: str, progress: Callable[[dict[str, Any]], None], **params: Any) -> Any:
        """Return the result of a method that may take its time, as long as it tells `progress` of some."""
        return self._call(method, progress, ANSWER_SECONDS, params)

    def _call(
        self,
        method: str,
        progress: Callable[[dict[str, Any]], None] | None,
        patience: float,
        params: Mapping[str, Any],
    ) -> Any:
        self._last_id += 1
        given = {name.rstrip("_"): value for name, value in params.items() if value is not None}
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": given}
        self._connection.send(json.dumps(request, separators=(",", ":")).encode() + b"\n")
        deadline = self._clock() + patience
        while True:
            answer = self._next_answer(deadline, or_progress=progress is not None)
            if answer is None and progress is not None and (told := self._progress()) is not None:
                progress(told)
                deadline = self._clock() + patience
                continue
            if answer is None:
                raise NoAnswer(f"{self._connection.address} has not answered {method} for {patience:.0f} s")
            if answer.get("id") not in (self._last_id, None):
                continue  # the answer to a call that was given up
            if "error" in answer:
                raise _problem(answer["error"])
            return answer.get("result")

    def each_stream(self, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of stream.list; no more answers are asked for than are looked at."""
        after = None
        while True:
            answer = self.call("stream.list", after=after, **params)
            yield from answer["streams"]
            after = answer.get("next")
            if not after:
                return

    def next_notification(self, timeout: float | None = None) -> Notification | None:
        """Return the next notification, None when `timeout` seconds brought none; raise HubLost."""
        deadline = None if timeout is None else self._clock() + timeout
        while not self._notifications:
            left = None if deadline is None else deadline - self._clock()
            if left is not None and left <= 0:
                return None
            self._receive(left)
        return self._notifications.popleft()

    def close(self) -> None:
        """Close the socket."""
        self._connection.close()

    def _next_answer(self, deadline: float, *, or_progress: bool) -> dict[str, Any] | None:
        while not self._messages:
            left = deadline - self._clock()
            if left <= 0 or (or_progress and any(note.method == PROGRESS for note in self._notifications)):
                return None
            self._receive(left)
        return self._messages.popleft()

    def _progress(self) -> dict[str, Any] | None:
        """Take the latest progress of the call that is under way, and drop all before it."""
        notes = [note for note in self._notifications if note.method == PROGRESS]
        self._notifications = deque(note for note in self._notifications if note.method != PROGRESS)
        return notes[-1].params if notes and notes[-1].params.get("id") == self._last_id else None

    def _receive(self, timeout: float | None) -> None:
        received = self._connection.receive(timeout)
        if received is None:
            return
        if not received:
            raise HubLost(f"{self._connection.address} closed the connection")
        for line in self._lines.feed(received):
            self._take(line)

    def _take(self, line: bytes) -> None:
        if line.startswith(b"ERR "):
            from hub.wire.error_line import parse_error
            from hub.wire.frame import parse_header

            raise parse_error(parse_header(line)[0])
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise HubLost(f"{self._connection.address} does not speak JSON-RPC; is it a hub's command port?")
        if message.get("method") == "hub.ping":
            # Whoever waits for an answer says nothing else, and is taken for dead after a while.
            self._connection.send(PONG)
        elif "method" in message:
            self._notifications.append(Notification(message["method"], message.get("params") or {}))
        else:
            self._messages.append(message)


def _at_most(seconds: float, end: float) -> float:
    """Return `seconds`, or what is left until `end`; never 0, which would mean not to wait for the kernel even."""
    return max(min(seconds, end - time.monotonic()), 0.001)


def _problem(error: dict[str, Any]) -> Problem:
    data = error.get("data")
    details = dict(data) if isinstance(data, dict) else {}
    word = str(details.pop("code", ""))
    retry_after = details.pop("retry_after", None)
    text = str(error.get("message", ""))
    keys = {str(key): value for key, value in details.items() if key not in ("text", "code")}
    if word in CODES:
        return Problem(word, text, retry_after=retry_after, **keys)
    return Problem("PROTO" if error.get("code") in (-32600, -32601, -32602, -32700) else "INTERNAL", text)
