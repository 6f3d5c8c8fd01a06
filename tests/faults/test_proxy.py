"""The bad network does what it says: to real sockets, and to nothing else."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from faults.proxy import Link, Proxy

SECONDS = 10.0


class Ends:
    """A peer, the hub's side of its connection, and the network between them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.proxy = Proxy(self._listener.getsockname()[1])
        self.peer, self.hub = self.connect()

    def connect(self) -> tuple[socket.socket, socket.socket]:
        peer = socket.create_connection(("127.0.0.1", self.proxy.port), SECONDS)
        return peer, self.accept()

    def accept(self) -> socket.socket:
        self._listener.settimeout(SECONDS)
        hub = self._listener.accept()[0]
        hub.settimeout(SECONDS)
        return hub

    def link(self) -> Link:
        self.says(self.peer, self.hub, b"there?")
        return self.proxy.links()[-1]

    def says(self, one: socket.socket, other: socket.socket, data: bytes) -> None:
        one.sendall(data)
        assert read(other, len(data)) == data

    def close(self) -> None:
        self.proxy.close()
        for each in (self.peer, self.hub, self._listener):
            each.close()


def read(sock: socket.socket, size: int) -> bytes:
    data = b""
    with suppress(ConnectionError):
        while len(data) < size and (more := sock.recv(size - len(data))):
            data += more
    return data


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    ends.close()


def test_in_good_weather_all_passes_both_ways(ends: Ends) -> None:
    data = bytes(range(256)) * 4000
    ends.says(ends.peer, ends.hub, data[:100_000])
    ends.says(ends.hub, ends.peer, data[:100_000])


def test_slices_are_one_byte_each_and_end(ends: Ends) -> None:
    link = ends.link()
    link.up.sliced = 20
    ends.peer.sendall(b"x" * 30)
    assert read(ends.hub, 30) == b"x" * 30
    assert link.up.sliced == 0


def test_a_link_that_is_to_pass_some_bytes_passes_just_these(ends: Ends) -> None:
    ends.link().up.left = 5
    ends.peer.sendall(b"0123456789")
    assert read(ends.hub, 10) == b"01234"
    assert ends.peer.recv(1) == b""
    assert ends.proxy.links() == []


def test_a_reset_is_an_error_for_both(ends: Ends) -> None:
    ends.link().reset()
    for each in (ends.peer, ends.hub):
        with pytest.raises(ConnectionResetError):
            each.recv(1)


def test_half_closed_the_hub_may_still_speak(ends: Ends) -> None:
    ends.link().half_close()
    assert ends.hub.recv(1) == b""
    ends.says(ends.hub, ends.peer, b"still here")


def test_what_a_peer_ends_itself_is_ended_that_way_only(ends: Ends) -> None:
    ends.peer.shutdown(socket.SHUT_WR)
    assert ends.hub.recv(1) == b""
    ends.says(ends.hub, ends.peer, b"your answer")
    ends.hub.close()
    assert ends.peer.recv(1) == b""


def test_a_dead_link_says_nothing_even_of_its_end(ends: Ends) -> None:
    ends.link().die()
    ends.peer.sendall(b"lost")
    ends.peer.close()
    assert select.select([ends.hub], [], [], 0.2)[0] == []


def test_after_a_cut_nobody_comes_through_until_it_is_restored(ends: Ends) -> None:
    ends.link()
    ends.proxy.cut_all()
    assert ends.peer.recv(1) == b""
    with socket.create_connection(("127.0.0.1", ends.proxy.port), SECONDS) as early:
        assert read(early, 1) == b""
    ends.proxy.restore()
    peer, hub = ends.connect()
    with peer, hub:
        ends.says(peer, hub, b"again")


def test_a_duplicate_says_what_was_said_on_a_connection_of_its_own(ends: Ends) -> None:
    link = ends.link()
    ends.says(ends.peer, ends.hub, b"once")
    ends.proxy.duplicate(link, wait=False)
    with ends.accept() as again:
        assert read(again, 100) == b"there?once"
    ends.says(ends.peer, ends.hub, b"and on")
