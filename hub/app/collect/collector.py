"""All sources of one file, under one reactor, until a signal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from twisted.internet.defer import DeferredList
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from hub.app.collect.file_source import FileSource
from hub.app.collect.positions import Positions
from hub.app.collect.serial_source import SerialSource
from hub.app.collect.settings import Settings
from hub.app.collect.tcp_source import TcpSource
from hub.client.framed.machine import Event, GoingAway, Opened, Refused
from hub.client.locator import Hub
from hub.client.twisted_producer import TwistedProducer

SAVE_SECONDS = 1.0
END_SECONDS = 5.0
"""How long the hub is given to take the rest when it is over."""


class Collector:
    """Runs the sources. `failed` holds the streams that the hub refused for good, and why."""

    def __init__(
        self, reactor: Any, settings: Settings, locate: Callable[[], Hub], positions: Path, say: Callable[[str], None]
    ) -> None:
        self._reactor, self._settings, self._locate, self._say = reactor, settings, locate, say
        self._positions = Positions(positions)
        self._producers: list[TwistedProducer] = []
        self._sources: list[SerialSource | TcpSource | FileSource] = []
        self._saving = LoopingCall(self._save)
        self._saving.clock = reactor
        self.failed: dict[str, str] = {}

    def run(self) -> None:
        """Collect until SIGINT or SIGTERM; then end all runs, and return once the hub holds them or does not come."""
        self._reactor.callWhenRunning(self._start)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._reactor.run()

    @property
    def left_bytes(self) -> int:
        """Bytes that the hub does not hold."""
        return sum(producer.waiting_bytes for producer in self._producers)

    def _start(self) -> None:
        streams = {serial.stream: serial.port for serial in self._settings.serial}
        streams.update((tcp.stream, tcp.address) for tcp in self._settings.tcp)
        for serial in self._settings.serial:
            self._sources.append(SerialSource(self._reactor, serial, self._make, self._say))
        for tcp in self._settings.tcp:
            self._sources.append(TcpSource(self._reactor, tcp, self._make, self._say))
        for file in self._settings.file:
            self._sources.append(
                FileSource(
                    self._reactor,
                    file,
                    self._make,
                    self._say,
                    self._positions,
                    memory_bytes=self._settings.memory_bytes,
                    streams=streams,
                )
            )
        self._saving.start(SAVE_SECONDS, now=False)

    def _stop(self) -> Any:
        # A second signal does not want to wait.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        for source in self._sources:
            source.close()
        ends = [producer.end("stopped").addErrback(lambda failure: None) for producer in self._producers]
        all_ended = DeferredList(ends)
        all_ended.addTimeout(END_SECONDS, self._reactor, lambda result, seconds: None)
        return all_ended.addBoth(self._stopped)

    def _stopped(self, _: object) -> None:
        for producer in self._producers:
            producer.close()
        if self._saving.running:
            self._saving.stop()
        self._save()

    def _save(self) -> None:
        for source in self._sources:
            if isinstance(source, FileSource):
                source.note_positions()
        try:
            self._positions.save()
        except OSError as error:
            self._say(f"how far files were collected cannot be kept: {error.strerror or error}")

    def _make(
        self, stream: str, meta: Mapping[str, Any], commands: tuple[str, ...], tell: Callable[[Event], None]
    ) -> TwistedProducer:
        news = _News(stream, self._say, tell)
        producer = TwistedProducer(
            self._reactor,
            self._locate,
            stream,
            meta={**self._settings.meta, **meta},
            commands=commands,
            memory_bytes=self._settings.memory_bytes,
            tell=news,
        )
        producer.finished.addErrback(self._refused, stream)
        self._producers.append(producer)
        return producer

    def _refused(self, failure: Failure, stream: str) -> None:
        self.failed[stream] = failure.getErrorMessage()
        self._say(f"{stream}: the hub refuses it for good: {failure.getErrorMessage()}")


class _News:
    """Says what becomes of a stream at the hub, once for each step."""

    def __init__(self, stream: str, say: Callable[[str], None], tell: Callable[[Event], None]) -> None:
        self._stream, self._say, self._tell = stream, say, tell
        self._refused: str | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Opened):
            self._say(f"{self._stream}: {'goes on' if event.resumed else 'begins'} at the hub, run {event.run}")
            self._refused = None
        elif isinstance(event, GoingAway):
            self._say(f"{self._stream}: the hub goes away; what comes is kept")
        elif isinstance(event, Refused) and not event.fatal and event.problem.word != self._refused:
            self._refused = event.problem.word
            self._say(f"{self._stream}: {event.problem}; it is tried again")
        self._tell(event)
