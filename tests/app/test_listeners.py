"""How the hub's ports listen."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest_twisted
from twisted.internet import reactor  # noqa: TID251 - the reactor of the test run
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol

from hub.app.listeners import ACCEPTS, listen


class Count(Factory):
    """Counts who was accepted."""

    noisy = False

    def __init__(self) -> None:
        self.accepted = 0

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        self.accepted += 1
        return Protocol()


@pytest_twisted.ensureDeferred
async def test_a_crowd_is_let_in_by_the_few_so_that_others_get_their_turn() -> None:
    count = Count()
    port = await listen(reactor, "tcp:0:interface=127.0.0.1", count)
    try:
        with ExitStack() as crowd:
            for _ in range(5 * ACCEPTS):
                crowd.enter_context(socket.create_connection(("127.0.0.1", port.getHost().port)))
            for turn in range(1, 6):
                port.doRead()
                assert count.accepted == turn * ACCEPTS
    finally:
        await port.stopListening()
