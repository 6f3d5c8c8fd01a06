"""Whether a peer is still there: heartbeats, death, and readers that take nothing."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.hub import Hub
from hub.core.ports import Sink
from hub.model.problem import Problem

STALL_CHECK_SECONDS = 5.0


class Life:
    """Watches one connection: PING after a silence, `IDLE` after a longer one, `SLOW` when nothing is taken.

    Anything heard is life, and so is taking bytes, except those of the pings themselves: the far kernel takes
    them even when its program hangs. Waiting for window is not a stall, since the sink is open then.
    """

    __slots__ = (
        "_clock",
        "_deadlines",
        "_die",
        "_heard",
        "_limits",
        "_ping",
        "_ping_bytes",
        "_pinged_at",
        "_progress_at",
        "_sink",
        "_taken",
    )

    def __init__(self, hub: Hub, sink: Sink, die: Callable[[Problem], None], ping: Callable[[], int] | None) -> None:
        """`ping` sends one and returns its bytes; None is a peer that cannot answer one: only stalls end it."""
        self._limits = hub.limits
        self._sink: Sink | None = sink
        self._die: Callable[[Problem], None] | None = die
        self._ping = ping
        self._heard = self._progress_at = hub.clock.monotonic()
        self._taken: int | None = None
        """What the peer had taken when it was last looked at; None is before that."""
        self._ping_bytes = 0
        self._pinged_at: float | None = None
        """When it was pinged, if it has not been heard since."""
        self._clock = hub.clock
        self._deadlines = hub.deadlines
        hub.deadlines.add(self._watch, self._heard + STALL_CHECK_SECONDS)

    def heard(self) -> None:
        """Take note of life."""
        self._heard = self._clock.monotonic()
        self._pinged_at = None

    def end(self) -> None:
        """Watch no more."""
        # The wheel of deadlines keeps this object for some seconds; the connection need not stay with it.
        self._sink = self._die = self._ping = None

    def _watch(self, now: float) -> float | None:
        sink, die = self._sink, self._die
        if sink is None or die is None:
            return None
        # While the process stood still nobody could be heard; the peers get their time anew.
        self._heard = max(self._heard, self._deadlines.resumed_at)
        self._progress_at = max(self._progress_at, self._deadlines.resumed_at)
        self._look_at_progress(sink, now)
        limits = self._limits
        if not sink.open:
            if now - self._progress_at >= limits.stall_seconds:
                die(Problem("SLOW", f"no byte was taken for limits.stall_seconds ({limits.stall_seconds})"))
                return None
            return now + STALL_CHECK_SECONDS
        self._progress_at = now
        if self._ping is None:
            return now + STALL_CHECK_SECONDS
        dead_at = self._heard + limits.dead_seconds
        if self._pinged_at is None:
            ping_at = self._heard + limits.heartbeat_seconds
            if now < ping_at:
                return min(now + STALL_CHECK_SECONDS, ping_at)
            self._pinged_at = now
            self._ping_bytes += self._ping()
        # However late this looks: nobody is dead who had no time to answer.
        dead_at = max(dead_at, self._pinged_at + limits.dead_seconds - limits.heartbeat_seconds)
        if now >= dead_at:
            die(Problem("IDLE", f"nothing was heard for limits.dead_seconds ({limits.dead_seconds})"))
            return None
        return min(now + STALL_CHECK_SECONDS, dead_at)

    def _look_at_progress(self, sink: Sink, now: float) -> None:
        taken, before = sink.taken(), self._taken
        self._taken = taken
        if taken != before:
            self._progress_at = now
        # The answer to its hello was taken when it said that, and not just now.
        if before is not None and taken - before > self._ping_bytes:
            self._ping_bytes = 0
            self.heard()
