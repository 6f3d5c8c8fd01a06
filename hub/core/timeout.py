"""What is done when a peer takes too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.core.turn_share import TurnShare


class Timeout:
    """Calls `late` after some time, unless `cancel` comes before.

    Hundreds that connect at once and say nothing are late in the same turn. They are let go by some a turn, out of
    what is kept for that, so that no line waits for all of them.
    """

    __slots__ = ("_late", "_share", "_timer")

    def __init__(
        self,
        call_later: Callable[[float, Callable[[], Any]], Any],
        share: TurnShare,
        seconds: float,
        late: Callable[[], None],
    ) -> None:
        """`call_later` is a clock's or a reactor's; `share` is what of a turn is kept for ends."""
        self._share = share
        self._late: Callable[[], None] | None = late
        self._timer: Any = call_later(seconds, self._time_is_up)

    def cancel(self) -> None:
        """The peer was in time, or is gone; harmless a second time."""
        timer, self._timer = self._timer, None
        self._late = None
        if timer is not None:
            timer.cancel()

    def _time_is_up(self) -> None:
        self._timer = None
        self._share.wait(self._end, again=True)

    def _end(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late()
