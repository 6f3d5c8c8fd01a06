"""`twistd hub`: the same service as `hub serve`, with twistd's logging and daemon."""

from __future__ import annotations

from typing import ClassVar

from twisted.application.service import IService
from twisted.python import usage

from hub.app.config import Config, ConfigError, load_config
from hub.app.process import reload_on_hangup
from hub.app.service import make_service


class Options(usage.Options):
    """Flags of `twistd hub`; what is not given comes from HUB_* and the configuration file."""

    config: Config
    optParameters: ClassVar[list[list[str | None]]] = [
        ["config", "c", None, "configuration file"],
        ["data-dir", "d", None, "directory of the hub's files"],
        ["producers", None, None, "endpoint for producers"],
        ["commands", None, None, "endpoint for JSON-RPC commands"],
        ["data", None, None, "endpoint for readers"],
        ["web", None, None, "endpoint for HTTP and WebSocket"],
        ["store", None, None, "where streams are kept: memory or sqlite"],
    ]

    def postOptions(self) -> None:
        """Load the configuration; a wrong setting ends twistd with its sentence."""
        try:
            self.config = load_config({key.replace("-", "_"): value for key, value in self.items()})
        except ConfigError as error:
            raise usage.UsageError(str(error)) from None


def makeService(options: Options) -> IService:
    """Return the service."""
    from twisted.internet import reactor

    from hub.app.process import keep_steady_time

    keep_steady_time(reactor)
    try:
        service = make_service(options.config, reactor)
    except ConfigError as error:
        # twistd prints a traceback for anything else.
        raise SystemExit(f"hub: {error}") from None
    service.ready.addErrback(_stop)
    reactor.callWhenRunning(reload_on_hangup, reactor, service.reload)
    return service


def _stop(failure: object) -> None:
    from twisted.internet import reactor
    from twisted.logger import Logger

    Logger(namespace="hub").critical("{reason}", reason=getattr(failure, "getErrorMessage", lambda: failure)())
    reactor.stop()
