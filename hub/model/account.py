"""Users and tokens as they are kept: hashes, never a secret."""

from __future__ import annotations

import re
import secrets
import string
from typing import Literal, TypeVar

import msgspec

from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role
from hub.model.problem import Problem

Kind = Literal["producer", "admin", "guest"]

ADMIN = "admin"
RESERVED = frozenset({ADMIN, "anonymous"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_ALPHABET = string.ascii_letters + string.digits
LONGEST_NAME = 64
_SECRET_CHARACTERS = 32  # 190 bits
_ID_CHARACTERS = 16

A = TypeVar("A", bound="User | Token")


class User(msgspec.Struct, array_like=True, frozen=True):
    """Somebody with a password, or without one where a proxy says who they are."""

    name: str
    role: str
    patterns: tuple[str, ...]
    password: str | None
    """The argon2id hash; None: no password fits."""
    changed_at: int
    version: int
    """Grows with each change: whoever came in before one has to come in again."""

    @property
    def credential(self) -> str:
        """What stands for this user as they are now."""
        return f"user.{self.version}.{self.name}"

    def principal(self) -> Principal:
        """Return the user as somebody who asks."""
        role = Role.of(self.role)
        return Principal(self.name, role, role >= Role.OPERATOR, patterns_of(self.patterns), self.credential)


class Token(msgspec.Struct, array_like=True, frozen=True):
    """A token, known by its hash. One with a `user` acts for that user, with no more rights than theirs."""

    hash: str
    kind: Kind
    role: str
    patterns: tuple[str, ...]
    principal: str
    user: bool
    expires_at: int | None
    created_at: int
    created_by: str
    note: str = ""
    login: str = ""
    """The credential of the user whose password it was made with: it ends when that is worth nothing any more."""
    maker: str = ""
    """Who made a guest link, `user.NAME` or a token's credential: it ends with them, and shows what they may see."""

    @property
    def id(self) -> str:
        """What others may know it by."""
        return self.hash[:_ID_CHARACTERS]

    @property
    def credential(self) -> str:
        """What stands for this token."""
        return f"token.{self.hash}"

    def ended(self, now_ms: int) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now_ms

    def principal_for(self, user: User | None) -> Principal:
        """Return who comes with this token; `user` is whom it acts for, if it acts for one."""
        role, patterns, within = Role.of(self.role), patterns_of(self.patterns), patterns_of(())
        if user is not None:
            role, within = min(role, Role.of(user.role)), patterns_of(user.patterns)
            if not patterns:
                patterns, within = within, ()
        produces = self.kind == "producer" or (self.kind == "admin" and role >= Role.OPERATOR)
        role = Role.NONE if self.kind == "producer" else role
        return Principal(self.principal, role, produces, patterns, self.credential, self.expires_at, within)


def patterns_of(texts: tuple[str, ...]) -> tuple[Pattern, ...]:
    """Return texts as patterns; raise Problem PROTO for one that is none."""
    return tuple(Pattern(text) for text in texts)


def new_secret(kind: str) -> str:
    """Return a fresh token, with a prefix by which scanners find lost ones: `hub_<kind>_…`."""
    return f"hub_{kind}_" + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_CHARACTERS))


def check_account_name(name: str) -> str:
    """Return a user's or token's name; raise Problem PROTO where it is none, or is the hub's own."""
    if _NAME.fullmatch(name) is None:
        raise Problem("PROTO", "a name is 1 to 64 letters, digits and . _ @ + -, and begins with a letter or digit")
    if name in RESERVED:
        raise Problem("CONFLICT", f"{name} is the hub's own name")
    return name


_encoder = msgspec.msgpack.Encoder()


def pack_account(account: User | Token) -> bytes:
    """Return a user or token in few bytes."""
    return _encoder.encode(account)


def unpack_account(packed: bytes, kind: type[A]) -> A:
    """Return what was packed; raise ValueError where it is none."""
    try:
        return msgspec.msgpack.decode(packed, type=kind)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
