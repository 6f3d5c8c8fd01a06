"""What one read brought is taken a portion a turn, in order and to its end, before anything more is read."""

from __future__ import annotations

import pytest
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from adapters.test_flow import FakeTransport
from fakes.clock import FakeClock
from fakes.tasks import FakeFailures
from hub.adapters.tcp import ConversationFactory, ConversationProtocol
from hub.core.admission import Admission
from hub.core.counters import Counters
from hub.core.ports import Sink
from hub.core.turn_share import TurnShare
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.problem import Problem


class Reluctant:
    """A conversation that takes a byte a turn, and answers each."""

    def __init__(self, peer: Peer, sink: Sink) -> None:
        self.sink = sink
        self.said: list[str] = []
        self._left = b""
        self.breaks = False

    def received(self, data: bytes) -> bool:
        self._left += data
        first, self._left = self._left[:1], self._left[1:]
        if self.breaks:
            raise RuntimeError("broken on purpose")
        self.said.append(first.decode())
        self.sink.send([(first,)])
        return bool(self._left)

    def writable(self) -> None:
        """Nothing waits."""

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Nothing is said."""

    def hold(self) -> None:
        """Go on."""

    def dismiss(self, problem: Problem) -> None:
        self._left = b""
        self.sink.close(problem)

    def lost(self, cause: str) -> None:
        self.said.append(cause)


class Rig:
    """One connection to a reluctant conversation."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.failures = FakeFailures()
        self.admission = Admission(Limits(), Counters())
        self.share = TurnShare(self.clock, self.failures)
        factory = ConversationFactory(
            self._converse,
            reactor=Clock(),
            limits=Limits(),
            admission=self.admission,
            failures=self.failures,
            frames=self.share,
            ends=TurnShare(self.clock, self.failures),
            refuse=lambda problem: pytest.fail("it was admitted"),
        )
        self.transport = FakeTransport()
        self.protocol: ConversationProtocol = factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)  # type: ignore[arg-type]
        self.transport.asked.clear()

    def _converse(self, peer: Peer, sink: Sink) -> Reluctant:
        self.conversation = Reluctant(peer, sink)
        return self.conversation


def test_nothing_more_is_read_before_all_of_it_is_taken() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"abc")
    assert (rig.conversation.said, rig.transport.asked) == (["a"], ["pause"])
    rig.clock.settle()
    assert (rig.conversation.said, rig.transport.asked) == (["a", "b", "c"], ["pause", "resume"])
    rig.protocol.dataReceived(b"d")
    assert rig.transport.asked == ["pause", "resume"], "one that leaves nothing pauses nothing"
    assert (rig.transport.written, rig.transport.writes) == (b"abcd", 4)


def test_what_tls_hands_on_meanwhile_comes_after_it() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"ab")
    rig.protocol.dataReceived(b"cd")
    rig.protocol.dataReceived(b"ef")
    rig.clock.settle()
    assert "".join(rig.conversation.said) == "abcdef"


def test_reading_goes_on_only_if_the_conversation_wants_it_too() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"ab")
    rig.conversation.sink.pause_reading()
    rig.clock.settle()
    assert rig.transport.asked == ["pause"]
    rig.conversation.sink.resume_reading()
    assert rig.transport.asked == ["pause", "resume"]
    rig.protocol.dataReceived(b"cd")
    rig.conversation.sink.pause_reading()
    rig.conversation.sink.resume_reading()
    assert rig.transport.asked == ["pause", "resume", "pause"], "what came is not taken yet"


def test_a_connection_that_is_lost_meanwhile_is_lost_after_all_that_it_said() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"abc")
    rig.protocol.connectionLost(Failure(ConnectionLost()))
    assert rig.conversation.said == ["a"]
    assert rig.admission.connections == 1, "it counts as long as it costs"
    rig.clock.settle()
    assert rig.conversation.said == ["a", "b", "c", "reset"]
    assert rig.transport.written == b"a", "and nothing is written any more"
    assert rig.admission.connections == 0
    assert not rig.protocol._made_by.protocols


def test_a_hub_that_ends_waits_for_none_of_it() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"abc")
    rig.protocol.say_goodbye(Problem("DRAIN", "the hub is shutting down"))
    rig.protocol.connectionLost(Failure(ConnectionLost()))
    rig.clock.settle()
    assert rig.conversation.said == ["a", "", "reset"]


def test_a_fault_of_ours_in_a_later_turn_ends_the_connection_too() -> None:
    rig = Rig()
    rig.protocol.dataReceived(b"abc")
    rig.conversation.breaks = True
    rig.clock.settle()
    assert rig.transport.written.startswith(b"aERR INTERNAL")
    assert rig.transport.asked[-1] == "lose"
    assert [what for what, _ in rig.failures.take()] == ["in a conversation"]
