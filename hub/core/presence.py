"""Who watches what, and how far behind: attached readers, and sessions that may come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from hub.core.delivery import State
from hub.core.rows import WatcherRow
from hub.core.sessions import DATA, Session
from hub.model.cursor import Cursor, judge
from hub.model.principal import Principal

if TYPE_CHECKING:
    from hub.core.hub import Hub
    from hub.core.reader import Reader
    from hub.core.stream import Stream

MOST_WATCHES = 16
"""So many patterns of a watcher are listed."""
MOST_LOOKED_AT = 1000
"""Past so many streams of one detached session it is not counted how far it is behind."""


def watchers(hub: Hub, principal: Principal, stream: Stream | None) -> list[WatcherRow]:
    """Return who watches `stream`, or anything that `principal` may see; those farthest behind first."""
    rows = [row for reader in hub.readers if (row := _attached(hub, reader, principal, stream)) is not None]
    for session in hub.sessions:
        if session.subscriptions and not session.is_held(DATA):
            row = _detached(hub, session, principal, stream)
            if row is not None:
                rows.append(row)
    return sorted(rows, key=rank)


def rank(row: WatcherRow) -> tuple[int, int, int, str]:
    """Return what a row is put in order by: those farthest behind first, the detached ones last."""
    return int(not row["attached"]), -(row["behind_bytes"] or 0), row["since"], row["session"] or ""


def _attached(hub: Hub, reader: Reader, principal: Principal, stream: Stream | None) -> WatcherRow | None:
    if stream is None:
        seen = [each for each in reader.deliveries if principal.may_see(each.stream.name)]
    else:
        seen = [each for each in (reader.delivery_of(stream),) if each is not None]
    if not seen and (stream is not None or principal.patterns):
        return None
    behind, lines = 0, 0
    lines_known = True
    for delivery in seen:
        if delivery.state is State.SEEKING:
            lines_known = False
            continue
        left = delivery.stream.end - delivery.next
        if left > 0:
            before = delivery.stream.tail.lines_before(delivery.next)
            behind += left
            lines += delivery.stream.lines - (before or 0)
            lines_known = lines_known and before is not None
    return {
        "session": None if reader.session is None else reader.session.id,
        "principal": reader.principal.name,
        "via": reader.via,
        "attached": True,
        "since": wall_ms(hub, reader.since),
        "watches": _words(
            principal,
            (each.pattern.text for each in reader.subscriptions.values()),
            (each.stream.name for each in seen),
        ),
        "streams": len(seen),
        "catching_up": sum(1 for each in seen if each.state is not State.LIVE),
        "behind_bytes": behind,
        "behind_lines": lines if lines_known else None,
    }


def _detached(hub: Hub, session: Session, principal: Principal, stream: Stream | None) -> WatcherRow | None:
    cursors: dict[str, Cursor] = {}
    for each in session.subscriptions:
        if stream is None:
            cursors.update((name, cursor) for name, cursor in each.cursors.items() if principal.may_see(name))
        elif stream.name in each.cursors:
            cursors[stream.name] = each.cursors[stream.name]
    if not cursors and (principal.patterns if stream is None else not _takes(session, stream)):
        return None
    return {
        "session": session.id,
        "principal": session.principal.name,
        "via": None,
        "attached": False,
        "since": wall_ms(hub, session.began_at if session.detached_at is None else session.detached_at),
        "watches": _words(principal, (each.pattern.text for each in session.subscriptions), cursors),
        "streams": len(cursors) if stream is None else 1,
        "catching_up": 0,
        "behind_bytes": _left(hub, cursors),
        "behind_lines": None,
    }


def _takes(session: Session, stream: Stream) -> bool:
    """Tell whether a detached session is to be told of a stream that came when it was gone."""
    return any(
        each.pattern.matches(stream.name) and stream.run.ordinal > each.ordinal for each in session.subscriptions
    )


def _left(hub: Hub, cursors: Mapping[str, Cursor]) -> int | None:
    """Return how many bytes come after all the cursors; None where that are too many to look at, or none is known."""
    if not cursors or len(cursors) > MOST_LOOKED_AT:
        return None
    left = 0
    for name, cursor in cursors.items():
        record = hub.streams.asleep(name)
        stream = hub.streams.get(name) if record is None else None
        if record is not None:
            left += record.end - judge(cursor, record.epochs, record.end).offset
        elif stream is not None:
            left += stream.end - judge(cursor, stream.epochs, stream.end).offset
    return left


def _words(principal: Principal, patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    # A pattern may spell what somebody who is bound to other patterns is not to know.
    return list(islice(names if principal.patterns else patterns, MOST_WATCHES))


def wall_ms(hub: Hub, monotonic: float) -> int:
    """Return when something was, as Unix ms."""
    return hub.clock.now_ms() - int((hub.clock.monotonic() - monotonic) * 1000)
