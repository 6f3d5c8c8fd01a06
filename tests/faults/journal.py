"""What a peer saw, written down as frames in a file before it is acted upon; it survives the peer's kill -9."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from faults.frames import Frame, FrameReader, again, printed


class Journal:
    """An append-only file of frames. What a killed writer left unfinished at its end is cut off."""

    def __init__(self, path: Path) -> None:
        reader = FrameReader()
        self.past = reader.feed(path.read_bytes()) if path.exists() else []
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._file, reader.taken)

    def note(self, verb: str, *args: object, payload: bytes | None = None, **keys: object) -> None:
        """Append one frame."""
        self._write(printed(verb, *args, payload=payload, **keys))

    def copy(self, frames: Iterable[Frame]) -> None:
        """Append frames that were read elsewhere."""
        self._write(b"".join(map(again, frames)))

    def close(self) -> None:
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


def read(path: Path) -> list[Frame]:
    """Return the whole frames of a journal; none where there is no file."""
    return FrameReader().feed(path.read_bytes()) if path.exists() else []
