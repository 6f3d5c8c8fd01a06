"""How a connection ended, as a word."""

from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.python.failure import Failure

from hub.adapters.tcp import cause_of


@pytest.mark.parametrize(
    ("error", "silent_seconds", "word"),
    [
        (ConnectionDone(), 0.0, "eof"),
        (ConnectionDone(), 3600.0, "eof"),
        (ConnectionLost(), 1.0, "reset"),
        (ConnectionLost(), 45.0, "timeout"),
        (ConnectTimeout(), 1.0, "timeout"),
    ],
)
def test_the_cause(error: Exception, silent_seconds: float, word: str) -> None:
    assert cause_of(Failure(error), silent_seconds) == word
