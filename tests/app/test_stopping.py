"""A hub that stops closes its store, whatever fails before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock
from zope.interface import implementer

from hub.app.config import Config
from hub.app.service import HubService


@implementer(IReactorFromThreads)
class Reactor(Clock):
    """A clock that nothing listens by."""

    def callFromThread(self, call: Any, *args: Any) -> None:
        call(*args)

    def callWhenRunning(self, *args: Any) -> None:
        """Start nothing."""

    def addSystemEventTrigger(self, *args: Any) -> None:
        """Stop nothing."""


class BrokenPort:
    def stopListening(self) -> None:
        raise OSError(9, "Bad file descriptor")


class BrokenAnalyzer:
    def stop(self) -> Deferred[None]:
        raise AttributeError("'NoneType' object has no attribute 'closeStdin'")


def test_the_store_is_closed_and_the_data_directory_free_whatever_fails_before(tmp_path: Path) -> None:
    service = HubService(Config(data_dir=str(tmp_path), store="memory", analyzer=False), cast(Any, Reactor()))
    closed: list[str] = []

    async def close() -> None:
        closed.append("store")

    service.hub.store.close = close  # type: ignore[method-assign]
    service._ports = [cast(Any, BrokenPort())]
    service._analyzer = cast(Any, BrokenAnalyzer())
    ended: list[object] = []
    service.stopService().addBoth(ended.append)
    assert ended == [None]
    assert closed == ["store"]
    assert service.hub.counters.failures == 2
    # Another hub may hold it now.
    HubService(Config(data_dir=str(tmp_path), store="memory", analyzer=False), cast(Any, Reactor()))
