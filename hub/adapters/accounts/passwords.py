"""Passwords: argon2id in two threads of their own, as a checker of twisted.cred."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer

from hub.model.problem import Problem

THREADS = 2
"""Twice 19 MiB and two processors at most, however many try to log in."""
BUSY_MS = 1000
NICE = 19
"""Live lines are first to get a processor; whoever logs in can wait for some milliseconds more."""

# OWASP's least for argon2id. A stronger setting later takes in old hashes: theirs is in them.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordPool:
    """Runs argon2id beside the reactor; past `waiting` passwords in line the next one is told BUSY."""

    def __init__(self, reactor: IReactorFromThreads, waiting: int) -> None:
        self._reactor = reactor
        self._waiting = waiting
        self._under_way = 0
        self._pool = ThreadPool(0, THREADS, "passwords")
        self._dummy: str | None = None

    def start(self) -> None:
        """Start; threads come when there is something to do."""
        self._pool.start()

    def stop(self) -> None:
        """Stop the threads."""
        if self._pool.started:
            self._pool.stop()

    async def hash(self, password: str) -> str:
        """Return the hash of a new password; raise Problem BUSY."""
        return str(await self._run(lambda: _HASHER.hash(_as_bytes(password))))

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Tell whether the password fits; without a hash it takes as long and fits never. Raise Problem BUSY."""
        return bool(await self._run(lambda: self._fits(hashed, password)))

    def _fits(self, hashed: str | None, password: str) -> bool:
        if self._dummy is None:
            self._dummy = _HASHER.hash("a password that nobody has")
        try:
            return _HASHER.verify(hashed or self._dummy, _as_bytes(password)) and hashed is not None
        except (Argon2Error, InvalidHashError):
            return False

    async def _run(self, call: Callable[[], object]) -> object:
        if self._under_way >= self._waiting + THREADS:
            raise Problem(
                "BUSY", f"limits.passwords_waiting ({self._waiting}) passwords are in line", retry_after=BUSY_MS
            )
        self._under_way += 1
        try:
            return await deferToThreadPool(self._reactor, self._pool, _nicely, call)
        finally:
            self._under_way -= 1


@implementer(ICredentialsChecker)
class PasswordChecker:
    """Checks a user's name and password; the avatar id is the name."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, pool: PasswordPool, find: Callable[[str], str | None]) -> None:
        """`find` returns the hash of a user's password."""
        self._pool = pool
        self._find = find

    def requestAvatarId(self, credentials: UsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Fire with the user's name, or fail with UnauthorizedLogin, after the same time for an unknown one."""
        return ensureDeferred(self._check(credentials))

    async def _check(self, credentials: UsernamePassword) -> bytes | tuple[()]:
        name, password = _text(credentials.username), _text(credentials.password)
        if not await self._pool.verify(self._find(name), password):
            raise UnauthorizedLogin("this user and password are not valid")
        return name.encode()


class CheckedPasswords:
    """`Passwords` by checkers of twisted.cred: the first that knows the user and password lets them in."""

    def __init__(self, pool: PasswordPool) -> None:
        self.find: Callable[[str], str | None] = lambda user: None
        self._pool = pool
        self._checker = PasswordChecker(pool, self._find)

    async def hash(self, password: str) -> str:
        """Return the hash to keep; raise Problem BUSY."""
        return await self._pool.hash(password)

    def _find(self, user: str) -> str | None:
        return self.find(user)

    async def check(self, user: str, password: str) -> bool:
        """Tell whether it is the user's password; raise Problem BUSY."""
        try:
            await self._checker.requestAvatarId(UsernamePassword(_as_bytes(user), _as_bytes(password)))
        except UnauthorizedLogin:
            return False
        return True


def _nicely(call: Callable[[], object]) -> object:
    """Run a call in a thread that gives way to all others; only Linux has priorities of threads."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    return call()


def _as_bytes(text: str) -> bytes:
    return text.encode()


def _text(given: bytes | str) -> str:
    return given.decode() if isinstance(given, bytes) else given
