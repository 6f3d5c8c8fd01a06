"""`stream.*`: what streams there are, and what is in them."""

from __future__ import annotations

import base64
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, cast

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core import report, rows
from hub.core.deletion import delete_stream
from hub.core.hub import Hub
from hub.core.lines import read_lines
from hub.core.listing import Wanted, list_streams
from hub.core.rows import GapRow, LineRow, LinesAnswer, RunsAnswer, StreamPage, StreamRow
from hub.core.stream import Stream
from hub.model.chunk import Chunk
from hub.model.cursor import Cursor, judge
from hub.model.pattern import Pattern
from hub.model.principal import Role
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.commands import (
    ByLine,
    ByTime,
    OneStream,
    StreamDelete,
    StreamLines,
    StreamList,
    StreamRead,
    StreamStats,
    line_position,
)

Result = dict[str, Any]
ENVELOPE_BYTES = 8 * 1024
"""What an answer is kept free for beside its rows."""
READ_PIECES = 1000
"""Chunks and gaps that one `stream.read` returns at most."""
ROW_BYTES = 80
"""What each of them is counted as, beside its data."""


def _weigh(row: StreamRow | LineRow | GapRow) -> int:
    return len(json_rpc.encode(row)) + 1


def _list(commander: Commander, params: StreamList) -> Coroutine[Any, Any, StreamPage]:
    hub = commander.hub
    wanted = Wanted(Pattern(params.pattern), params.state, params.meta, params.sort, params.after)
    room = hub.limits.answer_bytes - ENVELOPE_BYTES
    return list_streams(hub, commander.principal, wanted, limit=params.limit, weigh=_weigh, room=room)


def _runs(commander: Commander, params: OneStream) -> RunsAnswer:
    return report.list_runs(_find(commander, params.stream))


def _stats(commander: Commander, params: StreamStats) -> Coroutine[Any, Any, rows.StreamStats | rows.RunStats]:
    return _with_findings(commander.hub, _find(commander, params.stream), params.run)


async def _with_findings(hub: Hub, stream: Stream, run: int | None) -> rows.StreamStats | rows.RunStats:
    """Return the counts, and what was found inside lines where somebody looks and can answer."""
    if run is not None:
        return report.run_stats(stream, run)
    found: rows.Findings = {}
    with suppress(Problem):
        found = await _findings(hub, stream)
    return {**report.stream_stats(stream, hub.clock.monotonic(), hub.clock.now_ms()), **found}


async def _findings(hub: Hub, stream: Stream) -> rows.Findings:
    if hub.log.analyzer is None:
        return {}
    received = stream.received
    found: Result = await hub.log.analyzer.ask("stats", stream.life, {})
    seen = found.pop("seen")
    sampled = min(seen / received, 1.0) if received else 1.0
    return cast(rows.Findings, {"sampled": round(sampled, 4), **found})


def _read(commander: Commander, params: StreamRead) -> Coroutine[Any, Any, Result]:
    return _read_bytes(commander.hub, _find(commander, params.stream), params)


async def _read_bytes(hub: Hub, stream: Stream, params: StreamRead) -> Result:
    offset, truncate = _judge(stream, params.epoch, params.offset)
    # Base64 and its envelope have to fit the answer.
    room = min(params.max, (hub.limits.answer_bytes - 4096) * 3 // 5)
    chunks: list[Result] = []
    while room > 0 and offset < stream.end and len(chunks) < READ_PIECES:
        pieces = await hub.history.read(stream, offset, room)
        if not pieces:
            break
        for piece in pieces:
            if room <= 0 or len(chunks) >= READ_PIECES:
                break
            if isinstance(piece, Chunk):
                part = piece.cut(piece.offset, piece.offset + room)
                chunks.append(_chunk_row(part))
                room -= len(part.data) + ROW_BYTES
                offset = part.end
            else:
                chunks.append({"gap": [piece.offset, piece.end], "reason": piece.reason})
                room -= ROW_BYTES
                offset = piece.end
    answer: Result = {"chunks": chunks, "next": [stream.epoch, offset]}
    return answer if truncate is None else {**answer, "truncate": truncate}


def _chunk_row(chunk: Chunk) -> Result:
    row: Result = {"offset": chunk.offset, "at": chunk.at}
    if chunk.channel is not None:
        row["ch"] = chunk.channel
    row["data"] = base64.b64encode(chunk.data).decode("ascii")
    return row


def _lines(commander: Commander, params: StreamLines) -> Coroutine[Any, Any, LinesAnswer]:
    position = line_position(params.from_)
    return _read_lines(commander.hub, _find(commander, params.stream), params, position)


async def _read_lines(
    hub: Hub, stream: Stream, params: StreamLines, position: int | str | ByLine | ByTime
) -> LinesAnswer:
    truncate = None
    if position == "start":
        offset = stream.start
    elif position == "end":
        offset = stream.end
    elif isinstance(position, ByLine):
        offset = await hub.history.seek_line(stream, position.line)
    elif isinstance(position, ByTime):
        offset = await hub.history.seek_time(stream, position.at)
    else:
        offset, truncate = _judge(stream, params.epoch, int(position))
    count = params.count
    if params.before:
        line = await _line_number(hub, stream, offset)
        first = max(line - count, 0)
        offset = await hub.history.seek_line(stream, first)
        # What is kept may begin after the first one that was asked for.
        count = line - max(first, await _line_number(hub, stream, offset))
    limits = hub.limits
    # One line more than fits may come, and each of its bytes may be escaped to six.
    room = limits.answer_bytes - ENVELOPE_BYTES - 6 * limits.line_text_bytes
    answer = await read_lines(
        hub.history, stream, offset, count, text_bytes=limits.line_text_bytes, weigh=_weigh, room=room
    )
    if truncate is not None:
        answer["truncate"] = truncate
    return answer


async def _line_number(hub: Hub, stream: Stream, offset: int) -> int:
    """Return how many lines begin before `offset`."""
    if offset >= stream.end:
        return stream.line_count
    first = await hub.history.first_chunk(stream, offset)
    return stream.line_count if first is None else first.first_line


def _delete(commander: Commander, params: StreamDelete) -> Coroutine[Any, Any, Result]:
    return _delete_stream(commander.hub, _find(commander, params.stream), params)


async def _delete_stream(hub: Hub, stream: Stream, params: StreamDelete) -> Result:
    await delete_stream(hub, stream, force=params.force)
    return {"stream": stream.name, "deleted_bytes": stream.end - stream.start}


def _judge(stream: Stream, epoch: int | None, offset: int) -> tuple[int, int | None]:
    verdict = judge(Cursor(stream.epoch if epoch is None else epoch, offset), stream.epochs, stream.end)
    return verdict.offset, verdict.truncate


def _find(commander: Commander, name: str) -> Stream:
    return commander.hub.streams.find(name, commander.principal)


STREAM_METHODS = {
    "stream.list": Method(Role.VIEWER, StreamList, _list),
    "stream.runs": Method(Role.VIEWER, OneStream, _runs),
    "stream.stats": Method(Role.VIEWER, StreamStats, _stats),
    "stream.read": Method(Role.VIEWER, StreamRead, _read),
    "stream.lines": Method(Role.VIEWER, StreamLines, _lines),
    "stream.delete": Method(Role.ADMIN, StreamDelete, _delete),
}
