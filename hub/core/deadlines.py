"""Watches thousands of mostly silent connections with one timer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hub.core.ports import Clock, Failures
from hub.core.turn_share import TurnShare

Watch = Callable[[float], float | None]
"""Called with the time (monotonic) when a deadline has come; returns the next one, or None to be left alone."""


JUMP_SECONDS = 10.0
"""Between two calls of `advance` about one second passes; after more than this the process itself had stood still."""


class Deadlines:
    """A wheel of one-second buckets. A watch sits in exactly one bucket, and hearing a peer does not move it.

    The watch itself looks at when its peer was last heard and answers with the next deadline. So a busy connection
    costs one call per deadline and not one per message, and an idle one a slot in a list instead of a timer.

    Thousands that came at once have their deadlines at once, too: no more are called in a turn than fit into what is
    kept of it for that.
    """

    def __init__(self, clock: Clock, failures: Failures, share: TurnShare) -> None:
        self._clock = clock
        self._failures = failures
        self._share = share
        self._due: deque[Watch] = deque()
        """Those whose time has come, not called yet."""
        self._buckets: dict[int, list[Watch]] = {}
        self._done = int(clock.monotonic())
        self._advanced_at = clock.monotonic()
        self.resumed_at = 0.0
        """When the process last went on after it had stood still: nobody could be heard before (monotonic)."""

    def add(self, watch: Watch, when: float) -> None:
        """Call `watch` at `when` (monotonic seconds), at most a second late."""
        second = max(int(when) + 1, self._done + 1)
        self._buckets.setdefault(second, []).append(watch)

    def advance(self) -> None:
        """Call all watches whose time has come, now and in the next turns; to be called about once a second."""
        now = self._clock.monotonic()
        if now - self._advanced_at > JUMP_SECONDS:
            self.resumed_at = now
        self._advanced_at = now
        while self._done < int(now):
            self._done += 1
            waiting = bool(self._due)
            self._due.extend(self._buckets.pop(self._done, ()))
            if self._due and not waiting:
                self._some()

    def _some(self) -> None:
        while self._due:
            self._call(self._due.popleft())
            if self._due and self._share.used_up:
                self._share.wait(self._some, again=True)
                return

    def _call(self, watch: Watch) -> None:
        try:
            again = watch(self._clock.monotonic())
        except Exception:  # a fault in one connection's watch must not stop the wheel
            self._failures.report("in a deadline")
            return
        if again is not None:
            self.add(watch, again)
