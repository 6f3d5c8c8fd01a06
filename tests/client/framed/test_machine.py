"""The producer's machine: dialogues, and a random walk against the real hub's conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.client.framed import commands_done
from hub.client.framed.buffer import MemoryBuffer
from hub.client.framed.commands_done import CommandsDone
from hub.client.framed.machine import Asked, Finished, Lost, Machine, Opened, Refused, Watched
from hub.conversations.producer import ProducerConversation
from hub.core.deletion import delete_stream
from hub.model.begin import START
from hub.model.chunk import Chunk

OK = b"OK stream=a session=x resumed=0 run=1 epoch=1 offset=100 fence=1 durability=fsync window=10 max=100\n"
KEY = "k" * 22


def machine(**more: Any) -> tuple[Machine, MemoryBuffer]:
    buffer = MemoryBuffer()
    return Machine("a", buffer, key=None, now_ms=lambda: 0, **more), buffer


def opened(**more: Any) -> tuple[Machine, MemoryBuffer]:
    one, buffer = machine(**more)
    one.hello()
    assert isinstance(one.feed(OK)[0], Opened)
    return one, buffer


def test_hello_says_who_and_what() -> None:
    one, _ = machine(token="t", meta={"n": 1}, commands=("signal", "stdin"))
    assert one.hello() == b'HELLO HUB/1 stream=a session=%s token=t meta=%%7B"n":1%%7D commands=signal,stdin\n' % (
        one.key.encode()
    )


def test_nothing_is_sent_before_ok() -> None:
    one, buffer = machine()
    buffer.append(b"x", 0, None)
    one.hello()
    assert one.outgoing() == b""


def test_the_window_is_kept_and_one_frame_may_always_be() -> None:
    one, buffer = opened()
    buffer.append(b"a" * 25, 0, None)
    assert one.outgoing() == b"DATA 100 {25}\n" + b"a" * 25 + b"\n"
    buffer.append(b"b" * 8, 0, "err")
    assert one.outgoing() == b""
    one.feed(b"ACK 120 window=10\n")
    assert one.outgoing() == b"DATA 125 ch=err {5}\nbbbbb\n"
    assert (buffer.first, one.acknowledged) == (20, 20)


def test_end_comes_after_the_last_byte_and_bye_finishes() -> None:
    one, buffer = opened()
    buffer.append(b"abc", 0, None)
    one.end("exit:3")
    assert one.outgoing() == b"DATA 100 {3}\nabc\n"
    assert one.outgoing() == b"END 103 status=exit:3\n"
    assert one.outgoing() == b""
    assert one.feed(b"ACK 103 window=10\nBYE 103\n") == [Finished()]
    assert (one.finished, buffer.size) == (True, 0)


def test_a_new_connection_rewinds_to_what_the_hub_has() -> None:
    one, buffer = opened()
    buffer.append(b"abcdef", 0, None)
    one.outgoing()
    one.lost()
    assert b"resume=1" in one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=102"))
    assert one.outgoing() == b"DATA 102 {4}\ncdef\n"


def test_a_copy_is_kept_until_it_is_acknowledged_wherever_the_hub_goes_on() -> None:
    one, buffer = opened()
    buffer.append(b"abcdefgh", 0, None)
    one.outgoing()
    one.feed(b"ACK 102 window=10\n")
    one.lost()
    one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=108"))
    assert (one.acknowledged, buffer.first) == (2, 2), "where to go on is not what is held"
    one.lost()
    one.hello()
    assert Lost not in [type(event) for event in one.feed(OK.replace(b"offset=100", b"offset=102"))]
    assert one.outgoing() == b"DATA 102 {6}\ncdefgh\n", "the hub was killed, and asks for them again"
    one.feed(b"ACK 108 window=10\n")
    assert (one.acknowledged, buffer.size) == (8, 0)


def test_a_window_that_is_full_at_the_reconnect_opens_with_the_acknowledgement_of_what_came_before() -> None:
    one, buffer = opened()
    buffer.append(b"a" * 10, 0, None)
    one.outgoing()
    one.lost()
    buffer.append(b"b" * 5, 0, None)
    one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=110"))
    assert one.outgoing() == b"", "ten bytes are in flight still"
    one.feed(b"ACK 104 window=10\n")
    assert one.outgoing() == b"DATA 110 {4}\nbbbb\n"


def test_bytes_that_were_dropped_in_flight_are_skipped_only_if_the_hub_asks_for_them() -> None:
    one, buffer = opened()
    buffer.append(b"abcdef", 0, None)
    one.outgoing()
    buffer.drop_oldest(4)
    one.lost()
    one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=106"))
    assert one.outgoing() == b""
    one.lost()
    one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=101"))
    assert one.outgoing() == b"SKIP 101 104 reason=dropped\nDATA 104 {2}\nef\n"


def test_an_ok_that_was_lost_begins_again_without_resume() -> None:
    one, buffer = machine()
    buffer.append(b"abc", 0, None)
    one.hello()
    one.lost()
    assert b"resume" not in one.hello()
    one.feed(OK.replace(b"resumed=0", b"resumed=1"))
    assert one.outgoing() == b"DATA 100 {3}\nabc\n"


def test_what_was_dropped_is_skipped() -> None:
    one, buffer = opened()
    buffer.append(b"abc", 0, None)
    buffer.append(b"def", 0, None)
    buffer.drop_oldest(2)
    assert one.outgoing() == b"SKIP 100 102 reason=dropped\nDATA 102 {4}\ncdef\n"


def test_what_can_be_had_nowhere_is_skipped_between_what_is_around_it() -> None:
    one, buffer = opened()
    buffer.append(b"abc", 0, None)
    buffer.skip(1_000)
    buffer.skip(1_000)
    buffer.append(b"def", 0, None)
    assert (buffer.size, buffer.end) == (6, 2_006)
    assert one.outgoing() == b"DATA 100 {3}\nabc\n"
    assert one.outgoing() == b"SKIP 103 2103 reason=dropped\n", "what is missing takes of the window, as the hub counts"
    one.feed(b"ACK 2103 window=10\n")
    assert one.outgoing() == b"DATA 2103 {3}\ndef\n"
    buffer.skip(5)
    one.end()
    assert one.outgoing() == b"SKIP 2106 2111 reason=dropped\n" + b"END 2111\n"


def test_a_hub_that_comes_back_within_what_is_missing_is_told_the_rest_of_it() -> None:
    one, buffer = opened()
    buffer.append(b"abc", 0, None)
    buffer.skip(10)
    one.outgoing(), one.outgoing()
    one.feed(b"ACK 103 window=10\n")
    one.lost()
    one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=107"))
    assert one.outgoing() == b"SKIP 107 113 reason=dropped\n"
    one.feed(b"ACK 110 window=10\n")
    assert (buffer.size, buffer.first) == (0, 10)
    buffer.append(b"def", 0, None)
    buffer.drop_oldest(1)
    assert (buffer.size, buffer.first) == (2, 14), "what is missing is no room that dropping makes"


def test_what_the_hub_acknowledged_and_lost_is_said() -> None:
    one, buffer = opened()
    buffer.append(b"abcdef", 0, None)
    one.outgoing()
    one.feed(b"ACK 104 window=10\n")
    one.lost()
    one.hello()
    assert Lost(4) in one.feed(OK)
    assert one.outgoing() == b"SKIP 100 104 reason=dropped\nDATA 104 {2}\nef\n"


def test_an_expired_key_is_replaced_and_goes_on_past_what_is_there() -> None:
    one, buffer = opened()
    buffer.append(b"abcdef", 0, None)
    one.outgoing()
    one.lost()
    one.hello()
    before = one.key
    (refused,) = one.feed(b"ERR EXPIRED cause=superseded offset=102\n")
    assert isinstance(refused, Refused)
    assert not refused.fatal
    assert one.key != before
    assert b"resume" not in one.hello()
    one.feed(OK.replace(b"offset=100", b"offset=500"))
    assert one.outgoing() == b"DATA 500 {4}\ncdef\n"


def test_a_kicked_session_does_not_come_back_by_itself() -> None:
    one, _ = machine()
    one.hello()
    one.feed(OK)
    before = one.key
    (refused,) = one.feed(b"ERR EXPIRED cause=kicked offset=100 :admin ended this session\n")
    assert isinstance(refused, Refused)
    assert refused.fatal
    assert one.key != before, "what is left may be sent later, as another session"


@pytest.mark.parametrize(("said", "fatal"), [("BUSY retry_after=5 slot=x", False), ("FENCED", True), ("AUTH", True)])
def test_errors_say_whether_to_come_again(said: str, fatal: bool) -> None:
    one, _ = machine()
    one.hello()
    (refused,) = one.feed(f"ERR {said} :text\n".encode())
    assert isinstance(refused, Refused)
    assert refused.fatal is fatal
    assert (b"slot=x" in one.hello()) is ("slot" in said)


def test_pings_commands_and_demand() -> None:
    one, _ = opened()
    assert one.feed(b"PING 7\nDEMAND 2\nCMD c1 signal {2}\n{}\nNEWS 1\n") == [Watched(2), Asked("c1", "signal", b"{}")]
    one.reply("c1", b"true")
    assert one.outgoing() == b"PONG 7\nREPLY c1 {4}\ntrue\n"


def test_a_command_that_a_new_hub_repeats_is_done_once() -> None:
    one, _ = opened()
    assert one.feed(b"CMD c1-1 stdin idem=k {2}\n{}\n") == [Asked("c1-1", "stdin", b"{}")]
    one.reply("c1-1", b"true")
    one.lost()
    one.hello()
    one.feed(OK)
    assert one.feed(b"CMD c2-1 stdin idem=k {2}\n{}\nCMD c2-2 stdin {2}\n{}\n") == [Asked("c2-2", "stdin", b"{}")]
    assert one.outgoing() == b"REPLY c2-1 {4}\ntrue\n"


def test_a_command_that_is_repeated_while_it_is_done_is_answered_under_both_ids() -> None:
    one, _ = opened()
    one.feed(b"CMD c1-1 stdin idem=k {2}\n{}\n")
    one.lost()
    one.hello()
    one.feed(OK)
    assert one.feed(b"CMD c2-1 stdin idem=k {2}\n{}\n") == []
    one.reply("c1-1", b"1")
    assert one.outgoing() == b"REPLY c1-1 {1}\n1\nREPLY c2-1 {1}\n1\n"


def test_commands_that_were_done_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands_done, "REMEMBERED", 3)
    monkeypatch.setattr(commands_done, "REPLIES_BYTES", 10)
    done = CommandsDone()
    for number in range(4):
        assert done.begin(f"c{number}", f"k{number}")
    assert done.begin("c9", "k0")  # the oldest is forgotten
    assert done.replied("c1", b"12345") == ["c1"]  # and what it asked is answered all the same
    assert done.replied("c3", b"12345") == ["c3"]
    assert done.replied("c9", b"123456") == ["c9"]
    assert (done.reply_to("k3"), done.reply_to("k0")) == (None, b"123456")


def test_old_bytes_keep_their_time() -> None:
    buffer = MemoryBuffer()
    one = Machine("a", buffer, now_ms=lambda: 100_000)
    one.hello()
    one.feed(OK)
    buffer.append(b"old", 5, None)
    assert one.outgoing() == b"DATA 100 at=5 {3}\nold\n"


def test_what_is_no_hub_is_fatal() -> None:
    one, _ = machine()
    one.hello()
    (refused,) = one.feed(b"HTTP/1.1 400 Bad\r\n\r\n")
    assert isinstance(refused, Refused)
    assert refused.fatal


class Resuming(RuleBasedStateMachine):
    """A producer, a link that breaks, a hub that is killed and taken over, a store that is slow or refuses from one
    step to the next: nothing lost, nothing twice, and nothing let go of that is not held.

    What the hub said and nobody heard before `cut` is lost: OK, ACK, or the one of END.
    """

    @initialize(slow=st.booleans(), refuses=st.booleans())
    def begin(self, slow: bool, refuses: bool) -> None:
        self.world = World(producer_window_bytes=40, hold_seconds=60, producer_session_seconds=90)
        self.turn(slow, refuses)
        self.forgotten = False
        """Whether the stream was deleted since the connection began: what it is told then is of no use any more."""
        self.buffer = MemoryBuffer()
        self.machine = Machine("a", self.buffer, now_ms=lambda: 0)
        self.written = b""
        self.dropped = 0
        """Bytes below this may have been dropped by the producer, and be a gap."""
        self.counter = 0
        self.link: ProducerConversation | None = None
        self.ended = False
        self.silent = 0
        """Seconds since it last heard the hub."""
        self.superseded = False
        """Whether somebody may have taken the stream since then."""
        self.deleted = 0
        """Bytes at the front that were deleted."""
        self.most_acknowledged = 0

    def _take(self, sink: RecordingSink, *, lose: bool = False) -> None:
        base, before = self.machine.base, self.machine.acknowledged
        events = [] if lose else self.machine.feed(sink.bytes())
        deleted = any(isinstance(event, Refused) and event.problem.keys.get("cause") == "deleted" for event in events)
        if self.machine.acknowledged > before and not (self.forgotten or deleted):
            assert (base or self.machine.base or 0) + self.machine.acknowledged <= self.held(), "let go of too early"
        for event in events:
            if isinstance(event, Refused):
                assert not event.fatal, event
                self._cut()

    def _cut(self) -> None:
        link, self.link = self.link, None
        self.machine.lost()
        if link is not None:
            link.lost("reset")
            self.world.settle()

    def held(self) -> int:
        """Return up to where the disk has the stream, whatever the hub believes."""
        return next((record.end for record in self.world.memory.open(0).streams if record.name == "a"), 0)

    @rule(size=st.integers(1, 60), heard=st.booleans())
    def talk(self, size: int, heard: bool) -> None:
        """What goes on most of the time: some output, sent at once."""
        if self.link is None:
            self.connect()
        self.hear()
        self.write(size)
        self.send(2, None)
        if heard:
            self.hear()

    @rule(slow=st.booleans(), refuses=st.booleans())
    def turn(self, slow: bool, refuses: bool) -> None:
        """The store becomes slow, or refuses, or is well again."""
        self.slow, self.refuses = slow, refuses
        self._treat_store()

    def _treat_store(self) -> None:
        self.world.store.slow, self.world.store.refuses = self.slow, self.refuses
        if not self.slow:
            self.commit()

    def _heal_store(self) -> None:
        self.world.store.slow = self.world.store.refuses = False
        self.commit()
        self.world.pass_seconds(2)

    @rule(size=st.integers(1, 60))
    def write(self, size: int) -> None:
        if self.ended:
            return
        self.counter += 1
        data = (b"%d:" % self.counter + b"x" * size)[:size]
        self.buffer.append(data, 0, "err" if self.counter % 5 == 0 else None)
        self.written += data

    @rule(size=st.integers(1, 80))
    def drop(self, size: int) -> None:
        """The producer has no room for what it wrote: the oldest goes, and is declared."""
        if self.buffer.size:
            self.buffer.drop_oldest(size)
            self.dropped = self.buffer.first

    @rule(size=st.integers(1, 80))
    def skip(self, size: int) -> None:
        """The producer's own source has lost something."""
        if not self.ended:
            self.buffer.skip(size)
            self.written += bytes(size)

    @rule()
    @precondition(lambda self: self.link is None)
    def connect(self) -> None:
        self.sink = RecordingSink()
        self.link = ProducerConversation(self.world.hub, LOOPBACK, self.sink)
        self.forgotten = False
        self.link.received(self.machine.hello())
        self.world.settle()

    @rule()
    def come_back(self) -> None:
        """The link breaks, with what was on its way to the producer, and is there again at once."""
        self._cut()
        self.connect()
        self.hear()
        self.send(2, None)
        self.hear()

    @rule()
    def hear(self) -> None:
        if self.link is not None:
            self.silent, self.superseded = 0, False
            self._take(self.sink)

    @rule(frames=st.integers(1, 6), cut_at=st.none() | st.integers(0, 80))
    def send(self, frames: int, cut_at: int | None) -> None:
        for _ in range(frames):
            data = self.machine.outgoing()
            if self.link is None or not data:
                return
            self.link.received(data if cut_at is None else data[:cut_at])
            self.world.settle()
            if cut_at is not None:
                self._cut()
                return

    @rule()
    def cut(self) -> None:
        self._cut()

    @rule()
    def half_open(self) -> None:
        """The producer's end is gone, and the hub does not know."""
        self.link = None
        self.machine.lost()

    @rule()
    def kill_the_hub(self) -> None:
        self.link = None
        self.machine.lost()
        self.world.restart()
        self._treat_store()

    @rule()
    def commit(self) -> None:
        self.world.store.finish()
        self.world.settle()

    @rule(seconds=st.sampled_from([1, 30, 61, 91]))
    def wait(self, seconds: int) -> None:
        # The hub forgets what is over after 90 s: who stays away for longer than that is told nothing of it.
        most = 85 if self.ended or self.superseded else 150
        if self.silent + seconds > most:
            return
        self.silent += seconds
        self.world.pass_seconds(seconds)

    @rule()
    def supersede(self) -> None:
        """The link breaks, and somebody else takes the stream, writes a little and ends."""
        self._cut()
        self.superseded = True
        stream = self.world.hub.streams.get("a")
        if stream is None or stream.state != "detached":
            return
        sink = RecordingSink()
        other = ProducerConversation(self.world.hub, LOOPBACK, sink)
        other.received(b"HELLO HUB/1 stream=a session=%s take=1\n" % (f"other{self.counter:020d}".encode()))
        self.counter += 1
        self.world.settle()
        end = stream.end
        other.received(b"DATA %d {6}\nOTHER\n\nEND %d\n" % (end, end + 6))
        self.world.settle()

    @rule()
    def delete(self) -> None:
        """An admin deletes the stream, and with it what the hub has; the rest makes it anew."""
        stream = self.world.hub.streams.get("a")
        if stream is None:
            return
        self._heal_store()
        self.deleted = max(self.deleted, self.place_of(self.stored()))
        self.world.run_inner(delete_stream(self.world.hub, stream, force=True))
        self.commit()
        self.forgotten = True
        self._treat_store()

    @rule()
    def finish(self) -> None:
        if not self.ended:
            self.ended = True
            self.machine.end("exit:0")

    @invariant()
    def acknowledged_never_goes_back(self) -> None:
        if hasattr(self, "machine"):
            assert self.machine.acknowledged >= self.most_acknowledged
            self.most_acknowledged = self.machine.acknowledged

    def teardown(self) -> None:
        if not hasattr(self, "machine"):
            return
        self.slow = self.refuses = False
        self._heal_store()
        self.finish()
        for _ in range(400):
            if self.machine.finished:
                break
            if self.link is None:
                self.connect()
            self.hear()
            self.send(3, None)
            self.commit()
            self.world.pass_seconds(1)
        assert self.machine.finished, "it did not come to an end"
        stored = self.stored()
        assert self.place_of(stored) == len(self.written) or not stored, "it does not end as what was written"
        missing = len(self.written) - len(stored)
        assert missing <= self.deleted, f"{missing} bytes are missing at the front, {self.deleted} were deleted"
        self.world.assert_no_failures()

    def place_of(self, stored: list[int | None]) -> int:
        """Return the last place in what was written where what is stored may end; 0 for nothing."""
        size = len(stored)
        for end in range(len(self.written), size - 1, -1):
            if size and all(
                byte == self.written[place] if byte is not None else place < self.dropped or not self.written[place]
                for place, byte in enumerate(stored, end - size)
            ):
                return end
        assert not size, "something else than what was written"
        return 0

    def stored(self) -> list[int | None]:
        """Return the stream as a new reader gets it, but for what others wrote; None for each byte of a gap."""
        stream = self.world.hub.streams.get("a")
        if stream is None:
            return []
        found: list[int | None] = []

        async def read() -> None:
            offset, _ = await self.world.hub.history.seek(stream, START)
            while offset < stream.end:
                for piece in await self.world.hub.history.read(stream, offset, 1 << 20):
                    if isinstance(piece, Chunk):
                        found.extend(piece.data.replace(b"OTHER\n", b""))
                    else:
                        assert piece.reason == "producer_skip", piece
                        found.extend([None] * (piece.end - piece.offset))
                    offset = piece.end

        self.world.run_inner(read())
        return found


