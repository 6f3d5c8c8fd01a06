"""Where a connection comes from."""

from __future__ import annotations

import pytest

from hub.model.peer import Peer


@pytest.mark.parametrize("host", [None, "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_local(host: str | None) -> None:
    assert Peer(host).is_local


@pytest.mark.parametrize("host", ["192.0.2.7", "0.0.0.0", "::", "fe80::1%eth0", "::ffff:192.0.2.7"])
def test_not_local(host: str) -> None:
    assert not Peer(host).is_local


@pytest.mark.parametrize(
    ("host", "network", "within"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.0/24", True),
        ("192.0.2.7", "192.0.2.9/24", True),
        ("::ffff:192.0.2.7", "192.0.2.0/24", True),
        ("2001:db8::1", "2001:db8::/32", True),
        ("192.0.3.7", "192.0.2.0/24", False),
        ("2001:db8::1", "0.0.0.0/0", False),
        (None, "0.0.0.0/0", False),
    ],
)
def test_within(host: str | None, network: str, within: bool) -> None:
    assert Peer(host).is_within(network) is within


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        (None, "local"),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
    ],
)
def test_limits_count_the_network_of_an_ipv6_address(host: str | None, counted: str) -> None:
    assert Peer(host).counted_as == counted
