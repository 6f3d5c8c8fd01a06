"""Deleting a stream: its writer loses it, its readers are told, the name is free, and the store forgets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.hub import Hub
    from hub.core.stream import Stream

RETRY_SECONDS = 1.0


async def delete_stream(hub: Hub, stream: Stream, *, force: bool) -> None:
    """Delete a stream for ever; return once the store has forgotten it.

    Raise Problem CONFLICT where somebody writes it and `force` is not given, STORE where it is gone for everybody but
    not yet from the disk: that is tried again until it is.
    """
    writer = stream.writer
    if writer is not None and not force:
        raise Problem("CONFLICT", "somebody writes this stream, or may come back to it; force=true deletes it anyway")
    # The name may be used again, from offset 0: cursors of this life must not fit the next one.
    hub.epochs.advance()
    if writer is not None:
        hub.producer_sessions.end(writer, "deleted")
    hub.producer_sessions.deleted(stream)
    hub.streams.delete(stream)
    hub.log.forget(stream)
    for reader in list(hub.readers):
        reader.gone(stream)
    try:
        await hub.store.delete(stream.name)
    except Problem:
        _try_again(hub, stream.name)
        raise
    await hub.marks.forget(stream.name)


def delete_late(hub: Hub, stream: Stream) -> None:
    """Delete once more what was on its way to the store when the stream was deleted."""
    hub.tasks.spawn(_again(hub, stream.name))


def _try_again(hub: Hub, name: str) -> None:
    hub.clock.call_later(RETRY_SECONDS, lambda: hub.tasks.spawn(_again(hub, name)))


async def _again(hub: Hub, name: str) -> None:
    if name in hub.streams:
        return  # it lives anew: the store buries the former life with the first append of the new one
    try:
        await hub.store.delete(name)
    except Problem:
        _try_again(hub, name)
