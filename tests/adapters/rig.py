"""A hub on real sockets of the loopback, and clients that wait for what they expect."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest_twisted
from twisted.internet import reactor as _reactor  # noqa: TID251 - the reactor of the test run
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory, Factory, Protocol, connectionDone
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from adapters.web.shop import Client as SocketClient
from fakes.accounts import FakeAccounts, FakePasswords
from fakes.certificates import Authority
from hub.adapters.reactor.clock import DeferredTasks, LoggedFailures, ReactorClock
from hub.adapters.store.memory import MemoryStore
from hub.adapters.tcp import ConversationFactory, MakeConversation
from hub.adapters.tls import ServerTls
from hub.app.methods import METHODS
from hub.conversations.commander import Commander
from hub.conversations.producer import ProducerConversation
from hub.conversations.reader import ReaderConversation
from hub.core.credentials import Policy
from hub.core.hub import Hub
from hub.model.limits import Limits
from hub.wire.frame import Frame
from hub.wire.frame_reader import FrameReader

reactor: Any = _reactor
PATIENCE_SECONDS = 20.0
MIB = 1 << 20


class SkippingClock(ReactorClock):
    """The reactor's clock, whose monotonic time can be moved on: tests of time-outs do not wait."""

    def __init__(self) -> None:
        super().__init__(reactor)
        self.skipped = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.skipped


async def until(condition: Callable[[], object], what: str = "") -> None:
    """Wait until a condition holds; fail after a while."""
    deadline = reactor.seconds() + PATIENCE_SECONDS
    while not condition():
        assert reactor.seconds() < deadline, f"waited in vain {what}"
        await deferLater(reactor, 0.005)


