"""Tokens by name, and passwords that are only marked as hashed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.tasks import Wait
from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role


class FakeAccounts:
    """`Accounts` whose tokens are words."""

    def __init__(self) -> None:
        self.principals = {
            "admin-token": _principal("admin", Role.ADMIN),
            "ci-admin-token": _principal("ci-admin", Role.ADMIN, patterns=(Pattern("ci/**"),)),
            "operator-token": _principal("op", Role.OPERATOR),
            "viewer-token": _principal("viewer", Role.VIEWER, may_produce=False),
            "ci-operator-token": _principal("ci-op", Role.OPERATOR, patterns=(Pattern("ci/**"),)),
            "ci-token": _principal("ci", Role.VIEWER, patterns=(Pattern("ci/**"),)),
            "maker-token": _principal("maker", Role.NONE),
            "ci-maker-token": _principal("ci-maker", Role.NONE, patterns=(Pattern("ci/**"),)),
        }

    signing_key = b"signing key"

    def forget(self, name: str) -> None:
        self.principals = {token: each for token, each in self.principals.items() if each.name != name}

    def by_credential(self, credential: str) -> Principal | None:
        return next((each for each in self.principals.values() if each.credential == credential), None)

    def by_token(self, token: str) -> Principal | None:
        return self.principals.get(token)


class FakePasswords:
    """`Passwords` without threads."""

    def __init__(self) -> None:
        self.find: Callable[[str], str | None] = lambda user: None
        self.checks: list[str] = []
        self.wait: Wait | None = None
        """Set by a test: checks take until it releases this."""

    async def hash(self, password: str) -> str:
        return f"hashed {password}"

    async def check(self, user: str, password: str) -> bool:
        self.checks.append(user)
        if self.wait is not None:
            await self.wait
        return self.find(user) == f"hashed {password}"


def _principal(name: str, role: Role, **more: Any) -> Principal:
    return Principal(name, role, credential=name, **more)
