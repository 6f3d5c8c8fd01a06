"""How a hub stops (PROTOCOL 9): nobody is cut off in the middle, and all that was taken is committed first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from twisted.internet import defer
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from hub.adapters.tcp import ConversationFactory
from hub.adapters.web.site import WebListener
from hub.core.hub import Hub
from hub.model.problem import Problem

RETRY_MS = 1000
READ_SHARE, COMMIT_SHARE, CLOSE_SHARE, STORE_SHARE = 0.5, 0.7, 0.8, 0.9
"""Up to which part of the time raw output is read, all is committed, connections are closed, the store is; what is left
is for the process to end. Each begins as soon as the one before is over."""
LEAST_SECONDS = 0.5
"""What each thing that is to be let go of gets in any case."""
_LOOK_SECONDS = 0.05
_log = Logger(namespace="hub")


class Drain:
    """The end of one hub, within the `limits.drain_seconds` that everybody is told: a disk that is stuck keeps nothing.

    Listeners are closed already.
    """

    def __init__(
        self, hub: Hub, factories: Sequence[ConversationFactory], web: WebListener, reactor: IReactorTime
    ) -> None:
        self._hub = hub
        self._factories = factories
        self._web = web
        self._reactor = reactor
        self._seconds = hub.limits.drain_seconds
        self._began = reactor.seconds()
        self.lost = True
        """Whether something that was taken may not be durable: until all of it is known to be."""

    async def run(self) -> None:
        """Tell everybody, let raw output end, commit and acknowledge all, close every connection."""
        await self._read_on()
        await self._commit()
        goodbye = Problem("DRAIN", "the hub is shutting down", retry_after=RETRY_MS)
        for factory in self._factories:
            for protocol in list(factory.protocols):
                protocol.say_goodbye(goodbye)
        closing = [self._web.stop(), *[factory.all_closed() for factory in self._factories]]
        for closed in [defer.Deferred.fromCoroutine(each) for each in closing]:
            await self.within(closed, "the last connections did not close", CLOSE_SHARE)

    async def within(self, work: Awaitable[object], trouble: str, share: float = STORE_SHARE) -> bool:
        """Wait for something while there is time; return whether it was done. If not, `trouble` is logged, with why."""
        seconds = max(self._left(share), LEAST_SECONDS)
        done = work if isinstance(work, defer.Deferred) else defer.Deferred.fromCoroutine(_wait_for(work))
        done.addTimeout(seconds, self._reactor)
        try:
            await done
        except defer.TimeoutError:
            _log.error(
                "{trouble}: not within limits.drain_seconds ({seconds} s)", trouble=trouble, seconds=self._seconds
            )
        except Problem as problem:
            _log.error("{trouble}: {why}", trouble=trouble, why=problem.text)
        else:
            return True
        return False

    async def _read_on(self) -> None:
        protocols = [protocol for factory in self._factories for protocol in list(factory.protocols)]
        for protocol in protocols:
            protocol.go_away(self._seconds, RETRY_MS)
        self._web.go_away(self._seconds, RETRY_MS)
        if raw := self._raw_writers():
            _log.warn(
                "{raw} raw runs may end within {seconds} s (half of limits.drain_seconds); a second signal ends all at"
                " once",
                raw=raw,
                seconds=self._seconds * READ_SHARE,
            )
        if not await self._wait(lambda: not self._raw_writers(), READ_SHARE):
            _log.warn("{count} raw runs are cut off: half of limits.drain_seconds is over", count=self._raw_writers())
        for protocol in protocols:
            protocol.hold()
        self._web.hold()

    async def _commit(self) -> None:
        hub = self._hub
        committer = hub.log.committer
        if not await self._wait(lambda: committer.idle, COMMIT_SHARE):
            _log.error(
                "{size} bytes could not be made durable: {why}", size=committer.waiting_bytes, why=committer.why_waiting
            )
            # A store that takes no output takes nothing else either.
            return
        for save, what in (
            (hub.audit.store_changes, "the audit log"),
            (hub.kept_sessions.store_changes, "what readers acknowledged"),
            (hub.kept_leases.durable, "leases"),
        ):
            if not await self.within(save(), f"{what} could not be made durable", COMMIT_SHARE):
                return
        self.lost = False

    def _raw_writers(self) -> int:
        streams = self._hub.streams.awake
        return sum(1 for stream in streams if stream.writer is not None and stream.writer.session is None)

    def _left(self, share: float) -> float:
        return self._began + self._seconds * share - self._reactor.seconds()

    async def _wait(self, over: Callable[[], bool], share: float) -> bool:
        """Wait until something is over; return whether it was in time."""
        reactor: Any = self._reactor
        while not over():
            if self._left(share) <= 0:
                return False
            await deferLater(reactor, _LOOK_SECONDS, lambda: None)
        return True


async def _wait_for(work: Awaitable[object]) -> None:
    await work
