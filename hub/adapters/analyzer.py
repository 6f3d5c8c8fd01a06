"""The hub's end of the analyzer: a process that is given what it can take, and started again when it dies."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from hub.core.analyzer_feed import AnalyzerFeed, Portion
from hub.core.counters import Counters
from hub.core.ports import Chunk
from hub.model.limits import Limits
from hub.model.problem import Problem
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader

IN_FLIGHT_BYTES = 1024 * 1024
"""What the process may have been given and not looked at; more waits in the feed, where it can still be skipped."""
RESTART_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""How long to wait before it is started again, after so many deaths without any work between them."""
ERRORS_KNOWN = 20_000
"""Streams whose errors are known, those that changed last: as many as the process keeps."""
FOUND_AT_ONCE = 500
"""So many streams are told at once to have other errors: a row of each is made."""
ANSWER_SECONDS = 10.0
STOP_SECONDS = 5.0
FORGOTTEN = 10_000
"""Deleted streams of which a process that does not run is told later."""
HEADER_BYTES = 4096
ANSWER_BYTES = 16 * 1024 * 1024
_log = Logger(namespace="hub")


class AnalyzerProcess:
    """`Analyzer` as a child process, started with the first chunk or question."""

    def __init__(
        self, reactor: Any, limits: Limits, directory: Path | None, counters: Counters, *, has_kept: bool = False
    ) -> None:
        """`directory` is where it keeps its numbers; None keeps them for as long as it runs.

        Where a former one `has_kept` some, it is started with the first tick, to tell what it knows.
        """
        self._processes = cast(IReactorProcess, reactor)
        self._time = cast(IReactorTime, reactor)
        self._directory = directory
        self._feed = AnalyzerFeed(
            self._go_on,
            queue_bytes=limits.analyzer_queue_bytes,
            bytes_per_second=limits.analyzer_second_bytes,
        )
        self._child: _Child | None = None
        self._deaths = 0
        self._counters = counters
        self._cannot_start = False
        self._restart: IDelayedCall | None = None
        self._last_question = 0
        self._stopped: Deferred[None] | None = None
        self._forgotten: list[str] = []
        self._has_kept = has_kept
        self._errors: dict[str, int] = {}
        """By stream, those that changed last are last."""
        self._found: dict[str, None] = {}
        """Streams whose errors changed since they were taken."""

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._child is None else self._child.pid

    # What the core calls.

    def offer(self, stream: str, chunk: Chunk) -> None:
        """Take a chunk, or skip it."""
        self._feed.offer(stream, chunk)

    def tick(self) -> None:
        """Go on; to be called once a second."""
        self._feed.tick()
        if self._has_kept and self._child is None and self._restart is None and self._stopped is None:
            self._start()
        self._has_kept = False

    def errors(self, stream: str) -> int | None:
        """Return how many errors a stream has, as far as it was looked at; None where nobody did."""
        return self._errors.get(stream)

    def take_found(self) -> list[str]:
        """Return streams whose errors changed, so many at once; the others come when this is asked again."""
        found = list(islice(self._found, FOUND_AT_ONCE))
        for stream in found:
            del self._found[stream]
        return found

    def forget(self, stream: str) -> None:
        """Let go of what is known of a deleted stream."""
        self._feed.forget(stream)
        self._errors.pop(stream, None)
        self._found.pop(stream, None)
        if self._child is not None:
            self._child.send(encode("FORGET", stream))
        elif len(self._forgotten) < FORGOTTEN:
            # Told when there is a process; it only frees the room, since a new life has another name here.
            self._forgotten.append(stream)

    async def ask(self, method: str, stream: str, params: Mapping[str, object]) -> Any:
        """Return the analyzer's answer, which knows all that was offered; raise Problem BUSY while it has none."""
        child = self._running()
        self._feed.flush(stream)
        self._last_question += 1
        return await child.ask(self._last_question, method, {"stream": stream, **params})

    def stop(self) -> Deferred[None]:
        """Let it put everything away; fires when it is gone."""
        self._stopped = Deferred()
        if self._restart is not None and self._restart.active():
            self._restart.cancel()
        child = self._child
        if child is None:
            self._stopped.callback(None)
        else:
            self._feed.tick()
            child.finish()
            patience = self._time.callLater(STOP_SECONDS, child.kill)
            self._stopped.addBoth(lambda _: patience.cancel() if patience.active() else None)
        return self._stopped

    def _count(self, stream: str, errors: int) -> None:
        if self._errors.pop(stream, None) != errors:
            self._found[stream] = None
        self._errors[stream] = errors
        if len(self._errors) > ERRORS_KNOWN:
            oldest = next(iter(self._errors))
            del self._errors[oldest]
            self._found.pop(oldest, None)

    def _running(self) -> _Child:
        """Return the process, started if there is none; raise Problem BUSY while it waits to be started again."""
        if self._child is None:
            if self._restart is not None or self._stopped is not None:
                raise Problem("BUSY", "the analyzer is being started again", retry_after=1000)
            self._start()
        if self._child is None:
            raise Problem("BUSY", "the analyzer cannot be started now", retry_after=1000)
        return self._child

    def _start(self) -> None:
        """Start it; where the machine has no room for it that is told once, and tried again ever later."""
        self._restart = None
        self._child = child = _Child(self._time, self._go_on, self._ended, self._count)
        try:
            self._spawn(child)
        except Exception as error:  # no descriptors, no processes, no right to: whoever called has other things to do
            self._child = None
            wait = self._wait()
            if not self._cannot_start:
                _log.error("the analyzer cannot be started ({error}); tried again in {wait} s", error=error, wait=wait)
            self._cannot_start = True
            self._restart = self._time.callLater(wait, self._start)
            return
        if self._cannot_start:
            self._cannot_start = False
            _log.info("the analyzer is started again")
        for stream in self._forgotten:
            child.send(encode("FORGET", stream))
        self._forgotten.clear()

    def _wait(self) -> float:
        wait = RESTART_SECONDS[min(self._deaths, len(RESTART_SECONDS) - 1)]
        self._deaths += 1
        self._counters.analyzer_ends += 1
        return wait

    def _spawn(self, child: _Child) -> None:
        arguments = [] if self._directory is None else [str(self._directory)]
        # The same modules as here, wherever they were found.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        command = [sys.executable, "-m", "hub.analysis.process", *arguments]
        pipes: dict[int, Any] = {0: "w", 1: "r", 2: 2}
        self._processes.spawnProcess(child, sys.executable, command, environment, childFDs=pipes)

    def _go_on(self) -> None:
        """Give it what is ready, as much as it may have at once."""
        if self._stopped is not None and self._child is None:
            return
        if self._child is None and self._restart is None:
            self._start()
        child = self._child
        while child is not None and child.in_flight < IN_FLIGHT_BYTES:
            portion = self._feed.take()
            if portion is None:
                return
            child.give(portion)
            self._deaths = self._deaths if child.done == 0 else 0

    def _ended(self, reason: Failure) -> None:
        """Start it again: what it had not looked at is skipped, what waits here is not."""
        child, self._child = self._child, None
        if self._stopped is not None:
            self._stopped.callback(None)
            return
        for portion in child.given if child is not None else ():
            self._feed.lost(portion.stream)
        wait = self._wait()
        why = reason.getErrorMessage()
        _log.error("the analyzer ended ({why}); it is started again in {wait} s", why=why, wait=wait)
        self._restart = self._time.callLater(wait, self._start)


