"""The time that a peer has for its first frame."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.hub import Hub
from hub.core.ports import Cancellable


class Greeting:
    """Calls `late` when it is over, unless `cancel` comes before.

    Hundreds that connect at once and say nothing are late in the same turn. They are let go by some a turn, out of
    what is kept for calls and after those, so that no line waits for all of them.
    """

    __slots__ = ("_hub", "_late", "_timer")

    def __init__(self, hub: Hub, late: Callable[[], None]) -> None:
        self._hub = hub
        self._late: Callable[[], None] | None = late
        self._timer: Cancellable = hub.clock.call_later(hub.limits.first_frame_seconds, self._time_is_up)

    def cancel(self) -> None:
        """The peer spoke, or is gone; harmless a second time."""
        self._timer.cancel()
        self._late = None

    def _time_is_up(self) -> None:
        self._hub.turn.share.wait(self._end, again=True)

    def _end(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            late()
