"""What every source is given: how to make the producer of a stream, and how to tell people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from hub.client.framed.machine import Event
from hub.client.twisted_producer import TwistedProducer

READ_BYTES = 64 * 1024
AGAIN_SECONDS = 1.0

MakeProducer = Callable[[str, Mapping[str, Any], tuple[str, ...], Callable[[Event], None]], TwistedProducer]
"""Makes the producer of a stream: its name, its meta, the commands it takes, and who is told what happens."""


class Say(Protocol):
    """Tells people."""

    def __call__(self, text: str, *, wrong: bool = False) -> None:
        """Tell how it goes; `wrong`: that something was refused or lost, or cannot be had for now."""
