"""The frames of the data port as values (PROTOCOL 5): what a reader says, and what the hub answers.

The reader's side is parsed to the small classes below. The hub's side is printed by the `*_frame` functions; DATA,
the one frame that costs per chunk, is printed with one formatting and without touching its payload.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.model.begin import Begin
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern
from hub.model.problem import Problem
from hub.model.session_key import is_key
from hub.model.stream_name import check_stream_name
from hub.wire.frame import Frame, Pieces, encode, parse_number

MAX_WINDOW = 1 << 40


class Hello(NamedTuple):
    """`HELLO HUB/1 token=<t> | session=<key> [window=<bytes>] [slot=<word>]`."""

    token: str | None
    session: str | None
    window: int
    slot: str | None = None


class Sub(NamedTuple):
    """`SUB <id> <pattern> [from=…] [on_lag=wait|skip] [match=<RE2>] [{n}]`.

    The payload lists cursors, a line each: `<stream> <epoch>:<offset>`.
    """

    id: str
    pattern: Pattern
    begin: Begin
    skip: bool
    match: str | None
    cursors: Mapping[str, Cursor]


class Unsub(NamedTuple):
    """`UNSUB <id>`."""

    id: str


class Ack(NamedTuple):
    """`ACK <alias> <offset>`."""

    alias: int
    offset: int


def parse_hello(frame: Frame) -> Hello:
    """Parse a reader's HELLO; raise Problem VERSION or PROTO."""
    if frame.verb != "HELLO":
        raise Problem("PROTO", "a connection begins with HELLO HUB/1")
    if frame.args[:1] != ("HUB/1",):
        raise Problem("VERSION", "this hub speaks HUB/1", supported=1)
    token, session = frame.keys.get("token"), frame.keys.get("session")
    if (token is None) == (session is None):
        raise Problem("PROTO", "HELLO takes either token= or session=")
    if session is not None and not is_key(session):
        raise Problem("PROTO", "a session key is 22 to 64 characters of A-Z a-z 0-9 _ -")
    return Hello(token, session, parse_window(frame.keys.get("window", "0")), frame.keys.get("slot"))


def parse_window(text: str) -> int:
    """Return a window in bytes, clamped to what can ever matter; raise Problem PROTO if it is no number."""
    return min(parse_number(text, "window"), MAX_WINDOW)


def parse_sub(frame: Frame) -> Sub:
    """Parse SUB; raise Problem PROTO that says what is wrong, with `id=` when the id is known."""
    sub_id = frame.arg(0, "id")
    try:
        return _parse_sub(sub_id, frame)
    except Problem as problem:
        raise problem.about(id=sub_id) from None


def _parse_sub(sub_id: str, frame: Frame) -> Sub:
    pattern = Pattern(frame.arg(1, "pattern"))
    begin = parse_from(frame.keys.get("from", "end"))
    if begin.kind == "cursor" and not pattern.is_literal:
        raise Problem("PROTO", "from=<epoch>:<offset> goes with a literal name; list cursors in the payload instead")
    on_lag = frame.keys.get("on_lag", "wait")
    if on_lag not in ("wait", "skip"):
        raise Problem("PROTO", "on_lag is wait or skip")
    cursors = dict(_parse_cursor_line(line) for line in (frame.payload or b"").splitlines() if line)
    return Sub(sub_id, pattern, begin, on_lag == "skip", frame.keys.get("match"), cursors)


def parse_from(text: str) -> Begin:
    """Parse the value of `from=`; raise Problem PROTO."""
    if text in ("end", "start"):
        return Begin(text)
    if text.startswith("@"):
        return Begin("at", parse_number(text[1:], "from=@<ms>"))
    if text.startswith("-"):
        return Begin("lines", parse_number(text[1:], "from=-<lines>"))
    if text.startswith("#"):
        return Begin("run", parse_number(text[1:], "from=#<run>"))
    if ":" in text:
        return Begin("cursor", cursor=parse_cursor(text))
    raise Problem("PROTO", "from is end, start, @<ms>, -<lines>, #<run> or <epoch>:<offset>")


