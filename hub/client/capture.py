"""Output of a Python program itself: a `logging.Handler`, and what it prints. Neither ever waits for the hub."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from hub.client.framed.producer import Producer
from hub.client.locator import Locator
from hub.model.problem import Problem

END_SECONDS = 10.0
"""How long is waited at the end until the hub holds all."""


class HubHandler(logging.Handler):
    """Sends log records to a stream, a line each; ERROR and worse as standard error.

    A hub that is away costs nothing but memory, at most the producer's bound: then the oldest lines are dropped, and
    readers are told how much is missing.
    """

    def __init__(self, stream: str, *, locator: Locator | None = None, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.producer = _producer(stream, locator, {})

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        try:
            text = self.format(record) + "\n"
            channel = "err" if record.levelno >= logging.ERROR else None
            self.producer.write(text.encode("utf-8", "backslashreplace"), channel, timeout=0)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """End the run, and wait a little until the hub holds all."""
        _end(self.producer, "exit:0")
        super().close()


@contextlib.contextmanager
def capture(
    stream: str, *, locator: Locator | None = None, meta: Mapping[str, object] | None = None
) -> Iterator[Producer]:
    """Stream what the program prints within the block, beside showing it as before; tqdm's bars, too.

        with hub.client.capture.capture("training/run-7"):
            train()

    The run ends `exit:0`, or `exit:1` where an exception leaves the block.
    """
    producer = _producer(stream, locator, meta or {})
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Tee(out, producer, None), _Tee(err, producer, "err")
    status = "exit:1"
    try:
        yield producer
        status = "exit:0"
    finally:
        sys.stdout, sys.stderr = out, err
        _end(producer, status)


class _Tee(io.TextIOBase):
    """A text stream that shows what is written, and sends it."""

    def __init__(self, shown: TextIO, producer: Producer, channel: str | None) -> None:
        self._shown = shown
        self._producer = producer
        self._channel = channel

    def write(self, text: str) -> int:
        """Show and send; a hub that refuses changes nothing for the program."""
        written = self._shown.write(text)
        with contextlib.suppress(Problem):  # it is told by the producer's `failure`, and at the end
            self._producer.write(text.encode("utf-8", "backslashreplace"), self._channel, timeout=0)
        return written

    def flush(self) -> None:
        """Flush what is shown."""
        self._shown.flush()

    def isatty(self) -> bool:
        """Tell what the shown stream is, so that progress bars look as before."""
        return self._shown.isatty()

    def fileno(self) -> int:
        """Return the shown stream's descriptor."""
        return self._shown.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The shown stream's encoding."""
        return self._shown.encoding

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


def _producer(stream: str, locator: Locator | None, meta: Mapping[str, object]) -> Producer:
    found = Locator.from_environment() if locator is None else locator
    return Producer(found.locate, stream, meta=meta, skip=True)


def _end(producer: Producer, status: str) -> None:
    producer.end(status)
    with contextlib.suppress(Problem):
        producer.wait(END_SECONDS)
    producer.close()
