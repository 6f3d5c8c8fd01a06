"""How often somebody may try to log in."""

from __future__ import annotations

import pytest

from fakes.clock import FakeClock
from hub.core.login_rate import MOST, LoginRate, Tokens
from hub.model.principal import Principal, Role
from hub.model.problem import Problem


def refused(rate: LoginRate, address: str, user: str | None = None) -> int | None:
    """Return after how long to come again, None where a try is allowed."""
    try:
        rate.check(address, user)
    except Problem as problem:
        assert problem.word == "LIMIT"
        return problem.retry_after
    return None


def test_failures_count_for_the_address_and_for_the_user() -> None:
    rate = LoginRate(FakeClock(), 2)
    for _ in range(2):
        assert refused(rate, "a", "alice") is None
        rate.failed("a", "alice")
    assert refused(rate, "a", "bob"), "whoever comes from that address"
    assert refused(rate, "b", "alice"), "that user from anywhere"
    assert refused(rate, "b", "bob") is None
    assert refused(rate, "b") is None


def test_they_count_for_a_minute() -> None:
    clock = FakeClock()
    rate = LoginRate(clock, 1)
    rate.failed("a")
    clock.advance(20)
    assert refused(rate, "a") == pytest.approx(40_000, abs=50)
    clock.advance(41)
    assert refused(rate, "a") is None


def test_a_success_takes_its_own_count_back_and_no_other() -> None:
    rate = LoginRate(FakeClock(), 2)
    rate.failed("a", "alice")
    rate.failed("a", "alice")
    rate.succeeded("a", "alice")
    assert refused(rate, "a", "alice") is None
    rate.failed("a", "alice")
    assert refused(rate, "a", "alice")


def test_very_many_addresses_do_not_fill_the_memory() -> None:
    rate = LoginRate(FakeClock(), 1)
    for number in range(MOST + 100):
        rate.failed(f"10.0.{number}")
    assert len(rate._failed) <= MOST
    assert refused(rate, "10.0.1") is None
    assert refused(rate, f"10.0.{MOST + 99}")


def answer(tokens: Tokens, token: str, address: str = "a") -> str:
    """Return whose token it is, or the word of the refusal."""
    try:
        return tokens.principal(token, address).name
    except Problem as problem:
        assert problem.word == "AUTH" or problem.retry_after
        return problem.word


def test_wrong_tokens_are_limited_and_good_ones_are_not() -> None:
    clock = FakeClock()
    good = {name: Principal(name, Role.VIEWER) for name in ("alice", "bob")}
    tokens = Tokens(clock, 2, good.get)
    assert [answer(tokens, f"guess {number}") for number in range(4)] == ["AUTH", "AUTH", "LIMIT", "LIMIT"]
    assert answer(tokens, "alice") == "alice", "nobody who has one is locked out by others"
    assert answer(tokens, "guess", "b") == "AUTH", "other addresses have their own count"
    good.pop("bob")
    assert answer(tokens, "bob") == "LIMIT", "one that has ended is a wrong one"
    clock.advance(61)
    assert answer(tokens, "guess") == "AUTH"
