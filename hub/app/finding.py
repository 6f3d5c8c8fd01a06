"""What `hub doctor` has to say about one thing."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One thing that was looked at."""

    check: str
    state: State
    text: str
    advice: str = ""