@pytest.fixture
def walk() -> Resuming:
    """A walk that is led by hand, and begun with a store that is well."""
    walk = Resuming()
    Resuming.begin(walk, slow=False, refuses=False)
    Resuming.connect(walk)
    Resuming.hear(walk)
    Resuming.write(walk, 10)
    Resuming.send(walk, 1, None)
    Resuming.hear(walk)
    assert walk.machine.acknowledged == 10
    return walk


def test_who_asks_while_the_end_is_not_held_is_still_known_when_it_is() -> None:
    walk = Resuming()
    walk.begin(slow=False, refuses=True)
    walk.write(size=1)
    walk.come_back()
    walk.supersede()
    walk.wait(seconds=61)
    walk.come_back()  # the end is not held: it cannot be told yet how far the session came
    walk.turn(refuses=False, slow=False)
    walk.wait(seconds=30)
    walk.come_back()
    assert walk.stored() == list(walk.written)
    walk.teardown()


@pytest.mark.parametrize(("slow", "refuses"), [(True, False), (False, True)])
@pytest.mark.parametrize("ends", [False, True])
def test_a_store_that_turns_bad_a_cut_and_a_kill(walk: Resuming, slow: bool, refuses: bool, ends: bool) -> None:
    """The dialogue that chance hardly ever finds, with END's own acknowledgement lost as well."""
    Resuming.turn(walk, slow=slow, refuses=refuses)
    Resuming.write(walk, 10)
    if ends:
        Resuming.finish(walk)
    Resuming.send(walk, 2, None)
    Resuming.come_back(walk)
    Resuming.send(walk, 2, None)
    Resuming.hear(walk)
    assert (walk.machine.acknowledged, walk.buffer.first, walk.machine.finished) == (10, 10, False)
    Resuming.kill_the_hub(walk)
    Resuming.teardown(walk)
    assert bytes(byte or 0 for byte in Resuming.stored(walk)) == walk.written


