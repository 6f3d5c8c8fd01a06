"""Which proxies are believed, and whom a request comes from."""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.protocol import Factory
from twisted.logger import LogEvent, globalLogPublisher

from hub.adapters.reactor.far_end import Proxies, ProxyLineFactory, far_end
from hub.model.peer import Peer

PROXY = Peer("10.0.0.1", 5000)
PROXIES = Proxies(["10.0.0.0/24", "::1"])


def test_addresses_networks_and_unix_sockets_may_be_believed() -> None:
    assert PROXIES.believes(IPv4Address("TCP", "10.0.0.9", 1))
    assert PROXIES.believes(IPv6Address("TCP", "::1", 1))
    assert not PROXIES.believes(IPv4Address("TCP", "10.0.1.9", 1))
    assert not PROXIES.believes(UNIXAddress("/x"))
    assert Proxies(["unix"]).believes(UNIXAddress("/x"))
    assert not Proxies().believes(IPv4Address("TCP", "127.0.0.1", 1))


@pytest.mark.parametrize(
    ("forwarded", "host"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("1.2.3.4, 192.0.2.7", "192.0.2.7"),
        ("1.2.3.4, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("192.0.2.7, nonsense, 10.0.0.2", "10.0.0.2"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", "10.0.0.1"),
        (",,", "10.0.0.1"),
    ],
)
def test_the_last_address_that_is_no_proxys_counts(forwarded: str, host: str) -> None:
    found = PROXIES.origin(PROXY, forwarded)
    assert found.host == host
    assert not found.is_local


def test_others_are_not_asked_whom_they_speak_for() -> None:
    stranger = Peer("192.0.2.9", 1)
    assert PROXIES.origin(stranger, "127.0.0.1") is stranger


def test_a_transport_that_knows_nothing_is_a_unix_socket() -> None:
    assert far_end(object()) == Peer(None)


def test_a_listener_behind_a_proxy_opens_and_closes_without_a_word_in_the_log() -> None:
    inner = Factory()
    inner.noisy = False
    logged: list[LogEvent] = []
    globalLogPublisher.addObserver(logged.append)
    try:
        factory = ProxyLineFactory(inner)
        factory.doStart()
        factory.doStop()
    finally:
        globalLogPublisher.removeObserver(logged.append)
    assert logged == []
