"""One socket to a hub: plain TCP, TLS or Unix, with a deadline on everything that waits."""

from __future__ import annotations

import ipaddress
import socket
from abc import ABC, abstractmethod
from types import TracebackType
from typing import NamedTuple, Self

READ_BYTES = 256 * 1024
CONNECT_SECONDS = 10.0
FINISH_SECONDS = 60.0


class Unreachable(Exception):
    """No hub could be reached; the text says what was tried and what to do."""


class HubLost(Exception):
    """The connection ended without a word from the hub."""


class Address(NamedTuple):
    """Where a client connects: `tcp:host:port`, `ssl:host:port` or `unix:/path`."""

    kind: str
    host: str
    """The path for `unix`."""
    port: int = 0
    pinned: str | None = None
    """PEM of the one certificate that is believed there, whatever names it has; None: as usual."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raise ValueError that shows the forms."""
        kind, _, rest = text.partition(":")
        if kind == "unix" and rest:
            return cls(kind, rest)
        host, _, port = rest.rpartition(":")
        host = host.removeprefix("[").removesuffix("]").replace("\\:", ":")
        if kind in ("tcp", "ssl") and host and port.isdigit() and int(port) < 65536:
            return cls(kind, host, int(port))
        raise ValueError(f"an address is tcp:host:port, ssl:host:port or unix:/path, not {text!r}")

    @property
    def is_private(self) -> bool:
        """True if nobody on the way can read along: TLS, or it does not leave this machine."""
        if self.kind in ("ssl", "unix") or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"unix:{self.host}" if self.kind == "unix" else f"{self.kind}:{self.host}:{self.port}"


class Closable(ABC):
    """Something with a socket to close; `with` does it."""

    @abstractmethod
    def close(self) -> None:
        """Close the socket."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Connection(Closable):
    """A connected socket. Every way of losing it, other than a word from the hub, is HubLost."""

    def __init__(self, sock: socket.socket, address: Address) -> None:
        self.socket = sock
        self.address = address

    @classmethod
    def open(cls, address: Address, timeout: float = CONNECT_SECONDS) -> Self:
        """Connect; raise Unreachable."""
        try:
            if address.kind == "unix":
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                sock.settimeout(timeout)
                sock.connect(address.host)
            else:
                sock = socket.create_connection((address.host, address.port), timeout)
                _keep_alive(sock)
                if address.kind == "ssl":
                    from hub.client.trust import client_context

                    sock = client_context(address.pinned).wrap_socket(sock, server_hostname=address.host)
        except OSError as error:
            raise Unreachable(f"{address} does not answer: {_reason(error)}") from error
        sock.settimeout(None)
        return cls(sock, address)

    def send(self, *pieces: bytes) -> None:
        """Send all pieces, waiting as long as it takes; raise HubLost."""
        try:
            self.socket.sendall(b"".join(pieces))
        except OSError as error:
            raise HubLost(f"{self.address} is gone: {_reason(error)}") from error

    def receive(self, timeout: float | None = None) -> bytes | None:
        """Return the next bytes, b"" at the end, None when `timeout` seconds brought nothing; raise HubLost.

        A timeout of 0 takes what is there: a TLS connection may be readable and yet have nothing to say.
        """
        try:
            self.socket.settimeout(timeout)
            return self.socket.recv(READ_BYTES)
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            if type(error).__name__ == "SSLWantReadError":  # by name: ssl is loaded only where TLS is spoken
                return None
            raise HubLost(f"{self.address} is gone: {_reason(error)}") from error
        finally:
            if self.socket.fileno() >= 0:
                self.socket.settimeout(None)

    def finish(self) -> None:
        """Say that nothing more will be sent; what the hub still says can be received. Raise HubLost."""
        try:
            if self.address.kind == "ssl":
                self._end_tls()
            else:
                self.socket.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise HubLost(f"{self.address} is gone: {_reason(error)}") from error

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _end_tls(self) -> None:
        # Without TLS's own goodbye the hub could not tell the end of the input from a cut line.
        import ssl

        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.settimeout(FINISH_SECONDS)
            self.socket = self.socket.unwrap()


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # The times of PROTOCOL 3; not every system has every option.
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 45_000)):
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
