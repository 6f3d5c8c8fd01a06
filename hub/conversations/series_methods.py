"""`stream.series`: numbers of a stream over time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.rows import SeriesAnswer
from hub.core.series import COUNTED, count_series, found_series
from hub.model.principal import Role
from hub.wire.commands import StreamSeries


def _series(commander: Commander, params: StreamSeries) -> Coroutine[Any, Any, SeriesAnswer]:
    hub = commander.hub
    stream = hub.streams.find(params.stream, commander.principal)
    asked = (stream, params.field, params.from_, params.to, params.points, hub.clock.now_ms())
    return count_series(hub.history, *asked) if params.field in COUNTED else found_series(hub.log.analyzer, *asked)


SERIES_METHODS = {"stream.series": Method(Role.VIEWER, StreamSeries, _series)}