@pytest.mark.parametrize("killed", [False, True])
def test_a_store_that_turns_bad_a_cut_and_somebody_else_who_takes_the_stream(walk: Resuming, killed: bool) -> None:
    Resuming.turn(walk, slow=True, refuses=False)
    Resuming.write(walk, 10)
    Resuming.send(walk, 1, None)
    Resuming.supersede(walk)
    Resuming.connect(walk)
    Resuming.hear(walk)
    assert (walk.machine.acknowledged, walk.buffer.first) == (10, 10), "EXPIRED would have it let go of"
    if killed:
        Resuming.kill_the_hub(walk)
    Resuming.teardown(walk)
    assert bytes(byte or 0 for byte in Resuming.stored(walk)) == walk.written


def test_a_store_that_heals_frees_what_came_before_the_reconnect(walk: Resuming) -> None:
    Resuming.turn(walk, slow=True, refuses=False)
    for _ in range(4):
        Resuming.write(walk, 10)
    Resuming.send(walk, 4, None)
    Resuming.come_back(walk)
    Resuming.write(walk, 10)
    Resuming.send(walk, 1, None)
    assert walk.buffer.size == 50, "the window is full of what came before"
    Resuming.turn(walk, slow=False, refuses=False)
    Resuming.hear(walk)
    Resuming.send(walk, 1, None)
    Resuming.hear(walk)
    assert walk.buffer.size == 0


