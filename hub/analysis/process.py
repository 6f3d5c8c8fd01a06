"""The analyzer's process: frames of the hub on its standard input, answers on its standard output.

- hub: `DATA <stream> <ms> [cut=1] {n}`, bytes of a stream; `cut`: they do not follow on those before
- hub: `ASK <id> <method> {n}`, a question, its parameters as JSON
- hub: `FORGET <stream>`, it was deleted
- analyzer: `ERRORS {n}`, first of all: how many errors the streams have that are kept, by their names, as JSON
- analyzer: `DONE <bytes> <errors>`, so many payload bytes were looked at, and the stream has so many errors now
- analyzer: `ANSWER <id> {n}`, JSON
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import apsw
import msgspec

from hub.analysis.numbers import Numbers, Place
from hub.analysis.shelf import FILE_NAME, Shelf
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader

SAVE_SECONDS = 30.0
READ_BYTES = 256 * 1024
HEADER_BYTES = 4096
PAYLOAD_BYTES = 64 * 1024 * 1024
NICE = 10
"""It gives way to everything else on the machine."""


class Memory:
    """A shelf for hubs that keep nothing on disk."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, stream: str) -> bytes | None:
        """Return what was put of a stream."""
        return self._kept.get(stream)

    def put(self, values: Mapping[str, bytes], errors: Mapping[str, int]) -> None:
        """Keep the numbers of some streams; the oldest go first."""
        self._kept.update(values)
        while len(self._kept) > 1000:
            del self._kept[next(iter(self._kept))]

    def errors(self) -> dict[str, int]:
        """It begins with none."""
        return {}

    def forget(self, stream: str) -> None:
        """Let go of a stream."""
        self._kept.pop(stream, None)


class Loop:
    """Frames in, frames out, without I/O."""

    def __init__(self, numbers: Numbers, write: Callable[[bytes], None]) -> None:
        self._numbers = numbers
        self._write = write
        self._frames = FrameReader(HEADER_BYTES, PAYLOAD_BYTES)

    def begin(self) -> None:
        """Tell what is known from before."""
        self._tell("ERRORS", payload=msgspec.json.encode(self._numbers.errors()))

    def received(self, data: bytes) -> None:
        """Take bytes of the hub."""
        for frame in self._frames.feed(data):
            self._frame(frame)

    def _frame(self, frame: Frame) -> None:
        payload = frame.payload or b""
        if frame.verb == "DATA":
            errors = self._numbers.eat(frame.args[0], payload, frame.number(1, "time"), "cut" in frame.keys)
            self._tell("DONE", len(payload), errors)
        elif frame.verb == "FORGET":
            self._numbers.forget(frame.args[0])
        elif frame.verb == "ASK":
            answer = self._answer(frame.args[1], msgspec.json.decode(payload))
            self._tell("ANSWER", frame.args[0], payload=msgspec.json.encode(answer))

    def _answer(self, method: str, params: dict[str, object]) -> object:
        methods: dict[str, Callable[..., object]] = {"stats": self._numbers.stats, "series": self._numbers.series}
        return methods[method](**params)

    def _tell(self, verb: str, *args: object, payload: bytes | None = None) -> None:
        self._write(b"".join(encode(verb, *args, payload=payload)))


def main() -> None:
    """Work until the hub closes the pipe; the argument is the data directory, none for a hub that keeps nothing.

    A disk that fails ends it with a line for the hub's log; the hub starts it again.
    """
    try:
        _work(Path(sys.argv[1]) / FILE_NAME if len(sys.argv) > 1 else None)
    except apsw.Error as error:
        raise SystemExit(f"hub: the analyzer cannot use {Path(sys.argv[1]) / FILE_NAME}: {error}") from None


def _work(path: Path | None) -> None:
    # Ctrl-C in a terminal goes to all processes: the hub decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(PermissionError):  # a sandbox that forbids it: then it works at the hub's own priority
        os.nice(NICE)
    shelf: Place = Memory() if path is None else Shelf(path)
    numbers = Numbers(shelf)
    loop = Loop(numbers, _write_all)
    with suppress(BrokenPipeError):  # the hub is gone already: what it gave is looked at all the same
        loop.begin()
    save_at = time.monotonic() + SAVE_SECONDS
    while True:
        ready, _, _ = select.select([0], [], [], max(save_at - time.monotonic(), 0))
        if time.monotonic() >= save_at:
            numbers.save()
            save_at = time.monotonic() + SAVE_SECONDS
        if ready:
            data = os.read(0, READ_BYTES)
            if not data:
                break
            try:
                loop.received(data)
            except BrokenPipeError:  # the hub was killed: nobody is left to be answered
                break
    numbers.save()


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
