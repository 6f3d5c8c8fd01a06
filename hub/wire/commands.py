"""Parameters of each JSON-RPC method, typed: a wrong one is refused with its path (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from hub.model.problem import Problem

Natural = Annotated[int, Meta(ge=0, lt=1 << 53)]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Points = Annotated[int, Meta(ge=1, le=2000)]


class Params(Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of all parameters: named, and none beside the known ones."""


class Nothing(Params):
    """No parameters."""


class Hello(Params):
    """`hub.hello`; the credentials depend on the transport: a cookie may stand for the token."""

    protocol: str
    token: str | None = None
    user: str | None = None
    password: str | None = None
    session: str | None = None
    window: Natural | None = None
    slot: str | None = None


class Subscribe(Params):
    """`hub.subscribe`: topics such as `stats`, `streams`, `stream.*`; `pattern` bounds rows and stream events."""

    topics: Annotated[list[str], Meta(max_length=64)]
    pattern: str = "**"


class StreamList(Params):
    """`stream.list`; `meta` matches runs that have all the given values, `after` is a former answer's `next`."""

    pattern: str = "**"
    state: Literal["live", "detached", "ended"] | None = None
    meta: dict[str, Any] = {}
    sort: Literal["newest", "name", "lines", "bytes"] = "newest"
    limit: Count = 1000
    after: str | None = None


class OneStream(Params):
    """`stream.runs`."""

    stream: str


class StreamStats(Params):
    """`stream.stats`."""

    stream: str
    run: Natural | None = None


class StreamSeries(Params):
    """`stream.series`; `from` and `to` are times in ms: by default all that is kept, up to now or the stream's end."""

    stream: str
    field: Annotated[str, Meta(min_length=1, max_length=200)]
    from_: Natural | None = msgspec.field(default=None, name="from")
    to: Natural | None = None
    points: Points = 300


class Mutation(Params, kw_only=True):
    """Base of what changes something: repeated with the same `idem` it is done once, and answered alike."""

    idem: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class StreamDelete(Mutation, kw_only=True):
    """`stream.delete`; `force` where a writer holds it."""

    stream: str
    force: bool = False


class StreamRead(Params):
    """`stream.read`."""

    stream: str
    offset: Natural
    max: Natural
    epoch: Natural | None = None


class StreamSearch(Params):
    """`stream.search`; `from` and `to` are times in ms, `after` is a former answer's `next`."""

    query: str
    pattern: str = "**"
    regex: bool = True
    case: bool = True
    invert: bool = False
    newest: bool = False
    limit: Count = 1000
    from_: Natural | None = msgspec.field(default=None, name="from")
    to: Natural | None = None
    after: str | None = None


class ByLine(Struct, forbid_unknown_fields=True):
    """`{"line": n}`: line numbers count from 0, LFs before the line."""

    line: Natural


class ByTime(Struct, forbid_unknown_fields=True):
    """`{"at": ms}`."""

    at: Natural


class StreamLines(Params):
    """`stream.lines`; `from` is an offset, `{line}`, `{at}`, `"start"` or `"end"`; `before` counts backwards."""

    stream: str
    from_: object = msgspec.field(name="from")
    count: Count = 100
    before: bool = False
    epoch: Natural | None = None


class Cancel(Params):
    """`$/cancel`."""

    id: str | int | float


P = TypeVar("P", bound=Params)


def parse_params(kind: type[P], params: dict[str, Any]) -> P:
    """Return `params` as `kind`; raise msgspec.ValidationError with the path of what is wrong."""
    return msgspec.convert(params, kind)


def line_position(value: object) -> int | str | ByLine | ByTime:
    """Return `stream.lines`' `from`; raise Problem PROTO that lists what it may be."""
    if value in ("start", "end"):
        return str(value)
    try:
        if isinstance(value, dict):
            return msgspec.convert(value, ByLine) if "line" in value else msgspec.convert(value, ByTime)
        return msgspec.convert(value, type=Natural)
    except msgspec.ValidationError:
        raise Problem("PROTO", 'from is an offset, {"line": n}, {"at": ms}, "start" or "end"') from None


__all__ = [
    "ByLine",
    "ByTime",
    "Cancel",
    "Hello",
    "Mutation",
    "Nothing",
    "OneStream",
    "Params",
    "StreamDelete",
    "StreamLines",
    "StreamList",
    "StreamRead",
    "StreamSeries",
    "StreamStats",
    "Subscribe",
    "line_position",
    "parse_params",
]
