"""One frame: a header line of words and keys, and perhaps a counted payload (PROTOCOL 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from hub.model.problem import Problem

Pieces = tuple[bytes, ...]
"""One encoded frame as the pieces to write one after the other, so that a payload is never copied."""

NUMBERS_END = 1 << 53
"""All integers are below this: some who read them have no others than floating ones."""

_VERB = re.compile(rb"[A-Z]{1,12}")
_PRINTABLE = re.compile(rb"[!-~]+(?: [!-~]+)*")
_LENGTH = re.compile(rb"\{(0|[1-9][0-9]{0,7})\}")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# All printable ASCII but "%" (the escape), SP (the separator), and braces and a leading ":" which end a header.
_SAFE = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in "%{}")


class Frame(NamedTuple):
    """`verb *( SP arg ) [ SP ":" text ] [ SP "{" length "}" ] LF [ payload LF ]`.

    An argument is a word or `key=value`; both are percent-decoded here. Text is what ERR says to people.
    """

    verb: str
    args: tuple[str, ...] = ()
    keys: Mapping[str, str] = MappingProxyType({})
    payload: bytes | None = None
    text: str = ""

    def arg(self, index: int, what: str) -> str:
        """Return a positional word; raise Problem PROTO that names `what` is missing."""
        if index < len(self.args):
            return self.args[index]
        raise Problem("PROTO", f"{self.verb} lacks its {what}")

    def number(self, index: int, what: str) -> int:
        """Return a positional word as an unsigned integer below 2^53."""
        return parse_number(self.arg(index, what), what)


def parse_number(text: str, what: str) -> int:
    """Return a decimal, unsigned integer below 2^53; raise Problem PROTO that names `what`."""
    if text.isascii() and text.isdigit() and len(text) <= 16:
        value = int(text)
        if value < NUMBERS_END:
            return value
    raise Problem("PROTO", f"{what} is not a decimal number below 2^53")


def parse_header(line: bytes) -> tuple[Frame, int | None]:
    """Parse a header line without its LF; return the frame without payload, and the payload's length if it has one."""
    if line.endswith(b"\r"):
        line = line[:-1]
    if not _PRINTABLE.fullmatch(line):
        raise Problem("PROTO", "a header is words of printable ASCII, each separated by one space")
    text = ""
    if (colon := line.find(b" :")) >= 0:
        line, text = line[:colon], line[colon + 2 :].decode("ascii")
    words = line.split(b" ")
    if not _VERB.fullmatch(words[0]):
        raise Problem("PROTO", "a frame begins with a verb of 1 to 12 capital letters")
    length = None
    if words[-1].startswith(b"{"):
        matched = _LENGTH.fullmatch(words.pop())
        if matched is None or not words:
            raise Problem("PROTO", "a payload's length is written {n}, 1 to 8 digits without sign or leading zero")
        length = int(matched[1])
    args: list[str] = []
    keys: dict[str, str] = {}
    for word in words[1:]:
        key, equals, value = word.decode("ascii").partition("=")
        if equals and _KEY.fullmatch(key):
            keys[key] = _unquote(value)
        else:
            args.append(_unquote(word.decode("ascii")))
    return Frame(words[0].decode("ascii"), tuple(args), keys, None, text), length


def encode(verb: str, *args: object, payload: bytes | None = None, **keys: object) -> Pieces:
    """Return a frame's pieces; keys whose value is None are left out."""
    return encode_keys(verb, args, keys, payload=payload)


def encode_keys(
    verb: str, args: Sequence[object], keys: Mapping[str, object], *, payload: bytes | None = None, text: str = ""
) -> Pieces:
    """Return a frame's pieces; `text` is for people and goes last, without being encoded."""
    words = [verb]
    # An argument that holds a "=" would be read back as a key.
    words.extend(quote_word(str(arg)).replace("=", "%3D") for arg in args)
    words.extend(f"{key}={quote_word(str(value))}" for key, value in keys.items() if value is not None)
    if text:
        words.append(":" + _spoken(text))
    if payload is None:
        return ((" ".join(words) + "\n").encode("ascii"),)
    words.append(f"{{{len(payload)}}}\n")
    return (" ".join(words).encode("ascii"), payload, b"\n")


def decode(data: bytes, header_bytes: int, max_payload: int) -> Frame:
    """Parse exactly one whole frame, as a WebSocket message carries it; raise Problem PROTO or TOOBIG."""
    end = data.find(b"\n")
    if (len(data) if end < 0 else end) >= header_bytes:
        raise Problem("TOOBIG", f"the header is longer than limits.header_bytes ({header_bytes})")
    frame, length = parse_header(data if end < 0 else data[:end])
    if length is None:
        if end not in (-1, len(data) - 1):
            raise Problem("PROTO", "a message is exactly one frame")
        return frame
    if length > max_payload:
        raise Problem("TOOBIG", f"the payload is longer than limits.payload_bytes ({max_payload})")
    if end < 0 or len(data) != end + 1 + length + 1 or data[-1:] != b"\n":
        raise Problem("PROTO", "the payload's length is not the one announced, or its LF is missing")
    return frame._replace(payload=data[end + 1 : -1])


def quote_word(text: str) -> str:
    """Percent-encode what may not stand in a word."""
    quoted = quote(text, safe=_SAFE)
    return "%3A" + quoted[1:] if quoted.startswith(":") else quoted


def _unquote(text: str) -> str:
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise Problem("PROTO", "a % is not followed by two hex digits")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise Problem("PROTO", "a percent-encoded word is not UTF-8") from None


def _spoken(text: str) -> str:
    plain = "".join(c if " " <= c <= "~" else "?" for c in text)
    return " ".join(plain.split())
