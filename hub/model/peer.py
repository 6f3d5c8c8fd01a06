"""Where a connection comes from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """The far end of a connection, as far as policy cares."""

    host: str | None
    """An IP address; None for a Unix socket."""
    port: int = 0

    @property
    def is_local(self) -> bool:
        """True for loopback addresses and Unix sockets."""
        if self.host is None:
            return True
        address = ipaddress.ip_address(self.host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback

    def __str__(self) -> str:
        return "local" if self.host is None else f"{self.host}:{self.port}"
