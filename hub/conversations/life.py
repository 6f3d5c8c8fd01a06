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
        "_pinged",
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
        self._taken = 0
        self._ping_bytes = 0
        self._pinged = False
        self._clock = hub.clock
        self._deadlines = hub.deadlines
        hub.deadlines.add(self._watch, self._heard + STALL_CHECK_SECONDS)

    def heard(self) -> None:
        """Take note of life."""
        self._heard = self._clock.monotonic()
        self._pinged = False

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
        silent = now - self._heard
        if self._ping is None:
            return now + STALL_CHECK_SECONDS
        if silent >= limits.dead_seconds:
            die(Problem("IDLE", f"nothing was heard for limits.dead_seconds ({limits.dead_seconds})"))
            return None
        if silent >= limits.heartbeat_seconds and not self._pinged:
            self._pinged = True
            self._ping_bytes += self._ping()
        return min(now + STALL_CHECK_SECONDS, self._heard + limits.dead_seconds)

    def _look_at_progress(self, sink: Sink, now: float) -> None:
        taken = sink.taken()
        if taken != self._taken:
            self._progress_at = now
        if taken - self._taken > self._ping_bytes:
            self._ping_bytes = 0
            self.heard()
        self._taken = taken