class Client(Protocol):
    """The far end of a connection."""

    transport: Any

    def __init__(self) -> None:
        self.data = bytearray()
        self.frames: list[Frame] = []
        self.parse: FrameReader | None = None
        self.ready: Deferred[None] = Deferred()
        self.lost: Failure | None = None

    def connectionMade(self) -> None:
        self.ready.callback(None)

    def dataReceived(self, data: bytes) -> None:
        if self.parse is None:
            self.data += data
        else:
            self.frames.extend(self.parse.feed(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.lost = reason

    def send(self, data: bytes | str) -> None:
        self.transport.write(data.encode() if isinstance(data, str) else data)

    def close(self) -> None:
        if self.lost is None:
            self.transport.abortConnection()

    def content(self, alias: str = "1") -> bytes:
        """Return the payload of all DATA frames of an alias, which have to follow each other."""
        parts = []
        at: int | None = None
        for frame in self.frames:
            if frame.verb == "DATA" and frame.args[0] == alias:
                assert at in (None, int(frame.args[1])), "a hole or an overlap"
                payload = frame.payload or b""
                at = int(frame.args[1]) + len(payload)
                parts.append(payload)
        return b"".join(parts)

    def verbs(self) -> list[str]:
        return [frame.verb for frame in self.frames if frame.verb != "DATA"]


class _Once(ClientFactory):
    noisy = False

    def __init__(self, client: Client) -> None:
        self.client = client

    def buildProtocol(self, addr: object) -> Client:
        return self.client


class Rig:
    """One hub with its three TCP ports; `tls` makes all of them speak TLS."""

    def __init__(self, *, tls: bool = False, **limits: int) -> None:
        self.limits = Limits(**limits)
        self.clock = SkippingClock()
        self.failures = LoggedFailures()
        bound = self.limits.memory_store_bytes
        store = MemoryStore(bound, bound, bound)
        self.hub = Hub(
            clock=self.clock,
            tasks=DeferredTasks(self.failures),
            failures=self.failures,
            store=store,
            accounts=FakeAccounts(),
            passwords=FakePasswords(),
            limits=self.limits,
            policy=Policy(),
            opened=store.open(self.clock.now_ms()),
        )
        self.failures.counters = self.hub.counters
        self.expected_failures = 0
        self.clients: list[Client] = []
        self._authority = Authority(Path(mkdtemp())) if tls else None
        hub = self.hub
        self.factories = {
            "producers": self._factory(lambda peer, sink: ProducerConversation(hub, peer, sink)),
            "commands": self._factory(lambda peer, sink: Commander(hub, peer, sink, METHODS)),
            "data": self._factory(lambda peer, sink: ReaderConversation(hub, peer, sink)),
        }
        self.ports = {name: self._listen(factory) for name, factory in self.factories.items()}

    def _factory(self, converse: MakeConversation) -> ConversationFactory:
        return ConversationFactory(
            converse,
            reactor=reactor,
            limits=self.limits,
            admission=self.hub.admission,
            failures=self.failures,
            frames=self.hub.turn.frames,
            ends=self.hub.turn.ends,
            refuse=lambda problem: self.hub.counters.problem(problem.word),
        )

    def _listen(self, factory: Factory) -> Any:
        if self._authority is None:
            return reactor.listenTCP(0, factory, interface="127.0.0.1")
        tls = ServerTls(self._authority.issue("localhost"))
        return reactor.listenTCP(0, tls.wrap(factory, gathers=False), interface="127.0.0.1")

    async def connect(self, name: str, *, plain: bool = False) -> Client:
        """Return a connected client of a port; `plain` is a TCP client to a port of TLS."""
        client = Client()
        self.clients.append(client)
        port = self.ports[name].getHost().port
        if self._authority is None or plain:
            reactor.connectTCP("127.0.0.1", port, _Once(client))
        else:
            root = Certificate.loadPEM(self._authority.root_pem)
            reactor.connectSSL("127.0.0.1", port, _Once(client), optionsForClientTLS("localhost", trustRoot=root))
        await client.ready
        return client

    def socket(self, name: str) -> SocketClient:
        """Return a client of a port that reads only when told to."""
        raw = socket.create_connection(("127.0.0.1", self.ports[name].getHost().port))
        raw.setblocking(False)
        if self._authority is None:
            return SocketClient(raw)
        context = ssl.create_default_context(cadata=self._authority.root_pem.decode())
        return SocketClient(context.wrap_socket(raw, server_hostname="localhost", do_handshake_on_connect=False))

    async def reader(self, *subscriptions: str, session: str | None = None, window: int = 0) -> Client:
        """Return a reader that was welcomed and has subscribed."""
        client = await self.connect("data")
        client.parse = FrameReader(4096, 1 << 20)
        who = f"session={session}" if session else "token=admin-token"
        client.send(f"HELLO HUB/1 {who} window={window}\n" + "".join(f"{each}\n" for each in subscriptions))
        await until(lambda: client.frames, "for a welcome")
        assert client.frames[0].verb == "OK"
        return client

    def tick(self, seconds: float = 1.0) -> None:
        """Let so much time have passed."""
        self.clock.skipped += seconds
        self.hub.tick()

    async def stop(self) -> None:
        """Close everything, and see to it that nothing is left over."""
        for client in self.clients:
            client.close()
        for port in self.ports.values():
            await port.stopListening()
        await until(lambda: all(client.lost or not client.ready.called for client in self.clients))
        await until(
            lambda: not any(factory.protocols for factory in self.factories.values()), "for the last connection"
        )
        if self._authority is not None:
            rmtree(self._authority.directory)
        assert self.hub.admission.connections == 0
        assert self.hub.queue_memory.bytes == 0
        assert not self.hub.readers


def with_rigs(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., object]:
    """Give a test `make`, which makes rigs, and stop them when it is over, however it went."""

    @wraps(test)
    async def run(**arguments: object) -> None:
        rigs: list[Rig] = []

        def make(**settings: Any) -> Rig:
            rigs.append(Rig(**settings))
            return rigs[-1]

        try:
            await test(make=make, **arguments)
        finally:
            for rig in rigs:
                await rig.stop()
        for rig in rigs:
            assert rig.hub.counters.failures == rig.expected_failures

    del run.__wrapped__  # type: ignore[attr-defined]
    parameters = [each for name, each in signature(test).parameters.items() if name != "make"]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return pytest_twisted.ensureDeferred(run)  # type: ignore[no-any-return]
