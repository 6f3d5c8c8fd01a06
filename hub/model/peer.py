"""Where a connection comes from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

Via = Literal["tcp", "websocket", "http"]


@dataclass(frozen=True, slots=True)
class Peer:
    """The far end of a connection, as far as policy cares."""

    host: str | None
    """An IP address; None for a Unix socket."""
    port: int = 0
    via: Via = "tcp"
    proxied: bool = False
    """Whether a proxy stands between: then its word for the address is not enough to be local."""
    certified: str | None = None
    """The name in the client's certificate, where the hub asked for one and verified it."""

    @property
    def is_local(self) -> bool:
        """True for loopback addresses and Unix sockets, where nobody stands between."""
        if self.proxied:
            return False
        return self.host is None or self._address(self.host).is_loopback

    @property
    def counted_as(self) -> str:
        """What limits of an address count: an IPv4 address, `local` for a Unix socket, or an IPv6 address' /64.

        Whoever has one IPv6 address has the 2^64 around it, so that counting each by itself bounds nothing.
        """
        if self.host is None:
            return "local"
        address = self._address(self.host)
        if address.version == 4 or address.is_loopback:
            return str(address)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))

    def is_within(self, network: str) -> bool:
        """Tell whether the peer's address is, or is in, `network`, such as 192.0.2.7 or 192.0.2.0/24."""
        return self.host is not None and self._address(self.host) in ipaddress.ip_network(network, strict=False)

    @staticmethod
    def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        address = ipaddress.ip_address(host.partition("%")[0])
        return getattr(address, "ipv4_mapped", None) or address

    def __str__(self) -> str:
        return "local" if self.host is None else f"{self.host}:{self.port}"
