"""What people are told of the way to the hub and of each stream there, once for each step."""

from __future__ import annotations

from collections.abc import Callable

from hub.app.collect.source import Say
from hub.client.framed.machine import Event, GoingAway, Lost, Opened, Refused


class WayNews:
    """Says that the hub is not reached, once for all streams."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._told = False

    def failed(self, why: str) -> None:
        """Take note that the hub was not reached."""
        if not self._told:
            self._told = True
            self._say(f"{why}; what comes is kept, and the hub is tried again", wrong=True)

    def open(self) -> None:
        """Take note that it was."""
        self._told = False


class StreamNews:
    """Says what becomes of a stream at the hub, and passes it on to `tell`."""

    def __init__(self, stream: str, say: Say, tell: Callable[[Event], None], way: WayNews, memory_bytes: int) -> None:
        self._stream, self._say, self._tell, self._way = stream, say, tell, way
        self._memory_bytes = memory_bytes
        self._refused: str | None = None
        self._dropped = 0
        self._dropping = False
        self.lost_bytes = 0
        """Bytes that the hub held, and lost."""

    def __call__(self, event: Event | str) -> None:
        """Take an event, or why the hub was not reached."""
        if isinstance(event, str):
            self._way.failed(event)
            return
        if isinstance(event, Opened):
            self._say(f"{self._stream}: {'goes on' if event.resumed else 'begins'} at the hub, run {event.run}")
            self._refused = None
            self._way.open()
        elif isinstance(event, GoingAway):
            self._say(f"{self._stream}: the hub goes away; what comes is kept")
        elif isinstance(event, Lost):
            self.lost_bytes += event.bytes
            self._say(f"{self._stream}: the hub came back without {event.bytes} bytes that it held", wrong=True)
        elif isinstance(event, Refused) and not event.fatal and event.problem.word != self._refused:
            self._refused = event.problem.word
            self._say(f"{self._stream}: {event.problem}; it is tried again", wrong=True)
        self._tell(event)

    def look(self, dropped: int) -> None:
        """Take note of how many bytes were dropped so far; that it begins is said."""
        dropping = dropped > self._dropped
        if dropping and not self._dropping:
            bound = f"memory_bytes ({self._memory_bytes})"
            self._say(f"{self._stream}: all of {bound} wait for the hub; the oldest is lost", wrong=True)
        self._dropped, self._dropping = dropped, dropping
