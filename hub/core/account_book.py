"""Users and tokens: who is who, and what changes it. All are in memory, and in the store before a change holds.

Only hashes are kept. A *credential* is the name by which the hub itself knows what somebody came in with: sessions and
signed logins hold it, and ask the book each time whether it is still worth what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hub.core.one_at_a_time import OneAtATime
from hub.core.ports import Accounts, Clock, Passwords, Store, Tasks
from hub.model.account import (
    A,
    Kind,
    Token,
    User,
    check_account_name,
    new_secret,
    pack_account,
    patterns_of,
    unpack_account,
)
from hub.model.limits import Limits
from hub.model.principal import Principal, Role
from hub.model.problem import Problem
from hub.model.session_key import key_hash

USERS = "user"
TOKENS = "token"
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
FORGET_MS = 7 * 24 * 3600 * 1000
"""Tokens are listed for a week after their end, so that one may see why something stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWish:
    """What a new token is to be."""

    kind: Kind
    role: str
    patterns: Sequence[str] = ()
    principal: str | None = None
    """Whose it is: a user, or a name of its own; None makes one up."""
    expires_at: int | None = None
    note: str = ""
    login: str = ""
    """The credential of the user who asks for it with their password; with that it ends."""
    maker: str = ""
    """The credential of who makes a guest link; with them it ends."""


