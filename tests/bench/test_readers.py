"""The peers' speakers: each is fed whole, byte by byte and with a tail, and none lets a wrong byte pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.latencies import Latencies
from bench.lines import LINE, Mismatch, Template
from bench.peers.jetstream import JetStream
from bench.peers.nats import Nats
from bench.peers.peer import Peer, PeerError, Reader
from bench.peers.redis import Redis
from bench.peers.relay import TwistedRelay

PRODUCERS, LINES = 3, 4
PEERS: dict[str, Callable[[], Peer]] = {
    "nats": Nats,
    "nats, batches": lambda: Nats(batch=2),
    "redis": Redis,
    "redis, batches": lambda: Redis(batch=2),
    "relay": TwistedRelay,
    "jetstream": JetStream,
    "jetstream, batches": lambda: JetStream(batch=2),
}


class Wire:
    """What a server would deliver of three producers, in records, and checkers for it."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.templates = [peer.template(each, LINES, delivered=True) for each in range(PRODUCERS)]
        self.latencies = Latencies()
        self.per_message = self.templates[0].record_text // LINE

    def reader(self) -> Reader:
        return self.peer.reader(self.templates, self.latencies)

    def records(self, producer: int, block: int, sent: int = 1) -> list[bytes]:
        framing = self.framing(producer, self.per_message * LINE)
        template = Template(producer, LINES, self.per_message, *framing)
        framed = bytes(template.stamped(block, sent))
        return [framed[at : at + template.record] for at in range(0, len(framed), template.record)]

    def framing(self, producer: int, size: int) -> tuple[bytes, bytes]:
        if isinstance(self.peer, JetStream):  # whose headers differ in length from message to message
            return b"MSG bench.p%04d 1 $JS.ACK.BENCH.c.1.%d %d\r\n" % (producer, 10**producer, size), b"\r\n"
        return self.peer.framing(producer, size, delivered=True)

    def interleaved(self) -> bytes:
        """Return two blocks of each producer, in turns of one record, then two, and so on."""
        waiting = [self.records(each, 0) + self.records(each, 1) for each in range(PRODUCERS)]
        out, run = b"", 1
        while any(waiting):
            for records in waiting:
                out += b"".join(records[:run])
                del records[:run]
            run += 1
        return out


@pytest.fixture(params=PEERS)
def wire(request: pytest.FixtureRequest) -> Wire:
    name: str = request.param
    return Wire(PEERS[name]())


def feed(reader: Reader, data: bytes, size: int = 10**6) -> bytes:
    """Feed in reads of `size` bytes, in a buffer with leftovers behind them; return what was not taken."""
    held = b""
    for at in range(0, len(data), size):
        held += data[at : at + size]
        taken = reader.feed(bytearray(held + b"\np0000 what an earlier read left in the buffer\r\n"), len(held))
        held = held[taken:]
    return held


@pytest.mark.parametrize("size", [1, 7, 131, 10**6])
def test_interleaved_runs_are_taken_whatever_the_reads(wire: Wire, size: int) -> None:
    reader = wire.reader()
    assert feed(reader, wire.interleaved(), size) == b""
    assert reader.received == PRODUCERS * 2 * LINES * LINE
    assert reader.blocks() == [2] * PRODUCERS


def test_a_tail_is_left_for_the_next_read(wire: Wire) -> None:
    reader = wire.reader()
    tail = wire.records(0, 2)[0][:-1]
    assert feed(reader, wire.interleaved() + tail) == tail
    assert reader.blocks() == [2] * PRODUCERS


def test_no_altered_byte_of_a_line_passes(wire: Wire) -> None:
    data = b"".join(wire.records(0, 0))
    begins = [data.index(b"p0000 b")] + [data.index(b"p0000 l%05d" % line) for line in range(1, LINES)]
    for at in (begin + byte for begin in begins for byte in range(0, LINE, 3)):
        altered = bytearray(data)
        altered[at] ^= 0x40
        with pytest.raises((Mismatch, PeerError)):
            feed(wire.reader(), bytes(altered))


@pytest.mark.parametrize("missing", range(LINES))
def test_a_missing_or_doubled_record_does_not_pass(wire: Wire, missing: int) -> None:
    records = wire.records(1, 0) + wire.records(1, 1)
    missing %= len(records) // 2
    for wrong in (records[:missing] + records[missing + 1 :], records[: missing + 1] + records[missing:]):
        with pytest.raises(Mismatch):
            feed(wire.reader(), b"".join(wrong))


def test_a_producer_that_does_not_exist_does_not_pass(wire: Wire) -> None:
    wire.templates.append(wire.peer.template(PRODUCERS, LINES, delivered=True))
    strange = b"".join(wire.records(PRODUCERS, 0))
    wire.templates.pop()
    with pytest.raises(Mismatch, match="does not exist"):
        feed(wire.reader(), strange)


def test_latencies_are_noted_only_while_they_count(wire: Wire) -> None:
    reader = wire.reader()
    feed(reader, b"".join(wire.records(0, 0)))
    assert not wire.latencies.taken
    wire.latencies.on = True
    feed(reader, b"".join(wire.records(0, 1)))
    assert len(wire.latencies.taken) == 1
    assert wire.latencies.taken[0] > 0


@pytest.mark.parametrize("name", ["nats", "nats, batches", "jetstream", "jetstream, batches"])
@pytest.mark.parametrize("size", [1, 5, 10**6])
def test_pings_between_messages_are_answered(name: str, size: int) -> None:
    wire = Wire(PEERS[name]())
    reader = wire.reader()
    records = wire.records(0, 0) + wire.records(0, 1)
    data = b'INFO {"xkey":"M"}\r\nPING\r\n' + b"PING\r\n".join(records) + b"PING\r\n"
    assert feed(reader, data, size) == b""
    assert reader.blocks() == [2, 0, 0]
    assert bytes(reader.replies) == b"PONG\r\n" * (len(records) + 1)


@pytest.mark.parametrize("name", ["nats", "jetstream"])
def test_an_error_of_nats_is_told(name: str) -> None:
    with pytest.raises(PeerError, match="Slow Consumer"):
        feed(Wire(PEERS[name]()).reader(), b"-ERR 'Slow Consumer'\r\n")
