"""TLS of the web listener: a handshake has a deadline, and there are only so many at once."""

from __future__ import annotations

from adapters.web.desk import ADMIN, Desk, request


def test_a_handshake_that_takes_too_long_is_cut() -> None:
    desk = Desk(first_frame_seconds=5)
    slow = desk.connect(tls=True)
    assert desk.hub.admission.handshakes == 1
    desk.pass_seconds(4.9)
    assert not slow.transport.aborted
    desk.pass_seconds(0.2)
    assert slow.transport.aborted, "at once: TLS that is not up has no end of its own to wait for"
    slow.lose()
    assert (desk.hub.admission.handshakes, desk.hub.admission.connections) == (0, 0)


def test_a_handshake_in_time_leaves_the_request_its_own_time() -> None:
    desk = Desk(first_frame_seconds=5)
    line = desk.connect(tls=True)
    desk.pass_seconds(4)
    line.protocol.handshakeCompleted()
    assert desk.hub.admission.handshakes == 0
    desk.pass_seconds(4)
    line.send(request("GET", "/livez", ADMIN))
    assert line.answer().status == 200
    line.lose()
    assert desk.hub.admission.handshakes == 0


def test_a_handshake_too_many_is_cut_without_a_word() -> None:
    desk = Desk(handshakes=1)
    first = desk.connect(tls=True)
    second = desk.connect(tls=True)
    assert second.transport.aborted
    assert second.taken() == b""
    second.lose()
    assert desk.hub.counters.handshakes_refused == 1
    assert (desk.hub.admission.handshakes, desk.hub.admission.connections) == (1, 1)
    first.protocol.handshakeCompleted()
    third = desk.connect(tls=True)
    assert not third.transport.aborted
    for line in (first, third):
        line.lose()
    assert (desk.hub.admission.handshakes, desk.hub.admission.connections) == (0, 0)


def test_without_tls_nothing_shakes() -> None:
    desk = Desk(handshakes=1)
    assert [desk.connect().transport.aborted for _ in range(3)] == [False] * 3
    assert desk.hub.admission.handshakes == 0
