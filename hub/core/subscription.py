"""What a reader asked for, and the directory of all that was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hub.model.begin import Begin
from hub.model.cursor import Cursor
from hub.model.pattern import Pattern

if TYPE_CHECKING:
    from hub.core.reader import Reader


NONE: frozenset[str] = frozenset()
"""One for all: an empty set of one's own weighs 200 bytes, and there may be very many detached sessions."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Streams by pattern, those that are there and those that will be."""

    id: str
    pattern: Pattern
    begin: Begin
    skip: bool
    cursors: Mapping[str, Cursor]
    """Streams that go on at a cursor instead of `begin`."""
    ordinal: int
    """When it was made, in the order of streams and runs."""
    resumed: bool = False
    """Whether it comes from a session: what it did not take then it does not take now."""
    unplaced: frozenset[str] = NONE
    """Streams that it took, but whose place was still looked for when the session was left."""
    match: str | None = None
    """RE2: only the lines in which it is found are told."""

    def continued(self, cursors: Mapping[str, Cursor], unplaced: frozenset[str]) -> Subscription:
        """Return it as a session keeps it, going on at `cursors`."""
        return replace(self, cursors=dict(cursors), resumed=True, unplaced=unplaced or NONE)


class Subscriptions:
    """All subscriptions of attached readers, found by a stream's name."""

    def __init__(self) -> None:
        self._literal: dict[str, dict[tuple[Reader, str], Subscription]] = {}
        self._patterns: dict[tuple[Reader, str], Subscription] = {}

    def add(self, reader: Reader, subscription: Subscription) -> None:
        """Tell `reader` of streams that appear from now on."""
        self._shelf(subscription)[reader, subscription.id] = subscription

    def remove(self, reader: Reader, subscription: Subscription) -> None:
        """Tell no more."""
        shelf = self._shelf(subscription)
        shelf.pop((reader, subscription.id), None)
        if not shelf and subscription.pattern.is_literal:
            del self._literal[subscription.pattern.text]

    def matching(self, name: str) -> Iterator[tuple[Reader, Subscription]]:
        """Iterate over a snapshot of who asked for `name`."""
        found = list(self._literal.get(name, {}).items())
        found.extend((key, each) for key, each in self._patterns.items() if each.pattern.matches(name))
        return ((reader, subscription) for (reader, _), subscription in found)

    def _shelf(self, subscription: Subscription) -> dict[tuple[Reader, str], Subscription]:
        if subscription.pattern.is_literal:
            return self._literal.setdefault(subscription.pattern.text, {})
        return self._patterns
