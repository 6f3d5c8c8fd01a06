"""A transport as a sink: the gate, the tap, and how it closes."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock

from adapters.rig import MIB, Rig, until, with_rigs
from fakes.clock import FakeClock
from fakes.tasks import FakeFailures
from hub.adapters.reactor.flow import FlowSink, find_socket, keep_alive
from hub.adapters.tcp import ConversationFactory
from hub.core.admission import Admission
from hub.core.counters import Counters
from hub.core.turn_share import TurnShare
from hub.model.limits import Limits
from hub.model.peer import Peer

# Twisted hands certificates to pyOpenSSL in a form that is to go.
THROUGH_TWISTED = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


class FakeTransport:
    """Keeps what is asked of it, in order."""

    producerPaused = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.written = b""
        self.writes = 0
        self.producer: object = None

    def getPeer(self) -> object:
        return IPv4Address("TCP", "127.0.0.1", 40000)

    def writeSequence(self, pieces: list[bytes]) -> None:
        self.written += b"".join(pieces)
        self.writes += 1

    def registerProducer(self, producer: object, streaming: bool) -> None:
        assert streaming
        assert self.producer is None, "one slot a transport"
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None
        self.asked.append("unregister")

    def pauseProducing(self) -> None:
        self.asked.append("pause")

    def resumeProducing(self) -> None:
        self.asked.append("resume")

    def loseConnection(self) -> None:
        self.asked.append("lose")

    def abortConnection(self) -> None:
        self.asked.append("abort")


class Flow:
    def __init__(self) -> None:
        self.clock = Clock()
        self.transport = FakeTransport()
        self.writable = 0
        self.sink = FlowSink(self.transport, self.clock, 5, self._writable)  # type: ignore[arg-type]
        self.transport.asked.clear()

    def _writable(self) -> None:
        self.writable += 1


def test_the_gate_follows_the_transport() -> None:
    flow = Flow()
    assert flow.sink.open
    flow.sink.pauseProducing()
    assert not flow.sink.open
    assert flow.writable == 0
    flow.sink.resumeProducing()
    assert flow.sink.open
    assert flow.writable == 1


def test_frames_are_written_in_order_whether_the_gate_is_open_or_not() -> None:
    flow = Flow()
    flow.sink.send([(b"a", b"b"), (b"c",)])
    flow.sink.pauseProducing()
    flow.sink.send([(b"d",)])
    assert flow.transport.written == b"abcd"


def test_answers_to_one_read_are_one_write() -> None:
    flow = Flow()
    flow.sink.gather()
    flow.sink.send([(b"PONG 1\n",)])
    flow.sink.send([(b"PONG 2\n",)])
    assert flow.transport.writes == 0
    flow.sink.let_go()
    assert (flow.transport.written, flow.transport.writes) == (b"PONG 1\nPONG 2\n", 1)
    flow.sink.send([(b"PONG 3\n",)])
    assert flow.transport.writes == 2


def test_many_answers_to_one_read_do_not_pile_up() -> None:
    flow = Flow()
    flow.sink.gather()
    for _ in range(5):
        flow.sink.send([(bytes(16 * 1024),)])
    assert len(flow.transport.written) == 64 * 1024
    flow.sink.let_go()
    assert len(flow.transport.written) == 80 * 1024


def test_what_was_gathered_goes_before_the_end_and_not_after_it() -> None:
    flow = Flow()
    flow.sink.gather()
    flow.sink.send([(b"BYE\n",)])
    flow.sink.close()
    assert flow.transport.written == b"BYE\n"
    flow.sink.let_go()
    assert (flow.transport.written, flow.transport.writes) == (b"BYE\n", 1)
    gone = Flow()
    gone.sink.gather()
    gone.sink.send([(b"x",)])
    gone.sink.lost()
    gone.sink.let_go()
    assert gone.transport.written == b""


def test_reading_is_paused_and_resumed_once() -> None:
    flow = Flow()
    for _ in range(2):
        flow.sink.pause_reading()
    for _ in range(2):
        flow.sink.resume_reading()
    assert flow.transport.asked == ["pause", "resume"]


def test_closing_frees_the_slot_first_and_gives_up_after_a_while() -> None:
    flow = Flow()
    flow.sink.close()
    flow.sink.close()
    assert flow.transport.asked == ["unregister", "lose"]
    assert flow.transport.producer is None
    flow.clock.advance(4.9)
    assert flow.transport.asked == ["unregister", "lose"]
    flow.clock.advance(0.2)
    assert flow.transport.asked == ["unregister", "lose", "abort"]


def test_a_connection_that_is_gone_leaves_no_timer() -> None:
    flow = Flow()
    flow.sink.close()
    flow.sink.lost()
    assert flow.clock.getDelayedCalls() == []


def test_nothing_is_asked_of_what_is_closed() -> None:
    flow = Flow()
    flow.sink.abort()
    flow.sink.send([(b"x",)])
    flow.sink.pause_reading()
    flow.sink.resumeProducing()
    flow.sink.close()
    assert flow.transport.asked == ["abort"]
    assert flow.transport.written == b""
    assert flow.writable == 0


def test_what_was_taken_is_guessed_where_the_system_cannot_tell() -> None:
    flow = Flow()
    flow.sink.send([(b"12345",)])
    assert flow.sink.taken() == 5
    flow.sink.pauseProducing()
    assert flow.sink.taken() == 0


def test_sockets_are_kept_alive() -> None:
    class Holder:
        def __init__(self, inner: object) -> None:
            self.socket = inner if isinstance(inner, socket.socket) else None
            self.transport = inner

    with socket.socket() as raw:
        wrapped = Holder(Holder(raw))
        assert find_socket(wrapped) is raw
        keep_alive(wrapped)
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        wanted = {"TCP_NODELAY": 1, "TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
        wanted["TCP_USER_TIMEOUT"] = 45_000
        for name, value in wanted.items():
            if hasattr(socket, name):
                assert raw.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value, name
    left, right = socket.socketpair()
    with left, right:
        keep_alive(Holder(left))
    assert find_socket(object()) is None


@with_rigs
async def test_what_a_peer_takes_is_counted_by_its_system(make: Callable[..., Rig]) -> None:
    rig = make()
    reader = await rig.reader("SUB 1 a")
    (protocol,) = rig.factories["data"].protocols
    sink = protocol._sink
    assert sink is not None
    before = sink.taken()
    producer = await rig.connect("producers")
    producer.send(b"HUB/1 RAW stream=a\n" + b"x" * 50_000)
    await until(lambda: len(reader.content()) == 50_000)
    await until(lambda: sink.taken() - before >= 50_000, "for the system's acknowledgement")


@pytest.mark.parametrize("pieces", [1, 299, 300, 301, 1100, 5000])
@with_rigs
async def test_many_small_pieces_arrive_in_order(make: Callable[..., Rig], pieces: int) -> None:
    rig = make()
    reader = await rig.reader("SUB 1 a from=start")
    writer = rig.hub.streams.open_exact("a", rig.hub.accounts.by_token("maker-token"), {})  # type: ignore[arg-type]
    for number in range(pieces):
        writer.append(b"%d\n" % number, 0)
    wanted = b"".join(b"%d\n" % number for number in range(pieces))
    await until(lambda: reader.content() == wanted, "for all pieces")


@THROUGH_TWISTED
@pytest.mark.parametrize("tls", [False, True])
@with_rigs
async def test_a_small_frame_is_with_the_system_before_the_turn_is_over(make: Callable[..., Rig], tls: bool) -> None:
    rig = make(tls=tls)
    reader = await rig.reader("SUB 1 a")
    (protocol,) = rig.factories["data"].protocols
    sink = protocol._sink
    assert sink is not None
    handle = find_socket(protocol.transport)
    assert handle is not None

    def waits() -> int:
        below = protocol.transport.transport if tls else protocol.transport  # type: ignore[union-attr]
        return len(below.dataBuffer) + below._tempDataLen

    sink.send([(b"PONG 1\n",)])
    assert waits() == 0
    # Behind much it waits for its place.
    sink.send([(b"DATA 1 0 1 {%d}\n" % MIB, bytes(MIB), b"\n")] * 16)
    sink.send([(b"PONG 2\n",)])
    assert waits() > 0
    sink.send([(b"PONG 3\n",)])
    sink.close()
    await until(lambda: reader.lost is not None, "for the end")
    assert [frame.verb for frame in reader.frames[-19:]] == ["PONG", *["DATA"] * 16, "PONG", "PONG"]


@THROUGH_TWISTED
@with_rigs
async def test_over_tls_an_error_in_a_small_write_ends_the_connection(make: Callable[..., Rig]) -> None:
    rig = make(tls=True)
    await rig.reader("SUB 1 a")
    (protocol,) = rig.factories["data"].protocols
    sink, handle = protocol._sink, find_socket(protocol.transport)
    assert sink is not None
    assert handle is not None
    handle.shutdown(socket.SHUT_WR)
    sink.send([(b"PONG 1\n",)])
    await until(lambda: sink.closed, "for the end")


def test_a_refused_peer_that_does_not_close_is_aborted_after_a_while() -> None:
    clock, counters, refused = Clock(), Counters(), []
    limits = Limits(connections=1, close_seconds=5)
    admission = Admission(limits, counters)
    admission.enter(Peer("127.0.0.1"))
    factory = ConversationFactory(
        lambda peer, sink: pytest.fail("it was not admitted"),
        reactor=clock,
        limits=limits,
        admission=admission,
        failures=FakeFailures(),
        frames=TurnShare(FakeClock(), FakeFailures()),
        ends=TurnShare(FakeClock(), FakeFailures()),
        refuse=refused.append,
    )
    transport = FakeTransport()
    protocol = factory.buildProtocol(None)
    protocol.makeConnection(transport)  # type: ignore[arg-type]
    assert transport.written.startswith(b"ERR BUSY retry_after=")
    assert [problem.word for problem in refused] == ["BUSY"]
    assert transport.asked[-1] == "lose"
    protocol.dataReceived(b"anything")
    clock.advance(5.1)
    assert transport.asked[-1] == "abort"
    protocol.connectionLost()
    assert clock.getDelayedCalls() == []
    assert admission.connections == 1
