"""A web listener on real sockets, and clients that read only when told to."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme
from OpenSSL import SSL
from twisted.internet import reactor as global_reactor  # noqa: TID251 - real sockets need the real one
from twisted.internet.interfaces import IListeningPort, IOpenSSLServerConnectionCreator
from twisted.internet.task import deferLater
from zope.interface import implementer

from adapters.web.desk import DeferredTasksKept
from fakes.accounts import FakeAccounts, FakePasswords
from fakes.tasks import FakeFailures
from hub.adapters.reactor.clock import ReactorClock
from hub.adapters.store.memory import MemoryStore
from hub.adapters.web import make_site
from hub.app.methods import METHODS
from hub.core.credentials import Policy
from hub.core.hub import Hub
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.principal import ANONYMOUS

reactor: Any = global_reactor
PATIENCE_SECONDS = 30.0


async def until(condition: Callable[[], object], what: str) -> None:
    """Let the reactor run until `condition` holds; fail, naming `what`, where it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        await deferLater(reactor, 0.001)


class Shop:
    """Hub and listener on a free port of loopback, in the clear, over TLS or on a Unix socket."""

    def __init__(self, *, tls: bool = False, unix: Path | None = None, **limits: int) -> None:
        self.limits = Limits(**limits)
        self.failures = FakeFailures()
        store = MemoryStore(
            self.limits.memory_store_bytes, self.limits.memory_store_stream_bytes, self.limits.anonymous_bytes
        )
        self.hub = Hub(
            clock=ReactorClock(reactor),
            tasks=DeferredTasksKept(self.failures),
            failures=self.failures,
            store=store,
            accounts=FakeAccounts(),
            passwords=FakePasswords(),
            limits=self.limits,
            policy=Policy(version="1.2.3", node="here"),
            opened=store.open(1_793_880_000_123),
        )
        self.listener = make_site(
            self.hub, reactor=reactor, failures=self.failures, methods=METHODS, hosts=(), page_dir=None
        )
        self._unix = unix
        self._authority = trustme.CA() if tls else None
        self._port: IListeningPort | None = None

    @property
    def port(self) -> int:
        assert self._port is not None
        return self._port.getHost().port  # type: ignore[attr-defined, no-any-return]

    @property
    def origin(self) -> str:
        return f"{'https' if self._authority else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._before = set(reactor.getDelayedCalls())
        if self._unix is not None:
            self._port = reactor.listenUNIX(str(self._unix), self.listener.site)
        elif self._authority is not None:
            self._port = reactor.listenSSL(0, self.listener.site, self._context(), interface="127.0.0.1")
        else:
            self._port = reactor.listenTCP(0, self.listener.site, interface="127.0.0.1")
        self.listener.bound(self._port.getHost())  # type: ignore[union-attr]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._port is not None
        await self._port.stopListening()
        await self.listener.stop()
        if error is None:
            await until(lambda: self.hub.log.committer.idle, "the last commit")
            assert self.failures.reported == []
            assert self.hub.admission.connections == 0
            await until(lambda: not set(reactor.getDelayedCalls()) - self._before, "the end of all timers")

    def client(self, receive_buffer: int | None = None) -> Client:
        """Connect; a small receive buffer makes a stalled client felt soon."""
        if self._unix is not None:
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(str(self._unix))
        else:
            raw = socket.socket()
            if receive_buffer is not None:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            raw.connect(("127.0.0.1", self.port))
        raw.setblocking(False)
        if self._authority is None:
            return Client(raw)
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return Client(context.wrap_socket(raw, server_hostname="127.0.0.1", do_handshake_on_connect=False))

    def stream(self, name: str, *pieces: bytes) -> Writer:
        """Open a stream and append pieces."""
        writer = self.hub.streams.open_exact(name, ANONYMOUS, {})
        for piece in pieces:
            writer.append(piece, self.hub.clock.now_ms())
        return writer

    def waiting_bytes(self) -> int:
        """Return what waits in the transports of all connections, beyond the kernel's buffers."""
        return sum(_held(transport) for transport in self.listener.connections._open)

    def _context(self) -> _ContextFactory:
        assert self._authority is not None
        issued = self._authority.issue_cert("127.0.0.1")
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        with issued.private_key_pem.tempfile() as key, issued.cert_chain_pems[0].tempfile() as chain:
            context.use_privatekey_file(key)
            context.use_certificate_chain_file(chain)
        return _ContextFactory(context)


@implementer(IOpenSSLServerConnectionCreator)
class _ContextFactory:
    """What Twisted asks for the hub's side of TLS."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:
        return SSL.Connection(self._context, None)


def _held(transport: Any) -> int:
    held = 0
    while transport is not None:
        own = vars(transport)  # a TLS transport answers for the one below it too
        held += len(own.get("dataBuffer", b"")) - own.get("offset", 0) + own.get("_tempDataLen", 0)
        held += sum(map(len, own.get("_appSendBuffer", ())))
        transport = own.get("transport")
    return held


class Client:
    """A socket that never blocks the reactor it shares a thread with."""

    def __init__(self, raw: socket.socket | ssl.SSLSocket) -> None:
        self.raw = raw
        self.seen = b""
        self.at_end = False

    def read(self) -> bytes:
        """Return what is there now."""
        pieces = []
        while not self.at_end:
            try:
                data = self.raw.recv(1 << 20)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                break
            except ConnectionError:
                data = b""
            self.at_end = not data
            pieces.append(data)
        return b"".join(pieces)

    async def until(self, mark: bytes) -> bytes:
        """Read until `mark` has come; return what was read up to and with it."""

        def came() -> bool:
            self.seen += self.read()
            assert mark in self.seen or not self.at_end, f"{mark!r} did not come, only {self.seen[-2000:]!r}"
            return mark in self.seen

        await until(came, repr(mark))
        before, _, self.seen = self.seen.partition(mark)
        return before + mark

    async def until_bytes(self, count: int) -> bytes:
        """Read until `count` bytes have come."""

        def came() -> bool:
            self.seen += self.read()
            assert len(self.seen) >= count or not self.at_end, f"only {len(self.seen)} of {count} bytes came"
            return len(self.seen) >= count

        await until(came, f"{count} bytes")
        found, self.seen = self.seen[:count], self.seen[count:]
        return found

    async def until_end(self) -> bytes:
        """Read until the hub closes."""

        def came() -> bool:
            self.seen += self.read()
            return self.at_end

        await until(came, "the end of the connection")
        return self.seen

    async def send(self, data: bytes) -> None:
        """Send all of `data`, as the hub takes it."""
        view = memoryview(data)

        def sent() -> bool:
            nonlocal view
            try:
                view = view[self.raw.send(view) :]
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            return not view

        await until(sent, "room to send")

    def reset(self) -> None:
        """Vanish without a goodbye."""
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.raw.close()

    def leave(self) -> None:
        """Say the end, over TLS too, and wait for nothing."""
        if isinstance(self.raw, ssl.SSLSocket):
            with suppress(ssl.SSLWantReadError):
                self.raw.unwrap()
        self.raw.close()

    def close(self) -> None:
        self.raw.close()