TestResuming = Resuming.TestCase
TestResuming.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


class Gathering:
    """A machine that gathers while nobody watches, with a clock of its own."""

    def __init__(self) -> None:
        self.now = 1_000
        self.buffer = MemoryBuffer()
        self.machine = Machine("a", self.buffer, now_ms=lambda: self.now, unwatched_ms=250)
        self.machine.hello()
        self.machine.feed(OK)
        self.write(b"first")
        assert b"first" in self.machine.outgoing(), "whoever looks for the stream finds it begun"

    def write(self, data: bytes) -> None:
        self.buffer.append(data, self.now, None)


def test_bytes_are_gathered_while_nobody_watches() -> None:
    one = Gathering()
    one.write(b"a")
    assert (one.machine.outgoing(), one.machine.patience()) == (b"", 0.25)
    one.now += 100
    one.write(b"b")
    assert (one.machine.outgoing(), one.machine.patience()) == (b"", 0.15)
    one.now += 150
    assert one.machine.patience() == 0
    assert b"a" in one.machine.outgoing()


def test_somebody_who_watches_is_told_at_once() -> None:
    one = Gathering()
    one.write(b"a")
    assert one.machine.outgoing() == b""
    (watched,) = one.machine.feed(b"DEMAND 1\n")
    assert watched == Watched(1)
    assert b"a" in one.machine.outgoing()
    one.write(b"b")
    assert b"b" in one.machine.outgoing()
    one.machine.feed(b"DEMAND 0\n")
    one.write(b"c")
    assert one.machine.outgoing() == b""


def test_much_and_the_end_go_at_once() -> None:
    one = Gathering()
    one.write(b"x" * 65536)
    while sent := one.machine.outgoing():
        assert b"xxx" in sent
        one.machine.feed(b"ACK %d window=1000000\n" % (100 + one.machine._sent))
    one.write(b"last")
    assert one.machine.outgoing() == b""
    one.machine.end("exit:0")
    assert b"last" in one.machine.outgoing()
    assert b"END" in one.machine.outgoing()


def test_a_new_connection_has_nobody_watching_until_it_is_told() -> None:
    one = Gathering()
    one.machine.feed(b"DEMAND 1\n")
    one.machine.hello()
    assert one.machine.watchers == 0
