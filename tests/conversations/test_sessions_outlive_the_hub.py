"""Readers' sessions over restarts of the hub (PROTOCOL 5)."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from conversations.data_line import DataLine
from fakes.world import World
from hub.core.deletion import delete_stream
from hub.model.principal import ANONYMOUS
from hub.model.problem import Problem


def resume(world: World, key: str) -> DataLine:
    line = DataLine(world, None)
    line.say(f"HELLO HUB/1 session={key}")
    return line


def test_a_session_goes_on_where_it_had_acknowledged() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a from=start")
    line.ask("ACK 1 4")
    world.write(writer, b"two\n")
    world.pass_seconds(6)
    world.restart()
    heard = resume(world, line.key).heard()
    assert heard[0].startswith("OK")
    assert "resumed=1" in heard[0]
    assert heard[1:4] == ["STREAM 1 a offset=4 run=1 state=ended", "DATA 1 4 'two\\n'", "END 1 8 run=1 cause=hub_lost"]


def test_a_run_that_was_lost_with_the_hub_lasted_until_its_last_bytes() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    world.pass_seconds(2)
    world.write(writer, b"two\n")
    last = world.hub.streams.find("a", ANONYMOUS).last_at
    silent = world.writer("silent")
    world.settle()
    world.restart(after_seconds=3600)
    run, never = (world.hub.streams.find(name, ANONYMOUS).run for name in ("a", "silent"))
    assert (run.cause, run.ended_at) == ("hub_lost", last), "not when the next hub began"
    assert (never.cause, never.ended_at) == ("hub_lost", silent.run.began_at)
    world.writer("a")
    world.settle()
    world.restart(after_seconds=7200)
    again = world.hub.streams.find("a", ANONYMOUS).run
    assert again.ended_at == again.began_at, "the bytes before are of another run"


def test_a_session_is_known_after_a_crash_that_comes_before_its_first_save() -> None:
    world = World()
    world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a from=start", "SUB 2 b")
    line.ask("UNSUB 2")
    world.clock.advance(0.2)
    world.restart()
    heard = resume(world, line.key).heard()
    assert "resumed=1" in heard[0]
    assert heard[1:3] == ["STREAM 1 a offset=0 run=1 state=ended", "DATA 1 0 'one\\n'"]
    kept = world.hub.sessions.find(line.key).current_subscriptions()
    assert [each.id for each in kept] == ["1"], "what it followed no more is not followed again"


def test_many_sessions_that_begin_at_once_are_stored_together() -> None:
    world = World()
    world.stream_of("a", b"one\n")
    world.clock.advance(0.2)
    world.store.calls.clear()
    lines = [DataLine(world) for _ in range(50)]
    for line in lines:
        line.conversation.received(b"SUB 1 a from=start\n")
    world.clock.advance(0.2)
    assert world.store.calls.count("put") == 1
    world.restart()
    assert all("resumed=1" in resume(world, line.key).heard()[0] for line in lines)


def test_a_store_that_refuses_a_new_session_is_asked_again() -> None:
    world = World()
    world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.conversation.received(b"SUB 1 a from=start\n")
    world.store.fail_next(Problem("STORE", "full"))
    world.clock.advance(0.2)
    world.pass_seconds(6)
    world.restart()
    assert "resumed=1" in resume(world, line.key).heard()[0]
    world.assert_no_failures()


def test_what_was_acknowledged_since_the_last_save_comes_again() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a from=start match=o")
    line.ask("ACK 1 4")
    world.pass_seconds(6)
    world.write(writer, b"two\n")
    line.ask("ACK 1 8")
    world.restart()
    assert resume(world, line.key).heard()[1:3] == ["STREAM 1 a offset=4 run=1 state=ended", "DATA 1 4 'two\\n'"]


def test_a_drain_saves_at_once() -> None:
    world = World()
    world.stream_of("a", b"one\n")
    line = DataLine(world)
    line.ask("SUB 1 a from=start")
    line.ask("ACK 1 4")
    world.tasks.spawn(world.hub.kept_sessions.save())
    world.restart()
    assert resume(world, line.key).heard()[1] == "STREAM 1 a offset=4 run=1 state=ended"


def test_a_session_that_was_ended_stays_ended() -> None:
    world = World()
    line = DataLine(world)
    line.ask("SUB 1 a")
    world.pass_seconds(6)
    line.say("BYE")
    world.pass_seconds(6)
    world.restart()
    assert resume(world, line.key).heard() == ["ERR EXPIRED cause=unknown"]


def test_a_session_expires_after_a_restart_too() -> None:
    world = World(reader_session_seconds=100)
    line = DataLine(world)
    line.ask("SUB 1 a")
    world.pass_seconds(6)
    world.restart()
    world.pass_seconds(101)
    assert resume(world, line.key).heard() == ["ERR EXPIRED cause=unknown"]
    world.restart()
    assert len(world.hub.sessions) == 0


def test_a_principal_that_is_gone_has_no_session() -> None:
    world = World()
    line = DataLine(world)
    line.ask("SUB 1 a")
    world.pass_seconds(6)
    world.accounts.forget("admin")
    world.restart()
    assert len(world.hub.sessions) == 0


def test_a_store_that_fails_for_a_while_is_given_it_again() -> None:
    world = World()
    line = DataLine(world)
    world.settle()
    world.store.fail_next(Problem("STORE", "full"))
    line.ask("SUB 1 a")
    world.pass_seconds(12)
    world.restart()
    assert "resumed=1" in resume(world, line.key).heard()[0]


class Reading(RuleBasedStateMachine):
    """A reader that loses its connection, a hub that is killed, a writer that goes on: all is read once, in order."""

    @initialize(slow=st.booleans())
    def begin(self, slow: bool) -> None:
        self.world = World(tail_stream_bytes=600, reader_queue_bytes=300)
        self.world.store.slow = self.slow = slow
        self.line: DataLine | None = DataLine(self.world)
        self.key = self.line.key
        self.held = b""
        self.epoch = 0
        self.alias = "0"
        self.counter = 0
        self.gone = False
        self.line.say("SUB 1 a from=start")

    def _take(self) -> None:
        for frame in [] if self.line is None else self.line.sink.frames():
            if frame.verb == "STREAM":
                offset = int(frame.keys["offset"])
                self.alias = frame.args[0]
                epoch = int(frame.keys["epoch"])
                # At the same epoch the same bytes come again; at another one they may differ.
                if "truncate" in frame.keys or epoch != self.epoch:
                    self.held = self.held[:offset]
                self.epoch = epoch
                self.gone = False
                assert offset <= len(self.held), "a hole"
            elif frame.verb == "END" and frame.keys["cause"] == "deleted":
                self.held, self.gone = b"", False
            elif frame.verb == "GAP":
                # Only a deleted stream has one: what was not read of it is not there any more.
                assert frame.keys["reason"] == "retention"
                self.gone = True
            elif frame.verb == "DATA" and not self.gone:
                assert frame.payload is not None
                offset = int(frame.args[1])
                assert offset <= len(self.held), "a hole"
                known = self.held[offset : offset + len(frame.payload)]
                assert frame.payload.startswith(known), "other bytes at the same place"
                self.held = self.held[:offset] + frame.payload + self.held[offset + len(frame.payload) :]

    @rule(size=st.integers(1, 200))
    def write(self, size: int) -> None:
        stream = self.world.hub.streams.get("a")
        writer: Any = stream.writer if stream is not None and stream.writer is not None else self.world.writer("a")
        self.counter += 1
        writer.append((b"%d:" % self.counter + b"x" * size)[:size], self.world.clock.now_ms())
        self.world.settle()

    @rule()
    def commit(self) -> None:
        self.world.store.finish()
        self.world.settle()

    @rule()
    def read(self) -> None:
        self._take()

    @rule()
    def acknowledge(self) -> None:
        self._take()
        if self.line is not None and self.alias != "0":
            self.line.say(f"ACK {self.alias} {len(self.held)}")

    @rule()
    def lose(self) -> None:
        if self.line is not None:
            self._take()
            self.line.conversation.lost("reset")
            self.line = None

    @rule()
    def come_back(self) -> None:
        if self.line is not None:
            self._take()
        self.line = resume(self.world, self.key)

    @rule(seconds=st.integers(1, 7))
    def wait(self, seconds: int) -> None:
        self.world.pass_seconds(seconds)

    @rule()
    def delete(self) -> None:
        stream = self.world.hub.streams.get("a")
        if stream is not None:
            self.world.run_inner(delete_stream(self.world.hub, stream, force=True))
            self.commit()

    @rule(heard=st.booleans())
    def kill_the_hub(self, heard: bool) -> None:
        """`heard`: what was said last still arrives. Where it does not, a truncate may be due twice over."""
        if heard:
            self._take()
        # The first save tells that there is a session at all.
        self.world.store.slow = False
        self.world.store.finish()
        self.world.pass_seconds(6) if not self.world.memory._records.get("session") else None
        self.line = None
        self.world.restart()
        self.world.store.slow = self.slow

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.store.slow = False
        self.world.store.finish()
        self.come_back()
        for _ in range(20):
            self.world.pass_seconds(1)
            self.world.store.finish()
            self._take()
        stream = self.world.hub.streams.get("a")
        if stream is None:
            return
        assert len(self.held) == stream.end
        kept = DataLine(self.world)
        kept.say("SUB 1 a from=start")
        for _ in range(20):
            self.world.pass_seconds(1)
        fresh = b"".join(frame.payload or b"" for frame in kept.sink.frames() if frame.verb == "DATA")
        assert self.held == fresh
        self.world.assert_no_failures()


TestReading = Reading.TestCase
TestReading.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
