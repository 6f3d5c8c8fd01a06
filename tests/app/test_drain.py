"""How a hub ends: within the time that it tells, whatever its disk and its peers do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import formatEvent, globalLogPublisher

from adapters.web.desk import ADMIN, Desk, request
from hub.app.drain import Drain
from hub.model.principal import Principal, Role
from hub.model.problem import Problem
from hub.model.session_key import new_key

FULL = Problem("STORE", "the disk is full", retry_after=1000)


@pytest.fixture
def log() -> Iterator[list[str]]:
    told: list[str] = []

    def observe(event: Any) -> None:
        told.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield told
    globalLogPublisher.removeObserver(observe)


class Ending:
    """A hub that ends, and the time that this takes."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.drain = Drain(desk.hub, [], desk.listener, desk.reactor)
        self.over: list[object] = []
        Deferred.fromCoroutine(self.drain.run()).addBoth(self.over.append)

    def seconds(self, most: float = 20) -> float:
        """Let time pass until it is over; return how much that was."""
        began = self.desk.reactor.seconds()
        while not self.over and self.desk.reactor.seconds() - began < most:
            self.desk.pass_seconds(0.05)
        assert self.over == [None], "it ends, and nothing is raised"
        return self.desk.reactor.seconds() - began


def framed(desk: Desk, data: bytes) -> None:
    """Let a session write that waits for its ACK."""
    writer = desk.hub.streams.open_exact("s", Principal("me", Role.ADMIN), {})
    writer.run.session = new_key()
    desk.write(writer, data)


def test_a_hub_with_nothing_to_do_ends_at_once() -> None:
    ending = Ending(Desk())
    assert ending.seconds() < 0.2
    assert not ending.drain.lost


def test_raw_output_is_read_half_of_the_time_and_cut_off(log: list[str]) -> None:
    desk = Desk()
    desk.stream("raw", b"one\n")
    ending = Ending(desk)
    assert 4.9 < ending.seconds() < 5.2
    assert "1 raw runs are cut off: half of limits.drain_seconds is over" in log


def test_a_store_that_does_not_answer_keeps_no_hub(log: list[str]) -> None:
    desk = Desk(slow_store=True)
    framed(desk, b"never durable\n")
    desk.hub.audit.note("me", "here", "kick", "s")
    ending = Ending(desk)
    assert ending.seconds() < 8
    assert ending.drain.lost
    (said,) = [each for each in log if "could not be made durable" in each]
    assert said.endswith("could not be made durable: the store does not answer")


def test_a_store_that_takes_nothing_keeps_no_hub_and_is_the_reason(log: list[str]) -> None:
    desk = Desk()
    desk.store.fail_next(*[FULL] * 50)
    framed(desk, b"never durable\n")
    ending = Ending(desk)
    assert ending.seconds() < 8
    assert ending.drain.lost
    assert any(each.endswith("bytes could not be made durable: the disk is full") for each in log)


@pytest.mark.parametrize("hangs", [True, False])
def test_what_is_no_output_is_made_durable_as_well_or_said_to_be_not(hangs: bool, log: list[str]) -> None:
    desk = Desk()
    desk.hub.audit.note("me", "here", "kick", "s")
    desk.store.slow = hangs
    desk.store.fail_next(*[] if hangs else [FULL])
    ending = Ending(desk)
    assert ending.seconds() < 8
    assert ending.drain.lost
    why = "not within limits.drain_seconds (10 s)" if hangs else "the disk is full"
    assert f"the audit log could not be made durable: {why}" in log


def test_all_of_it_is_over_in_the_time_that_is_told(log: list[str]) -> None:
    desk = Desk()
    desk.stream("raw", b"one\n")
    stalled = desk.connect()
    stalled.send(request("GET", "/streams/raw?follow=1", ADMIN))
    stalled.transport.loseConnection = lambda: None  # type: ignore[method-assign]
    stalled.transport.abortConnection = lambda: None  # type: ignore[method-assign]
    ending = Ending(desk)
    assert 7.9 < ending.seconds() < 8.2
    assert "the last connections did not close: not within limits.drain_seconds (10 s)" in log
    assert not ending.drain.lost

    closing = Deferred.fromCoroutine(ending.drain.within(Deferred(), "the store was not closed"))
    desk.pass_seconds(1.1)
    assert closing.result is False
