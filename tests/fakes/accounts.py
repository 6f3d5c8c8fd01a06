"""Tokens by name."""

from __future__ import annotations

from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role


class FakeAccounts:
    """`Accounts` whose tokens are words."""

    def __init__(self) -> None:
        self.principals = {
            "admin-token": Principal("admin", Role.ADMIN),
            "operator-token": Principal("op", Role.OPERATOR),
            "viewer-token": Principal("viewer", Role.VIEWER, may_produce=False),
            "ci-operator-token": Principal("ci-op", Role.OPERATOR, patterns=(Pattern("ci/**"),)),
            "ci-token": Principal("ci", Role.VIEWER, patterns=(Pattern("ci/**"),)),
            "maker-token": Principal("maker", Role.NONE),
        }

    signing_key = b"signing key"

    def forget(self, name: str) -> None:
        self.principals = {token: each for token, each in self.principals.items() if each.name != name}

    def by_name(self, name: str) -> Principal | None:
        return next((each for each in self.principals.values() if each.name == name), None)

    def by_token(self, token: str) -> Principal | None:
        return self.principals.get(token)
