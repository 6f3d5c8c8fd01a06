"""The framed producer for programs on Twisted: the same machine, driven by the reactor instead of a thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall, IReactorCore, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from hub.client.connection import Address, Unreachable
from hub.client.dial_reason import dial_reason
from hub.client.framed.backoff import Backoff
from hub.client.framed.buffer import MemoryBuffer
from hub.client.framed.machine import UNWATCHED_MS, Event, Finished, Machine, Opened, Refused
from hub.client.framed.producer import MEMORY_BYTES
from hub.client.locator import Hub
from hub.client.trust import twisted_options
from hub.model.problem import Problem


class TwistedProducer:
    """One run of one stream. `write` never waits: over `memory_bytes` the oldest bytes are dropped and said to be lost.

    `finished` fires with None once the hub holds all after `end`, or fails with the Problem of a refusal for good.
    """

    def __init__(
        self,
        reactor: IReactorCore,
        locate: Callable[[], Hub],
        stream: str,
        *,
        meta: Mapping[str, object] | None = None,
        commands: tuple[str, ...] = (),
        memory_bytes: int = MEMORY_BYTES,
        tell: Callable[[Event | str], None] = lambda event: None,
    ) -> None:
        """`locate` may block: it is asked in a thread. `tell` also gets why the hub was not reached, as a text."""
        self._reactor = reactor
        self._time = IReactorTime(reactor)
        self._locate = locate
        self._tell = tell
        self._memory_bytes = memory_bytes
        self._buffer = MemoryBuffer()
        self.machine = Machine(stream, self._buffer, meta=meta, commands=commands, unwatched_ms=UNWATCHED_MS)
        self._due: IDelayedCall | None = None
        """When what is gathered goes."""
        self.finished: Deferred[None] = Deferred()
        self._backoff = Backoff(self._time.seconds)
        self._line: _Line | None = None
        self._over = False
        self.lost_bytes = 0
        """Bytes that were dropped because too many waited."""
        self._connect()

    def write(self, data: bytes, channel: str | None = None) -> None:
        """Take bytes."""
        if not data or self._over:
            return
        over = self._buffer.size + len(data) - self._memory_bytes
        if over > 0:
            self.lost_bytes += over
            self._buffer.drop_oldest(over)
        self._buffer.append(data, time.time_ns() // 1_000_000, channel)
        self._flush()

    def skip(self, size: int) -> None:
        """Say that bytes are missing here, which can be had nowhere: readers get a GAP. They take no memory."""
        if size > 0 and not self._over:
            self._buffer.skip(size)
            self._flush()

    @property
    def written(self) -> int:
        """Bytes that were ever written, and those that were skipped."""
        return self._buffer.end

    @property
    def waiting_bytes(self) -> int:
        """Bytes that the hub does not hold yet, and may still get."""
        return min(self._buffer.end - self.machine.acknowledged, self._buffer.size)

    def end(self, status: str | None = None) -> Deferred[None]:
        """Say that nothing more will be written; return `finished`."""
        self.machine.end(status)
        self._flush()
        return self.finished

    def reply(self, command_id: str, payload: bytes) -> None:
        """Answer a command of the hub, with JSON."""
        self.machine.reply(command_id, payload)
        self._flush()

    def close(self) -> None:
        """Stop trying; what the hub does not hold is lost."""
        self._over = True
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._line is not None and self._line.transport is not None:
            self._line.transport.loseConnection()

    def _connect(self) -> None:
        if not self._over:
            deferToThread(self._locate).addCallback(self._dial).addErrback(self._failed)

    def _dial(self, hub: Hub) -> Any:
        self.machine.token = hub.token
        address = hub.address("producers")
        return _endpoint(self._reactor, address).connect(_Lines(self)).addErrback(_unreachable, address)

    def _failed(self, failure: Failure) -> None:
        # Whatever kept it from connecting may be over the next time; only a hub's refusal may be for good.
        if not self._over:
            self._tell(failure.getErrorMessage() or type(failure.value).__name__)
        self._again(failure.value if isinstance(failure.value, Problem) else None)

    def _again(self, problem: Problem | None) -> None:
        if not self._over:
            self._time.callLater(self._backoff.delay(problem), self._connect)

    # What the line calls.

    def opened(self, line: _Line) -> None:
        """Begin to talk on a new connection."""
        self._line = line
        line.say(self.machine.hello())

    def heard(self, data: bytes) -> Problem | None:
        """Take bytes from the hub; return what it refused with, if it did."""
        refused = None
        for event in self.machine.feed(data):
            self._tell(event)
            if isinstance(event, Opened):
                self._backoff.succeeded()
            elif isinstance(event, Finished):
                self._finish(None)
            elif isinstance(event, Refused):
                refused = event.problem
                if event.fatal:
                    self._finish(event.problem)
        self._flush()
        return refused

    def gone(self, problem: Problem | None) -> None:
        """Come back after a while, unless it is over."""
        self._line = None
        self.machine.lost()
        self._again(problem)

    def _flush(self) -> None:
        line = self._line
        while line is not None and line.open and (data := self.machine.outgoing()):
            line.say(data)
        patience = self.machine.patience()
        if patience is not None and self._due is None:
            self._due = self._time.callLater(patience, self._gathered)

    def _gathered(self) -> None:
        self._due = None
        self._flush()

    def _finish(self, problem: Problem | None) -> None:
        if self._over:
            return
        self.close()
        if problem is None:
            self.finished.callback(None)
        else:
            self.finished.errback(problem)


class _Line(Protocol):
    """One connection. The window bounds what waits in its transport."""

    def __init__(self, producer: TwistedProducer) -> None:
        self._producer = producer
        self._problem: Problem | None = None
        self.open = False

    def connectionMade(self) -> None:
        """Say hello."""
        self.open = True
        self._producer.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """Hand on what the hub says."""
        self._problem = self._producer.heard(data) or self._problem

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell how it ended."""
        self.open = False
        self._producer.gone(self._problem)

    def say(self, data: bytes) -> None:
        """Write."""
        if self.transport is not None:
            self.transport.write(data)


class _Lines(Factory):
    """Makes the one protocol of a dial."""

    noisy = False

    def __init__(self, producer: TwistedProducer) -> None:
        self._producer = producer

    def buildProtocol(self, addr: object) -> _Line:
        """Make it."""
        return _Line(self._producer)


def _unreachable(failure: Failure, address: Address) -> None:
    raise Unreachable(f"{address} does not answer: {dial_reason(failure.value)}") from failure.value


def _endpoint(reactor: IReactorCore, address: Address) -> Any:
    """Return where to connect."""
    if address.kind == "unix":
        return UNIXClientEndpoint(reactor, address.host)
    endpoint = HostnameEndpoint(reactor, address.host, address.port)
    if address.kind == "ssl":
        return wrapClientTLS(twisted_options(address.host, address.pinned), endpoint)
    return endpoint
