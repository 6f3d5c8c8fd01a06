"""A web listener on a hub of its own, and the two ways to talk to it: in memory, with time that moves when told to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from fakes.accounts import FakeAccounts, FakePasswords
from fakes.clock import FakeClock
from fakes.store import TrickyStore
from fakes.tasks import FakeFailures
from hub.adapters.store.memory import MemoryStore
from hub.adapters.web import Front, WebListener, make_site
from hub.app.methods import METHODS
from hub.core.credentials import Policy
from hub.core.hub import Hub
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.principal import ANONYMOUS, Principal

EPOCH = 1_793_880_000_123
HOST = "127.0.0.1:7480"
ORIGIN = f"http://{HOST}"
ADMIN = {"Authorization": "Bearer admin-token"}
HERE = IPv4Address("TCP", "127.0.0.1", 7480)
LOCAL = IPv4Address("TCP", "127.0.0.1", 40000)
FAR = IPv4Address("TCP", "192.0.2.7", 40000)


class DeferredTasksKept:
    """`Tasks` on Deferreds, whose failures the test sees."""

    def __init__(self, failures: FakeFailures) -> None:
        self._failures = failures

    def spawn(self, work: Any) -> Deferred[None]:
        def failed(failure: Failure) -> None:
            if not failure.check(CancelledError):
                self._failures.reported.append(("in a task", failure.value))

        return Deferred.fromCoroutine(work).addErrback(failed)


class _Gate:
    """A call of the store that waits."""

    def __init__(self) -> None:
        self.opened: Deferred[None] = Deferred()

    def release(self) -> None:
        self.opened.callback(None)


class SlowStore(TrickyStore):
    """`TrickyStore` whose calls wait as Twisted's coroutines do."""

    async def _wait(self) -> None:
        if self.slow:
            gate = _Gate()
            self._waits.append(gate)  # type: ignore[arg-type]
            await gate.opened


@dataclass
class Answer:
    """One HTTP response."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def code(self) -> tuple[int, str]:
        """Return the status and the problem's word."""
        return self.status, self.json()["code"]


