"""What a hub says on the data port, as values (PROTOCOL 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hub.model.cursor import Cursor
from hub.model.problem import Problem
from hub.wire.error_line import parse_error
from hub.wire.frame import Frame, parse_number


class StreamAt(NamedTuple):
    """`STREAM`: from here on `alias` stands for `name`, and `cursor` is where the reader goes on."""

    alias: int
    name: str
    cursor: Cursor
    run: int
    state: str
    """`live`, `detached` or `ended`."""
    truncate: int | None
    """Not None: the reader came with bytes up to here and drops all from the cursor on."""
    was: int | None


class Data(NamedTuple):
    """`DATA`: bytes as they were received; a chunk, not a line."""

    alias: int
    offset: int
    at: int
    """Time of receipt, Unix ms."""
    data: bytes
    sent_at: int | None
    channel: str | None


class Missing(NamedTuple):
    """`GAP`: bytes that this reader cannot have."""

    alias: int
    offset: int
    end: int
    reason: str


class Live(NamedTuple):
    """`LIVE`: caught up; what follows is live."""

    alias: int
    offset: int


class RunBegan(NamedTuple):
    """`RUN`: a new run on an ended stream."""

    alias: int
    number: int
    offset: int
    meta: dict[str, Any]


class RunEnded(NamedTuple):
    """`END`: a run is over and all its bytes were sent."""

    alias: int
    offset: int
    run: int
    status: str | None
    cause: str | None


class Unsubscribed(NamedTuple):
    """`UNSUB`: the subscription's last frame was sent."""

    id: str


class Refused(NamedTuple):
    """`ERR` with `id=` or `alias=`: the connection goes on, that subscription or alias does not."""

    problem: Problem
    id: str | None
    alias: int | None


class GoAway(NamedTuple):
    """`GOAWAY`: the hub is about to stop."""

    retry_after: int | None
    """ms."""


Event = StreamAt | Data | Missing | Live | RunBegan | RunEnded | Unsubscribed | Refused | GoAway


def parse_event(frame: Frame) -> Event | None:
    """Return the event that a frame tells; None for a verb that means nothing here. Raise Problem for a fatal ERR."""
    parse = _PARSERS.get(frame.verb)
    return None if parse is None else parse(frame)


def _optional(frame: Frame, key: str) -> int | None:
    text = frame.keys.get(key)
    return None if text is None else parse_number(text, key)


def _stream(frame: Frame) -> StreamAt:
    cursor = Cursor(_required(frame, "epoch"), _required(frame, "offset"))
    alias, name, run = frame.number(0, "alias"), frame.arg(1, "name"), _optional(frame, "run") or 0
    return StreamAt(
        alias, name, cursor, run, frame.keys.get("state", ""), _optional(frame, "truncate"), _optional(frame, "was")
    )


def _required(frame: Frame, key: str) -> int:
    value = _optional(frame, key)
    if value is None:
        raise Problem("PROTO", f"{frame.verb} lacks its {key}")
    return value


def _data(frame: Frame) -> Data:
    return Data(
        frame.number(0, "alias"),
        frame.number(1, "offset"),
        frame.number(2, "time of receipt"),
        frame.payload or b"",
        _optional(frame, "at"),
        frame.keys.get("ch"),
    )


def _gap(frame: Frame) -> Missing:
    return Missing(
        frame.number(0, "alias"), frame.number(1, "from"), frame.number(2, "to"), frame.keys.get("reason", "unknown")
    )


def _live(frame: Frame) -> Live:
    return Live(frame.number(0, "alias"), frame.number(1, "offset"))


def _run(frame: Frame) -> RunBegan:
    try:
        meta = json.loads(frame.payload or b"{}")
    except ValueError:
        raise Problem("PROTO", "RUN's payload is not JSON") from None
    return RunBegan(frame.number(0, "alias"), frame.number(1, "run"), frame.number(2, "offset"), meta)


def _end(frame: Frame) -> RunEnded:
    alias, offset = frame.number(0, "alias"), frame.number(1, "offset")
    return RunEnded(alias, offset, _optional(frame, "run") or 0, frame.keys.get("status"), frame.keys.get("cause"))


def _unsub(frame: Frame) -> Unsubscribed:
    return Unsubscribed(frame.arg(0, "id"))


def _goaway(frame: Frame) -> GoAway:
    return GoAway(_optional(frame, "retry_after"))


def _error(frame: Frame) -> Refused:
    problem = parse_error(frame)
    alias = _optional(frame, "alias")
    sub_id = frame.keys.get("id")
    if alias is None and sub_id is None:
        raise problem
    return Refused(problem, sub_id, alias)


_PARSERS: dict[str, Callable[[Frame], Event]] = {
    "STREAM": _stream,
    "DATA": _data,
    "GAP": _gap,
    "LIVE": _live,
    "RUN": _run,
    "END": _end,
    "UNSUB": _unsub,
    "ERR": _error,
    "GOAWAY": _goaway,
}
