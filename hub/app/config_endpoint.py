"""What a Twisted endpoint string says about who can reach it."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from dataclasses import dataclass, replace
from functools import cache

_PART = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)")
_ESCAPE = re.compile(r"\\(.)")
NOT_INHERITED = (
    "systemd has handed over no such socket: LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say which there are. A "
    ".socket unit that starts the hub sets all three (LISTEN_FDNAMES since systemd 227)"
)


@dataclass(frozen=True, slots=True)
class ServerEndpoint:
    """One endpoint string, taken apart: `tcp:7411:interface=127.0.0.1`."""

    kind: str
    args: tuple[str, ...]
    keys: dict[str, str]
    proxied: bool = False
    """Whether a proxy says whom it speaks for, by the PROXY protocol (`haproxy:`)."""

    @property
    def is_tls(self) -> bool:
        """True where the string says so: `ssl:`. The table `[tls]` may say it of others, see `config_tls`."""
        return self.kind == "ssl"

    @property
    def port(self) -> int | None:
        """The TCP port where there is one; 0 is any free port."""
        text = self.keys.get("port", self.args[0] if self.args else "")
        return int(text) if self.kind in ("tcp", "tcp4", "tcp6", "ssl") and text.isdigit() else None

    @property
    def inherited(self) -> int | None:
        """The descriptor that systemd handed over for `systemd:`, by its index or name; None where it did not."""
        # Whoever reads the variables takes them away, and Twisted does so when it is imported: only it knows then.
        from twisted.internet.endpoints import _SystemdParser

        passed = _SystemdParser._sddaemon  # noqa: SLF001
        index, descriptors = self.keys.get("index", ""), passed.inheritedDescriptors()
        if index.isdigit() and int(index) < len(descriptors):
            return int(descriptors[int(index)])
        return passed.inheritedNamedDescriptors().get(self.keys.get("name", ""))

    @property
    def is_local(self) -> bool:
        """True if it is sure that only this machine can reach it: loopback and Unix sockets.

        A socket that systemd opened is asked where it is; what a plugin opens may be anything, and is not local.
        """
        if self.kind == "unix":
            return True
        if self.kind == "systemd":
            return self.keys.get("domain") == "UNIX" or _is_local_socket(self.inherited)
        if self.kind not in ("tcp", "tcp4", "tcp6", "ssl"):
            return False
        interface = self.keys.get("interface", "")
        if interface == "localhost":
            return True
        try:
            return ipaddress.ip_address(interface).is_loopback
        except ValueError:
            return False


@cache
def _is_local_socket(descriptor: int | None) -> bool:
    """Tell whether a socket is on loopback, or in the file system. Once: listening closes what was handed over."""
    if descriptor is None:
        return False
    try:
        with socket.socket(fileno=os.dup(descriptor)) as passed_on:
            name = passed_on.getsockname()
        return not isinstance(name, tuple) or ipaddress.ip_address(name[0].partition("%")[0]).is_loopback
    except (OSError, ValueError):
        return False


def parse_endpoint(text: str) -> ServerEndpoint:
    """Take an endpoint string apart; `haproxy:` is looked through. Raise ValueError that shows what one looks like."""
    if text.startswith("haproxy:"):
        return replace(parse_endpoint(text[len("haproxy:") :]), proxied=True)
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
