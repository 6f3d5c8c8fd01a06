"""Composition: one hub as a Twisted service."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IReactorCore, IReactorFromThreads, IReactorTime
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from hub.adapters.accounts.passwords import CheckedPasswords, PasswordPool
from hub.adapters.accounts.token_file import TokenFile
from hub.adapters.analyzer import AnalyzerProcess
from hub.adapters.reactor.clock import DeferredTasks, LoggedFailures, ReactorClock
from hub.adapters.reactor.far_end import Proxies
from hub.adapters.store.sqlite.reserve import Reserve
from hub.adapters.tcp import ConversationFactory, MakeConversation
from hub.adapters.tls import ServerTls, TlsError, TlsFiles
from hub.adapters.web import Front, make_site
from hub.analysis.shelf import FILE_NAME as NUMBERS
from hub.app.config import LISTENERS, Config
from hub.app.config_data_dir import hold_data_dir
from hub.app.config_endpoint import parse_endpoint
from hub.app.config_tls import below_tls, speaks_tls, tls_files
from hub.app.drain import Drain
from hub.app.endpoints_file import write_endpoints
from hub.app.listeners import client_address, listen, web_address
from hub.app.methods import METHODS
from hub.app.notify import Notifier
from hub.app.process import prepare
from hub.app.stores import open_store
from hub.conversations.commander import Commander
from hub.conversations.producer import ProducerConversation
from hub.conversations.reader import ReaderConversation
from hub.core.credentials import Policy
from hub.core.events import Event, MayHear
from hub.core.hub import Hub
from hub.model.peer import Peer
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
        self.lost = False
        """Whether the hub has ended with something that could not be made durable."""
        self.ready: Deferred[dict[str, str]] = Deferred()
        self._reactor = reactor
        self._on_ready = on_ready
        self._on_stream = on_stream
        self._ports: list[IListeningPort] = []
        self._factories: list[ConversationFactory] = []
        self._proxies = Proxies(config.proxies)
        self._tls: dict[TlsFiles, ServerTls] = {}
        # Before anything in the directory is read or written: it may be another hub's.
        self._held = hold_data_dir(config)
        self.hub = _make_hub(config, reactor)
        self._analyzer: AnalyzerProcess | None = None
        if config.analyzer:
            directory = config.data_path if config.store == "sqlite" else None
            has_kept = directory is not None and (directory / NUMBERS).exists()
            self._analyzer = AnalyzerProcess(reactor, config.limits, directory, self.hub.counters, has_kept=has_kept)
            self.hub.log.analyzer = self._analyzer
        self.web = make_site(
            self.hub,
            reactor=reactor,
            failures=self.hub.failures,
            methods=METHODS,
            hosts=config.web.hosts,
            page_dir=PAGE_DIR,
            front=Front(self._proxies, config.web.base_path, config.web.user_header),
        )
        self._notifier = Notifier(os.environ)
        self._tick = LoopingCall(self._each_second)
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

    def _each_second(self) -> None:
        self.hub.tick()
        if self._notifier.watchdog_seconds is not None:
            self._notifier.alive()

    async def _listen(self) -> None:
        await self.hub.restore()
        for name in LISTENERS:
            description = self.config.endpoint(name)
            factory = self.web.site if name == "web" else self._factory(name)
            try:
                port = await self._listen_at(name, description, factory)
            except Exception as error:
                raise ListenError(f"cannot listen for {name} at {description}: {error} (setting: {name})") from error
            self._ports.append(port)
            tls = speaks_tls(self.config, name)
            tell = web_address if name == "web" else client_address
            self.hub.endpoints[name] = tell(port.getHost(), tls=tls)
            if name == "web":
                self.web.bound(port.getHost())
        endpoints = dict(self.hub.endpoints)
        self._tell_clients()
        self._warn_of_what_is_open()
        self._notifier.ready()
        if self._on_ready is not None:
            self._on_ready(endpoints)
        self.ready.callback(endpoints)

    async def _listen_at(self, name: str, description: str, factory: Factory) -> IListeningPort:
        files = tls_files(self.config, name)
        if files is None:
            return await listen(self._reactor, description, factory)
        tls = self._tls.get(files) or self._tls.setdefault(files, ServerTls(files))
        wrapped = tls.wrap(factory, gathers=name in ("commands", "web"))
        return await listen(self._reactor, below_tls(description), wrapped)

    def login_link(self) -> str:
        """Return a link to the page that logs a browser in as the admin, once and within a minute."""
        token = self.config.admin_token_path.read_text(encoding="ascii").strip()
        admin = self.hub.credentials.admin(token, Peer(None))
        return self.web.new_link(self.hub.endpoints["web"], admin)

    def reload(self) -> None:
        """Read certificates anew, for connections to come; what cannot be used is logged, and the old one goes on."""
        self._notifier.reloading()
        for tls in self._tls.values():
            try:
                tls.reload()
            except TlsError as error:
                _log.error("certificate not reloaded: {reason}", reason=str(error))
            else:
                _log.info(
                    "certificate reloaded: {file} SHA-256 {fingerprint} until {end}",
                    file=tls.files.certificate,
                    fingerprint=tls.fingerprint,
                    end=tls.ends_at.isoformat(),
                )
        self._tell_clients()
        self._notifier.ready()

    def _warn_of_what_is_open(self) -> None:
        for name in LISTENERS:
            if not (parse_endpoint(self.config.endpoint(name)).is_local or speaks_tls(self.config, name)):
                _log.warn(
                    "{listener} can be reached from beyond this machine without TLS, as allow_plain_beyond_loopback"
                    " says: tokens and output can be read on the way",
                    listener=name,
                )
        if self.config.raw_allow:
            _log.warn("raw output without a token is let in from {networks}", networks=", ".join(self.config.raw_allow))

    def _tell_clients(self) -> None:
        """Tell clients on this machine where the hub listens, and its certificate: its names are those of elsewhere."""
        told = dict(self.hub.endpoints)
        if self._tls:
            told["certificate"] = "".join(tls.pem for tls in self._tls.values())
        room = [Reserve(self.config.data_path, 0).let_go] if self.config.store == "sqlite" else []
        try:
            write_endpoints(self.config.endpoints_path, told, room)
        except OSError as error:
            # A hub on a full disk is still of use to all who know where it listens.
            _log.error("commands on this machine cannot be told where it listens: {error}", error=error)

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
            frames=hub.turn.frames,
            ends=hub.turn.ends,
            refuse=lambda problem: hub.counters.problem(problem.word),
            proxies=self._proxies,
        )
        self._factories.append(factory)
        return factory

    async def _stop(self) -> None:
        self.hub.draining = True
        # The store is closed whatever fails before that.
        self._notifier.stopping()
        for port in self._ports:
            await self._try("while a listener was closed", port.stopListening)
        drain = Drain(self.hub, self._factories, self.web, IReactorTime(self._reactor))
        await self._try("while draining", drain.run)
        self.lost = drain.lost
        if self._tick.running:
            self._tick.stop()
        if (analyzer := self._analyzer) is not None:
            ended = "the analyzer did not end"
            await self._try("while the analyzer was stopped", lambda: drain.within(analyzer.stop(), ended))
        closed = "the store was not closed"
        await self._try("while the store was closed", lambda: drain.within(self.hub.store.close(), closed))
        self.config.endpoints_path.unlink(missing_ok=True)
        os.close(self._held)

    async def _try(self, what: str, do: Callable[[], object]) -> None:
        """Do one thing of those that have to be done in the end; what it raises is reported."""
        try:
            done = do()
            if isinstance(done, Awaitable):
                await done
        except Exception:
            self.hub.failures.report(what)

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
        passwords=CheckedPasswords(_password_pool(reactor, limits.passwords_waiting)),
        limits=limits,
        policy=Policy(config.producer_auth, tuple(config.raw_allow), __version__, socket.gethostname()),
        opened=opened,
    )
    failures.counters = hub.counters
    return hub


def _password_pool(reactor: IReactorCore, waiting: int) -> PasswordPool:
    pool = PasswordPool(IReactorFromThreads(reactor), waiting)
    reactor.callWhenRunning(pool.start)
    reactor.addSystemEventTrigger("during", "shutdown", pool.stop)
    return pool
