"""The frames of the producer port as typed messages, both directions (PROTOCOL 4)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from hub.model.problem import Problem
from hub.model.session_key import is_key
from hub.model.stream_name import check_stream_name
from hub.wire.frame import NUMBERS_END, Frame, Pieces, encode, encode_keys, parse_number

MAX_COMMANDS = 32
_WORD = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CRC = re.compile(r"[0-9a-fA-F]{1,8}")
_CHANNEL = re.compile(r"[a-z0-9]{1,8}")


class Hello(NamedTuple):
    """`HELLO HUB/1 stream= session= [resume=1] [token=] [meta=] [commands=a,b] [slot=] [take=1]`."""

    stream: str
    session: str
    resume: bool
    token: str | None
    meta: str | None
    commands: tuple[str, ...]
    slot: str | None
    take: bool


class Data(NamedTuple):
    """`DATA <offset> [at=<ms>] [ch=err] [crc=<hex>] {n}`."""

    offset: int
    data: bytes
    at: int | None
    channel: str | None


class Skip(NamedTuple):
    """`SKIP <from> <to> reason=<word>`: bytes that the producer no longer has."""

    start: int
    end: int


class End(NamedTuple):
    """`END <offset> [status=<word>]`."""

    offset: int
    status: str | None


class Reply(NamedTuple):
    """`REPLY <id> {n}`: what a command did."""

    id: str
    payload: bytes


def parse_hello(frame: Frame) -> Hello:
    """Parse a producer's HELLO; raise Problem VERSION or PROTO."""
    if frame.verb != "HELLO":
        raise Problem("PROTO", "a framed connection begins with HELLO HUB/1")
    if frame.args[:1] != ("HUB/1",):
        raise Problem("VERSION", "this hub speaks HUB/1", supported=1)
    keys = frame.keys
    if "stream" not in keys or "session" not in keys:
        raise Problem("PROTO", "HELLO takes stream=<name> and session=<key>")
    if not is_key(keys["session"]):
        raise Problem("PROTO", "a session key is 22 to 64 characters of A-Z a-z 0-9 _ -")
    commands = tuple(word for word in keys.get("commands", "").split(",") if word)
    if len(commands) > MAX_COMMANDS or not all(_WORD.fullmatch(word) for word in commands):
        raise Problem("PROTO", f"commands is a list of at most {MAX_COMMANDS} words, separated by commas")
    return Hello(
        check_stream_name(keys["stream"]),
        keys["session"],
        _flag(keys, "resume"),
        keys.get("token"),
        keys.get("meta"),
        commands,
        keys.get("slot"),
        _flag(keys, "take"),
    )


def parse_data(frame: Frame) -> Data:
    """Parse DATA; raise Problem PROTO, also where the payload is not what `crc` says."""
    if frame.payload is None:
        raise Problem("PROTO", "DATA lacks its payload {n}")
    offset = frame.number(0, "offset")
    if offset + len(frame.payload) >= NUMBERS_END:
        raise Problem("PROTO", "these bytes would end at an offset that is not below 2^53")
    keys = frame.keys
    if not keys:
        return Data(offset, frame.payload, None, None)
    at = keys.get("at")
    channel = keys.get("ch")
    if channel is not None and not _CHANNEL.fullmatch(channel):
        raise Problem("PROTO", "ch is 1 to 8 characters of a-z 0-9, err for standard error")
    crc = keys.get("crc")
    if crc is not None and (not _CRC.fullmatch(crc) or int(crc, 16) != zlib.crc32(frame.payload)):
        raise Problem("PROTO", "the payload is not what its crc says; nothing of it was appended")
    return Data(offset, frame.payload, None if at is None else parse_number(at, "at"), channel)


def parse_skip(frame: Frame) -> Skip:
    """Parse SKIP; raise Problem PROTO."""
    skip = Skip(frame.number(0, "from"), frame.number(1, "to"))
    if skip.end < skip.start:
        raise Problem("PROTO", "SKIP ends before it begins")
    if not _WORD.fullmatch(frame.keys.get("reason", "")):
        raise Problem("PROTO", "SKIP takes reason=<word>")
    return skip


def parse_end(frame: Frame) -> End:
    """Parse END; raise Problem PROTO."""
    status = frame.keys.get("status")
    if status is not None and not _WORD.fullmatch(status):
        raise Problem("PROTO", "status is a word of at most 64 characters, such as exit:0")
    return End(frame.number(0, "offset"), status)


def parse_reply(frame: Frame) -> Reply:
    """Parse REPLY; raise Problem PROTO."""
    return Reply(frame.arg(0, "id"), frame.payload or b"")


def ok_frame(values: Mapping[str, object]) -> Pieces:
    """`OK stream= session= resumed= run= epoch= offset= fence= durability= window= max= heartbeat= [ended=1]`."""
    return encode_keys("OK", (), values)


def ack_frame(offset: int, window: int) -> Pieces:
    """`ACK <offset> window=<bytes>`: every byte below is held as the durability says."""
    return (b"ACK %d window=%d\n" % (offset, window),)


def bye_frame(offset: int) -> Pieces:
    """`BYE <offset>`: the run is over, all of it held."""
    return (b"BYE %d\n" % offset,)


def cmd_frame(command_id: str, name: str, arguments: bytes, idem: str | None = None) -> Pieces:
    """`CMD <id> <name> [idem=<word>] {n}`, the payload JSON; one with the same `idem` is the same command again."""
    return encode("CMD", command_id, name, idem=idem, payload=arguments)


def demand_frame(watchers: int) -> Pieces:
    """`DEMAND <watchers>`."""
    return encode("DEMAND", watchers)


def _flag(keys: Mapping[str, str], key: str) -> bool:
    value = keys.get(key, "0")
    if value not in ("0", "1"):
        raise Problem("PROTO", f"{key} is 0 or 1")
    return value == "1"
