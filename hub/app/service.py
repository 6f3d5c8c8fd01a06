"""Composition: one hub as a Twisted service."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IReactorCore, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from hub.adapters.accounts.token_file import TokenFile
from hub.adapters.reactor.clock import DeferredTasks, LoggedFailures, ReactorClock
from hub.adapters.tcp import ConversationFactory, MakeConversation
from hub.adapters.web import make_site
from hub.app.config import LISTENERS, Config
from hub.app.config_data_dir import hold_data_dir
from hub.app.drain import drain
from hub.app.listeners import client_address, is_tls, listen, web_address
from hub.app.methods import METHODS
from hub.app.process import prepare
from hub.app.stores import open_store
from hub.conversations.commander import Commander
from hub.conversations.producer import ProducerConversation
from hub.conversations.reader import ReaderConversation
from hub.core.events import Event, MayHear
from hub.core.hub import Hub, Policy
from hub.version import __version__

PAGE_DIR = Path(__file__).parent.parent / "adapters" / "web" / "page"

OnReady = Callable[[dict[str, str]], None]
OnStream = Callable[[str], None]

_log = Logger(namespace="hub")


class ListenError(Exception):
    """A listener could not be opened; the text names the setting to change."""


class HubService(MultiService):
    """Four listeners on one hub. `startService` opens them; `ready` fires when all listen, or with ListenError."""

    name = "hub"

    def __init__(
        self, config: Config, reactor: IReactorCore, on_ready: OnReady | None = None, on_stream: OnStream | None = None
    ) -> None:
        """`on_ready` is told where each listener listens, `on_stream` the name of each new stream.

        Raises ConfigError where the data directory or the store cannot be used, or another hub holds it.
        """
        super().__init__()  # type: ignore[no-untyped-call]
        self.config = config
        self.ready: Deferred[dict[str, str]] = Deferred()
        self._reactor = reactor
        self._on_ready = on_ready
        self._on_stream = on_stream
        self._ports: list[IListeningPort] = []
        self._factories: list[ConversationFactory] = []
        # Before anything in the directory is read or written: it may be another hub's.
        self._held = hold_data_dir(config)
        self.hub = _make_hub(config, reactor)
        self.web = make_site(
            self.hub,
            reactor=reactor,
            failures=self.hub.failures,
            methods=METHODS,
            hosts=config.web.hosts,
            page_dir=PAGE_DIR,
        )
        self._tick = LoopingCall(self.hub.tick)
        self._tick.clock = IReactorTime(reactor)

    def startService(self) -> None:
        """Open the listeners and start the clockwork."""
        prepare(self.config.limits.connections)
        super().startService()  # type: ignore[no-untyped-call]
        self._start_ticking()
        if self._on_stream is not None:
            self.hub.events.add(_Announcer(self._on_stream))
        Deferred.fromCoroutine(self._listen()).addErrback(self._failed)

    def stopService(self) -> Deferred[None]:
        """Stop accepting, tell everybody, let them take what they can, close."""
        super().stopService()  # type: ignore[no-untyped-call]
        return Deferred.fromCoroutine(self._stop())

    async def _listen(self) -> None:
        await self.hub.restore()
        for name in LISTENERS:
            description = self.config.endpoint(name)
            factory = self.web.site if name == "web" else self._factory(name)
            try:
                port = await listen(self._reactor, description, factory)
            except Exception as error:
                raise ListenError(f"cannot listen for {name} at {description}: {error} (setting: {name})") from error
            self._ports.append(port)
            tls = is_tls(description)
            tell = web_address if name == "web" else client_address
            self.hub.endpoints[name] = tell(port.getHost(), tls=tls)
            if name == "web":
                self.web.bound(port.getHost())
        endpoints = dict(self.hub.endpoints)
        try:
            _write_endpoints(self.config.endpoints_path, endpoints)
        except OSError as error:
            # A hub on a full disk is still of use to all who know where it listens.
            _log.error("commands on this machine cannot be told where it listens: {error}", error=error)
        if self._on_ready is not None:
            self._on_ready(endpoints)
        self.ready.callback(endpoints)

    def _factory(self, name: str) -> ConversationFactory:
        hub = self.hub
        converse: dict[str, MakeConversation] = {
            "producers": lambda peer, sink: ProducerConversation(hub, peer, sink),
            "commands": lambda peer, sink: Commander(hub, peer, sink, METHODS),
            "data": lambda peer, sink: ReaderConversation(hub, peer, sink),
        }
        factory = ConversationFactory(
            converse[name],
            reactor=IReactorTime(self._reactor),
            limits=hub.limits,
            admission=hub.admission,
            failures=hub.failures,
            refuse=lambda problem: hub.counters.problem(problem.word),
        )
        self._factories.append(factory)
        return factory

    async def _stop(self) -> None:
        self.hub.draining = True
        for port in self._ports:
            await _as_deferred(port.stopListening())
        await drain(self.hub, self._factories, self.web, IReactorTime(self._reactor))
        if self._tick.running:
            self._tick.stop()
        await self.hub.store.close()
        self.config.endpoints_path.unlink(missing_ok=True)
        os.close(self._held)

    def _start_ticking(self) -> None:
        # A LoopingCall stops for ever at the first exception; the hub's clockwork must not.
        self._tick.start(1.0, now=False).addErrback(self._tick_failed)

    def _tick_failed(self, failure: Failure) -> None:
        _log.failure("the hub's tick failed", failure=failure)
        self.hub.counters.failures += 1
        self._start_ticking()

    def _failed(self, failure: Failure) -> None:
        self.ready.errback(failure)


class _Announcer:
    """Hears of new streams."""

    def __init__(self, tell: OnStream) -> None:
        self._tell = tell

    def hears(self, topic: str, stream: str | None, may_hear: MayHear | None = None) -> bool:
        """Only new streams are of interest."""
        return topic == "stream.created"

    def event(self, topic: str, event: Event) -> None:
        """Tell the name."""
        self._tell(str(event["stream"]))


def make_service(
    config: Config, reactor: IReactorCore, on_ready: OnReady | None = None, on_stream: OnStream | None = None
) -> HubService:
    """Return a hub as a service, not yet started. See HubService."""
    return HubService(config, reactor, on_ready, on_stream)


def _make_hub(config: Config, reactor: IReactorCore) -> Hub:
    limits = config.limits
    failures = LoggedFailures()
    store, opened = open_store(config, reactor)
    hub = Hub(
        clock=ReactorClock(IReactorTime(reactor)),
        tasks=DeferredTasks(failures),
        failures=failures,
        store=store,
        accounts=TokenFile(config.data_path),
        limits=limits,
        policy=Policy(config.producer_auth, tuple(config.raw_allow), __version__, socket.gethostname()),
        opened=opened,
    )
    failures.counters = hub.counters
    return hub


def _write_endpoints(path: Path, endpoints: dict[str, str]) -> None:
    """Tell clients on this machine where the hub listens, all at once or not at all."""
    new = path.with_name(path.name + ".new")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "w") as opened:
        json.dump(endpoints, opened)
        opened.write("\n")
    new.replace(path)


async def _as_deferred(result: object) -> None:
    if isinstance(result, Deferred):
        await result
