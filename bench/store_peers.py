"""JetStream on file beside the hub's store: published with acknowledgements, and replayed."""

from __future__ import annotations

import select
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.peers.jetstream import JetStream
from bench.peers.nats import subscribe
from bench.peers.peer import PeerError

MB = 1_000_000
BATCH_BYTES = 32 * 1024
UNDER_WAY = 4000
"""Messages without an acknowledgement, at most: what its own asynchronous clients take by default."""
PUBLISH_SECONDS = 10.0
"""No publishing begins after so long: a sync at each message is slow."""
_ACK = b'"seq":'
_SILENT_SECONDS = 30.0
WAYS = (
    ("jetstream, a line", 0, "2m"),
    ("jetstream, 32 KiB", BATCH_BYTES, "2m"),
    ("jetstream, a line, synced", 0, "always"),
    ("jetstream, 32 KiB, synced", BATCH_BYTES, "always"),
)
"""What each is called, bytes of a message (0: a line), and how often it syncs."""


class PeerFigures(NamedTuple):
    """What was measured of one way; MB are 10^6 bytes of text."""

    name: str
    written_mb: float
    write_mb_s: float
    replay_mb_s: float


def measure_peers(block: bytes, size: int) -> Iterator[PeerFigures]:
    """Publish `block` over and over, up to `size` bytes in each way, and read it all back; yield figures."""
    for name, batch, sync in WAYS:
        peer = JetStream(stream={"no_ack": False, "persist_mode": "default"}, sync=sync)
        with tempfile.TemporaryDirectory(prefix="hub-bench-peer-") as directory, peer.start(Path(directory)):
            messages = _messages(block, batch)
            began = time.perf_counter()
            count, written = _publish(peer, messages, size)
            wrote = time.perf_counter() - began
            began = time.perf_counter()
            _replay(peer, count)
            yield PeerFigures(name, written / MB, written / MB / wrote, written / MB / (time.perf_counter() - began))


def _messages(block: bytes, batch: int) -> list[bytes]:
    lines = block.splitlines(keepends=True)
    each = max(batch * len(lines) // len(block), 1)
    return [b"".join(lines[at : at + each]) for at in range(0, len(lines), each)]


def _publish(peer: JetStream, messages: list[bytes], size: int) -> tuple[int, int]:
    """Return how many messages and bytes of text were published and acknowledged."""
    framed = [b"PUB bench.p0000 acks %d\r\n%s\r\n" % (len(each), each) for each in messages]
    sent = acked = written = 0
    began = time.perf_counter()
    with peer.connect() as sock:
        subscribe(sock, b"acks")
        sock.setblocking(False)
        unsent, rest = bytearray(), b""
        more = True
        while more or acked < sent:
            more = more and written < size and time.perf_counter() - began < PUBLISH_SECONDS
            while more and len(unsent) < MB and sent - acked < UNDER_WAY:
                unsent += framed[sent % len(framed)]
                written += len(messages[sent % len(framed)])
                sent += 1
            readable, writable, _ = select.select([sock], [sock] if unsent else [], [], _SILENT_SECONDS)
            if writable:
                del unsent[: sock.send(unsent)]
            if readable:
                data = rest + _received(sock)
                acked += data.count(_ACK)
                rest = data[-(len(_ACK) - 1) :]
            if not readable and not writable:
                raise PeerError(f"jetstream acknowledged {acked} of {sent} messages, and then nothing for 30 s")
    return sent, written


def _replay(peer: JetStream, count: int) -> None:
    """Read all messages from the start through a push consumer without acknowledgements."""
    sock, rest = peer.connect_reader(0, 1)
    mark = b"MSG bench.p"
    with sock:
        sock.settimeout(_SILENT_SECONDS)
        got = rest.count(mark)
        rest = rest[-(len(mark) - 1) :]
        while got < count:
            data = rest + _received(sock)
            got += data.count(mark)
            rest = data[-(len(mark) - 1) :]


def _received(sock: socket.socket) -> bytes:
    data = sock.recv(1 << 20)
    if not data:
        raise PeerError("jetstream closed the connection")
    return data  # NATS's PING may stay unanswered for minutes
