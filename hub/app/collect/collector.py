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
from hub.app.collect.news import StreamNews, WayNews
from hub.app.collect.positions import Positions
from hub.app.collect.serial_source import SerialSource
from hub.app.collect.settings import File, Settings
from hub.app.collect.source import Say
from hub.app.collect.tcp_source import TcpSource
from hub.client.framed.machine import Event
from hub.client.locator import Hub
from hub.client.twisted_producer import TwistedProducer

SAVE_SECONDS = 1.0
END_SECONDS = 5.0
"""How long the hub is given to take the rest when it is over."""


class Collector:
    """Runs the sources."""

    def __init__(self, reactor: Any, settings: Settings, locate: Callable[[], Hub], positions: Path, say: Say) -> None:
        self._reactor, self._settings, self._locate, self._say = reactor, settings, locate, say
        self._positions = Positions(positions)
        self._producers: list[TwistedProducer] = []
        self._news: list[StreamNews] = []
        self._sources: list[SerialSource | TcpSource | FileSource] = []
        self._way = WayNews(say)
        self._saving = LoopingCall(self._save)
        self._saving.clock = reactor
        self._refused: dict[str, str] = {}
        self._unsaved: str | None = None
        self._ending = False

    @property
    def failed(self) -> dict[str, str]:
        """What was not collected, or not all of it, by stream or path, and why."""
        failed = dict(self._refused)
        for source in self._sources:
            if isinstance(source, FileSource):
                failed.update(source.failed)
        if self._unsaved is not None:
            failed["how far files were collected is not kept"] = self._unsaved
        return failed

    def run(self) -> None:
        """Collect until SIGINT, SIGTERM or SIGHUP; then end all runs, and return once the hub holds them, or too late.

        It ends by itself where the hub refuses everything for good.
        """
        self._reactor.callWhenRunning(self._start)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._reactor.run()

    @property
    def left_bytes(self) -> int:
        """Bytes that the hub does not hold."""
        return sum(producer.waiting_bytes for producer in self._producers)

    @property
    def lost_bytes(self) -> int:
        """Bytes that were given up while the hub was away, and those that it lost itself."""
        return sum(news.lost_bytes for news in self._news) + sum(producer.lost_bytes for producer in self._producers)

    def _start(self) -> None:
        # SIGINT and SIGTERM are the reactor's own. What `nohup` ignores stays ignored.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, lambda number, frame: self._reactor.callFromThread(self._hung_up))
        if self._positions.problem is not None:
            self._say(f"how far files were collected is not known: {self._positions.problem}", wrong=True)
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

    def _hung_up(self) -> None:
        if not self._ending:
            self._ending = True
            self._reactor.stop()

    def _stop(self) -> Any:
        self._ending = True
        # A second signal does not want to wait; but where a terminal goes, the shell and the kernel both send SIGHUP.
        for number, then in (
            (signal.SIGINT, signal.SIG_DFL),
            (signal.SIGTERM, signal.SIG_DFL),
            (signal.SIGHUP, signal.SIG_IGN),
        ):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, then)
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
        for producer, news in zip(self._producers, self._news, strict=True):
            news.look(producer.lost_bytes)
        unsaved = None
        try:
            self._positions.save()
        except OSError as error:
            unsaved = f"{error.filename or 'the file'}: {error.strerror or error}"
            if unsaved != self._unsaved:
                self._say(f"how far files were collected cannot be kept: {unsaved}; it is tried again", wrong=True)
        self._unsaved = unsaved

    def _make(
        self, stream: str, meta: Mapping[str, Any], commands: tuple[str, ...], tell: Callable[[Event], None]
    ) -> TwistedProducer:
        news = StreamNews(stream, self._say, tell, self._way, self._settings.memory_bytes)
        producer = TwistedProducer(
            self._reactor,
            self._locate,
            stream,
            meta={**self._settings.meta, **meta},
            commands=commands,
            memory_bytes=self._settings.memory_bytes,
            tell=news,
        )
        producer.finished.addErrback(self._refuse, stream)
        self._producers.append(producer)
        self._news.append(news)
        return producer

    def _refuse(self, failure: Failure, stream: str) -> None:
        self._refused[stream] = failure.getErrorMessage()
        self._say(f"{stream}: the hub refuses it for good: {failure.getErrorMessage()}", wrong=True)
        sources = self._settings.sources
        more = any(isinstance(source, File) and source.many for source in sources)
        if not more and not self._ending and len(self._refused) == len(sources):
            self._ending = True
            self._reactor.stop()
