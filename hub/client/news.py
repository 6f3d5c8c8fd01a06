"""What a follower tells: events of streams by name, and of its own connection."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.cursor import Cursor
from hub.model.problem import Problem


class Bytes(NamedTuple):
    """Bytes of a stream, each exactly once and in order as far as the connection's life allows to know."""

    name: str
    offset: int
    at: int
    data: bytes
    channel: str | None


class Hole(NamedTuple):
    """Bytes that will not come: why is one word (PROTOCOL 5)."""

    name: str
    offset: int
    end: int
    reason: str


class Began(NamedTuple):
    """A stream was attached, for the first time or again."""

    name: str
    cursor: Cursor
    run: int
    state: str


class CutBack(NamedTuple):
    """Bytes from `offset` up to `held`, handed out before, are no part of the stream any more."""

    name: str
    offset: int
    held: int


class CaughtUp(NamedTuple):
    """What follows is live."""

    name: str


class Opened(NamedTuple):
    """A new run began on an ended stream."""

    name: str
    run: int


class Ended(NamedTuple):
    """A run is over."""

    name: str
    run: int
    status: str | None
    cause: str | None


class Away(NamedTuple):
    """The connection was lost; the next attempt comes in `retry_in` seconds."""

    reason: str
    retry_in: float


class Back(NamedTuple):
    """The connection is there again; holes, if any, are told as such."""

    seconds: float


class NotTaken(NamedTuple):
    """The hub refused one subscription or gave up one stream; the others go on."""

    subject: str
    problem: Problem


News = Bytes | Hole | Began | CutBack | CaughtUp | Opened | Ended | Away | Back | NotTaken
