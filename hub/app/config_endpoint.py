"""What a Twisted endpoint string says about who can reach it, without asking Twisted."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_PART = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class ServerEndpoint:
    """One endpoint string, taken apart: `tcp:7411:interface=127.0.0.1`."""

    kind: str
    args: tuple[str, ...]
    keys: dict[str, str]

    @property
    def is_tls(self) -> bool:
        """True where Twisted's own `ssl:` speaks TLS."""
        return self.kind == "ssl"

    @property
    def port(self) -> int | None:
        """The TCP port where there is one; 0 is any free port."""
        text = self.keys.get("port", self.args[0] if self.args else "")
        return int(text) if self.kind in ("tcp", "tcp4", "tcp6", "ssl") and text.isdigit() else None

    @property
    def is_local(self) -> bool:
        """True if it is sure that only this machine can reach it: loopback and Unix sockets.

        A socket that systemd or a plugin opens may be anything, so it does not count as local unless it says so.
        """
        if self.kind == "unix" or (self.kind == "systemd" and self.keys.get("domain") == "UNIX"):
            return True
        if self.kind not in ("tcp", "tcp4", "tcp6", "ssl"):
            return False
        interface = self.keys.get("interface", "")
        if interface == "localhost":
            return True
        try:
            return ipaddress.ip_address(interface).is_loopback
        except ValueError:
            return False


def parse_endpoint(text: str) -> ServerEndpoint:
    """Take an endpoint string apart; `haproxy:` is looked through. Raise ValueError that shows what one looks like."""
    if text.startswith("haproxy:"):
        return parse_endpoint(text[len("haproxy:") :])
    parts = _split(text)
    kind = parts.pop(0)
    args: list[str] = []
    keys: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if equals and key.isidentifier():
            keys[key] = value
        else:
            args.append(part)
    endpoint = ServerEndpoint(kind, tuple(args), keys)
    if not kind.isidentifier() or not (args or keys):
        raise ValueError(
            f"an endpoint is written tcp:7411:interface=127.0.0.1, ssl:7411:privateKey=key.pem or unix:/run/hub.sock, "
            f"not {text!r}"
        )
    if kind in ("tcp", "tcp4", "tcp6", "ssl") and (endpoint.port is None or endpoint.port > 65535):
        raise ValueError(f"{text!r} has no port number from 0 to 65535; write {kind}:7411:interface=127.0.0.1")
    return endpoint


def _split(text: str) -> list[str]:
    parts = []
    position = 0
    while position <= len(text):
        matched = _PART.match(text, position)
        if matched is None:  # a backslash at the very end
            raise ValueError(f"{text!r} ends in a lone backslash")
        parts.append(_ESCAPE.sub(r"\1", matched[1]))
        position = matched.end() + (0 if matched.group().endswith(":") else 1)
    return parts
