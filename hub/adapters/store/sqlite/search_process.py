"""The process that searches for a hub: asked and answering on one socket, and over when the hub is.

    python -m hub.adapters.store.sqlite.search_process FILE        its standard input is the socket

A message is its length in four bytes and MessagePack: a `Request` this way, a `Scanned` or a `Trouble` that way.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from hub.adapters.store.sqlite.database import connect_to_read
from hub.adapters.store.sqlite.reading import Reading
from hub.adapters.store.sqlite.scanning import Scanning
from hub.core.matcher import Matcher
from hub.core.scan import Part, Query, Scanned, Wanted

NICE = 10
"""Who watches live comes first."""
LENGTH = struct.Struct(">I")


class Request(msgspec.Struct, array_like=True):
    """Parts to be searched, and for what."""

    wanted: Wanted
    parts: list[Part]


class Trouble(msgspec.Struct, tag=True):
    """What went wrong instead."""

    text: str


class Answer(msgspec.Struct, tag=True):
    """What came of it."""

    scanned: Scanned


class Lost(Exception):
    """The other side is gone."""


_encode = msgspec.msgpack.Encoder().encode


def send(to: socket.socket, message: Any) -> None:
    """Send one message; raise OSError."""
    data = _encode(message)
    to.sendall(LENGTH.pack(len(data)) + data)


def receive(of: socket.socket) -> bytearray:
    """Return one message; raise Lost at its end, or OSError."""
    return _exactly(of, LENGTH.unpack(_exactly(of, LENGTH.size))[0])


def _exactly(of: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = of.recv_into(view[got:])
        if count == 0:
            raise Lost
        got += count
    return data


class Searcher:
    """Answers requests, on a connection that is kept from one to the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading: Reading | None = None
        self._query: Query | None = None
        self._matcher: Matcher | None = None

    def answer(self, data: bytearray) -> Answer | Trouble:
        """Return what comes of a request; whatever is wrong is for the hub to report."""
        try:
            return Answer(self._scanned(msgspec.msgpack.decode(data, type=Request)))
        except Exception:
            self._reading = None
            return Trouble(traceback.format_exc())

    def _scanned(self, request: Request) -> Scanned:
        if self._reading is None:
            self._reading = Reading(connect_to_read(self._path))
        query = request.wanted.query
        if self._matcher is None or query != self._query:
            self._matcher = Matcher(query.text, regex=query.regex, case=query.case, invert=query.invert)
            self._query = query
        return Scanning(self._reading, self._matcher, request.wanted).through(request.parts)


def main() -> None:
    """Serve the socket on standard input until the hub closes it."""
    with suppress(PermissionError):  # a sandbox that forbids it: then it works at the hub's own priority
        os.nice(NICE)
    searcher = Searcher(Path(sys.argv[1]))
    with socket.socket(fileno=os.dup(0)) as hub:
        try:
            while True:
                send(hub, searcher.answer(receive(hub)))
        except (Lost, BrokenPipeError, ConnectionResetError):
            return


if __name__ == "__main__":
    main()
