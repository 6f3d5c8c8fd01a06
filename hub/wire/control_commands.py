"""Parameters of what is said to a stream and its producer: `stream.command`, `stream.mark` (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hub.wire.commands import Mutation, Natural, Params


class StreamCommand(Mutation, kw_only=True):
    """`stream.command`; `args` are the producer's to understand, `fence` is that of the stream's lease."""

    stream: str
    command: Annotated[str, Meta(min_length=1, max_length=64)]
    args: dict[str, Any] = msgspec.field(default_factory=dict)
    fence: Natural | None = None
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 10


class StreamMark(Mutation, kw_only=True):
    """`stream.mark`; without `offset` at the stream's end."""

    stream: str
    text: Annotated[str, Meta(min_length=1, max_length=1000)]
    offset: Natural | None = None


class StreamMarks(Params):
    """`stream.marks`."""

    stream: str
