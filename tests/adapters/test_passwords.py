"""argon2id beside the reactor."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
import pytest_twisted
from twisted.cred.checkers import ICredentialsChecker
from twisted.internet import reactor  # noqa: TID251 - the reactor of the test run
from twisted.internet.defer import Deferred, gatherResults
from zope.interface.verify import verifyObject

from hub.adapters.accounts.passwords import CheckedPasswords, PasswordChecker, PasswordPool
from hub.model.problem import Problem


@pytest.fixture
def pool() -> Iterator[PasswordPool]:
    pool = PasswordPool(reactor, waiting=3)
    pool.start()
    yield pool
    pool.stop()


@pytest_twisted.ensureDeferred
async def test_a_password_fits_its_own_hash_and_no_other(pool: PasswordPool) -> None:
    passwords = CheckedPasswords(pool)
    hashed = await passwords.hash("correct horsé")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashed != await passwords.hash("correct horsé"), "each has a salt of its own"
    passwords.find = {"alice": hashed, "broken": "$argon2id$nonsense"}.get
    assert await passwords.check("alice", "correct horsé") is True
    assert await passwords.check("alice", "correct horse") is False
    assert await passwords.check("bob", "correct horsé") is False
    assert await passwords.check("broken", "correct horsé") is False


@pytest_twisted.ensureDeferred
async def test_an_unknown_user_takes_as_long_as_a_wrong_password(pool: PasswordPool) -> None:
    passwords = CheckedPasswords(pool)
    passwords.find = {"alice": await passwords.hash("correct horse")}.get
    times: dict[str, list[float]] = {"alice": [], "bob": []}
    await passwords.check("bob", "warm up")
    for _ in range(8):
        for user, taken in times.items():
            before = time.process_time()
            await passwords.check(user, "wrong")
            taken.append(time.process_time() - before)
    known, unknown = (min(taken) for taken in times.values())
    assert known > 0.005, "hashing costs something"
    assert unknown == pytest.approx(known, rel=0.7)


@pytest_twisted.ensureDeferred
async def test_past_a_bound_the_next_one_is_told_to_come_again_and_the_reactor_turns(pool: PasswordPool) -> None:
    passwords = CheckedPasswords(pool)
    outcomes: list[str] = []
    turns: list[int] = []

    async def guess() -> None:
        try:
            outcomes.append(str(await passwords.check("bob", "x")))
        except Problem as problem:
            assert problem.retry_after
            outcomes.append(problem.word)

    def turn() -> None:
        turns.append(len(outcomes))
        if len(outcomes) < 200:
            reactor.callLater(0, turn)

    turn()
    await gatherResults([Deferred.fromCoroutine(guess()) for _ in range(200)])
    assert outcomes.count("BUSY") == 195
    assert outcomes.count("False") == 5
    assert len(turns) > 20, "the reactor turns meanwhile"


def test_it_is_a_checker_of_twisted_cred(pool: PasswordPool) -> None:
    assert verifyObject(ICredentialsChecker, PasswordChecker(pool, lambda user: None))


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux only")
@pytest_twisted.ensureDeferred
async def test_a_password_gives_way_to_live_lines(pool: PasswordPool, monkeypatch: pytest.MonkeyPatch) -> None:
    ran_at: list[int] = []

    def look(hashed: str | None, password: str) -> bool:
        ran_at.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return True

    monkeypatch.setattr(pool, "_fits", look)
    await pool.verify("$hash", "correct horse")
    assert ran_at == [19]
    assert os.getpriority(os.PRIO_PROCESS, 0) < 19, "the reactor does not"