class Desk:
    """Hub and listener of one test, without sockets: `ask` is a whole request, `connect` a connection by hand."""

    def __init__(
        self,
        *,
        hosts: tuple[str, ...] = (),
        page_dir: Path | None = None,
        policy: Policy | None = None,
        host: IPv4Address = HERE,
        slow_store: bool = False,
        front: Front | None = None,
        memory: MemoryStore | None = None,
        **limits: int,
    ) -> None:
        """`memory` is what a former hub left."""
        self.clock = FakeClock()
        self.reactor = Clock()
        self.failures = FakeFailures()
        self.limits = Limits(**limits)
        self.memory = memory or MemoryStore(
            self.limits.memory_store_bytes, self.limits.memory_store_stream_bytes, self.limits.anonymous_bytes
        )
        self.store = SlowStore(self.memory, slow=slow_store)
        self.hub = Hub(
            clock=self.clock,
            tasks=DeferredTasksKept(self.failures),
            failures=self.failures,
            store=self.store,
            accounts=FakeAccounts(),
            passwords=FakePasswords(),
            limits=self.limits,
            policy=policy or Policy(version="1.2.3", node="here"),
            opened=self.store.open(EPOCH),
        )
        self.listener: WebListener = make_site(
            self.hub,
            reactor=self.reactor,  # type: ignore[arg-type]
            failures=self.failures,
            methods=METHODS,
            hosts=hosts,
            page_dir=page_dir,
            front=front,
        )
        self.listener.bound(host)

    def restarted(self) -> Desk:
        """Return another hub over the same store, with the same accounts."""
        again = Desk(memory=self.memory)
        again.hub.tasks.spawn(again.hub.restore())
        return again

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass, for the hub and for the reactor."""
        self.clock.advance(seconds)
        self.reactor.advance(seconds)
        self.clock.settle()

    def connect(self, peer: IPv4Address = LOCAL, host: IPv4Address = HERE, *, tls: bool = False) -> Line:
        """Connect; a connection over TLS has to be told when that is up."""
        return Line(self, peer, host, TlsTransport if tls else WireTransport)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        peer: IPv4Address = LOCAL,
        host: IPv4Address = HERE,
    ) -> Answer:
        """Send one request on a connection of its own; return the answer."""
        line = self.connect(peer, host)
        line.send(request(method, path, headers, body))
        answer = line.answer(head_only=method == "HEAD")
        line.lose()
        return answer

    def get(self, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """GET as the admin."""
        return self.ask("GET", path, {**ADMIN, **(headers or {})}, **more)

    def log_in(self) -> dict[str, str]:
        """Return what a page that has logged in sends: cookie, own Origin, header token."""
        answer = self.ask("POST", "/login", {"Origin": ORIGIN}, b'{"token": "admin-token"}')
        assert answer.status == 200, answer
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return {"Cookie": cookie, "Origin": ORIGIN, "X-Hub-Csrf": answer.json()["csrf"]}

    def stream(self, name: str, *pieces: bytes, principal: Principal = ANONYMOUS) -> Writer:
        """Open a stream and append pieces."""
        writer = self.hub.streams.open_exact(name, principal, {})
        self.write(writer, *pieces)
        return writer

    def write(self, writer: Writer, *pieces: bytes) -> None:
        for piece in pieces:
            writer.append(piece, self.clock.now_ms())
        self.clock.advance(0.01)

    def all_of(self, name: str) -> bytes:
        """Return what a stream holds in its tail."""
        stream = self.hub.streams.get(name)
        assert stream is not None, f"there is no stream {name}"
        return b"".join(piece.data for piece in stream.tail if hasattr(piece, "data"))


class Line:
    """One connection in memory; bytes are sent and read by hand."""

    def __init__(self, desk: Desk, peer: IPv4Address, host: IPv4Address, kind: type[WireTransport]) -> None:
        self.desk = desk
        # Real ones do not mind being resumed while they close.
        self.transport = kind(hostAddress=host, peerAddress=peer, lenient=True)
        self.protocol = desk.listener.site.buildProtocol(peer)
        self.transport.protocol = self.protocol
        self.protocol.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        if not self.transport.disconnecting:
            self.transport.protocol.dataReceived(data)
        self.desk.clock.advance(0.01)

    def lose(self, reason: Exception | None = None) -> None:
        """The connection is gone."""
        self.transport.protocol.connectionLost(Failure(reason or ConnectionDone()))

    def taken(self) -> bytes:
        """Return what has come since the last look."""
        data = self.transport.value()
        self.transport.clear()
        return data

    def answer(self, *, head_only: bool = False) -> Answer:
        """Return the one response that has come, whole."""
        data = self.taken()
        head, mark, body = data.partition(b"\r\n\r\n")
        assert mark, f"no whole response came: {data!r}"
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if headers.get("transfer-encoding") == "chunked" and not head_only:
            body, rest = unchunk(body)
            assert rest == b"", "the body is not whole"
        elif not head_only:
            assert len(body) == int(headers["content-length"]), "the body is not whole"
        else:
            assert body == b"", "HEAD brought a body"
        return Answer(int(first.split(" ")[1]), headers, body)


class WireTransport(StringTransport):
    """A transport that remembers how it was closed."""

    protocol: Any = None
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = self.disconnecting = True

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing is delayed here."""


@implementer(ISSLTransport)
class TlsTransport(WireTransport):
    """A transport with TLS, which is not up at first."""

    def getPeerCertificate(self) -> None:
        """The client shows none."""


def request(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return a request's bytes, with the Host of this hub unless another is given."""
    all_headers = {"Host": HOST, **(headers or {})}
    if body or method in ("POST", "PUT"):
        all_headers.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in all_headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces: bytes, end: bool = True) -> bytes:
    """Return pieces as a chunked body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + (b"0\r\n\r\n" if end else b"")


def unchunk(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the bytes of a chunked body, and what follows it: None where the last chunk has not come."""
    body = b""
    while data:
        size, mark, rest = data.partition(b"\r\n")
        if not mark or len(rest) < int(size, 16) + 2:
            return body, None
        length = int(size, 16)
        body, data = body + rest[:length], rest[length + 2 :]
        if length == 0:
            return body, data
    return body, None
