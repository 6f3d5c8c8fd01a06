"""`user.*`, `token.*`, `guest.*`, `login.*` and `audit.*`: who may come in, and who did what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.account_book import TokenWish
from hub.core.account_rows import (
    AuditAnswer,
    AuditRow,
    NewToken,
    TokenRow,
    TokensAnswer,
    UserRow,
    UsersAnswer,
    audit_row,
    token_row,
    user_row,
)
from hub.model.account import Token
from hub.model.audit import AuditEntry
from hub.model.principal import Role
from hub.model.problem import Problem
from hub.wire.account_commands import (
    AuditList,
    GuestCreate,
    LoginBegin,
    LoginEnd,
    TokenCreate,
    TokenList,
    TokenRevoke,
    UserList,
    UserRemove,
    UserSet,
)

LONGEST_LOGIN_MS = 366 * 24 * 3600 * 1000
LONGEST_GUEST_MS = 92 * 24 * 3600 * 1000


async def _set_user(commander: Commander, params: UserSet) -> UserRow:
    book = commander.hub.accounts
    return user_row(await book.set_user(params.user, params.role, params.patterns, params.password))


def _users(commander: Commander, params: UserList) -> UsersAnswer:
    users = [user for user in commander.hub.accounts.users if params.after is None or user.name > params.after]
    rows = [user_row(user) for user in users[: params.limit]]
    return {"users": rows, "next": rows[-1]["user"] if len(rows) < len(users) else None}


async def _remove_user(commander: Commander, params: UserRemove) -> dict[str, object]:
    tokens = await commander.hub.accounts.remove_user(params.user)
    return {"user": params.user, "tokens_revoked": tokens}


async def _create_token(commander: Commander, params: TokenCreate) -> NewToken:
    if params.kind == "admin" and params.role is None:
        raise Problem("PROTO", "a token of kind admin needs a role: viewer, operator or admin")
    wish = TokenWish(
        kind=params.kind,
        role=params.role or Role.NONE.word,
        patterns=params.patterns,
        principal=params.principal,
        expires_at=params.expires_at,
        note=params.note,
    )
    return await _made(commander, wish)


def _tokens(commander: Commander, params: TokenList) -> TokensAnswer:
    tokens = list(_after(commander.hub.accounts.tokens, params.after))
    rows = [token_row(token) for token in tokens[: params.limit]]
    return {"tokens": rows, "next": rows[-1]["token"] if len(rows) < len(tokens) else None}


async def _revoke_token(commander: Commander, params: TokenRevoke) -> TokenRow:
    """Revoke a token: an admin any, an operator the guest links that they made."""
    book, principal = commander.hub.accounts, commander.principal
    token = book.token_of_id(params.token)
    is_own_link = token.kind == "guest" and token.created_by == principal.name
    if not is_own_link and (principal.role < Role.ADMIN or principal.patterns):
        raise Problem("NOTFOUND", "there is no such token")
    await book.revoke(token)
    return token_row(token)


async def _create_guest(commander: Commander, params: GuestCreate) -> NewToken:
    hub, principal = commander.hub, commander.principal
    stream = hub.streams.find(params.stream, principal)
    if params.expires_at > hub.clock.now_ms() + LONGEST_GUEST_MS:
        raise Problem("PROTO", "a guest link lasts 92 days at most")
    wish = TokenWish(
        kind="guest",
        role=Role.VIEWER.word,
        patterns=[stream.name],
        expires_at=params.expires_at,
        note=params.note,
        maker=principal.credential,
    )
    return await _made(commander, wish)


async def _begin_login(commander: Commander, params: LoginBegin) -> NewToken:
    hub, principal = commander.hub, commander.principal
    if not principal.credential.startswith("user."):
        raise Problem("DENIED", "a token for oneself is for those who said user and password")
    if params.expires_at > hub.clock.now_ms() + LONGEST_LOGIN_MS:
        raise Problem("PROTO", "such a token lasts a year at most")
    wish = TokenWish(
        kind="admin",
        role=principal.role.word,
        principal=principal.name,
        expires_at=params.expires_at,
        note=params.note,
        login=principal.credential,
    )
    return await _made(commander, wish)


async def _end_login(commander: Commander, params: LoginEnd) -> dict[str, object]:
    book = commander.hub.accounts
    token = book.token_of(commander.principal)
    if token is None:
        raise Problem("NOTFOUND", "this session did not begin with a token that could end")
    await book.revoke(token)
    return {"token": token.id}


def _audit(commander: Commander, params: AuditList) -> AuditAnswer:
    rows: list[AuditRow] = []
    for entry in commander.hub.audit.newest_first(params.before):
        if params.since is not None and entry.at < params.since:
            break
        if _is_asked_for(entry, params):
            if len(rows) == params.limit:
                return {"entries": rows, "next": rows[-1]["seq"]}
            rows.append(audit_row(entry))
    return {"entries": rows, "next": None}


def _is_asked_for(entry: AuditEntry, params: AuditList) -> bool:
    if params.principal is not None and entry.principal != params.principal:
        return False
    if params.target is not None and not _concerns(entry, params.target):
        return False
    action = params.action
    if action is None:
        return True
    return entry.action.startswith(action[:-1]) if action.endswith("*") else entry.action == action


def _concerns(entry: AuditEntry, target: str) -> bool:
    """Tell whether something was done to `target`, or it is the token that was made for a target."""
    return target == entry.target or f"token={target}" in entry.detail.split(" ")


async def _made(commander: Commander, wish: TokenWish) -> NewToken:
    secret, token = await commander.hub.accounts.create_token(wish, commander.principal.name)
    return {**token_row(token), "secret": secret}


def _after(tokens: Iterable[Token], token_id: str | None) -> Iterator[Token]:
    found = token_id is None
    for token in tokens:
        if found:
            yield token
        found = found or token.id == token_id


ACCOUNT_METHODS = {
    "user.set": Method(Role.ADMIN, UserSet, _set_user, unbound=True),
    "user.list": Method(Role.ADMIN, UserList, _users, unbound=True),
    "user.remove": Method(Role.ADMIN, UserRemove, _remove_user, unbound=True),
    "token.create": Method(Role.ADMIN, TokenCreate, _create_token, unbound=True, made="token"),
    "token.list": Method(Role.ADMIN, TokenList, _tokens, unbound=True),
    "token.revoke": Method(Role.OPERATOR, TokenRevoke, _revoke_token),
    "guest.create": Method(Role.OPERATOR, GuestCreate, _create_guest, made="token"),
    "login.begin": Method(Role.VIEWER, LoginBegin, _begin_login, made="token"),
    "login.end": Method(Role.VIEWER, LoginEnd, _end_login, made="token"),
    "audit.list": Method(Role.ADMIN, AuditList, _audit, unbound=True),
}
