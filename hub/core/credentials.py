"""Who somebody is by what they show: a token, a name with its password, a certificate, or where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.account_book import AccountBook
from hub.core.audit import LOGIN, Audit
from hub.core.login_rate import LoginRate, Tokens
from hub.core.ports import Clock
from hub.model.account import LONGEST_NAME
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.principal import ANONYMOUS, Principal, Role
from hub.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration decides beside the limits."""

    producer_auth: str = "loopback"
    """`loopback`: local producers need no token; `always`: everybody does."""
    raw_allow: tuple[str, ...] = ()
    """Addresses and networks beyond loopback that may send raw without a token."""
    version: str = ""
    node: str = ""


class Credentials:
    """Looks at what everybody shows who comes in, and counts those who guess."""

    def __init__(self, accounts: AccountBook, audit: Audit, clock: Clock, limits: Limits, policy: Policy) -> None:
        self._accounts = accounts
        self._audit = audit
        self._policy = policy
        self.guesses = LoginRate(clock, limits.login_attempts_per_minute)
        self._tokens = Tokens(clock, limits.token_attempts_per_minute, accounts.by_token)
        self.codes = LoginRate(clock, limits.login_attempts_per_minute)
        """Wrong codes and tokens: those who have a good one, or a password, are let in all along."""
        self._logins = LoginRate(clock, limits.logins_per_minute, "logins_per_minute")

    def producer(self, peer: Peer, token: str | None, *, raw: bool) -> Principal:
        """Return who a producer is; raise Problem AUTH when a token is needed or wrong (PROTOCOL 4)."""
        if token is not None:
            principal = self.holder(token, peer)
            if not principal.may_produce:
                raise Problem("DENIED", "this token is not for producers")
            return principal
        if peer.certified is not None:
            return Principal(peer.certified, Role.NONE)
        if peer.is_local and self._policy.producer_auth == "loopback":
            return ANONYMOUS
        if raw and any(peer.is_within(network) for network in self._policy.raw_allow):
            return ANONYMOUS
        if peer.is_local:
            raise Problem("AUTH", "a token is needed here (setting: producer_auth)")
        where = "beyond loopback, or an address that raw_allow names" if raw else "beyond loopback"
        raise Problem("AUTH", f"a token is needed {where}")

    def holder(self, token: str, peer: Peer) -> Principal:
        """Return whose token this is; raise Problem AUTH if it is nobody's, LIMIT where that came too often."""
        return self._tokens.principal(token, peer.counted_as)

    def admin(self, token: str, peer: Peer) -> Principal:
        """Return whose token this is; raise Problem AUTH if it is nobody's or a producer's only, LIMIT as `holder`."""
        principal = self.holder(token, peer)
        if not principal.role:
            raise Problem("AUTH", "this token is not valid")
        return principal

    async def log_in(self, user: str, password: str, peer: Peer) -> Principal:
        """Return the user of that name and password; raise Problem AUTH, BUSY, or LIMIT after too many failures."""
        address = peer.counted_as
        # Nobody has a longer name, and what is kept of one is bounded.
        known = user if len(user) <= LONGEST_NAME else None
        self.guesses.check(address, known)
        self._logins.check(address)
        self.guesses.failed(address, known)
        try:
            principal = await self._accounts.by_password(user if known is not None else "", password)
        except Problem as problem:
            if problem.word == "AUTH":
                self._audit.note(user, str(peer), LOGIN, peer.via, problem.word)
            else:  # nothing was checked: no failure of theirs
                self.guesses.succeeded(address, known)
            raise
        self.guesses.succeeded(address, known)
        self.logged_in(principal, peer, peer.via)
        return principal

    def logged_in(self, principal: Principal, peer: Peer, how: str) -> None:
        """Take note of a login; raise Problem LIMIT where an address logs in very often."""
        self._logins.check(peer.counted_as)
        self._logins.failed(peer.counted_as)
        self._audit.note(principal.name, str(peer), LOGIN, how)