class AccountBook:
    """All accounts. `changed` is called after each change that may end somebody's rights."""

    def __init__(
        self, root: Accounts, passwords: Passwords, store: Store, clock: Clock, tasks: Tasks, limits: Limits
    ) -> None:
        """`root` knows the accounts that are not in the store: the admin's."""
        self._root = root
        self._passwords = passwords
        self._store = store
        self._clock = clock
        self._limits = limits
        self._users: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._next_end: int | None = None
        self._changes = OneAtATime(tasks)
        """What one change has looked at, another one must not change before the first one is stored."""
        self.changed: Callable[[], None] = lambda: None
        passwords.find = self._password_of

    @property
    def signing_key(self) -> bytes:
        """Signs logins; it changes when all of them are to end."""
        return self._root.signing_key

    @property
    def has_passwords(self) -> bool:
        """Whether anybody could log in with a password."""
        return any(user.password is not None for user in self._users.values())

    async def restore(self) -> None:
        """Take up what the store kept; a record that cannot be read is an account that nobody has."""
        for packed in (await self._store.records(USERS)).values():
            user = _readable(packed, User)
            if user is not None:
                self._users[user.name] = user
        for packed in (await self._store.records(TOKENS)).values():
            token = _readable(packed, Token)
            if token is not None:
                self._tokens[token.hash] = token
        self._plan_end()

    # Who is who.

    def by_token(self, token: str) -> Principal | None:
        """Return whose token this is; None if it is nobody's, or its time is over. A guest's link is no token."""
        principal = self._root.by_token(token)
        if principal is not None:
            return principal
        found = self._tokens.get(key_hash(token))
        return None if found is None or found.kind == "guest" else self._principal(found)

    def by_guest_code(self, code: str) -> Principal | None:
        """Return who comes by a guest link; None if there is none such, or its time is over."""
        found = self._tokens.get(key_hash(code))
        return self._principal(found) if found is not None and found.kind == "guest" else None

    def by_credential(self, credential: str) -> Principal | None:
        """Return who came in with this, as they are now; None where it is worth nothing any more."""
        kind, _, rest = credential.partition(".")
        if kind == "token":
            token = self._tokens.get(rest)
            return None if token is None else self._principal(token)
        if kind == "user":
            user = self._users.get(rest.partition(".")[2])
            return user.principal() if user is not None and user.credential == credential else None
        return self._root.by_credential(credential)

    async def by_password(self, name: str, password: str) -> Principal:
        """Return the user of that name and password; raise Problem AUTH, or BUSY where too many are checked."""
        user = self._users.get(name)
        fits = len(password) <= LONGEST_PASSWORD and await self._passwords.check(name, password)
        # Checking takes a while: a password that was changed meanwhile is an old one.
        if not fits or user is None or self._users.get(name) is not user:
            raise Problem("AUTH", "this user and password are not valid")
        return user.principal()

    def by_user_name(self, name: str) -> Principal | None:
        """Return the user whom something trusted named, such as a proxy that knows its users."""
        user = self._users.get(name)
        return None if user is None else user.principal()

    # Users.

    @property
    def users(self) -> list[User]:
        """All users, by name."""
        return [self._users[name] for name in sorted(self._users)]

    async def set_user(self, name: str, role: str, patterns: Sequence[str], password: str | None) -> User:
        """Make a user, or change one; without a password the old one stays. Raise Problem."""
        check_account_name(name)
        patterns_of(tuple(patterns))
        self._check_new_user(name)
        hashed = None if password is None else await self._hash(password)
        async with self._changes:
            self._check_new_user(name)
            before = self._users.get(name)
            if password is None and before is not None:
                hashed = before.password
            now = self._clock.now_ms()
            version = now if before is None else max(before.version + 1, now)
            user = User(name, role, tuple(patterns), hashed, now, version)
            await self._store.put(USERS, {name: pack_account(user)})
            self._users[name] = user
            self.changed()
            # They are worth nothing from now on: where the store does not forget them that changes nothing.
            with suppress(Problem):
                await self._remove(token for token in self._tokens.values() if token.login and token.principal == name)
        return user

    def _check_new_user(self, name: str) -> None:
        if name not in self._users:
            self._check_room(self._users, self._limits.users, "limits.users")
            if any(token.principal == name and not token.user for token in self._tokens.values()):
                raise Problem("CONFLICT", f"a token goes by the name {name} already: revoke it, or take another name")

    async def remove_user(self, name: str) -> int:
        """Remove a user with all tokens that act for them; return how many those were. Raise Problem NOTFOUND."""
        async with self._changes:
            if name not in self._users:
                raise Problem("NOTFOUND", "there is no such user")
            tokens = [token for token in self._tokens.values() if token.user and token.principal == name]
            makers = {f"user.{name}", *(token.credential for token in tokens)}
            count = await self._remove([*tokens, *self._made_by(makers)])
            await self._store.put(USERS, {name: None})
            self._users.pop(name, None)
            self.changed()
        return count

    # Tokens.

    @property
    def tokens(self) -> list[Token]:
        """All tokens and guest links, newest first; those that ended lately too."""
        return sorted(self._tokens.values(), key=lambda token: -token.created_at)

    async def create_token(self, wish: TokenWish, by: str) -> tuple[str, Token]:
        """Make a token; return its secret, which nobody is told again, and the token. Raise Problem."""
        patterns_of(tuple(wish.patterns))
        async with self._changes:
            return await self._create_token(wish, by)

    async def _create_token(self, wish: TokenWish, by: str) -> tuple[str, Token]:
        now = self._clock.now_ms()
        for credential in (wish.login, wish.maker):
            if credential and self.by_credential(credential) is None:
                raise Problem("AUTH", "who asks for this is not who they were: come in again")
        if wish.expires_at is not None and wish.expires_at <= now:
            raise Problem("PROTO", "expires_at is over already")
        gone = self._forget_ended(now)
        self._check_room(self._tokens, self._limits.tokens, "limits.tokens")
        secret = new_secret(wish.kind)
        hashed = key_hash(secret)
        name = f"{wish.kind}-{hashed[:8]}" if wish.principal is None else check_account_name(wish.principal)
        role = Role.NONE.word if wish.kind == "producer" else wish.role
        token = Token(
            hashed,
            wish.kind,
            role,
            tuple(wish.patterns),
            name,
            name in self._users,
            wish.expires_at,
            now,
            by,
            wish.note,
            wish.login,
            self._maker(wish.maker),
        )
        await self._store.put(TOKENS, {**dict.fromkeys(gone), hashed: pack_account(token)})
        self._tokens[hashed] = token
        self._plan_end()
        return secret, token

    def token_of_id(self, token_id: str) -> Token:
        """Return a token by its public id; raise Problem NOTFOUND."""
        for token in self._tokens.values():
            if token.id == token_id:
                return token
        raise Problem("NOTFOUND", "there is no such token")

    def token_of(self, principal: Principal) -> Token | None:
        """Return the token that `principal` came in with, if it was one."""
        kind, _, rest = principal.credential.partition(".")
        return self._tokens.get(rest) if kind == "token" else None

    async def revoke(self, token: Token) -> None:
        """End a token now, and the links that were made with it; whoever is in with one of them is sent away."""
        async with self._changes:
            await self._remove([token, *self._made_by({token.credential})])
            self.changed()

    def tick(self) -> None:
        """Send those away whose time is over; to be called once a second."""
        if self._next_end is not None and self._clock.now_ms() >= self._next_end:
            self._plan_end()
            self.changed()

    def _principal(self, token: Token) -> Principal | None:
        if token.ended(self._clock.now_ms()):
            return None
        user = self._users.get(token.principal) if token.user else None
        if token.user and (user is None or (token.login and token.login != user.credential)):
            return None
        if token.maker and not self._may_show(token):
            return None
        return token.principal_for(user)

    def _may_show(self, link: Token) -> bool:
        """Tell whether who made a guest link is there yet and may see what it shows."""
        kind, _, rest = link.maker.partition(".")
        maker = self.by_user_name(rest) if kind == "user" else self.by_credential(link.maker)
        return maker is not None and all(maker.may_see(stream) for stream in link.patterns)

    def _maker(self, credential: str) -> str:
        """Return whose a link is: a user's however often they change and log in, or a token's."""
        kind, _, rest = credential.partition(".")
        if kind == "user":
            return f"user.{rest.partition('.')[2]}"
        token = self._tokens.get(rest) if kind == "token" else None
        return credential if token is None or not token.login else f"user.{token.principal}"

    def _made_by(self, makers: set[str]) -> list[Token]:
        return [token for token in self._tokens.values() if token.maker in makers]

    async def _remove(self, tokens: Iterable[Token]) -> int:
        gone = {token.hash: None for token in tokens}
        if gone:
            await self._store.put(TOKENS, gone)
        for each in gone:
            self._tokens.pop(each, None)
        return len(gone)

    def _password_of(self, name: str) -> str | None:
        user = self._users.get(name)
        return None if user is None else user.password

    async def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise Problem("PROTO", f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
        return await self._passwords.hash(password)

    def _plan_end(self) -> None:
        now = self._clock.now_ms()
        ends: Iterable[int] = (each.expires_at for each in self._tokens.values() if each.expires_at is not None)
        self._next_end = min((end for end in ends if end > now), default=None)

    def _forget_ended(self, now_ms: int) -> list[str]:
        gone = [token.hash for token in self._tokens.values() if token.ended(now_ms - FORGET_MS)]
        for each in gone:
            del self._tokens[each]
        return gone

    @staticmethod
    def _check_room(kept: dict[str, User] | dict[str, Token], bound: int, name: str) -> None:
        if len(kept) >= bound:
            raise Problem("LIMIT", f"there are {name} ({bound}) already")


def _readable(packed: bytes, kind: type[A]) -> A | None:
    try:
        account = unpack_account(packed, kind)
        account.principal() if isinstance(account, User) else account.principal_for(None)
    except (ValueError, KeyError, Problem):
        return None
    return account


__all__ = ["AccountBook", "TokenWish"]
