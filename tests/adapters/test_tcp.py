"""The TCP listeners over real sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from random import Random

import pytest

from adapters.rig import MIB, Client, Rig, until, with_rigs
from hub.core.turn_share import TurnShare

# Twisted hands certificates to pyOpenSSL in a form that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")

TEXT = Random(11).randbytes(MIB)


@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_output_goes_in_raw_and_comes_out_whole(make: Callable[..., Rig], tls: bool) -> None:
    rig = make(tls=tls)
    reader = await rig.reader("SUB 1 **")
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=ci/a\n")
    for part in range(0, MIB, 100_000):
        producer.send(TEXT[part : part + 100_000])
    producer.transport.loseConnection()
    await until(lambda: "END" in reader.verbs(), "for the end")
    assert reader.content() == TEXT
    assert reader.frames[-1].keys["cause"] == "eof"
    late = await rig.reader("SUB 1 ci/a from=start")
    await until(lambda: "END" in late.verbs(), "for the end of history")
    assert late.content() == TEXT


@with_rigs
async def test_a_half_close_with_much_on_the_way_loses_nothing(make: Callable[..., Rig]) -> None:
    rig = make()
    with socket.create_connection(("127.0.0.1", rig.ports["producers"].getHost().port)) as producer:
        producer.setblocking(False)
        left = memoryview(TEXT * 8)
        while left:
            try:
                left = left[producer.send(left) :]
            except BlockingIOError:
                size = len(left)
                await until(lambda: _writable(producer), f"to send {size} bytes")
        producer.shutdown(socket.SHUT_WR)
        await until(lambda: any(each.state == "ended" for each in rig.hub.streams.awake), "for the run's end")
    (stream,) = rig.hub.streams.awake
    assert (stream.end, stream.run.cause) == (8 * MIB, "eof")
    reader = await rig.reader("SUB 1 ** from=start")
    await until(lambda: "END" in reader.verbs(), "for the end")
    assert reader.content() == TEXT * 8


def _writable(sock: socket.socket) -> bool:
    import select

    return bool(select.select([], [sock], [], 0)[1])


@with_rigs
async def test_a_reset_ends_the_run_as_one(make: Callable[..., Rig]) -> None:
    rig = make()
    with socket.create_connection(("127.0.0.1", rig.ports["producers"].getHost().port)) as producer:
        producer.sendall(b"kept\n")
        await until(lambda: len(rig.hub.streams) == 1 and next(iter(rig.hub.streams.awake)).end == 5)
        producer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    (stream,) = rig.hub.streams.awake
    await until(lambda: stream.state == "ended", "for the run's end")
    assert (stream.end, stream.run.cause) == (5, "reset")


@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_a_reader_that_never_reads(make: Callable[..., Rig], tls: bool) -> None:
    rig = make(tls=tls, reader_queue_bytes=MIB, stall_seconds=30)
    stalled = await rig.reader("SUB 1 a")
    key = stalled.frames[0].keys["session"]
    stalled.transport.pauseProducing()
    quick = await rig.reader("SUB 1 a")
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=a\n")
    most = 0
    for number in range(24):
        producer.send(TEXT)
        wanted = (number + 1) * MIB
        await until(lambda: _last(quick) >= wanted, f"for {wanted} bytes")  # noqa: B023 - awaited here
        most = max(most, rig.hub.queue_memory.bytes, *_buffered(rig))
    assert quick.content() == TEXT * 24, "the other reader got everything meanwhile"
    assert most < 3 * MIB, "what waits for a stalled reader is bounded"
    assert len(rig.hub.readers) == 2
    for _ in range(8):
        rig.tick(5.0)
    await until(lambda: len(rig.hub.readers) == 1, "for the cut")
    assert rig.hub.counters.slow == 1
    producer.send(b"more")
    again = await rig.reader(session=key)
    assert again.frames[0].keys["resumed"] == "1"
    await until(lambda: _last(again) >= 24 * MIB + 4, "for all that was missed")
    assert again.content() == TEXT * 24 + b"more"


def _last(client: Client) -> int:
    data = [frame for frame in client.frames[-3:] if frame.verb == "DATA"]
    return int(data[-1].args[1]) + len(data[-1].payload or b"") if data else 0


def _buffered(rig: Rig) -> list[int]:
    """Return what each data connection's transport holds."""
    found = []
    for protocol in rig.factories["data"].protocols:
        transport = protocol.transport
        below = getattr(transport, "transport", transport)
        found.append(len(below.dataBuffer) + below._tempDataLen)
    return found


