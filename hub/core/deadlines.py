"""Watches thousands of mostly silent connections with one timer."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.ports import Clock, Failures

Watch = Callable[[float], float | None]
"""Called with the time (monotonic) when a deadline has come; returns the next one, or None to be left alone."""


JUMP_SECONDS = 10.0
"""Between two calls of `advance` about one second passes; after more than this the process itself had stood still."""


class Deadlines:
    """A wheel of one-second buckets. A watch sits in exactly one bucket, and hearing a peer does not move it.

    The watch itself looks at when its peer was last heard and answers with the next deadline. So a busy connection
    costs one call per deadline and not one per message, and an idle one a slot in a list instead of a timer.
    """

    def __init__(self, clock: Clock, failures: Failures) -> None:
        self._clock = clock
        self._failures = failures
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
        """Call all watches whose time has come; to be called about once a second."""
        now = self._clock.monotonic()
        if now - self._advanced_at > JUMP_SECONDS:
            self.resumed_at = now
        self._advanced_at = now
        while self._done < int(now):
            self._done += 1
            for watch in self._buckets.pop(self._done, ()):
                self._call(watch, now)

    def _call(self, watch: Watch, now: float) -> None:
        try:
            again = watch(now)
        except Exception:  # a fault in one connection's watch must not stop the wheel
            self._failures.report("in a deadline")
            return
        if again is not None:
            self.add(watch, again)
