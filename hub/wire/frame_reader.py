"""Bytes to whole frames, however the network sliced them."""

from __future__ import annotations

from collections.abc import Iterator

from hub.model.problem import Problem
from hub.wire.frame import Frame, parse_header

_LONGER = "the LF after the payload is missing: its length is not the one announced, which does not count that LF"


class FrameReader:
    """Collects one frame at a time; each byte is looked at once, and at most one header or payload is held after it."""

    __slots__ = ("_after_payload", "_buffer", "_frame", "_header_bytes", "_need", "_payload_bytes", "_scanned")

    def __init__(self, header_bytes: int, payload_bytes: int) -> None:
        self._header_bytes = header_bytes
        self._payload_bytes = payload_bytes
        self._buffer = bytearray()
        self._scanned = 0
        self._frame: Frame | None = None
        self._need = 0
        self._after_payload = False

    @property
    def held(self) -> int:
        """Bytes of a half-received frame, and of those that were not asked for yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield each frame that is whole now; raise Problem PROTO or TOOBIG at the first malformed one.

        What an iterator that was left early did not yield comes first with the next `feed`. After a Problem the
        connection is over; nothing more is parsed.
        """
        self._buffer += data
        while True:
            frame = self._next()
            if frame is None:
                return
            yield frame

    def _next(self) -> Frame | None:
        if self._frame is None:
            header = self._header()
            if header is None:
                return None
            frame, length = parse_header(header)
            if length is None:
                return frame
            if length > self._payload_bytes:
                raise Problem("TOOBIG", f"the payload is longer than limits.payload_bytes ({self._payload_bytes})")
            self._frame, self._need = frame, length + 1
        if len(self._buffer) < self._need:
            return None
        if self._buffer[self._need - 1] != 0x0A:
            raise Problem("PROTO", _LONGER)
        if self._buffer.startswith(b"\n", self._need):
            # No header is empty: said before the frame is taken for what it is not.
            raise Problem("PROTO", _LONGER)
        frame, self._frame = self._frame, None
        payload = bytes(memoryview(self._buffer)[: self._need - 1])
        del self._buffer[: self._need]
        self._after_payload = True
        return frame._replace(payload=payload)

    def _header(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._scanned)
        if end >= self._header_bytes or (end < 0 and len(self._buffer) >= self._header_bytes):
            raise Problem("TOOBIG", f"the header is longer than limits.header_bytes ({self._header_bytes})")
        if end == 0 and self._after_payload:
            raise Problem("PROTO", _LONGER)
        if end < 0:
            self._scanned = len(self._buffer)
            return None
        header = bytes(memoryview(self._buffer)[:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        self._after_payload = False
        return header
