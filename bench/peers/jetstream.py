"""JetStream: NATS with a stream on file; readers have push consumers without acknowledgement, its fastest way out."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from typing_extensions import override

from bench.latencies import Latencies
from bench.lines import Mismatch, Template
from bench.peers.nats import Nats, subscribe, take_control
from bench.peers.peer import BATCH_LINES, Peer, PeerError, Reader, receive_until
from bench.process import Server
from bench.records import RecordReader

_END = b"\r\n"
_PING_BETWEEN = b"\r\nPING\r\n"
_LARGE = 256
"""Bytes of a payload from which on it is cheaper to go from message to message than to search all of them for ends."""
_STREAM = {
    "name": "BENCH",
    "subjects": ["bench.>"],
    "storage": "file",
    "retention": "limits",
    "discard": "old",
    "num_replicas": 1,
    "no_ack": True,
    "persist_mode": "async",
    "max_msgs": -1,
    "max_bytes": -1,
    "max_age": 0,
}
_CONFIG = """
max_pending: 1GB
jetstream {{
  store_dir: {directory}/jetstream
  max_mem: 1G
  max_file: 32G
  max_buffered_msgs: 1000000
  max_buffered_size: 256MB
  sync_interval: {sync}
}}
"""


class JetStream(Nats):
    """A stream on file, published to without waiting for acknowledgements."""

    key = "jetstream"
    settings = (
        "JetStream: file storage, one replica, persist_mode async, default sync interval (2 min); published without "
        "acknowledgement, ephemeral push consumers with ack none; ingest buffer raised (max_buffered_msgs 1,000,000) "
        "so that none is dropped, and what may wait for a reader (max_pending 1 GB) so that none is cut off"
    )

    def __init__(self, batch: int = 1, *, stream: Mapping[str, Any] | None = None, sync: str = "2m") -> None:
        """`stream`: what differs in the stream's settings; `sync`: how often files are synced, `always` at each ack."""
        super().__init__(batch)
        self.workloads = self.workloads - {"idle", "stall"}
        self._stream = {**_STREAM, **(stream or {})}
        self._sync = sync

    @override
    def config(self, directory: Path) -> str:
        return super().config(directory) + _CONFIG.format(directory=directory, sync=self._sync)

    @override
    def start(self, directory: Path) -> Server:
        server = super().start(directory)
        try:
            self._request("STREAM.CREATE.BENCH", self._stream)
        except BaseException:
            server.stop()
            raise
        return server

    @override
    def connect_reader(self, reader: int, producers: int, *, stalled: bool = False) -> tuple[socket.socket, bytes]:
        sock = self.connect(stalled=stalled)
        rest = subscribe(sock, b"deliver.r%d" % reader)
        consumer = {"deliver_subject": f"deliver.r{reader}", "deliver_policy": "all", "ack_policy": "none"}
        self._request("CONSUMER.CREATE.BENCH", {"stream_name": "BENCH", "config": consumer})
        return sock, rest

    @override
    def reader(self, templates: list[Template], latencies: Latencies) -> Reader:
        return SplitReader(templates, latencies)

    @override
    def framing(self, producer: int, size: int, *, delivered: bool) -> tuple[bytes, bytes]:
        return (b"", b"") if delivered else super().framing(producer, size, delivered=False)

    def _request(self, name: str, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        with self.connect() as sock:
            subscribe(sock, b"answer")
            sock.sendall(b"PUB $JS.API.%s answer %d\r\n%s\r\n" % (name.encode(), len(text), text))
            _, rest = receive_until(sock, b"\r\n")
            answer = rest if rest.endswith(b"\r\n") else rest + receive_until(sock, b"\r\n")[0]
        if b'"error"' in answer:
            raise PeerError(f"jetstream refused {name}: {answer!r}")


class SplitReader(RecordReader):
    """Takes messages whose headers differ in length (each names its acknowledgement subject) off their payloads.

    What is left are bare records. Payloads hold no CR LF, so that small messages are cut by one split of a whole read.
    """

    def __init__(self, templates: Sequence[Template], latencies: Latencies) -> None:
        super().__init__(templates, latencies)
        self._size = templates[0].record
        self._header_end = b" %d" % self._size
        self._cut = self._cut_at_ends if self._size < _LARGE else self._cut_by_size

    @override
    def feed(self, buffer: bytearray, end: int) -> int:
        pos = 0
        while pos < end:
            if skip := take_control(buffer, pos, end, self.replies):
                if skip < 0:
                    break
                pos += skip
                continue
            if end - pos < self._size:
                break
            ping = buffer.find(_PING_BETWEEN, pos, end) if self._size < _LARGE else -1
            taken = self._take_messages(bytes(memoryview(buffer)[pos : end if ping < 0 else ping + 2]))
            if not taken:
                break
            pos += taken
        return pos

    def _take_messages(self, data: bytes) -> int:
        headers, payloads = self._cut(data)
        texts = bytearray().join(payloads)
        if len(texts) != len(headers) * self._size or not all(map(self._is_header, headers)):
            raise Mismatch(f"jetstream: not messages of {self._size} bytes each: {data[:300]!r}")
        if super().feed(texts, len(texts)) != len(texts):
            raise Mismatch(f"jetstream: not whole lines: {data[:300]!r}")
        return len(texts) + sum(map(len, headers)) + 4 * len(headers)

    def _cut_at_ends(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        parts = data.split(_END)
        whole = (len(parts) - 1) // 2
        return parts[0 : 2 * whole : 2], parts[1 : 2 * whole : 2]

    def _cut_by_size(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        headers, payloads = list[bytes](), list[bytes]()
        pos = 0
        while (begin := data.find(_END, pos) + 2) > 1 and data.startswith(b"M", pos):
            end = begin + self._size
            if len(data) < end + 2:
                break
            if not data.startswith(_END, end):
                raise Mismatch(f"jetstream: no message of {self._size} bytes: {data[pos : pos + 300]!r}")
            headers.append(data[pos : begin - 2])
            payloads.append(data[begin:end])
            pos = end + 2
        return headers, payloads

    def _is_header(self, header: bytes) -> bool:
        return header.startswith(b"MSG bench.p") and header.endswith(self._header_end)


WAYS: list[Peer] = [JetStream(), JetStream(BATCH_LINES)]
