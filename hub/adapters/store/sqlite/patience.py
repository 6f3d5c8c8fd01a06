"""How long somebody else's lock on the file is waited for, by all that wait one after the other."""

from __future__ import annotations

from collections.abc import Callable

import apsw

from hub.adapters.store.sqlite.database import BUSY_MS


class Patience:
    """`BUSY_MS` for a piece of work, and nothing for what comes in the same time after one that waited in vain.

    A call that waits for the writing thread behind such a one would otherwise wait as long again.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._lost_at = -float(BUSY_MS)
        self._is_spent = False

    def begin(self) -> None:
        """Begin a piece of work."""
        now = self._seconds()
        self._is_spent = now - self._lost_at < BUSY_MS / 1000
        self._until = now if self._is_spent else now + BUSY_MS / 1000

    @property
    def left_ms(self) -> int:
        """What is left for this piece of work."""
        return max(int((self._until - self._seconds()) * 1000), 0)

    def met(self, error: BaseException) -> None:
        """Take note of what this piece of work failed of."""
        if isinstance(error, (apsw.BusyError, apsw.LockedError)) and not self._is_spent:
            self._lost_at = self._seconds()