class _Child(ProcessProtocol):
    """One life of the process."""

    transport: Any

    def __init__(
        self,
        time: IReactorTime,
        go_on: Callable[[], None],
        ended: Callable[[Failure], None],
        count: Callable[[str, int], None],
    ) -> None:
        self._time = time
        self._go_on = go_on
        self._ended = ended
        self._count = count
        self._frames = FrameReader(HEADER_BYTES, ANSWER_BYTES)
        self._questions: dict[int, Deferred[Any]] = {}
        self.given: deque[Portion] = deque()
        """What it was given and has not looked at."""
        self.in_flight = 0
        self.done = 0

    @property
    def pid(self) -> int | None:
        """Its number, while it lives."""
        number: int | None = self.transport.pid
        return number

    def give(self, portion: Portion) -> None:
        """Hand bytes over."""
        self.given.append(portion)
        self.in_flight += portion.size
        data = portion.parts[0] if len(portion.parts) == 1 else b"".join(portion.parts)
        self.send(encode("DATA", portion.stream, portion.at, payload=data, cut=1 if portion.cut else None))

    def send(self, frame: tuple[bytes, ...]) -> None:
        """Write a frame: what is in flight bounds what waits to be written."""
        self.transport.writeSequence(frame)

    async def ask(self, number: int, method: str, params: Mapping[str, object]) -> Any:
        """Return the answer to a question; raise Problem BUSY where none comes."""
        answer: Deferred[Any] = Deferred()
        self._questions[number] = answer
        self.send(encode("ASK", number, method, payload=json.dumps(params).encode()))
        answer.addTimeout(ANSWER_SECONDS, self._time, onTimeoutCancel=_late)
        try:
            return await answer
        finally:
            self._questions.pop(number, None)

    def finish(self) -> None:
        """Close its input: it puts everything away and ends."""
        self.transport.closeStdin()

    def kill(self) -> None:
        """End it now."""
        if self.transport.pid is not None:
            self.transport.signalProcess("KILL")

    def outReceived(self, data: bytes) -> None:
        """Take what it says."""
        for frame in self._frames.feed(data):
            self._frame(frame)

    def _frame(self, frame: Frame) -> None:
        if frame.verb == "DONE" and self.given:
            portion = self.given.popleft()
            self.in_flight -= portion.size
            self.done += 1
            self._count(portion.stream, frame.number(1, "errors"))
            self._go_on()
        elif frame.verb == "ERRORS":
            for stream, errors in json.loads(frame.payload or b"{}").items():
                self._count(stream, errors)
        elif frame.verb == "ANSWER":
            question = self._questions.get(frame.number(0, "id"))
            if question is not None and not question.called:
                question.callback(json.loads(frame.payload or b"null"))

    def processEnded(self, reason: Failure) -> None:
        """Tell that it is gone."""
        lost = Problem("BUSY", "the analyzer ended and is started again", retry_after=1000)
        for question in list(self._questions.values()):
            if not question.called:
                question.errback(lost)
        self._ended(reason)


def _late(failure: Any, seconds: float) -> Any:
    raise Problem("BUSY", f"the analyzer did not answer within {seconds:.0f} s", retry_after=1000)
