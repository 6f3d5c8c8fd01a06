"""The hub's own log."""

from __future__ import annotations

import io

import pytest
from twisted.logger import Logger, LogPublisher

from hub.app.log import LineObserver, safe_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name a\r\nFAKE [hub] line\x1b[31m", r"name a\r\nFAKE [hub] line\u001b[31m"),
        ("\x00\x7f\x9b\u202e\u2028", r"\u0000\u007f\u009b\u202e\u2028"),
        ("täb\there", r"täb\there"),
        ("with hub_admin_" + "x" * 32, "with hub_admin_***"),
        ("HELLO HUB/1 token=secret stream=a", "HELLO HUB/1 token=*** stream=a"),
        ('{"user": "alice", "password": "correct"}', '{"user": "alice", "password": "***"}'),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("Cookie: hub_session_7480=abc; x=1", "Cookie: ***; x=1"),
        ("session=abcdefghijklmnopqrstuvwxyz123456", "session=***"),
        ("/#code=abcdef&to=/s/a", "/#code=***&to=/s/a"),
        ("nothing of the kind: 5 tokens", "nothing of the kind: 5 tokens"),
    ],
)
def test_a_line_is_one_line_and_says_no_secret(text: str, line: str) -> None:
    assert safe_line(text) == line


def logger(out: io.StringIO) -> tuple[Logger, LineObserver]:
    observer = LineObserver(out)
    return Logger(namespace="hub", observer=LogPublisher(observer)), observer


def test_an_event_is_one_line_and_so_is_a_traceback() -> None:
    out = io.StringIO()
    log, _ = logger(out)
    log.warn("stream {name}", name="a\nb")
    try:
        raise ValueError("broken\x1b[2J")
    except ValueError:
        log.failure("in a test")
    first, second = out.getvalue().splitlines()
    assert first.endswith(r"[hub#warn] stream a\nb")
    assert r"Traceback (most recent call last):\n" in second
    assert r"ValueError: broken\u001b[2J" in second


def test_what_could_not_be_written_is_counted_and_told() -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    out = Full()
    log, observer = logger(out)
    log.warn("one")
    log.warn("two")
    assert observer.dropped == 2
    out.full = False
    log.warn("three")
    assert "(2 events before this could not be written)" in out.getvalue()
    assert observer.dropped == 0
