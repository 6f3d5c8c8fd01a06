"""Reading the hub's data port: frames whose payloads begin and end anywhere in a line.

Nothing is put together again: a payload is compared as it comes, however large it is and wherever a read cuts it.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.latencies import Latencies
from bench.lines import LINE, Mismatch, Template, producer_of, sent_at
from bench.peers.peer import PeerError

_HEADER_LIMIT = 4096
_QUIET = frozenset({b"LIVE", b"PONG"})


class StreamCheck:
    """One stream's bytes as one reader gets them: where it is, and what must come next."""

    __slots__ = ("_at", "_expected", "_first_line", "_latencies", "block", "offset", "producer")

    def __init__(self, template: Template, latencies: Latencies) -> None:
        self.producer = template.producer
        self.block = 0
        self.offset = 0
        """Stream offset of the next byte."""
        self._expected = memoryview(template.framed)
        self._latencies = latencies
        self._at = 0
        self._first_line = b""

    def take(self, buffer: bytearray, pos: int, size: int) -> None:
        """Compare `size` bytes from `pos`; raise Mismatch at the first that differs."""
        self.offset += size
        while size:
            if self._at < LINE:
                part = min(size, LINE - self._at)
                self._take_first_line(bytes(buffer[pos : pos + part]))
            else:
                part = min(size, len(self._expected) - self._at)
                if not buffer.startswith(self._expected[self._at : self._at + part], pos):
                    raise self._mismatch(buffer, pos)
                self._at += part
            if self._at == len(self._expected):
                self._at = 0
                self.block += 1
            pos += part
            size -= part

    def _take_first_line(self, part: bytes) -> None:
        self._first_line += part
        self._at += len(part)
        if self._at == LINE:
            self._latencies.note(sent_at(self._first_line, self.producer, self.block))
            self._first_line = b""

    def _mismatch(self, buffer: bytearray, pos: int) -> Mismatch:
        expected, got = bytes(self._expected[self._at : self._at + 200]), bytes(buffer[pos : pos + 200])
        return Mismatch(
            f"producer {self.producer}, block {self.block}, byte {self._at}: {got!r} in place of {expected!r}"
        )


class FrameReader:
    """Checks one data connection (a `Reader`): frames, offsets without hole or overlap, and every byte."""

    def __init__(self, templates: Sequence[Template], latencies: Latencies) -> None:
        self.replies = bytearray()
        self.received = 0
        self._checks = [StreamCheck(each, latencies) for each in templates]
        self._streams: dict[bytes, StreamCheck] = {}
        self._payload: StreamCheck | None = None
        self._left = 0

    def blocks(self) -> list[int]:
        """Return how many whole blocks came from each producer."""
        return [each.block for each in self._checks]

    def feed(self, buffer: bytearray, end: int) -> int:
        """Take all but an unfinished header of `buffer[:end]`; return how many bytes were taken."""
        pos = 0
        while pos < end:
            if self._payload is not None:
                pos = self._take_payload(self._payload, buffer, pos, end)
                continue
            lf = buffer.find(b"\n", pos, end)
            if lf < 0:
                if end - pos > _HEADER_LIMIT:
                    raise PeerError(f"hub: a header without end: {bytes(buffer[pos : pos + 200])!r}")
                break
            self._take_header(bytes(buffer[pos:lf]))
            pos = lf + 1
        return pos

    def _take_payload(self, stream: StreamCheck, buffer: bytearray, pos: int, end: int) -> int:
        part = min(self._left, end - pos)
        if part:
            stream.take(buffer, pos, part)
            self.received += part
            self._left -= part
            pos += part
        if not self._left and pos < end:
            if buffer[pos] != 0x0A:
                raise Mismatch(f"hub: no LF after a payload: {bytes(buffer[pos : pos + 100])!r}")
            self._payload = None
            pos += 1
        return pos

    def _take_header(self, header: bytes) -> None:
        words = header.split(b" ")
        verb = words[0]
        if verb == b"DATA":
            stream = self._streams[words[1]]
            if int(words[2]) != stream.offset:
                raise Mismatch(f"hub: {header!r}, but the next byte of producer {stream.producer} is {stream.offset}")
            self._payload, self._left = stream, int(words[-1][1:-1])
        elif verb == b"STREAM":
            self._begin(words)
        elif verb == b"PING":
            self.replies += b"PONG %s\n" % words[1]
        elif verb not in _QUIET:
            raise PeerError(f"hub said {header[:300]!r}")

    def _begin(self, words: list[bytes]) -> None:
        check = self._checks[producer_of(words[2].removeprefix(b"bench/"))]
        if words[1] in self._streams or any(word.startswith((b"was=", b"truncate=")) for word in words):
            raise PeerError(f"hub began a stream twice: {b' '.join(words)!r}")
        if b"offset=%d" % check.offset not in words:
            raise Mismatch(f"hub: {b' '.join(words)!r}, but the next byte is {check.offset}")
        self._streams[words[1]] = check
