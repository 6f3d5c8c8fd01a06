"""A framed producer for programs: a thread with a socket, so that writing never waits longer than it is told."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping

from hub.client.connection import READ_BYTES, Connection, Unreachable
from hub.client.framed.backoff import Backoff
from hub.client.framed.buffer import MemoryBuffer
from hub.client.framed.machine import UNWATCHED_MS, Asked, Event, Finished, GoingAway, Machine, Opened, Refused
from hub.client.framed.spool import Spool
from hub.client.locator import Hub
from hub.model.problem import Problem
from hub.model.stream_name import sibling_name

MEMORY_BYTES = 64 << 20
SILENT_SECONDS = 20.0
DEAD_SECONDS = 60.0
"""A hub repeats its ACK every 20 s while it does not read, so three of those unheard are its end."""
CONNECT_SECONDS = 5.0
SIBLINGS = 20
Tell = Callable[[Event | str], None]


class Producer:
    """One run of one stream. Bytes are kept until the hub holds them; a hub that is away is tried again and again.

    Without a spool at most `memory_bytes` are kept: then `write` waits, or with `skip` the oldest are dropped and said
    to be lost. With a spool everything is kept in its file.
    """

    def __init__(
        self,
        locate: Callable[[], Hub],
        stream: str,
        *,
        meta: Mapping[str, object] | None = None,
        commands: tuple[str, ...] = (),
        spool: Spool | None = None,
        memory_bytes: int = MEMORY_BYTES,
        skip: bool = False,
        siblings: bool = True,
        tell: Tell = lambda event: None,
    ) -> None:
        """`locate` finds a hub, or raises Unreachable or Problem; it is asked before each connection.

        `siblings`: a name that somebody else writes becomes `name~2` and so on, as for raw output. `tell` is called in
        the producer's thread with each event, and with a sentence for people whenever a hub could not be reached.
        """
        self._locate = locate
        self._name = stream
        self._siblings = siblings
        self._tell = tell
        self._spool = spool
        self._buffer: Spool | MemoryBuffer = MemoryBuffer() if spool is None else spool
        self._memory_bytes = memory_bytes
        self._skip = skip
        self.machine = Machine(
            stream,
            self._buffer,
            meta=meta,
            commands=commands,
            key=None if spool is None else spool.key,
            unwatched_ms=UNWATCHED_MS,
        )
        if spool is not None:
            spool.claim()
            self.machine.key, self.machine.acknowledged = spool.key, spool.first
        if spool is not None and spool.base is not None:
            self.machine.continue_at(spool.base)
        self.failure: Problem | None = None
        """Why the hub will never take it, if it said so."""
        self.lost_bytes = 0
        """Bytes that were dropped because too many waited."""
        self._changed = threading.Condition()
        self._done = False
        self._stop = False
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"hub {stream}", daemon=True)
        self._thread.start()

    @property
    def stream(self) -> str:
        """The stream's name, as it is at the hub."""
        return self.machine.stream

    @property
    def waiting_bytes(self) -> int:
        """Bytes that the hub does not hold yet."""
        with self._changed:
            return self._buffer.end - self.machine.acknowledged

    def write(self, data: bytes, channel: str | None = None, timeout: float | None = None) -> bool:
        """Take bytes; return False where `timeout` seconds (None: any time) brought no room for them.

        Raise Problem once the hub has refused for good, unless a spool keeps them for another time.
        """
        if not data:
            return True
        at = time.time_ns() // 1_000_000
        with self._changed:
            if self._spool is None and self._buffer.size and self._buffer.size + len(data) > self._memory_bytes:
                if self._skip and isinstance(self._buffer, MemoryBuffer):
                    self.lost_bytes += len(data)
                    self._buffer.drop_oldest(len(data))
                elif not self._changed.wait_for(lambda: self._has_room(len(data)), timeout):
                    return False
            if self.failure is not None and self._spool is None:
                raise self.failure
            self._buffer.append(data, at, channel)
        self._wake()
        return True

    def refresh(self) -> None:
        """Take in what another process has written to the spool; where that ended it, the run ends."""
        with self._changed:
            if self._spool is not None and self._spool.refresh() and self._spool.ended:
                self.machine.end(self._spool.status)
        self._wake()

    def end(self, status: str | None = None) -> None:
        """Say that nothing more will be written, and how it went, such as `exit:0`."""
        with self._changed:
            if self._spool is not None and not self._spool.ended:
                self._spool.finish(status)
            self.machine.end(status)
        self._wake()

    def reply(self, command_id: str, payload: bytes) -> None:
        """Answer a command of the hub (`Asked`), with JSON."""
        with self._changed:
            self.machine.reply(command_id, payload)
        self._wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the hub holds all and the run is over; return whether that is so. Raise Problem if it refused."""
        with self._changed:
            self._changed.wait_for(lambda: self._done, timeout)
            if self.failure is not None:
                raise self.failure
            return self.machine.finished

    def close(self) -> None:
        """Stop trying; what the hub does not hold stays in the spool, or is lost."""
        self._stop = True
        self._wake()
        self._thread.join(timeout=DEAD_SECONDS)
        if self._spool is not None:
            self._spool.close()
        self._wake_in.close()
        self._wake_out.close()

    def _has_room(self, size: int) -> bool:
        return self.failure is not None or not self._buffer.size or self._buffer.size + size <= self._memory_bytes

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake_out.send(b"!")

    # The thread.

    def _run(self) -> None:
        backoff = Backoff(time.monotonic)
        try:
            while not (self._stop or self._done):
                problem = self._connect(backoff)
                if self._stop or self._done:
                    return
                self._sleep(backoff.delay(problem))
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()

    def _connect(self, backoff: Backoff) -> Problem | None:
        """Live through one connection; return what the hub ended it with, if it said something."""
        try:
            hub = self._locate()
            connection = Connection.open(hub.address("producers"), CONNECT_SECONDS)
        except Unreachable as error:
            self._tell(str(error))
            return None
        except Problem as problem:
            self._tell(str(problem))
            return problem
        with connection:
            self.machine.token = hub.token
            refused = _Talk(self, connection, backoff, self._wake_in).run()
        with self._changed:
            self.machine.lost()
        return self._judge(refused)

    def _judge(self, refused: Refused | None) -> Problem | None:
        if refused is None:
            return None
        problem = refused.problem
        taken = problem.word in ("CONFLICT", "DENIED") and not self.machine.was_open
        if taken and self._siblings and self._next_sibling():
            return Problem(problem.word, problem.text, retry_after=0)
        if refused.fatal:
            with self._changed:
                self.failure = problem
                self._done = True
        return problem

    def _next_sibling(self) -> bool:
        """Take the next name of the row `name`, `name~2`, `name~3`, …; return whether there is one left."""
        _, _, number = self.machine.stream.removeprefix(self._name).partition("~")
        following = int(number or 1) + 1
        if following > SIBLINGS:
            return False
        self.machine.stream = sibling_name(self._name, following)
        return True

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stop and (left := deadline - time.monotonic()) > 0:
            select.select([self._wake_in], [], [], left)
            if self._drain_wakes() and self._stop:
                return

    def _drain_wakes(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            return bool(self._wake_in.recv(4096))
        return False

    def take(self, data: bytes) -> tuple[list[Event], bool]:
        """Feed the machine; return the events and whether the connection goes on. Called by the producer's thread."""
        with self._changed:
            before = self.machine.acknowledged
            events = self.machine.feed(data)
            if self._spool is not None:
                self._spool.remember(
                    self.machine.stream, self.machine.key, self.machine.base, self.machine.acknowledged
                )
            if self.machine.acknowledged != before or self.machine.finished:
                self._changed.notify_all()
            if self.machine.finished:
                self._done = True
        for event in events:
            self._tell(event)
        return events, not any(isinstance(event, Refused | Finished) for event in events)

    def outgoing(self) -> bytes:
        """Return what may be sent now. Called by the producer's thread."""
        with self._changed:
            return self.machine.outgoing()

    def patience(self) -> float | None:
        """Return how long what waits is still gathered, in seconds. Called by the producer's thread."""
        with self._changed:
            return self.machine.patience()

    @property
    def stopping(self) -> bool:
        """Whether `close` was called."""
        return self._stop


