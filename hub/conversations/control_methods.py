"""`stream.command`, `stream.mark`, `stream.marks`: what is said to a producer, and what is said of a stream."""

from __future__ import annotations

import hashlib

import msgspec

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.hub import Hub
from hub.core.ports import Promise
from hub.core.report import stream_row
from hub.core.rows import CommandAnswer, MarkRow, MarksAnswer
from hub.core.stream import Stream
from hub.core.writer import WriterHolder
from hub.model.mark import Mark
from hub.model.principal import Role
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.control_commands import StreamCommand, StreamMark, StreamMarks

ENVELOPE_BYTES = 4096
IDEM_DIGITS = 32
"""Hexadecimal: no two commands are taken for one."""


async def _command(commander: Commander, params: StreamCommand) -> CommandAnswer:
    hub = commander.hub
    stream = hub.streams.find(params.stream, commander.principal)
    _check_lease(commander, params)
    holder = _producer(stream)
    arguments = msgspec.json.encode(params.args)
    if len(arguments) > hub.limits.payload_bytes:
        raise Problem("TOOBIG", f"args are longer than limits.payload_bytes ({hub.limits.payload_bytes})")
    promise, command_id = _send(hub, holder, params, arguments, _idem(commander, params))
    try:
        value = _value(await _reply(hub, promise, command_id, params.timeout_s), hub.limits.answer_bytes)
    except Problem as problem:
        raise problem.about(sent=True) from None  # whoever repeats it with its `idem` is told the same
    who = {"command": params.command, "principal": commander.principal.name}
    hub.events.tell("stream.commanded", lambda: {**stream_row(stream, hub.clock.monotonic()), **who}, stream.name)
    return {"stream": stream.name, "command": params.command, "reply": value}


def _idem(commander: Commander, params: StreamCommand) -> str | None:
    """Return what the producer knows a repeated call by: the hub's own first answers end with the hub."""
    if params.idem is None or commander.session is None:
        return None
    call = commander.session.key_hash.encode() + msgspec.json.encode(params)
    return hashlib.sha256(call).hexdigest()[:IDEM_DIGITS]


def _send(
    hub: Hub, holder: WriterHolder, params: StreamCommand, arguments: bytes, idem: str | None
) -> tuple[Promise[bytes], str]:
    promise = hub.tasks.promise()

    def answered(answer: bytes | Problem) -> None:
        if isinstance(answer, Problem):
            promise.break_off(answer)
        else:
            promise.keep(answer)

    return promise, hub.replies.send(holder, params.command, arguments, answered, idem)


async def _reply(hub: Hub, promise: Promise[bytes], command_id: str, timeout_s: float) -> bytes:
    text = f"the producer did not reply within {timeout_s:g} s; it may have done it all the same"
    late = hub.clock.call_later(timeout_s, lambda: promise.break_off(Problem("CONFLICT", text)))
    try:
        return await promise
    finally:
        late.cancel()
        hub.replies.forget(command_id)


def _check_lease(commander: Commander, params: StreamCommand) -> None:
    """Raise Problem CONFLICT where another session controls the stream, FENCED for a fence that is not the lease's."""
    leases, session = commander.hub.leases, commander.session
    name = f"stream:{params.stream}"
    if params.fence is not None and session is not None:
        leases.owned(session, name, params.fence)
        return
    leases.advance()
    lease = leases.get(name)
    if lease is not None and lease.session is not session:
        who = f"{lease.session.principal.name} (session {lease.session.id})"
        raise Problem("CONFLICT", f"{who} controls this stream: lease {name}", session=lease.session.id)


def _producer(stream: Stream) -> WriterHolder:
    if stream.writer is None:
        raise Problem("CONFLICT", "nobody writes this stream now")
    if stream.writer.holder is None:
        raise Problem("CONFLICT", "the stream's producer is away", retry_after=1000)
    return stream.writer.holder


def _value(reply: bytes, room: int) -> object:
    if len(reply) > room - ENVELOPE_BYTES:
        raise Problem("TOOBIG", f"the reply is longer than limits.answer_bytes ({room}) has room for")
    try:
        return msgspec.json.decode(reply)
    except (msgspec.DecodeError, RecursionError):
        text = reply.decode("utf-8", "replace")
        if len(json_rpc.encode(text)) > room - ENVELOPE_BYTES:
            raise Problem("TOOBIG", f"the reply is longer than limits.answer_bytes ({room}) has room for") from None
        return text


async def _mark(commander: Commander, params: StreamMark) -> MarkRow:
    hub = commander.hub
    stream = hub.streams.find(params.stream, commander.principal)
    offset = stream.end if params.offset is None else params.offset
    if offset > stream.end:
        raise Problem("PROTO", f"offset is past the stream's end ({stream.end})")
    mark = Mark(stream.epoch, offset, hub.clock.now_ms(), commander.principal.name, params.text)
    await hub.marks.add(stream, mark)
    row = _row(mark)
    hub.events.tell("stream.marked", lambda: {"stream": stream.name, **row}, stream.name)
    return row


def _marks(commander: Commander, params: StreamMarks) -> MarksAnswer:
    stream = commander.hub.streams.find(params.stream, commander.principal)
    return {"stream": stream.name, "marks": [_row(mark) for mark in commander.hub.marks.of(stream.name)]}


def _row(mark: Mark) -> MarkRow:
    return {"epoch": mark.epoch, "offset": mark.offset, "at": mark.at, "by": mark.by, "text": mark.text}


CONTROL_METHODS = {
    "stream.command": Method(Role.OPERATOR, StreamCommand, _command, waits=True),
    "stream.mark": Method(Role.OPERATOR, StreamMark, _mark),
    "stream.marks": Method(Role.VIEWER, StreamMarks, _marks),
}
