"""The hub's reader: frames cut anywhere, offsets without hole or overlap, and every byte of every stream."""

from __future__ import annotations

import random

import pytest

from bench.latencies import Latencies
from bench.lines import LINE, Mismatch, Template
from bench.peers.hub_frames import FrameReader
from bench.peers.peer import PeerError

PRODUCERS, LINES = 2, 3


def new_reader(latencies: Latencies | None = None) -> FrameReader:
    return FrameReader([Template(each, LINES, 1) for each in range(PRODUCERS)], latencies or Latencies())


def text(producer: int, blocks: int, sent: int = 1) -> bytes:
    template = Template(producer, LINES, 1)
    return b"".join(bytes(template.stamped(block, sent)) for block in range(blocks))


def stream(alias: int, producer: int, offset: int = 0) -> bytes:
    return b"STREAM %d bench/p%04d epoch=1793880000123 offset=%d run=1 state=live\n" % (alias, producer, offset)


def data(alias: int, offset: int, payload: bytes, extra: bytes = b"") -> bytes:
    return b"DATA %d %d 1793880000124%s {%d}\n%s\n" % (alias, offset, extra, len(payload), payload)


def conversation(cuts: random.Random) -> bytes:
    """Two streams in frames that end anywhere, with what else the hub says in between."""
    rest = {5: text(0, 3), 6: text(1, 3)}
    offsets = {5: 0, 6: 0}
    out = stream(5, 0) + b"LIVE 5 0\n" + stream(6, 1) + b"PONG ready\n"
    while any(rest.values()):
        alias = cuts.choice([each for each in rest if rest[each]])
        size = cuts.randint(1, 300)
        payload, rest[alias] = rest[alias][:size], rest[alias][size:]
        out += data(alias, offsets[alias], payload, cuts.choice([b"", b" at=1793880000000", b" ch=err"]))
        offsets[alias] += len(payload)
    return out + b"LIVE 5 %d\nPING n1\n" % offsets[5]


def feed(reader: FrameReader, sent: bytes, size: int = 10**6) -> bytes:
    """Feed in reads of `size` bytes, in a buffer with leftovers behind them; return what was not taken."""
    held = b""
    for at in range(0, len(sent), size):
        held += sent[at : at + size]
        taken = reader.feed(bytearray(held + b"\nDATA 5 0 1 {3}\nold\n"), len(held))
        held = held[taken:]
    return held


@pytest.mark.parametrize("size", [1, 13, 127, 4000, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_frames_are_taken_whatever_the_cuts(size: int, seed: int) -> None:
    reader = new_reader()
    assert feed(reader, conversation(random.Random(seed)), size) == b""
    assert reader.received == PRODUCERS * 3 * LINES * LINE
    assert reader.blocks() == [3, 3]
    assert bytes(reader.replies) == b"PONG n1\n"


def test_an_unfinished_header_is_left_for_the_next_read() -> None:
    assert feed(new_reader(), stream(5, 0) + b"DATA 5 0 17938") == b"DATA 5 0 17938"


def test_no_altered_byte_passes() -> None:
    head, payload = stream(5, 0), text(0, 2)
    for at in range(len(payload)):
        wrong = bytearray(payload)
        wrong[at] ^= 0x40
        with pytest.raises(Mismatch):
            feed(new_reader(), head + data(5, 0, bytes(wrong)))


@pytest.mark.parametrize("offset", [99, 101])
def test_a_hole_or_an_overlap_does_not_pass(offset: int) -> None:
    whole = text(0, 1)
    with pytest.raises(Mismatch, match="next byte of producer 0 is 100"):
        feed(new_reader(), stream(5, 0) + data(5, 0, whole[:100]) + data(5, offset, whole[offset:]))


def test_a_payload_of_another_length_than_told_does_not_pass() -> None:
    frame = data(5, 0, text(0, 1)).replace(b"{384}", b"{382}")
    with pytest.raises(Mismatch, match="no LF"):
        feed(new_reader(), stream(5, 0) + frame)


@pytest.mark.parametrize(
    "said",
    [
        b"GAP 5 0 128 reason=lag\n",
        b"ERR SLOW :took nothing\n",
        b"END 5 0 run=1 cause=reset\n",
        stream(5, 0),
        b"STREAM 7 bench/p0000 epoch=2 offset=0 run=1 state=live truncate=0 was=5\n",
    ],
)
def test_what_breaks_a_stream_is_told(said: bytes) -> None:
    with pytest.raises(PeerError, match=said.split()[0].decode() if said[:6] != b"STREAM" else "twice"):
        feed(new_reader(), stream(5, 0) + said)


def test_a_stream_that_does_not_begin_at_its_begin_does_not_pass() -> None:
    with pytest.raises(Mismatch, match="next byte is 0"):
        feed(new_reader(), stream(5, 0, offset=128))


def test_a_header_without_end_is_no_frame() -> None:
    with pytest.raises(PeerError, match="without end"):
        feed(new_reader(), b"D" * 5000)


def test_latencies_are_noted_also_where_a_line_is_cut() -> None:
    latencies = Latencies()
    latencies.on = True
    whole = text(0, 1)
    feed(new_reader(latencies), stream(5, 0) + data(5, 0, whole[:50]) + data(5, 50, whole[50:]))
    assert len(latencies.taken) == 1
