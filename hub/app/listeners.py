"""Endpoint strings to listening ports, and ports to what clients are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorCore
from twisted.internet.protocol import Factory
from twisted.internet.tcp import Port

from hub.adapters.reactor.far_end import ProxyLineFactory
from hub.app.config_endpoint import NOT_INHERITED, parse_endpoint

BACKLOG = 4096
"""A thousand clients that come back at once find room in the kernel; Twisted's own default is 50."""
ACCEPTS = 4
"""Connections that a listener accepts before everybody else gets a turn."""
_WITH_BACKLOG = ("tcp:", "tcp6:", "ssl:", "unix:")
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def listen(reactor: IReactorCore, description: str, factory: Factory) -> Deferred[IListeningPort]:
    """Listen on a Twisted endpoint string, with our backlog where the endpoint takes one."""
    inner = description.removeprefix("haproxy:")
    if inner.startswith("systemd:") and parse_endpoint(inner).inherited is None:
        raise ValueError(NOT_INHERITED)
    outer: Any = factory
    if inner != description:
        outer = ProxyLineFactory(factory)  # type: ignore[no-untyped-call]
    if inner.startswith(_WITH_BACKLOG) and "backlog=" not in inner:
        inner += f":backlog={BACKLOG}"
    listening: Deferred[IListeningPort] = serverFromString(reactor, inner).listen(outer)
    return listening.addCallback(_paced)


def _paced(port: IListeningPort) -> IListeningPort:
    """Let a port accept some connections a turn: Twisted's own accepts ever more while a crowd comes."""
    if isinstance(port, Port):
        accept: Callable[[], None] = port.doRead

        def accept_some() -> None:
            port.numberAccepts = ACCEPTS
            accept()

        port.doRead = accept_some  # type: ignore[method-assign]
    return port


def client_address(address: IAddress, *, tls: bool) -> str:
    """Return where a client on this machine finds a port: `tcp:host:port`, `ssl:host:port` or `unix:/path`."""
    host = getattr(address, "host", None)
    if not isinstance(host, str):
        name = getattr(address, "name", b"")
        return "unix:" + (name.decode() if isinstance(name, bytes) else str(name))
    host = _WILDCARDS.get(host, host)
    return f"{'ssl' if tls else 'tcp'}:{bracketed(host)}:{getattr(address, 'port', 0)}"


def web_address(address: IAddress, *, tls: bool) -> str:
    """Return the URL of the web listener for a browser on this machine."""
    where = client_address(address, tls=tls)
    kind, _, rest = where.partition(":")
    if kind == "unix":
        return where
    return f"{'https' if tls else 'http'}://{rest}"


def bracketed(host: str) -> str:
    """Return a host as it stands before a port."""
    return f"[{host}]" if ":" in host else host
