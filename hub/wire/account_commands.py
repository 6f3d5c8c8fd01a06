"""Parameters of `user.*`, `token.*`, `guest.*`, `login.*` and `audit.*` (PROTOCOL 6)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hub.wire.commands import Count, Mutation, Natural, Params

RoleWord = Literal["viewer", "operator", "admin"]
Patterns = Annotated[list[str], Meta(max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=200)]
TokenId = Annotated[str, Meta(min_length=16, max_length=16)]


class UserSet(Mutation, kw_only=True):
    """`user.set`; without a password the one that they have stays. No patterns: all streams."""

    user: Name
    role: RoleWord
    password: str | None = None
    patterns: Patterns = msgspec.field(default_factory=list)


class UserList(Params):
    """`user.list`."""

    limit: Count = 1000
    after: str | None = None


class UserRemove(Mutation, kw_only=True):
    """`user.remove`."""

    user: Name


class TokenCreate(Mutation, kw_only=True):
    """`token.create`; `principal` is whose it is: a user, or a name of its own that streams will belong to."""

    kind: Literal["producer", "admin"]
    role: RoleWord | None = None
    patterns: Patterns = msgspec.field(default_factory=list)
    principal: Name | None = None
    expires_at: Natural | None = None
    note: Text = ""


class TokenList(Params):
    """`token.list`; `after` is a former answer's `next`."""

    limit: Count = 1000
    after: str | None = None


class TokenRevoke(Mutation, kw_only=True):
    """`token.revoke`; `token` is a public id."""

    token: TokenId


class GuestCreate(Mutation, kw_only=True):
    """`guest.create`: a link to one stream for whoever has it."""

    stream: str
    expires_at: Natural
    note: Text = ""


class LoginBegin(Mutation, kw_only=True):
    """`login.begin`: a token for oneself, after saying user and password."""

    expires_at: Natural
    note: Text = ""


class LoginEnd(Mutation, kw_only=True):
    """`login.end`: the token that one came in with ends."""


class AuditList(Params):
    """`audit.list`, newest first; `action` may end in `*`, `before` is a former answer's `next`."""

    limit: Count = 200
    before: Natural | None = None
    principal: str | None = None
    action: str | None = None
    target: str | None = None
    since: Natural | None = None
