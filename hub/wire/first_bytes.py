"""What a new connection speaks, told from its first bytes (PROTOCOL 2 and 4).

On the producer port bytes are held back only while they may still become something special: `HELLO HUB/…`,
`HUB/…`, a TLS hello, or a request line of HTTP. The last one is any line, so holding back is narrowed to what
looks like one so far: a word of letters, one space, a target without spaces, ` HTTP/`. A prompt (`login: `) or a
row of dots therefore shows at once; a lone word without a line end waits for the caller's deadline.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hub.model.problem import Problem
from hub.wire.frame import Frame, parse_header

_HTTP_LINE = re.compile(rb"[^\n]* HTTP/[0-9](?:\.[0-9])?\r?\n")
_HTTP_SO_FAR = re.compile(rb"[A-Za-z]{1,32}(?: [!-~]*(?: (?:H(?:T(?:T(?:P(?:/[0-9]?(?:\.[0-9]?)?\r?)?)?)?)?)?)?)?")
_TLS_HELLO = re.compile(rb"\x16\x03[\x00-\x04]")
_FRAMES = b"HELLO HUB/1 "
_FRAMES_ANY = b"HELLO HUB/"
_HEADER = b"HUB/1 RAW "
_HEADER_ANY = b"HUB/"


class Raw(NamedTuple):
    """All is stream, these bytes first. `header` is the frame made of a `HUB/1 RAW` line, where there was one."""

    data: bytes
    header: Frame | None = None


class Framed(NamedTuple):
    """Frames, from these bytes on."""

    data: bytes


class Mistake(NamedTuple):
    """Somebody who meant another port or another version; `problem` None is answered with silence."""

    kind: str
    """`http`, `tls`, `version` or `header`: what is counted."""
    problem: Problem | None


Speech = Raw | Framed | Mistake

_NOT_HTTP = Problem("PROTO", "this is not an HTTP port")
_VERSION = Problem("VERSION", "this hub speaks HUB/1: HELLO HUB/1 ..., or HUB/1 RAW stream=<name>", supported=1)


def mistaken(data: bytes) -> Mistake | None:
    """Return the mistake that is evident in a connection's first bytes on any plain port, if one is."""
    if _TLS_HELLO.match(data):
        return Mistake("tls", None)
    if _HTTP_LINE.match(data):
        return Mistake("http", _NOT_HTTP)
    return None


class ProducerFirstBytes:
    """Holds back a producer's first bytes until it is clear what they begin."""

    __slots__ = ("_header_bytes", "_held")

    def __init__(self, header_bytes: int) -> None:
        self._header_bytes = header_bytes
        self._held = b""

    @property
    def held(self) -> int:
        """Bytes held back."""
        return len(self._held)

    def feed(self, data: bytes) -> Speech | None:
        """Return what the connection speaks, with all bytes so far; None while it is still open."""
        self._held = held = self._held + data
        if (mistake := mistaken(held)) is not None:
            return mistake
        if held.startswith(_FRAMES):
            return Framed(held)
        if held.startswith(_HEADER):
            return self._header_line(held)
        if self._another_version(held):
            return Mistake("version", _VERSION)
        return None if self._may_become_special(held) else Raw(held)

    def expire(self) -> Speech | None:
        """Return what it is when nothing more came in time, or at the end of the input; None if nothing ever came."""
        held = self._held
        if not held:
            return None
        if held.startswith((_FRAMES_ANY, _HEADER_ANY)):
            return Mistake("header", Problem("PROTO", "the header line did not end in time"))
        return Raw(held)

    def _header_line(self, held: bytes) -> Speech | None:
        end = held.find(b"\n")
        if end >= self._header_bytes or (end < 0 and len(held) >= self._header_bytes):
            return Mistake("header", Problem("TOOBIG", "the header line is longer than limits.header_bytes"))
        if end < 0:
            return None
        try:
            header, length = parse_header(held[len("HUB/1 ") : end])
        except Problem as problem:
            return Mistake("header", problem)
        if length is not None or header.args:
            return Mistake("header", Problem("PROTO", "HUB/1 RAW takes stream=, token= and meta= only"))
        return Raw(held[end + 1 :], header)

    @staticmethod
    def _another_version(held: bytes) -> bool:
        return any(
            held.startswith(anything) and not ours.startswith(held)
            for anything, ours in ((_FRAMES_ANY, _FRAMES), (_HEADER_ANY, _HEADER))
        )

    def _may_become_special(self, held: bytes) -> bool:
        if len(held) < 3 and b"\x16\x03"[: len(held)] == held[:2]:
            return True
        if _FRAMES.startswith(held) or _HEADER.startswith(held):
            return True
        return b"\n" not in held and len(held) < self._header_bytes and _HTTP_SO_FAR.fullmatch(held) is not None


class PortFirstBytes:
    """Holds the first line of a connection to a port that speaks lines, to tell HTTP and TLS from our own."""

    __slots__ = ("_first_bytes", "_held")

    def __init__(self, first_bytes: int) -> None:
        self._first_bytes = first_bytes
        self._held = b""

    def feed(self, data: bytes) -> bytes | Mistake | None:
        """Return all bytes so far once the first line is whole and ours, or the mistake; None while it is open."""
        self._held += data
        if (mistake := mistaken(self._held)) is not None:
            return mistake
        if b"\n" in self._held:
            return self._held
        if len(self._held) >= self._first_bytes:
            return Mistake("header", Problem("TOOBIG", "the first line is longer than limits.first_frame_bytes"))
        return None
