"""Frames, read and printed from the protocol's page alone: nothing of the hub is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

HEADER_BYTES = 4096
PAYLOAD_BYTES = 1 << 20

_HEADER = re.compile(r"([A-Z]{1,12})((?: [!-z|}~][!-~]*)*?)(?: :([ -~]*))?(?: \{(0|[1-9][0-9]{0,7})\})?")


class WireError(Exception):
    """What came is no frame."""


@dataclass(frozen=True)
class Frame:
    verb: str
    args: tuple[str, ...] = ()
    keys: dict[str, str] = field(default_factory=dict)
    payload: bytes | None = None
    text: str = ""

    def number(self, index: int) -> int:
        """Return an argument as a number; raise WireError where it is none."""
        if index < len(self.args) and self.args[index].isdigit():
            return int(self.args[index])
        raise WireError(f"{self.verb}: argument {index} of {self.args} is no number")

    def key(self, name: str) -> int:
        """Return a key's value as a number; raise WireError where it is none."""
        if self.keys.get(name, "").isdigit():
            return int(self.keys[name])
        raise WireError(f"{self.verb} has no number {name}= in {self.keys}")


def printed(verb: str, *args: object, payload: bytes | None = None, **keys: object) -> bytes:
    """Return a frame's bytes."""
    words = [verb, *(quote(str(arg), safe="/:*~@#") for arg in args)]
    words += [f"{key}={quote(str(value), safe='/:*~@#,')}" for key, value in keys.items()]
    if payload is None:
        return (" ".join(words) + "\n").encode()
    return (" ".join(words) + f" {{{len(payload)}}}\n").encode() + payload + b"\n"


def again(frame: Frame) -> bytes:
    """Return the bytes of a frame that was read."""
    return printed(frame.verb, *frame.args, payload=frame.payload, **frame.keys)


class FrameReader:
    """Bytes in, whole frames out; `rest` is what belongs to no whole frame yet."""

    def __init__(self) -> None:
        self.rest = bytearray()
        self._header: Frame | None = None
        self._length = self._header_bytes = 0
        self.taken = 0
        """Bytes of the whole frames so far."""

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are whole now; raise WireError at the first that is malformed."""
        self.rest += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if self._header is None:
            end = self.rest.find(b"\n")
            if (len(self.rest) if end < 0 else end + 1) > HEADER_BYTES:
                raise WireError(f"a header of more than {HEADER_BYTES} bytes: {bytes(self.rest[:60])!r}")
            if end < 0:
                return None
            frame, length = parsed(bytes(self.rest[:end]))
            del self.rest[: end + 1]
            if length is None:
                self.taken += end + 1
                return frame
            self._header, self._length, self._header_bytes = frame, length, end + 1
        if len(self.rest) <= self._length:
            return None
        if self.rest[self._length] != 0x0A:
            raise WireError(f"{self._header.verb}: no LF after {self._length} bytes of payload")
        header, self._header = self._header, None
        payload = bytes(self.rest[: self._length])
        self.taken += self._header_bytes + self._length + 1
        del self.rest[: self._length + 1]
        return Frame(header.verb, header.args, header.keys, payload, header.text)


def parsed(line: bytes) -> tuple[Frame, int | None]:
    """Return a header's frame and its payload's length."""
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError:
        raise WireError(f"a header that is not ASCII: {line[:60]!r}") from None
    matched = _HEADER.fullmatch(text)
    if matched is None:
        raise WireError(f"not a header: {line[:200]!r}")
    verb, words, said, length = matched.groups()
    args, keys = [], {}
    for word in words.split():
        name, equals, value = word.partition("=")
        if equals:
            keys[name] = unquote(value)
        else:
            args.append(unquote(word))
    if length is not None and int(length) > PAYLOAD_BYTES:
        raise WireError(f"a payload of {length} bytes")
    return Frame(verb, tuple(args), keys, None, said or ""), None if length is None else int(length)
