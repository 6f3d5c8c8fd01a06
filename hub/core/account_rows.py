"""What is told of accounts: rows without secrets."""

from __future__ import annotations

from typing import TypedDict

from hub.model.account import Token, User
from hub.model.audit import AuditEntry


class UserRow(TypedDict):
    """A user."""

    user: str
    role: str
    patterns: list[str]
    password: bool
    """Whether they have one."""
    changed_at: int


class TokenRow(TypedDict):
    """A token or a guest link; `token` is its public id."""

    token: str
    kind: str
    role: str
    patterns: list[str]
    principal: str
    user: bool
    expires_at: int | None
    created_at: int
    created_by: str
    note: str


class AuditRow(TypedDict):
    """A deed."""

    seq: int
    at: int
    principal: str
    peer: str
    action: str
    target: str
    outcome: str
    detail: str


class NewToken(TokenRow):
    """A token with its secret, which is told this once."""

    secret: str


class UsersAnswer(TypedDict):
    """The answer of `user.list`."""

    users: list[UserRow]
    next: str | None


class TokensAnswer(TypedDict):
    """The answer of `token.list`."""

    tokens: list[TokenRow]
    next: str | None


class AuditAnswer(TypedDict):
    """The answer of `audit.list`."""

    entries: list[AuditRow]
    next: int | None


def user_row(user: User) -> UserRow:
    """Return a user as `user.list` shows them."""
    return {
        "user": user.name,
        "role": user.role,
        "patterns": list(user.patterns),
        "password": user.password is not None,
        "changed_at": user.changed_at,
    }


def token_row(token: Token) -> TokenRow:
    """Return a token as `token.list` shows it."""
    return {
        "token": token.id,
        "kind": token.kind,
        "role": token.role,
        "patterns": list(token.patterns),
        "principal": token.principal,
        "user": token.user,
        "expires_at": token.expires_at,
        "created_at": token.created_at,
        "created_by": token.created_by,
        "note": token.note,
    }


def audit_row(entry: AuditEntry) -> AuditRow:
    """Return an entry as `audit.list` and the event `audit.entry` show it."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "principal": entry.principal,
        "peer": entry.peer,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
        "detail": entry.detail,
    }