@with_rigs
async def test_a_reader_killed_in_the_middle_goes_on_where_it_had_acknowledged(make: Callable[..., Rig]) -> None:
    rig = make()
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=a\n" + TEXT)
    other = await rig.reader("SUB 1 a from=start")
    victim = await rig.reader("SUB 1 a from=start")
    await until(lambda: _last(victim) > 300_000, "for some bytes")
    acknowledged = _last(victim)
    victim.send(f"ACK 1 {acknowledged}\n")
    victim.send("PING x\n")
    await until(lambda: "PONG" in victim.verbs(), "for the acknowledgement to be taken")
    before = victim.content()[:acknowledged]
    victim.transport.abortConnection()
    await until(lambda: len(rig.hub.readers) == 1, "for the hub to notice")
    producer.send(TEXT)
    again = await rig.reader(session=victim.frames[0].keys["session"])
    await until(lambda: _last(again) == _last(other) == 2 * MIB, "for both")
    assert before + again.content() == other.content() == TEXT * 2


@with_rigs
async def test_two_hubs_in_one_process_know_nothing_of_each_other(make: Callable[..., Rig]) -> None:
    one, two = make(), make()
    for rig, text in ((one, b"first"), (two, b"second")):
        producer = await rig.connect("producers")
        producer.send(b"HUB/1 RAW stream=a\n" + text)
    readers = [await rig.reader("SUB 1 ** from=start") for rig in (one, two)]
    for reader, text in zip(readers, (b"first", b"second"), strict=True):
        await until(lambda: _last(reader) == len(text))  # noqa: B023 - awaited here
        assert reader.content() == text
    assert (len(one.hub.streams), len(two.hub.streams)) == (1, 1)


