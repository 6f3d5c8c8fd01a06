"""What `hub run` does with each piece of output: pass it on as it is, stream it with secrets masked."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence

from hub.client.framed.producer import Producer
from hub.client.framed.spool import Spool
from hub.client.masking import Masker
from hub.model.problem import Problem

HELD_SECONDS = 0.5
SHORT_HELD = 4
"""So few bytes that look like the beginning of a secret are let go when nothing follows: a prompt has to show."""


class RunOutput:
    """The way of a command's output. A hub that refuses, or a disk that is full, never stops the command."""

    def __init__(self, sink: Producer | Spool, secrets: Sequence[bytes], *, tee: bool) -> None:
        self.failure: Exception | None = None
        """Why nothing more is streamed."""
        self._sink = sink
        self._tee = tee
        self._maskers: dict[str | None, Masker] = {None: Masker(secrets), "err": Masker(secrets)}
        self._last = time.monotonic()

    def take(self, data: bytes, channel: str | None) -> None:
        """Take output of the command."""
        self._last = time.monotonic()
        # Kept first: what a person has seen is not to be missing afterwards.
        self._stream(self._maskers[channel].feed(data), channel)
        if self._tee:
            _pass_on(data, sys.stderr.fileno() if channel == "err" else sys.stdout.fileno())

    def idle(self) -> None:
        """Let go of what was held back for too long."""
        if time.monotonic() - self._last < HELD_SECONDS:
            return
        for channel, masker in self._maskers.items():
            if 0 < masker.held < SHORT_HELD:
                self._stream(masker.flush(), channel)

    def finish(self) -> None:
        """Nothing more comes."""
        for channel, masker in self._maskers.items():
            self._stream(masker.flush(), channel)

    def _stream(self, data: bytes, channel: str | None) -> None:
        if not data or self.failure is not None:
            return
        try:
            if isinstance(self._sink, Spool):
                self._sink.append(data, time.time_ns() // 1_000_000, channel)
            else:
                self._sink.write(data, channel)
        except (Problem, OSError) as error:
            self.failure = error


def _pass_on(data: bytes, descriptor: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
