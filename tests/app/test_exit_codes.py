"""How a run's status becomes an exit code."""

from __future__ import annotations

import pytest

from hub.app.cli.exit_codes import of_run


@pytest.mark.parametrize(
    ("status", "cause", "code"),
    [
        ("exit:0", "end", 0),
        ("exit:3", "end", 3),
        ("exit:256", "end", 255),
        ("signal:9", "end", 137),
        ("signal:SIGTERM", "end", 143),
        ("signal:term", "end", 143),
        ("signal:nonsense", "end", 129),
        (None, "eof", 0),
        (None, "end", 0),
        (None, "reset", 1),
        (None, "timeout", 1),
        (None, "hub_lost", 1),
        (None, "deleted", 1),
        ("exit:x", "end", 1),
        ("ok", "end", 0),
        ("failed", "end", 1),
        ("eof", None, 0),
        ("reset", None, 1),
    ],
)
def test_of_run(status: str | None, cause: str | None, code: int) -> None:
    assert of_run(status, cause) == code