@pytest.mark.parametrize("port", ["producers", "commands", "data"])
@with_rigs
async def test_http_is_told_in_one_line_and_tls_is_met_with_silence(make: Callable[..., Rig], port: str) -> None:
    rig = make()
    http = await rig.connect(port)
    http.send(b"POST /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await until(lambda: http.lost, "for the close")
    assert http.data == b"ERR PROTO :this is not an HTTP port\n"
    tls = await rig.connect(port)
    tls.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    await until(lambda: tls.lost, "for the close")
    assert tls.data == b""
    assert (rig.hub.counters.http_on_plain, rig.hub.counters.tls_on_plain) == (1, 1)
    assert len(rig.hub.streams) == 0


@with_rigs
async def test_a_plain_peer_on_a_port_of_tls_is_let_go(make: Callable[..., Rig]) -> None:
    rig = make(tls=True, first_frame_seconds=1)
    talks = await rig.connect("data", plain=True)
    talks.send(b"HELLO HUB/1 token=admin-token\n")
    silent = await rig.connect("data", plain=True)
    await until(lambda: talks.lost and silent.lost, "for the handshake's deadline")


@with_rigs
async def test_no_connection_beyond_the_bound(make: Callable[..., Rig]) -> None:
    rig = make(connections=1)
    first = await rig.connect("data")
    await until(lambda: rig.hub.admission.connections == 1)
    second = await rig.connect("data")
    await until(lambda: second.lost, "for the refusal")
    assert bytes(second.data).startswith(b"ERR BUSY retry_after=")
    assert b"limits.connections (1)" in second.data
    first.close()
    await until(lambda: rig.hub.admission.connections == 0)
    third = await rig.reader()
    assert third.lost is None


@with_rigs
async def test_a_fault_of_ours_costs_its_connection_and_no_other(make: Callable[..., Rig]) -> None:
    rig = make()
    rig.expected_failures = 1
    other = await rig.reader("SUB 1 **")
    broken = rig.hub.streams.open_numbered

    def fail(*args: object) -> None:
        raise ZeroDivisionError("on purpose")

    rig.hub.streams.open_numbered = fail  # type: ignore[assignment,method-assign]
    producer = await rig.connect("producers")
    producer.send(b"1\n")
    await until(lambda: producer.lost, "for the close")
    assert bytes(producer.data).startswith(b"ERR INTERNAL")
    assert b"ZeroDivisionError" not in producer.data
    rig.hub.streams.open_numbered = broken  # type: ignore[method-assign]
    again = await rig.connect("producers")
    again.send(b"2\n")
    await until(lambda: other.content() == b"2\n", "for the next producer")


@with_rigs
async def test_a_peer_that_does_not_take_its_last_word_is_closed_all_the_same(make: Callable[..., Rig]) -> None:
    rig = make(close_seconds=1, reader_queue_bytes=64 * MIB)
    reader = await rig.reader("SUB 1 a")
    reader.transport.pauseProducing()
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=a\n" + TEXT * 16)
    await until(lambda: len(rig.hub.streams) == 1 and next(iter(rig.hub.streams.awake)).end == 16 * MIB)
    reader.send(b"nonsense\n")
    await until(lambda: len(rig.factories["data"].protocols) == 0, "for the abort")


@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_a_producer_that_leaves_without_reading_has_said_all_that_it_said(
    make: Callable[..., Rig], tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make(tls=tls)
    producer = rig.socket("producers")
    await producer.send(f"HELLO HUB/1 stream=a session={'k' * 22}\n".encode())
    await producer.until(b"OK ")
    monkeypatch.setattr(TurnShare, "used_up", True)
    # More than one read of the hub's, and less than the kernel keeps beside it.
    frames = b"".join(b"DATA %d {1}\nx\n" % offset for offset in range(8000))
    await producer.send(frames + b"END 8000 status=0\n")
    stream = rig.hub.streams.get("a")
    assert stream is not None
    await until(lambda: stream.durable > 0, "for an ACK that nobody reads")
    producer.close()
    await until(lambda: stream.state == "ended", "for the end of the run")
    assert stream.end == 8000
    await until(lambda: not rig.factories["producers"].protocols, "for the end of the connection")


@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_a_connection_that_the_hub_ends_while_some_waits_is_gone_soon(
    make: Callable[..., Rig], tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make(tls=tls, close_seconds=300)
    reader = await rig.reader()
    monkeypatch.setattr(TurnShare, "used_up", True)
    reader.send(b"PING x\n" * 1000 + b"BYE\n" + b"PING y\n" * 1000)
    await until(lambda: not rig.factories["data"].protocols, "for the end of the connection")
    await until(lambda: reader.lost, "for the news of it")
    assert [frame.args for frame in reader.frames if frame.verb == "PONG"] == [("x",)] * 1000


@with_rigs
async def test_commands_over_a_socket(make: Callable[..., Rig]) -> None:
    rig = make()
    client = await rig.connect("commands")
    hello = b'{"jsonrpc":"2.0","id":1,"method":"hub.hello","params":{"protocol":"HUB/1","token":"admin-token"}}\n'
    for byte in hello:
        client.send(bytes([byte]))
    await until(lambda: client.data.count(b"\n") == 1)
    client.send(b'{"jsonrpc":"2.0","id":2,"method":"hub.bye"}\n')
    await until(lambda: client.lost)
    assert client.data.count(b"\n") == 2
