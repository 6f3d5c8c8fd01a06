"""The gate of a listener: how many may say hello at once, and when those come in who have to wait (PROTOCOL 9).

When a hub comes back everybody comes at once. Each hello costs little, all together cost seconds, in which nobody is
served who is in already. So some come in at once, and each of the others is told a time of its own, spread over as long
as the queue needs, and a word that is honoured then: one more try each is enough. Sessions that come back have lanes of
their own besides, so that newcomers cannot keep them out.

A place in a lane is used once: by whoever it was told to, or, when that one has not come in its time or came in sooner,
by the next who comes without one. Those who wait elsewhere cannot be told of it, and keep theirs: nobody is put off for
anybody.
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
TOO_MANY = "many come at once; come again at the time that is told"


class Lane:
    """A token bucket, kept as the time at which it would be empty of those who were let in (GCRA)."""

    __slots__ = ("_at_once", "_full_at", "_interval", "_left", "_slack", "told")

    def __init__(self, per_second: int, at_once: int) -> None:
        self._interval = 1.0 / per_second
        self._slack = (at_once - 1) * self._interval
        self._at_once = at_once
        self._full_at = 0.0
        self._left = 0
        """Places of those who did not come; with the bucket's own room never more than come in at once."""
        self.told: deque[tuple[float, str]] = deque()
        """The words that were given out and when each is good, in the order of these times."""

    def wait(self, now: float) -> float:
        """Return the seconds until the next one may come in; none or less where that is now."""
        return 0.0 if self._left else self._own_wait(now)

    def take(self, now: float) -> None:
        """Let one in, now or after `wait` seconds."""
        self._trim(now)
        if self._left and self._own_wait(now) >= A_HAIR:
            self._left -= 1
        else:
            self._full_at = max(self._full_at, now) + self._interval

    def give_on(self, now: float) -> None:
        """Let the next one have the place of somebody who did not come."""
        self._left += 1
        self._trim(now)

    def _own_wait(self, now: float) -> float:
        return self._full_at - self._slack - now

    def _trim(self, now: float) -> None:
        wait = self._own_wait(now)
        room = 0 if wait >= A_HAIR else int((A_HAIR - wait) / self._interval) + 1
        self._left = min(self._left, max(self._at_once - room, 0))


class Gate:
    """Lets hellos of one listener in, or tells them when to come."""

    def __init__(self, clock: Clock, limits: Limits, counters: Counters) -> None:
        self._clock = clock
        self._limits = limits
        self._counters = counters
        self._shared = Lane(limits.hellos_per_second, limits.hellos_at_once)
        self._reserve = Lane(limits.resumes_per_second, limits.resumes_at_once)
        self._slots: dict[str, float] = {}
        """When each word that was given out, and did not come yet, is good."""
        self._left: set[str] = set()
        """Words of those who came in sooner, at another place: theirs is the next one's when its time is over."""

    @property
    def waiting(self) -> int:
        """How many were told to come, and have not come yet."""
        self._forget(self._clock.monotonic())
        return len(self._slots)

    def admit(self, *, resumes: bool, slot: str | None) -> None:
        """Let somebody in who said hello; raise Problem BUSY with the time, and the word, to come with."""
        now = self._clock.monotonic()
        self._forget(now)
        at = None if slot is None else self._slots.get(slot)
        if slot is not None and at is not None and now >= at - EARLY_SECONDS:
            del self._slots[slot]
            self._counters.slots_honoured += 1
            self._counters.admitted += 1
            return
        lane = self._shared
        if resumes and self._reserve.wait(now) < lane.wait(now):
            lane = self._reserve
        wait = lane.wait(now)
        if wait < A_HAIR:
            lane.take(now)
            self._counters.admitted += 1
            if slot is not None and self._slots.pop(slot, None) is not None:
                self._left.add(slot)
            return
        if at is not None:  # too early: a place of its own is enough
            raise Problem("BUSY", TOO_MANY, retry_after=_ms(at - now), slot=slot)
        if len(self._slots) >= self._limits.slots:
            text = f"{TOO_MANY} (all of limits.slots, {self._limits.slots}, wait)"
            raise Problem("BUSY", text, retry_after=_ms(wait))
        lane.take(now)
        word = secrets.token_urlsafe(9)
        self._slots[word] = now + wait
        lane.told.append((now + wait, word))
        raise Problem("BUSY", TOO_MANY, retry_after=_ms(wait), slot=word)

    def _forget(self, now: float) -> None:
        for lane in (self._shared, self._reserve):
            while lane.told and lane.told[0][0] + HONOURED_SECONDS < now:
                _, word = lane.told.popleft()
                if self._slots.pop(word, None) is not None:
                    self._counters.slots_missed += 1
                    lane.give_on(now)
                elif word in self._left:
                    self._left.remove(word)
                    lane.give_on(now)


def _ms(seconds: float) -> int:
    return int(seconds * 1000) + 1
