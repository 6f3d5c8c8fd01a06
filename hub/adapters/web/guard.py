"""Who may ask at all: the Host that was meant, the Origin that asks, and whose credentials came along."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from twisted.web.server import Request

from hub.adapters.web.login import Logins
from hub.core.hub import Hub
from hub.model.principal import Principal
from hub.model.problem import Problem

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Checks that hold for every route. A page of another site that runs in a user's browser gets nowhere."""

    def __init__(self, hub: Hub, logins: Logins, hosts: Iterable[str]) -> None:
        self._hub = hub
        self._logins = logins
        self._hosts = set(LOCAL_HOSTS) | {host_name(host) for host in hosts}

    def bound(self, host: str) -> None:
        """Answer to the address that the listener is bound to as well."""
        self._hosts.add(host_name(host))

    def check(self, request: Request) -> None:
        """Raise Problem DENIED for a Host that is not ours, or a request that another site made."""
        host = header(request, b"host")
        if host_name(host) not in self._hosts:
            raise Problem("DENIED", "this hub does not answer to that Host (setting: web.hosts)")
        origin = header(request, b"origin")
        if origin and not _is_own(origin, host):
            raise Problem("DENIED", "another origin may not ask this hub")
        if header(request, b"sec-fetch-site") in ("", "same-origin", "none"):
            return
        navigates = header(request, b"sec-fetch-mode") == "navigate" and header(request, b"sec-fetch-dest") == "document"
        if not (request.path == b"/" and request.method in (b"GET", b"HEAD") and navigates):
            raise Problem("DENIED", "another site may not ask this hub")

    def principal(self, request: Request) -> Principal | None:
        """Return who asks, by Bearer token or cookie; None without either. Raise Problem AUTH if a token is wrong."""
        token = bearer(request)
        if token is not None:
            principal = self._hub.accounts.by_token(token)
            if principal is None:
                raise Problem("AUTH", "this token is not valid")
            return principal
        return self._logins.principal(request)

    def reader(self, request: Request) -> Principal:
        """Return who asks; raise Problem AUTH if that is nobody who may look."""
        principal = self.principal(request)
        if principal is None or not principal.role:
            raise Problem("AUTH", "log in, or send Authorization: Bearer <token>")
        return principal

    def writer(self, request: Request) -> Principal | None:
        """Return who writes; None is somebody without credentials, as `nc` would be.

        A browser has to show more than its cookie: own Origin, and the header token that only our page knows.
        """
        if bearer(request) is not None:
            return self.principal(request)
        if not is_from_browser(request):
            return None
        if not header(request, b"origin"):
            raise Problem("DENIED", "a browser has to say its Origin to write")
        principal = self.reader(request)
        if not self._logins.has_header_token(request):
            raise Problem("DENIED", "the header X-Hub-Csrf is missing or wrong")
        return principal


def header(request: Request, name: bytes) -> str:
    """Return a header's value, empty where it is missing."""
    return (request.requestHeaders.getRawHeaders(name) or [b""])[0].decode("latin-1").strip()


def bearer(request: Request) -> str | None:
    """Return the token of an Authorization header."""
    kind, _, token = header(request, b"authorization").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def is_from_browser(request: Request) -> bool:
    """Tell whether a browser made the request: it cannot help saying so."""
    return any(request.requestHeaders.hasHeader(name) for name in (b"origin", b"sec-fetch-site", b"cookie"))


def host_name(host: str) -> str:
    """Return a Host header's name without its port, in lower case, an IPv6 address without brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_own(origin: str, host: str) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and rest.lower() == host.lower()
