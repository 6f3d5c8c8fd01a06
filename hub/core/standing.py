"""Who is in with which credential: when that is worth nothing any more, they are sent away."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from hub.core.account_book import AccountBook
from hub.core.sessions import Sessions
from hub.model.principal import Principal
from hub.model.problem import Problem

TEXT = "the token or login that this came in with is not valid any more"
LOGGED_OUT = "the login that this came in with was ended"


class Caller(Protocol):
    """A connection that has no session to be ended by: a producer, or a request that takes its time."""

    def revoked(self, problem: Problem) -> None:
        """Give way: the credential is over."""


class Standing:
    """Knows the connections of each principal, and looks after each change of accounts who may stay."""

    def __init__(self, accounts: AccountBook, sessions: Sessions) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._callers: dict[Principal, dict[Caller, None]] = {}

    def enter(self, principal: Principal, caller: Caller) -> None:
        """Take note of a connection, where `principal` came in with something that may end."""
        if principal.credential:
            self._callers.setdefault(principal, {})[caller] = None

    def leave(self, principal: Principal, caller: Caller) -> None:
        """Take note that it is over; harmless where it was not known."""
        callers = self._callers.get(principal)
        if callers is not None:
            callers.pop(caller, None)
            if not callers:
                del self._callers[principal]

    def review(self) -> None:
        """End what belongs to principals that are not what they were. Sessions end for ever, with their connections."""
        held: dict[Principal, bool] = {}
        for session in list(self._sessions):
            if not self._holds(session.principal, held):
                self._sessions.end(session, "revoked", text=TEXT)
        for principal, callers in list(self._callers.items()):
            if not self._holds(principal, held):
                for caller in list(callers):
                    caller.revoked(Problem("AUTH", TEXT))

    def log_out(self, login: str) -> None:
        """End what came by one login of a browser: sessions for ever, attached or not, and all connections."""
        for session in list(self._sessions):
            if session.principal.login == login:
                self._sessions.end(session, "revoked", text=LOGGED_OUT)
        for principal, callers in list(self._callers.items()):
            if principal.login == login:
                for caller in list(callers):
                    caller.revoked(Problem("AUTH", LOGGED_OUT))

    def _holds(self, principal: Principal, held: dict[Principal, bool]) -> bool:
        if not principal.credential:
            return True
        known = held.get(principal)
        if known is None:
            now = self._accounts.by_credential(principal.credential)
            known = held[principal] = now == replace(principal, login="")
        return known
