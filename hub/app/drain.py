"""How a hub stops (PROTOCOL 9): nobody is cut off in the middle, and all that was taken is committed first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from hub.adapters.tcp import ConversationFactory
from hub.adapters.web.site import WebListener
from hub.core.hub import Hub
from hub.model.problem import Problem

RETRY_MS = 1000
_LOOK_SECONDS = 0.05
_log = Logger(namespace="hub")


async def drain(hub: Hub, factories: Sequence[ConversationFactory], web: WebListener, reactor: IReactorTime) -> None:
    """Tell everybody, let raw output end, commit and acknowledge all, close every connection.

    Listeners are closed already. Raw output is read for `limits.drain_seconds` at most, and committing has no more
    time than that either: a disk that is stuck does not keep the process.
    """
    seconds = hub.limits.drain_seconds
    deadline = reactor.seconds() + seconds
    protocols = [protocol for factory in factories for protocol in list(factory.protocols)]
    for protocol in protocols:
        protocol.go_away(seconds, RETRY_MS)
    web.go_away(seconds, RETRY_MS)
    if raw := _raw_writers(hub):
        _log.warn(
            "{raw} raw runs may end within {seconds} s (limits.drain_seconds); a second signal ends all at once",
            raw=raw,
            seconds=seconds,
        )
    if not await _wait(lambda: not _raw_writers(hub), reactor, deadline):
        _log.warn("{count} raw runs are cut off: limits.drain_seconds are over", count=_raw_writers(hub))
    for protocol in protocols:
        protocol.hold()
    web.hold()
    committer = hub.log.committer
    if not await _wait(lambda: committer.idle, reactor, deadline + seconds):
        _log.error("{size} bytes could not be made durable: {why}", size=committer.waiting_bytes, why=committer.problem)
    await hub.audit.save()
    await hub.kept_sessions.save()
    with suppress(Problem):  # a store that takes nothing was told of already
        await hub.kept_leases.durable()
    goodbye = Problem("DRAIN", "the hub is shutting down", retry_after=RETRY_MS)
    for factory in factories:
        for protocol in list(factory.protocols):
            protocol.say_goodbye(goodbye)
    await web.stop()
    for factory in factories:
        await factory.all_closed()


def _raw_writers(hub: Hub) -> int:
    return sum(1 for stream in hub.streams.awake if stream.writer is not None and stream.writer.session is None)


async def _wait(over: Callable[[], bool], reactor: Any, deadline: float) -> bool:
    """Wait until something is over; return whether it was in time."""
    while not over():
        if reactor.seconds() >= deadline:
            return False
        await deferLater(reactor, _LOOK_SECONDS, lambda: None)
    return True
