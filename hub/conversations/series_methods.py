"""`stream.series`: numbers of a stream over time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.rows import SeriesAnswer
from hub.core.series import count_series
from hub.model.principal import Role
from hub.wire.commands import StreamSeries


def _series(commander: Commander, params: StreamSeries) -> Coroutine[Any, Any, SeriesAnswer]:
    hub = commander.hub
    stream = hub.streams.find(params.stream, commander.principal)
    now = hub.clock.now_ms()
    return count_series(hub.history, stream, params.field, params.from_, params.to, params.points, now)


SERIES_METHODS = {"stream.series": Method(Role.VIEWER, StreamSeries, _series)}
