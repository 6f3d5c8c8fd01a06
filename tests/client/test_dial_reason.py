"""Why a dial failed, in people's words."""

from __future__ import annotations

import socket

import pytest
from twisted.internet import error as errors

from hub.client.dial_reason import dial_reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.getConnectError((111, "Connection refused")), "Connection refused"),
        (errors.getConnectError((2, "No such file or directory")), "No such file or directory"),
        (errors.getConnectError(socket.gaierror(-2, "Name or service not known")), "Name or service not known"),
        (errors.DNSLookupError("no results for hostname lookup: nowhere"), "no results for hostname lookup: nowhere"),
        (errors.TimeoutError(), "timed out"),
        (errors.TCPTimedOutError(110, "Connection timed out"), "timed out"),
        (errors.ConnectError(), "An error occurred while connecting"),
        (OSError(), "OSError"),
    ],
)
def test_it_is_what_the_system_says(error: Exception, reason: str) -> None:
    assert dial_reason(error) == reason
