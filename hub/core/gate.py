"""The gate of a listener: how many may say hello at once, and when those come in who have to wait (PROTOCOL 9).

When a hub comes back everybody comes at once. Each hello costs little, all together cost seconds, in which nobody is
served who is in already. So some come in at once, and each of the others is told a time of its own, spread over as long
as the queue needs, and a word that is honoured then: one more try each is enough. Sessions that come back have lanes of
their own besides, so that newcomers cannot keep them out.
"""

from __future__ import annotations

import secrets
from collections import deque

from hub.core.counters import Counters
from hub.core.ports import Clock
from hub.model.limits import Limits
from hub.model.problem import Problem

EARLY_SECONDS = 0.25
"""So much too early is in time: clocks differ."""
HONOURED_SECONDS = 5.0
A_HAIR = 1e-6
"""Sums of intervals are not exact."""


class Lane:
    """A token bucket, kept as the time at which it would be empty of those who were let in (GCRA)."""

    __slots__ = ("_full_at", "_interval", "_slack")

    def __init__(self, per_second: int, at_once: int) -> None:
        self._interval = 1.0 / per_second
        self._slack = (at_once - 1) * self._interval
        self._full_at = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until the next one may come in; none or less where that is now."""
        return self._full_at - self._slack - now

    def take(self, now: float) -> None:
        """Let one in, now or after `wait` seconds."""
        self._full_at = max(self._full_at, now) + self._interval


class Gate:
    """Lets hellos of one listener in, or tells them when to come."""

    def __init__(self, clock: Clock, limits: Limits, counters: Counters) -> None:
        self._clock = clock
        self._limits = limits
        self._counters = counters
        self._shared = Lane(limits.hellos_per_second, limits.hellos_at_once)
        self._reserve = Lane(limits.resumes_per_second, limits.resumes_at_once)
        self._slots: dict[str, float] = {}
        """When each word that was given out is good."""
        self._in_order: deque[tuple[float, str]] = deque()
        """The same words as they were given out; the times of two lanes are only about in order."""

    @property
    def waiting(self) -> int:
        """How many were told to come, and have not come yet."""
        self._forget(self._clock.monotonic())
        return len(self._slots)

    def admit(self, *, resumes: bool, slot: str | None) -> None:
        """Let somebody in who said hello; raise Problem BUSY with the time, and the word, to come with."""
        now = self._clock.monotonic()
        self._forget(now)
        if slot is not None and self._honour(slot, now):
            return
        lane = self._shared
        if resumes and self._reserve.wait(now) < lane.wait(now):
            lane = self._reserve
        wait = lane.wait(now)
        if wait < A_HAIR:
            lane.take(now)
            self._counters.admitted += 1
            return
        ms = int(wait * 1000) + 1
        text = "many come at once; come again at the time that is told"
        if len(self._slots) >= self._limits.slots:
            raise Problem("BUSY", f"{text} (all of limits.slots, {self._limits.slots}, wait)", retry_after=ms)
        lane.take(now)
        word = secrets.token_urlsafe(9)
        self._slots[word] = now + wait
        self._in_order.append((now + wait, word))
        raise Problem("BUSY", text, retry_after=ms, slot=word)

    def _honour(self, slot: str, now: float) -> bool:
        at = self._slots.get(slot)
        if at is None or now < at - EARLY_SECONDS:
            return False
        del self._slots[slot]
        self._counters.slots_honoured += 1
        self._counters.admitted += 1
        return True

    def _forget(self, now: float) -> None:
        while self._in_order and self._in_order[0][0] + HONOURED_SECONDS < now:
            _, word = self._in_order.popleft()
            self._slots.pop(word, None)
