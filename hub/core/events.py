"""What command connections may subscribe to: events by topic. They are not kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hub.model.principal import Principal

Event = Mapping[str, object]
MayHear = Callable[[Principal], bool]


class Listener(Protocol):
    """A command connection that subscribed to events."""

    def hears(self, topic: str, stream: str | None, may_hear: MayHear | None = None) -> bool:
        """Tell whether an event of this topic, about this stream, concerns it, and is for who listens."""

    def event(self, topic: str, event: Event) -> None:
        """Take an event."""


class Events:
    """Hands events to those who hear them; an event is only made when somebody does."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}

    def add(self, listener: Listener) -> None:
        """Tell `listener` from now on."""
        self._listeners[listener] = None

    def remove(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.pop(listener, None)

    def tell(
        self, topic: str, make: Callable[[], Event], stream: str | None = None, may_hear: MayHear | None = None
    ) -> None:
        """Tell an event to everybody who hears its topic; `may_hear` says whom it is for, where it is not for all."""
        event: Event | None = None
        for listener in list(self._listeners):
            if listener.hears(topic, stream, may_hear):
                if event is None:
                    event = make()
                listener.event(topic, event)

    def tell_rows(self, names: list[str], make: Callable[[str], Event | None]) -> None:
        """Tell `streams` events: to each listener the changed rows of the streams that it hears."""
        rows: dict[str, Event | None] = {}
        for listener in list(self._listeners):
            heard = [name for name in names if listener.hears("streams", name)]
            for name in heard:
                if name not in rows:
                    rows[name] = make(name)
            found = [row for row in map(rows.get, heard) if row is not None]
            if found:
                listener.event("streams", {"rows": found})
