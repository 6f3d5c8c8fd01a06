"""One-use codes, cookies and their header tokens. All in memory: who restarts the hub logs in again."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from twisted.web.server import Request

from hub.core.hub import Hub
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.session_key import key_hash

CODE_SECONDS = 60.0
IDLE_SECONDS = 12 * 3600.0
MAX_CODES = 1000
MAX_LOGINS = 10_000
MAX_ADDRESSES = 10_000


@dataclass(slots=True)
class _Login:
    principal: Principal
    csrf: str
    used_at: float


class Logins:
    """Browsers that are logged in."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._codes: dict[str, tuple[Principal, float]] = {}
        self._logins: dict[str, _Login] = {}
        self._attempts: dict[str, list[float]] = {}
        self.cookie_name = "hub_session"
        """Named with the port, since cookies are not told apart by it."""

    def new_code(self, principal: Principal) -> str:
        """Return a code that logs `principal` in once within a minute."""
        code = secrets.token_urlsafe(24)
        _make_room(self._codes, MAX_CODES)
        self._codes[key_hash(code)] = (principal, self._hub.clock.monotonic() + CODE_SECONDS)
        return code

    def log_in(self, request: Request, code: str | None, token: str | None) -> dict[str, str]:
        """Set the cookie and return `{principal, role, csrf}`; raise Problem AUTH or LIMIT."""
        address = getattr(request.getClientAddress(), "host", None) or "local"
        self._check_rate(address)
        principal = self._by_code(code) if code is not None else self._hub.accounts.by_token(token or "")
        if principal is None or not principal.role:
            self._attempts.setdefault(address, []).append(self._hub.clock.monotonic())
            raise Problem("AUTH", "this code or token is not valid; a link works once, within a minute")
        key = secrets.token_urlsafe(24)
        login = _Login(principal, secrets.token_urlsafe(24), self._hub.clock.monotonic())
        _make_room(self._logins, MAX_LOGINS)
        self._logins[key_hash(key)] = login
        request.addCookie(
            self.cookie_name, key, path="/", httpOnly=True, sameSite="strict", secure=bool(request.isSecure())
        )
        return _row(login)

    def current(self, request: Request) -> dict[str, str]:
        """Return `{principal, role, csrf}` of the cookie's login; raise Problem AUTH without one."""
        login = self._find(request)
        if login is None:
            raise Problem("AUTH", "not logged in")
        return _row(login)

    def log_out(self, request: Request) -> None:
        """Forget the cookie's login; raise Problem DENIED without its header token."""
        if self._find(request) is not None and not self.has_header_token(request):
            raise Problem("DENIED", "the header X-Hub-Csrf is missing or wrong")
        self._logins.pop(self._key_hash(request), None)
        request.addCookie(self.cookie_name, "", path="/", max_age=0, httpOnly=True, sameSite="strict")

    def principal(self, request: Request) -> Principal | None:
        """Return whom the cookie speaks for."""
        login = self._find(request)
        return None if login is None else login.principal

    def has_header_token(self, request: Request) -> bool:
        """Tell whether the request carries the header token that its login was given."""
        login = self._find(request)
        sent = (request.requestHeaders.getRawHeaders(b"x-hub-csrf") or [b""])[0]
        return login is not None and hmac.compare_digest(sent, login.csrf.encode())

    def _by_code(self, code: str) -> Principal | None:
        principal, until = self._codes.pop(key_hash(code), (None, 0.0))
        return principal if until > self._hub.clock.monotonic() else None

    def _find(self, request: Request) -> _Login | None:
        key = self._key_hash(request)
        login = self._logins.get(key)
        now = self._hub.clock.monotonic()
        if login is None:
            return None
        if now - login.used_at > IDLE_SECONDS:
            del self._logins[key]
            return None
        login.used_at = now
        return login

    def _key_hash(self, request: Request) -> str:
        return key_hash((request.getCookie(self.cookie_name.encode()) or b"").decode("latin-1"))

    def _check_rate(self, address: str) -> None:
        now = self._hub.clock.monotonic()
        recent = [at for at in self._attempts.pop(address, ()) if now - at < 60]
        if recent:
            _make_room(self._attempts, MAX_ADDRESSES)
            self._attempts[address] = recent
        bound = self._hub.limits.login_attempts_per_minute
        if len(recent) >= bound:
            wait = int(1000 * (60 - (now - recent[0])))
            raise Problem("LIMIT", f"more than limits.login_attempts_per_minute ({bound})", retry_after=wait)


def _row(login: _Login) -> dict[str, str]:
    return {"principal": login.principal.name, "role": login.principal.role.word, "csrf": login.csrf}


def _make_room(kept: dict[str, Any], bound: int) -> None:
    """Let the oldest entry go where there are too many."""
    while len(kept) >= bound:
        del kept[next(iter(kept))]
