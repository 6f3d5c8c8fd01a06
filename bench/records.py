"""Reading what peers deliver in records of one size: NATS, Redis, and the relays (whose records are bare lines).

Peers hand on what one producer wrote in runs of many records, so a whole run is compared at once; a run that turns out
shorter is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.latencies import Latencies
from bench.lines import Mismatch, Template, producer_of, sent_at

Control = Callable[[bytearray, int, int, bytearray], int]
"""`(buffer, at, end, replies)` → bytes of a message that is no record; 0: a record begins here; -1: more are needed."""


class RecordReader:
    """Checks what one reader gets, a producer and a block after the other (a `Reader`, see `peers`)."""

    def __init__(self, templates: Sequence[Template], latencies: Latencies, control: Control | None = None) -> None:
        self.replies = bytearray()
        self.received = 0
        self._templates = templates
        self._expected = [memoryview(each.framed) for each in templates]
        self._latencies = latencies
        self._control = control
        self._at = [0] * len(templates)
        self._block = [0] * len(templates)

    def feed(self, buffer: bytearray, end: int) -> int:
        """Take whole records from `buffer[:end]`; return how many bytes were taken."""
        pos, record, line_at = 0, self._templates[0].record, self._templates[0].stamp.start
        while pos < end:
            if self._control is not None and (skip := self._control(buffer, pos, end, self.replies)):
                if skip < 0:
                    break
                pos += skip
            elif end - pos < record:
                break
            else:
                producer = producer_of(buffer, pos + line_at)
                if producer >= len(self._templates):
                    raise Mismatch(f"a line of producer {producer}, which does not exist")
                pos += (
                    self._take_run(producer, buffer, pos, end)
                    if self._at[producer]
                    else self._take_first(producer, buffer, pos)
                )
        return pos

    def blocks(self) -> list[int]:
        """Return how many whole blocks came from each producer."""
        return list(self._block)

    def _take_first(self, producer: int, buffer: bytearray, pos: int) -> int:
        template, expected, block = self._templates[producer], self._expected[producer], self._block[producer]
        stamp, record = template.stamp, template.record
        self._latencies.note(sent_at(bytes(buffer[pos + stamp.start : pos + stamp.stop]), producer, block))
        head, rest = expected[: stamp.start], expected[stamp.stop : record]
        if not buffer.startswith(head, pos) or not buffer.startswith(rest, pos + stamp.stop):
            raise self._mismatch(producer, 0, buffer, pos)
        self._advance(producer, 1)
        return record

    def _take_run(self, producer: int, buffer: bytearray, pos: int, end: int) -> int:
        expected, at, record = self._expected[producer], self._at[producer], self._templates[producer].record
        count = min((end - pos) // record, (len(expected) - at) // record)
        while not buffer.startswith(expected[at : at + count * record], pos):
            count //= 2
            if not count:
                raise self._mismatch(producer, at, buffer, pos)
        self._advance(producer, count)
        return count * record

    def _advance(self, producer: int, records: int) -> None:
        template = self._templates[producer]
        self.received += records * template.record_text
        self._at[producer] += records * template.record
        if self._at[producer] == len(template.framed):
            self._at[producer] = 0
            self._block[producer] += 1

    def _mismatch(self, producer: int, at: int, buffer: bytearray, pos: int) -> Mismatch:
        expected = bytes(self._expected[producer][at : at + 200])
        got = bytes(buffer[pos : pos + 200])
        return Mismatch(
            f"producer {producer}, block {self._block[producer]}, byte {at}: {got!r} in place of {expected!r}"
        )
