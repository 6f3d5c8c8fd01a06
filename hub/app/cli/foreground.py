"""A hub's service under a reactor in the foreground: logging, signals, exit code."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.logger import (
    FilteringLogObserver,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
)
from twisted.python.failure import Failure

from hub.app.cli import exit_codes
from hub.app.cli.greeting import Announcer
from hub.app.config import Config
from hub.app.log import LineObserver
from hub.app.process import reload_on_hangup
from hub.client.locator import Locator

if TYPE_CHECKING:
    from hub.app.service import HubService

_log = Logger(namespace="hub")


def run_in_foreground(config: Config, out: TextIO, err: TextIO, *, verbose: bool) -> int:
    """Run a hub until a signal ends it; return the exit code. Raise ConfigError where the data directory is no use."""
    from hub.app.process import keep_steady_time
    from hub.app.service import make_service

    reactor: Any = installed_reactor
    keep_steady_time(reactor)
    _begin_log(err, verbose=verbose)
    announcer = Announcer(
        out,
        reactor.callLater,
        with_token=config.producer_auth == "always",
        data_dir=_other_than_usual(config.data_path),
    )
    service = make_service(config, reactor, on_ready=announcer.listening, on_stream=announcer.stream)
    run = _Run(config, service, announcer, err, reactor)
    reactor.callWhenRunning(run.start)
    reactor.addSystemEventTrigger("before", "shutdown", run.stop)
    reactor.run()
    return run.code


def _other_than_usual(data_dir: Path) -> str | None:
    """Return a hub's data directory unless its user's commands look there by themselves, in any shell."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    try:
        places = Locator.from_environment(env=env).places
    except ValueError:
        places = ()  # a login that cannot be read is for its commands to tell
    return None if places == (str(data_dir),) else str(data_dir)


class _Run:
    """One life of the service."""

    def __init__(self, config: Config, service: HubService, announcer: Announcer, err: TextIO, reactor: Any) -> None:
        self._config, self._service, self._announcer, self._err = config, service, announcer, err
        self._reactor = reactor
        self.code = exit_codes.OK

    def start(self) -> None:
        self._service.ready.addCallbacks(self._listening, self._failed)
        self._service.startService()
        reload_on_hangup(self._reactor, self._service.reload)

    def stop(self) -> Deferred[None]:
        # The first signal lets everybody take what they can; whoever sends a second one does not want to wait.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _frame: os._exit(128 + number))
        return self._service.stopService().addCallback(self._stopped)

    def _stopped(self, _: None) -> None:
        if self._service.lost:
            print(
                "hub: what it took is not all on the disk; the log says what is missing and why",
                file=self._err,
                flush=True,
            )
            self.code = exit_codes.FAILED

    def _listening(self, _endpoints: dict[str, str]) -> None:
        self._announcer.link(self._service.login_link())

    def _failed(self, failure: Failure) -> None:
        from hub.app.service import ListenError

        if not isinstance(failure.value, ListenError):
            _log.failure("the hub could not start", failure=failure)
        print(f"hub: {failure.getErrorMessage()}", file=self._err, flush=True)
        self.code = exit_codes.FAILED
        self._reactor.stop()


def _begin_log(err: TextIO, *, verbose: bool) -> None:
    least = LogLevelFilterPredicate(LogLevel.debug if verbose else LogLevel.warn)
    # What goes well is said as well, where somebody waits for it: a certificate that was reloaded.
    least.setLogLevelForNamespace("hub", LogLevel.debug if verbose else LogLevel.info)
    observer = FilteringLogObserver(LineObserver(err), [least])
    # Prints of other people's code stay prints: stdout is what `hub serve` says.
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False, discardBuffer=not verbose)