def parse_cursor(text: str) -> Cursor:
    """Parse `<epoch>:<offset>`; raise Problem PROTO."""
    epoch, _, offset = text.partition(":")
    return Cursor(parse_number(epoch, "a cursor's epoch"), parse_number(offset, "a cursor's offset"))


def _parse_cursor_line(line: bytes) -> tuple[str, Cursor]:
    try:
        name, _, cursor = line.decode("ascii").partition(" ")
    except UnicodeDecodeError:
        raise Problem("PROTO", "a cursor line is <stream> <epoch>:<offset>") from None
    return check_stream_name(name), parse_cursor(cursor)


def parse_ack(frame: Frame) -> Ack:
    """Parse ACK; raise Problem PROTO."""
    return Ack(frame.number(0, "alias"), frame.number(1, "offset"))


def ok_frame(*, session: str, resumed: bool, heartbeat: int, payload_bytes: int) -> Pieces:
    """`OK session=<key or id> resumed=0|1 heartbeat=<s> max=<bytes>`."""
    return encode("OK", session=session, resumed=int(resumed), heartbeat=heartbeat, max=payload_bytes)


def stream_frame(
    alias: int, name: str, cursor: Cursor, run: int, state: str, truncate: int | None, was: int | None
) -> Pieces:
    """`STREAM <alias> <name> epoch= offset= run= state= [truncate=<x>] [was=<alias>]`: where the reader goes on."""
    return encode(
        "STREAM",
        alias,
        name,
        epoch=cursor.epoch,
        offset=cursor.offset,
        run=run,
        state=state,
        truncate=truncate,
        was=was,
    )


def data_frame(alias: int, offset: int, data: bytes, at: int, sent_at: int | None, channel: str | None) -> Pieces:
    """`DATA <alias> <offset> <ms> [at=<ms>] [ch=<channel>] {n}`."""
    if sent_at is None and channel is None:
        return (b"DATA %d %d %d {%d}\n" % (alias, offset, at, len(data)), data, b"\n")
    return encode("DATA", alias, offset, at, payload=data, at=sent_at, ch=channel)


def gap_frame(alias: int, start: int, end: int, reason: str) -> Pieces:
    """`GAP <alias> <from> <to> reason=<word>`."""
    return encode("GAP", alias, start, end, reason=reason)


def live_frame(alias: int, offset: int) -> Pieces:
    """`LIVE <alias> <offset>`: caught up; what follows is live."""
    return encode("LIVE", alias, offset)


def run_frame(alias: int, number: int, offset: int, meta: Mapping[str, Any]) -> Pieces:
    """`RUN <alias> <n> <offset> {meta}`, the payload a JSON object."""
    return encode("RUN", alias, number, offset, payload=json.dumps(dict(meta), separators=(",", ":")).encode())


def end_frame(alias: int, offset: int, run: int, status: str | None, cause: str | None) -> Pieces:
    """`END <alias> <offset> run=<n> [status=<word>] cause=<word>`: a run is over, all its bytes were sent."""
    return encode("END", alias, offset, run=run, status=status, cause=cause)


def ping_frame(nonce: str) -> Pieces:
    """`PING <nonce>`."""
    return encode("PING", nonce)


def pong_frame(nonce: str) -> Pieces:
    """`PONG <nonce>`."""
    return encode("PONG", nonce)


def unsub_frame(sub_id: str) -> Pieces:
    """`UNSUB <id>`: the last frame of that subscription was sent."""
    return encode("UNSUB", sub_id)


def goaway_frame(deadline: int, retry_after: int) -> Pieces:
    """`GOAWAY deadline=<s> retry_after=<ms>`: the hub is about to close."""
    return encode("GOAWAY", deadline=deadline, retry_after=retry_after)
