"""One-use codes, cookies and their header tokens.

A cookie is signed, not kept: it says who logged in and when, and a hub that was restarted still believes it, unless
it was ended before its time: that is kept until the cookie ends by itself. Its key comes
from the accounts, so that revoking the token that everything hangs on ends all logins.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, NamedTuple, TypedDict

from twisted.web.server import Request

from hub.core.audit import LOGIN
from hub.core.ended_logins import LOGIN_SECONDS
from hub.core.hub import Hub
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.session_key import key_hash

CODE_SECONDS = 60.0
MAX_CODES = 1000


class Login(TypedDict):
    """What a browser that is logged in is told; `csrf` is the header token of what writes.

    `bound` says that not all streams may be seen: what is told of the whole hub does not fit what is listed.
    """

    principal: str
    role: str
    csrf: str
    bound: bool


class _Login(NamedTuple):
    principal: Principal
    number: str
    began: int
    csrf: str


class Logins:
    """Browsers that are logged in."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._codes: dict[str, tuple[Principal, float]] = {}
        self.cookie_name = "hub_session"
        """Named with the port, since cookies are not told apart by it."""
        self.cookie_path = "/"

    def new_code(self, principal: Principal) -> str:
        """Return a code that logs `principal` in once within a minute."""
        code = secrets.token_urlsafe(24)
        _make_room(self._codes, MAX_CODES)
        self._codes[key_hash(code)] = (principal, self._hub.clock.monotonic() + CODE_SECONDS)
        return code

    def log_in(self, request: Request, peer: Peer, code: str | None, token: str | None) -> Login:
        """Let in by a code, a guest link's code or a token; raise Problem AUTH or LIMIT."""
        # First of all: who has a good one is let in, whatever others have tried from the same address.
        principal = self._by_code(code) if code is not None else self._hub.accounts.by_token(token or "")
        if principal is None or not principal.role:
            self._hub.credentials.codes.check(peer.counted_as)
            self._hub.credentials.codes.failed(peer.counted_as)
            self._hub.audit.note("", str(peer), LOGIN, peer.via, "AUTH")
            raise Problem("AUTH", "this code or token is not valid; a link works once, within a minute")
        self._hub.credentials.logged_in(principal, peer, peer.via)
        return self.let_in(request, principal)

    def let_in(self, request: Request, principal: Principal) -> Login:
        """Set the cookie and return `{principal, role, csrf, bound}`."""
        number = secrets.token_urlsafe(18)
        began = self._hub.clock.now_ms() // 1000
        cookie = self._sign(principal.credential, began, number)
        login = _Login(principal, number, began, self._csrf(number))
        request.addCookie(
            self.cookie_name,
            cookie,
            path=self.cookie_path,
            httpOnly=True,
            sameSite="strict",
            secure=bool(request.isSecure()),
        )
        return _row(login)

    def current(self, request: Request) -> Login:
        """Return `{principal, role, csrf, bound}` of the cookie's login; raise Problem AUTH without one."""
        login = self._find(request)
        if login is None:
            raise Problem("AUTH", "not logged in")
        return _row(login)

    def log_out(self, request: Request) -> Coroutine[Any, Any, None] | None:
        """End the cookie's login, and all that came by it; raise Problem DENIED without its header token.

        What is returned is to be run, and makes the end last.
        """
        login, ending = self._find(request), None
        if login is not None:
            if not self.has_header_token(request):
                raise Problem("DENIED", "the header X-Hub-Csrf is missing or wrong")
            ending = self._hub.ended_logins.end(login.principal.credential, login.number, login.began)
            self._hub.standing.log_out(login.number)
        request.addCookie(self.cookie_name, "", path=self.cookie_path, max_age="0", httpOnly=True, sameSite="strict")
        return ending

    def principal(self, request: Request) -> Principal | None:
        """Return whom the cookie speaks for."""
        login = self._find(request)
        return None if login is None else replace(login.principal, login=login.number)

    def has_cookie(self, request: Request) -> bool:
        """Tell whether a cookie of ours came along, valid or not."""
        return bool(request.getCookie(self.cookie_name.encode()))

    def has_header_token(self, request: Request) -> bool:
        """Tell whether the request carries the header token that its login was given."""
        login = self._find(request)
        sent = (request.requestHeaders.getRawHeaders(b"x-hub-csrf") or [b""])[0]
        return login is not None and hmac.compare_digest(sent, login.csrf.encode())

    def _by_code(self, code: str) -> Principal | None:
        guest = self._hub.accounts.by_guest_code(code)
        if guest is not None:
            return guest
        principal, until = self._codes.pop(key_hash(code), (None, 0.0))
        return principal if until > self._hub.clock.monotonic() else None

    def _find(self, request: Request) -> _Login | None:
        cookie = (request.getCookie(self.cookie_name.encode()) or b"").decode("latin-1")
        credential, _, rest = cookie.partition(":")
        began, _, rest = rest.partition(":")
        number = rest.partition(":")[0]
        if not (began.isascii() and began.isdigit()) or len(began) > 12:
            return None
        if not hmac.compare_digest(cookie.encode(), self._sign(credential, int(began), number).encode()):
            return None
        principal = self._hub.accounts.by_credential(credential)
        if principal is None or int(began) + LOGIN_SECONDS < self._hub.clock.now_ms() // 1000:
            return None
        if self._hub.ended_logins.holds(credential, number, int(began)):
            return None
        return _Login(principal, number, int(began), self._csrf(number))

    def _sign(self, credential: str, began: int, number: str) -> str:
        text = f"{credential}:{began}:{number}"
        return f"{text}:{self._digest('cookie ' + text)}"

    def _csrf(self, number: str) -> str:
        return self._digest("header " + number)

    def _digest(self, text: str) -> str:
        return hmac.digest(self._hub.accounts.signing_key, text.encode(), "sha256").hex()


def _row(login: _Login) -> Login:
    who = login.principal
    return {
        "principal": who.name,
        "role": who.role.word,
        "csrf": login.csrf,
        "bound": bool(who.patterns or who.within),
    }


def _make_room(kept: dict[str, Any], bound: int) -> None:
    """Let the oldest entry go where there are too many."""
    while len(kept) >= bound:
        del kept[next(iter(kept))]
