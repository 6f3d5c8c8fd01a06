"""Who is on the other side of a transport, through TLS and behind a proxy that says whom it speaks for."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from cryptography.x509.oid import NameOID
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory

from hub.model.account import check_account_name
from hub.model.peer import Peer
from hub.model.problem import Problem

UNIX = "unix"
MOST_PORT = 65535
LONGEST_LINE = 107
"""Of the PROXY protocol, version 1, with its end."""


class Proxies:
    """Proxies that are believed: in a PROXY protocol line, in X-Forwarded-For, in a header that names a user."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` are addresses, networks, and `unix` for whoever comes by a Unix socket."""
        names = tuple(names)
        self._unix = UNIX in names
        self._networks = tuple(name for name in names if name != UNIX)

    def believes(self, address: object) -> bool:
        """Tell whether an address is a proxy's."""
        return self.believes_peer(_peer(address))

    def believes_peer(self, peer: Peer) -> bool:
        """Tell whether a peer is a proxy."""
        return self._unix if peer.host is None else any(peer.is_within(network) for network in self._networks)

    def origin(self, peer: Peer, forwarded: str) -> Peer:
        """Return whom a request comes from: the last address in X-Forwarded-For that is not a proxy's."""
        if not self.believes_peer(peer):
            return peer
        found = Peer(peer.host, peer.port, proxied=True, certified=peer.certified)
        for word in reversed([each.strip() for each in forwarded.split(",") if each.strip()]):
            try:
                host = str(ipaddress.ip_address(word.removeprefix("[").removesuffix("]")))
            except ValueError:
                break
            found = Peer(host, 0, proxied=True, certified=peer.certified)
            if not self.believes_peer(found):
                break
        return found


class ProxyLine(HAProxyProtocolWrapper):
    """Reads the PROXY protocol, and closes the connection of a proxy that names no address.

    Twisted takes whatever stands in the place of one, and fails where a port is none.
    """

    _head: bytes | None = b""
    """The line as far as it has come; None once it is known to be one."""

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, the line first."""
        if self._head is not None:
            data = self._head + data
            if data.startswith(b"PROXY ") or b"PROXY ".startswith(data):
                line, end, _ = data[:LONGEST_LINE].partition(b"\r\n")
                if not end and len(data) < LONGEST_LINE:
                    self._head = data
                    return
                if not (end and _is_proxy_line(line)):
                    self.loseConnection()  # type: ignore[no-untyped-call]
                    return
            self._head = None
        super().dataReceived(data)


class ProxyLineFactory(HAProxyWrappingFactory):
    """Puts a `ProxyLine` below each protocol of a factory."""

    protocol: Any = ProxyLine
    noisy = False
    """Twisted tells nobody that it starts: it stands for the factory above, which does not either."""


def _is_proxy_line(line: bytes) -> bool:
    words = line.decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return True
    try:
        kind = {"TCP4": ipaddress.IPv4Address, "TCP6": ipaddress.IPv6Address}[words[1]]
        source, target, *ports = words[2:]
        kind(source), kind(target)
    except (KeyError, ValueError):
        return False
    known = len(ports) == 2 and all(port.isascii() and port.isdigit() and int(port) <= MOST_PORT for port in ports)
    return known and "%" not in source


def proxy_of(transport: object) -> HAProxyProtocolWrapper | None:
    """Return what reads the PROXY protocol below a transport, if something does."""
    for _ in range(4):
        if isinstance(transport, HAProxyProtocolWrapper):
            return transport
        transport = getattr(transport, "transport", None)
        if transport is None:
            return None
    return None


def address_of(wrapper: HAProxyProtocolWrapper) -> object:
    """Return where the proxy itself is."""
    return None if wrapper.transport is None else wrapper.transport.getPeer()


def proxy_has_spoken(wrapper: HAProxyProtocolWrapper) -> bool:
    """Tell whether the PROXY line has come: from then on the transport's peer is whom the proxy speaks for."""
    return wrapper._proxyInfo is not None  # noqa: SLF001 - it tells nobody when it comes


def far_end(transport: object) -> Peer:
    """Return who is on the other side; a Unix socket has no host. Whoever comes through a proxy is never local."""
    get_peer = getattr(transport, "getPeer", None)
    peer = _peer(None if get_peer is None else get_peer())
    return Peer(peer.host, peer.port, proxied=proxy_of(transport) is not None, certified=_certified(transport))


def _peer(address: object) -> Peer:
    host = getattr(address, "host", None)
    return Peer(host, getattr(address, "port", 0)) if isinstance(host, str) else Peer(None)


def _certified(transport: object) -> str | None:
    """Return the common name of a client's certificate, which TLS has verified; None where it is no account's name."""
    get_certificate = getattr(transport, "getPeerCertificate", None)
    certificate = None if get_certificate is None else get_certificate()
    if certificate is None:
        return None
    names = certificate.to_cryptography().subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    try:
        return check_account_name(str(names[0].value)) if names else None
    except Problem:
        return None
