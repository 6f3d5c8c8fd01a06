"""Where a subscription begins in a stream that is there already."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.cursor import Cursor


class Begin(NamedTuple):
    """`end | start | @<ms> | -<lines> | #<run> | <epoch>:<offset>`."""

    kind: str
    """`end`, `start`, `at`, `lines`, `run` or `cursor`."""
    number: int = 0
    """ms, lines or the run's number."""
    cursor: Cursor | None = None

    @property
    def takes_ended(self) -> bool:
        """Whether streams that have ended are taken too: all but `end` ask for a past."""
        return self.kind != "end"


END = Begin("end")
START = Begin("start")
