"""Letting the reactor run while much is to be done in a thread beside it."""

from __future__ import annotations

import time

HELD_SECONDS = 0.0001
REST_SECONDS = 0.0001


class Breath:
    """Sleeps a moment after each short stretch of work; to be asked often.

    A thread that works in Python takes the interpreter's lock again right after each call that lets go of it. Another
    one then waits for a switch interval, 5 ms, at each of its own calls to the system, of which a turn of the reactor
    has hundreds.
    """

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def take(self) -> None:
        """Sleep, if it has been long enough."""
        if time.perf_counter() - self._since > HELD_SECONDS:
            time.sleep(REST_SECONDS)
            self._since = time.perf_counter()
