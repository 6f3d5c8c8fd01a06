"""How often somebody may try to log in, or try a token: failures of the last minute, by address and by user."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.ports import Clock
from hub.model.principal import Principal
from hub.model.problem import Problem

MINUTE = 60.0
MOST = 10_000
"""Past so many addresses or users the one that failed longest ago is forgotten."""


class LoginRate:
    """Counts failed logins of all ways in."""

    def __init__(self, clock: Clock, bound: int, setting: str = "login_attempts_per_minute") -> None:
        """`setting` is the name of the limit that `bound` is of."""
        self._clock = clock
        self._bound = bound
        self._setting = setting
        self._failed: dict[str, list[float]] = {}

    def check(self, address: str, user: str | None = None) -> None:
        """Raise Problem LIMIT where this address or this user has failed too often."""
        for key in _keys(address, user):
            now = self._clock.monotonic()
            recent = [at for at in self._failed.pop(key, ()) if now - at < MINUTE]
            if recent:
                self._failed[key] = recent
            if len(recent) >= self._bound:
                wait = int(1000 * (MINUTE - (now - recent[0])))
                text = f"more than limits.{self._setting} ({self._bound})"
                raise Problem("LIMIT", text, retry_after=wait)

    def failed(self, address: str, user: str | None = None) -> None:
        """Count a failure. A guess counts before it is checked, so that many at once are no more than others."""
        for key in _keys(address, user):
            recent = self._failed.pop(key, [])
            if len(self._failed) >= MOST:
                del self._failed[next(iter(self._failed))]
            self._failed[key] = [*recent, self._clock.monotonic()]

    def succeeded(self, address: str, user: str | None = None) -> None:
        """Take back the count of a guess that was none, or that nobody has looked at."""
        for key in _keys(address, user):
            recent = self._failed.get(key)
            if recent:
                recent.pop()


class Tokens:
    """Tells whose a token is, and lets nobody try very many.

    One that is good is let in whatever others have tried from the same address: nobody guesses a token, and one machine
    with a stale one must not keep out all that share its address.
    """

    def __init__(self, clock: Clock, bound: int, by_token: Callable[[str], Principal | None]) -> None:
        self._rate = LoginRate(clock, bound, "token_attempts_per_minute")
        self._by_token = by_token

    def principal(self, token: str, address: str) -> Principal:
        """Return whose token it is; raise Problem AUTH where it is nobody's, LIMIT after too many such."""
        principal = self._by_token(token)
        if principal is None:
            self._rate.check(address)
            self._rate.failed(address)
            raise Problem("AUTH", "this token is not valid")
        return principal


def _keys(address: str, user: str | None) -> list[str]:
    return [f"from {address}"] if user is None else [f"from {address}", f"for {user}"]
