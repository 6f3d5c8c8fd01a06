"""Searching in processes of its own: what scans there holds neither the interpreter nor the reactor of the hub."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from hub.adapters.store.sqlite.search_process import Answer, Lost, Request, Trouble, receive, send
from hub.adapters.store.sqlite.worker import CallInReactor, Worker
from hub.core.scan import Part, Scanned, Wanted

IDLE_SECONDS = 60.0
"""A process that was not asked for so long ends."""
PATIENCE_SECONDS = 30.0
"""A process that does not answer for so long is ended; it answers within a tenth of a second, if it is let."""
PAUSE_SECONDS = 60.0
"""How long nothing is searched in processes after that has failed twice in a row."""
END_SECONDS = 2.0
LEAST_BYTES = 1 << 20
LEAST_STREAMS = 32
"""Less than both is read faster than a process is started."""
_log = Logger(namespace="hub")
_decode = msgspec.msgpack.Decoder(Answer | Trouble).decode


class _Failed(Exception):
    """A process did not do it; the text says why."""


class _Process:
    """One process, asked by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Start it; raise OSError."""
        ours, its = socket.socketpair()
        with its:
            # The same places for modules as here, and none more; a session of its own, so that Ctrl-C is the hub's.
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
            command = [sys.executable, "-P", "-m", "hub.adapters.store.sqlite.search_process", str(path.absolute())]
            try:
                self._popen = subprocess.Popen(command, stdin=its.fileno(), env=environment, start_new_session=True)
            except BaseException:
                ours.close()
                raise
        self._socket = ours
        self.used_at = time.monotonic()

    def ask(self, request: Request) -> Scanned:
        """Return its answer; raise _Failed, and then it is to be ended."""
        self.used_at = time.monotonic()
        self._socket.settimeout(PATIENCE_SECONDS)
        try:
            send(self._socket, request)
            answer: Answer | Trouble = _decode(receive(self._socket))
        except TimeoutError:
            raise _Failed(f"it has not answered for {PATIENCE_SECONDS:.0f} s") from None
        except (Lost, OSError, msgspec.MsgspecError) as error:
            raise _Failed(f"it is gone, exit code {self._code()} ({type(error).__name__})") from error
        if isinstance(answer, Trouble):
            raise _Failed(answer.text)
        return answer.scanned

    def end(self) -> None:
        """Let it end, or make it."""
        self._socket.close()
        if self._code() is None:
            self._popen.kill()
            self._popen.wait()

    def kill(self) -> None:
        """End it at once, whatever it is at; who asks it is told that it is gone."""
        self._popen.kill()

    def _code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._popen.wait(END_SECONDS)
        return None


class Searching:
    """Keeps up to `most` processes, started when they are needed; as many searches have their turns in them."""

    def __init__(self, path: Path, call_in_reactor: CallInReactor, most: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._all: list[_Process] = []
        self._resting: list[_Process] = []
        self._stopped = False
        self._paused_until = 0.0
        self._most = most
        self._worker = Worker("hub-search", call_in_reactor, threads=most, idle=self._end_idle, close=self._end_all)

    def is_worth(self, parts: Sequence[Part]) -> bool:
        """Tell whether parts had better be searched by a process."""
        if self._most == 0 or self._stopped or time.monotonic() < self._paused_until:
            return False
        enough = len(parts) >= LEAST_STREAMS or sum(part.end - part.start for part in parts) >= LEAST_BYTES
        return enough or bool(self._resting)

    def scan(self, parts: Sequence[Part], wanted: Wanted) -> Deferred[Scanned | None]:
        """Search some parts; None where no process could do it."""
        request = Request(wanted, list(parts))
        try:
            return self._worker.do(lambda: self._scan(request))
        except RuntimeError as error:  # no room for a thread: then it is searched in the hub
            self._pause(error)
            return succeed(None)

    def stop(self) -> Deferred[None]:
        """End all processes, whatever they are at: they have nothing to lose."""
        with self._lock:
            self._stopped = True
            for process in self._all:
                process.kill()
        return self._worker.stop()

    def _scan(self, request: Request) -> Scanned | None:
        for is_last in (False, True):
            try:
                return self._ask(request)
            except (_Failed, OSError) as error:
                if self._stopped:
                    break
                _log.warn("a search process failed: {error}", error=error)
                if is_last:
                    self._pause(error)
        return None

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_SECONDS
        _log.error(
            "searches are done in the hub itself for {seconds:.0f} s, slower: no search process does it ({error})",
            seconds=PAUSE_SECONDS,
            error=error,
        )

    def _ask(self, request: Request) -> Scanned:
        with self._lock:
            if self._stopped:
                raise _Failed("the hub stops")
            if not self._resting:
                process = _Process(self._path)
                self._all.append(process)
            else:
                process = self._resting.pop()
        try:
            scanned = process.ask(request)
        except BaseException:
            with self._lock:
                self._all.remove(process)
            process.end()
            raise
        with self._lock:
            self._resting.append(process)
        return scanned

    def _end_idle(self) -> float:
        """End those that nobody needs any more; return after how many seconds to look again."""
        self._end(lambda process: process.used_at < time.monotonic() - IDLE_SECONDS)
        return IDLE_SECONDS / 2

    def _end_all(self) -> None:
        self._end(lambda process: True)

    def _end(self, is_over: Callable[[_Process], bool]) -> None:
        with self._lock:
            over = [process for process in self._resting if is_over(process)]
            self._resting = [process for process in self._resting if process not in over]
            self._all = [process for process in self._all if process not in over]
        for process in over:
            process.end()
