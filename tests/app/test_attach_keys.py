"""Keys at an attached terminal, whole and one by one."""

from __future__ import annotations

import pytest

from hub.app.cli.attach_keys import Keys


@pytest.mark.parametrize(
    ("typed", "passed", "leave"),
    [
        (b"ls\r", b"ls\r", False),
        (b"~.", b"", True),
        (b"ls\r~.more", b"ls\r", True),
        (b"a~.", b"a~.", False),
        (b"~~.\r", b"~.\r", False),
        (b"~/bin\r", b"~/bin\r", False),
        (b"\r~\r~.", b"\r~\r", True),
        (b"\x03~.", b"\x03~.", False),
        (b"~?~.", b"", True),
    ],
)
def test_escapes_count_at_the_beginning_of_a_line(typed: bytes, passed: bytes, leave: bool) -> None:
    whole, single = Keys(), Keys()
    assert (whole.feed(typed), whole.leave) == (passed, leave)
    assert (b"".join(single.feed(bytes([code])) for code in typed), single.leave) == (passed, leave)


def test_help_is_asked_for() -> None:
    keys = Keys()
    keys.feed(b"~?")
    assert keys.helped
