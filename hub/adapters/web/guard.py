"""Who may ask at all: the Host that was meant, the Origin that asks, and whose credentials came along."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from twisted.web.server import Request

from hub.adapters.web.login import Logins
from hub.adapters.web.request import HubRequest
from hub.core.hub import Hub
from hub.model.principal import Principal
from hub.model.problem import Problem

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


class Guard:
    """Checks that hold for every route. A page of another site that runs in a user's browser gets nowhere.

    Names are compared without their port, so that a forwarded port (ssh, docker) needs no setting: what a rebound
    name cannot fake is the name. A host in `web.hosts` that is given with a port counts with that port only.
    """

    def __init__(self, hub: Hub, logins: Logins, hosts: Iterable[str], user_header: str) -> None:
        """`user_header` is where a proxy that is believed names the user that it has authenticated."""
        self._hub = hub
        self._logins = logins
        self._user_header = user_header.lower().encode()
        self._hosts = {*LOCAL_HOSTS, *map(_normal_host, hosts)}

    def bound(self, host: str) -> None:
        """Answer to the address that the listener is bound to as well; all addresses are none."""
        if host not in WILDCARDS:
            self._hosts.add(_normal_host(f"[{host}]" if ":" in host else host))

    def check(self, request: HubRequest) -> None:
        """Raise Problem DENIED for a Host that is not ours, or a request that another site made."""
        hosts = request.requestHeaders.getRawHeaders(b"host") or []
        host = header(request, b"host")
        if len(hosts) != 1 or not self._is_ours(request, host):
            raise Problem("DENIED", "this hub does not answer to that Host (setting: web.hosts)")
        origin = header(request, b"origin")
        if request.requestHeaders.hasHeader(b"origin") and not _is_own(origin, host, secure=request.isSecure()):
            raise Problem("DENIED", "another origin may not ask this hub")
        if header(request, b"sec-fetch-site") in ("", "same-origin", "none"):
            return
        mode, destination = header(request, b"sec-fetch-mode"), header(request, b"sec-fetch-dest")
        navigates = mode == "navigate" and destination == "document"
        if not (request.path == b"/" and request.method in (b"GET", b"HEAD") and navigates):
            raise Problem("DENIED", "another site may not ask this hub")

    def named_by_proxy(self, request: HubRequest) -> Principal | None:
        """Return the user whom a proxy names; None where none does. Raise Problem AUTH for one that is not known."""
        if not self._user_header or not request.from_proxy:
            return None
        names = request.requestHeaders.getRawHeaders(self._user_header) or []
        if len(names) > 1:  # the proxy added its own to one that a client had sent
            raise Problem(
                "AUTH", "two users are named: the proxy has to take the header of web.user_header from clients"
            )
        name = header(request, self._user_header)
        if not name:
            return None
        principal = self._hub.accounts.by_user_name(name)
        if principal is None:
            raise Problem("AUTH", "the proxy names a user that this hub does not know: `hub user set` makes one")
        return principal

    def principal(self, request: HubRequest) -> Principal | None:
        """Return who asks, by Bearer token or cookie; None without either. Raise Problem AUTH, LIMIT for wrong ones."""
        token = bearer(request)
        if token is not None:
            return self._hub.credentials.holder(token, request.peer)
        principal, named = self._logins.principal(request), self.named_by_proxy(request)
        # The proxy's user may have changed since: then the cookie is somebody else's.
        return None if named is not None and principal is not None and principal.name != named.name else principal

    def reader(self, request: HubRequest) -> Principal:
        """Return who asks; raise Problem AUTH if that is nobody, DENIED if it is a producer only."""
        principal = self.principal(request)
        if principal is None:
            raise Problem("AUTH", "log in, or send Authorization: Bearer <token>")
        if not principal.role:
            raise Problem("DENIED", "this token is for producers")
        return principal

    def link_maker(self, request: HubRequest) -> Principal:
        """Return whose link is made; raise Problem where no token, or none but a producer's, came along."""
        if bearer(request) is None:
            raise Problem("AUTH", "a link needs Authorization: Bearer <token>")
        return self.reader(request)

    def socket(self, request: HubRequest) -> Principal | None:
        """Return who opens a WebSocket; None is somebody who has still to say so in hub.hello.

        A cookie counts only with our own Origin: a browser always says one.
        """
        if bearer(request) is not None:
            return self.reader(request)
        if not self._logins.has_cookie(request):
            return None
        if not header(request, b"origin"):
            raise Problem("DENIED", "a cookie without an Origin opens no WebSocket")
        if self._logins.principal(request) is None:
            raise Problem("AUTH", "this login is over; log in again")
        return self.reader(request)

    def producer_socket(self, request: HubRequest) -> Principal | None:
        """Return who opens a WebSocket to stream; None is somebody who has still to say so in HELLO, as on TCP."""
        if bearer(request) is None and _is_from_browser(request):
            raise Problem("DENIED", "a page streams with PUT /streams/<name>, not over a WebSocket")
        return None if bearer(request) is None else self.principal(request)

    def writer(self, request: HubRequest) -> Principal | None:
        """Return who writes; None is somebody without credentials, as `nc` would be.

        A browser has to show more than its cookie: own Origin, and the header token that only our page knows.
        """
        if bearer(request) is not None:
            return self.principal(request)
        if not _is_from_browser(request):
            return None
        principal = self.reader(request)
        if not header(request, b"origin"):
            raise Problem("DENIED", "a browser has to say its Origin to write")
        if not self._logins.has_header_token(request):
            raise Problem("DENIED", "the header X-Hub-Csrf is missing or wrong")
        return principal

    def _is_ours(self, request: HubRequest, host: str) -> bool:
        name = host_name(host)
        if name in self._hosts or _normal_host(host) in self._hosts:
            return bool(name)
        # Whoever is bound to all addresses is known by each; a name that was rebound to it is none.
        return name != "" and name == getattr(request.getHost(), "host", None)


def header(request: Request, name: bytes) -> str:
    """Return a header's value, empty where it is missing."""
    return (request.requestHeaders.getRawHeaders(name) or [b""])[0].decode("latin-1").strip()


def bearer(request: Request) -> str | None:
    """Return the token of an Authorization header, if there is one; raise Problem AUTH for one of another kind."""
    said = header(request, b"authorization")
    kind, _, token = said.partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    if said:
        raise Problem("AUTH", "credentials are given as Authorization: Bearer <token>")
    return None


def host_name(host: str) -> str:
    """Return a Host header's name without its port, in lower case, an IPv6 address without brackets; else nothing."""
    try:
        parts = urlsplit(f"//{host}")
        well_formed = parts.netloc == host and "@" not in host and (parts.port is None or parts.port > 0)
        return (parts.hostname or "").rstrip(".") if well_formed else ""
    except ValueError:
        return ""


def _normal_host(host: str) -> str:
    """Return a host as it is compared: its name, and its port where it has one."""
    name = host_name(host)
    port = urlsplit(f"//{host}").port if name else None
    return name if port is None else f"{name} {port}"


def _is_from_browser(request: Request) -> bool:
    """Tell whether a browser made the request: it cannot help saying so."""
    return any(request.requestHeaders.hasHeader(name) for name in (b"origin", b"sec-fetch-site", b"cookie"))


def _is_own(origin: str, host: str, *, secure: bool) -> bool:
    scheme, _, rest = origin.partition("://")
    # In front of a hub without TLS there may be a proxy with it.
    return scheme in (("https",) if secure else ("http", "https")) and rest.lower() == host.lower()