class _Talk:
    """One connection, from HELLO to its end."""

    def __init__(self, producer: Producer, connection: Connection, backoff: Backoff, wake: socket.socket) -> None:
        self._producer = producer
        self._connection = connection
        self._backoff = backoff
        self._wake = wake
        self._unsent = producer.machine.hello()
        self._heard = time.monotonic()
        self._asked = False

    def run(self) -> Refused | None:
        """Talk until the end; return the refusal, if there was one."""
        sock = self._connection.socket
        sock.setblocking(False)
        while not self._producer.stopping:
            if not self._unsent:
                self._unsent = self._producer.outgoing()
            if self._unsent and not self._send(sock):
                return None
            writers = [sock] if self._unsent else []
            patience = self._producer.patience()
            readable, _, _ = select.select([sock, self._wake], writers, [], 1.0 if patience is None else patience)
            if self._wake in readable:
                with contextlib.suppress(BlockingIOError):
                    self._wake.recv(4096)
            if sock in readable:
                events = self._receive(sock)
                if events is None:
                    return None
                for event in events:
                    if isinstance(event, Opened):
                        self._backoff.succeeded()
                    if isinstance(event, Refused):
                        return event
                    if isinstance(event, Finished):
                        return None
            if not self._alive():
                return None
        return None

    def _send(self, sock: socket.socket) -> bool:
        try:
            sent = sock.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError as error:
            if type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError"):
                return True
            # The hub may have said why before it closed.
            return self._receive(sock) is not None
        self._unsent = self._unsent[sent:]
        return True

    def _receive(self, sock: socket.socket) -> list[Event] | None:
        """Return what the hub says, None at the end."""
        events: list[Event] = []
        while True:
            try:
                data = sock.recv(READ_BYTES)
            except (BlockingIOError, InterruptedError):
                return events
            except OSError as error:
                return events if type(error).__name__ == "SSLWantReadError" else (events or None)
            if not data:
                return events or None
            self._heard = time.monotonic()
            self._asked = False
            told, goes_on = self._producer.take(data)
            events += told
            if not goes_on:
                return events

    def _alive(self) -> bool:
        silent = time.monotonic() - self._heard
        if silent > SILENT_SECONDS and not self._asked:
            self._asked = True
            self._unsent += b"" if self._unsent else self._producer.machine.ping()
        return silent < DEAD_SECONDS


__all__ = ["Asked", "Event", "Finished", "GoingAway", "Opened", "Producer", "Refused"]
