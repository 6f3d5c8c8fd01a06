"""Files as streams, each read no faster than the hub takes it."""

from __future__ import annotations

import os
import re
from glob import glob
from typing import Any

from hub.app.collect.positions import Acknowledged, Positions
from hub.app.collect.rotation import base_of
from hub.app.collect.settings import File
from hub.app.collect.source import READ_BYTES, MakeProducer, Say
from hub.app.collect.tailed_file import TailedFile
from hub.client.twisted_producer import TwistedProducer

POLL_SECONDS = 0.25
RESCAN_SECONDS = 5.0
AHEAD_BYTES = 1 << 20
"""So much of a file is read ahead of what the hub holds, and one byte: the end of a line that lost its own."""
_OUTSIDE = re.compile(r"[^A-Za-z0-9._~-]+")


class FileSource:
    """Files by path or pattern, each a stream of its own; read no faster than the hub takes them."""

    def __init__(
        self,
        reactor: Any,
        settings: File,
        make: MakeProducer,
        say: Say,
        positions: Positions,
        *,
        memory_bytes: int = AHEAD_BYTES,
        streams: dict[str, str] | None = None,
    ) -> None:
        """`memory_bytes` bounds what is read ahead; `streams` says what each stream is of, for all sources."""
        self._ahead = min(AHEAD_BYTES, memory_bytes - 1)
        self._streams = {} if streams is None else streams
        self._left_out: set[str] = set()
        self._failed: dict[str, str] = {}
        self._reactor, self._settings, self._say = reactor, settings, say
        self._make, self._positions = make, positions
        self._tails: dict[str, _Tail] = {}
        self._scanned_at = -RESCAN_SECONDS
        self._began = False
        self._later = reactor.callLater(0, self._poll)

    def close(self) -> None:
        """Read no more."""
        if self._later.active():
            self._later.cancel()
        for tail in self._tails.values():
            tail.file.close()

    @property
    def failed(self) -> dict[str, str]:
        """Files that were not collected, or not all of them, and why."""
        refused = {path: tail.trouble for path, tail in self._tails.items() if tail.trouble is not None}
        return {**self._failed, **refused}

    def note_positions(self) -> None:
        """Tell how far the hub holds each file."""
        for path, tail in self._tails.items():
            position = tail.acknowledged.upto(tail.producer.machine.acknowledged)
            if position is not None:
                self._positions.put(path, position)

    def _poll(self) -> None:
        now = self._reactor.seconds()
        if now - self._scanned_at >= RESCAN_SECONDS:
            self._scanned_at = now
            self._scan()
        busy = [tail.read(self._say) for tail in self._tails.values()]
        self._later = self._reactor.callLater(0.01 if any(busy) else POLL_SECONDS, self._poll)

    def _scan(self) -> None:
        paths = sorted(glob(self._settings.path, recursive=True)) if self._settings.many else [self._settings.path]
        for path in paths:
            if path not in self._tails and path not in self._left_out and not os.path.isdir(path):
                self._follow(path)
        self._began = True

    def _follow(self, path: str) -> None:
        """Follow a path, unless it is a rotation of one that is, or its stream is another's: said once."""
        base = base_of(path)
        if self._settings.many and base in self._tails:
            self._left_out.add(path)
            self._say(f"{path}: taken for a rotation of {base}, and no stream of its own")
            return
        name = _OUTSIDE.sub("-", os.path.basename(path)).strip("-.") or "file"
        stream = self._settings.stream.replace("{name}", name)
        other = self._streams.setdefault(stream, path)
        if other != path:
            self._left_out.add(path)
            why = f"its stream would be {stream}, which is that of {other}; use [[file]]s with streams of their own"
            self._failed[path] = f"it is not collected: {why}"
            self._say(f"{path} is not collected: {why}", wrong=True)
            return
        producer = self._make(stream, {"path": path, **self._settings.meta}, (), lambda event: None)
        # A file that appears later is new: all of it is.
        from_end = self._settings.begin == "end" and not self._began
        self._say(f"{stream}: {path}")

        def say(text: str, *, wrong: bool = False) -> None:
            if wrong:
                self._failed[path] = text
            self._say(text, wrong=wrong)

        def cut(lost: int, *, unfinished: bool) -> None:
            if unfinished:
                producer.write(b"\n")  # else it and what comes next would be one line
            producer.skip(lost)

        file = TailedFile(path, self._positions.get(path), from_end=from_end, say=say, cut=cut)
        self._tails[path] = _Tail(path, file, producer, self._ahead)


class _Tail:
    """One file and its stream."""

    def __init__(self, path: str, file: TailedFile, producer: TwistedProducer, ahead: int) -> None:
        self._ahead = ahead
        self.path, self.file, self.producer = path, file, producer
        self.acknowledged = Acknowledged()
        self.trouble: str | None = None
        """Why it cannot be read, as long as it cannot."""

    def read(self, say: Say) -> bool:
        """Pass on what is new, if the hub keeps up; return whether there may be more."""
        room = self._ahead - self.producer.waiting_bytes
        before = self.producer.written
        try:
            data = self.file.read(min(READ_BYTES, room)) if room > 0 else self._look()
        except OSError as error:
            why = error.strerror or str(error)
            if why != self.trouble:
                self.trouble = why
                say(f"{self.path}: {why}; it is tried again", wrong=True)
            return False
        self.trouble = None
        self.producer.write(data)
        if self.producer.written > before and (position := self.file.position) is not None:
            self.acknowledged.note(self.producer.written, position)
        return bool(data)

    def _look(self) -> bytes:
        self.file.look()
        return b""
