"""Readers, queues and streams against a model, in any order of events that hypothesis can think of.

Bounds are tiny, so that queues overflow all the time; the store is slow and answers out of order; it also drops what is
old. Whatever happens: each reader is told every byte once and in order, or is told which bytes it is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.reader_model import Listener, StreamModel
from fakes.world import World
from hub.core.delivery import State
from hub.core.reader import Reader
from hub.core.subscription import Subscription
from hub.model.begin import Begin
from hub.model.pattern import Pattern
from hub.model.principal import Principal, Role
from hub.model.problem import Problem

NAMES = ("a", "b/c", "b/d")
QUEUE_BYTES = 400
SLICE_BYTES = 150
MOST_DATA = 120
ADMIN = Principal("admin", Role.ADMIN)

begins = st.one_of(
    st.sampled_from([Begin("end"), Begin("start")]),
    st.integers(0, 5).map(lambda n: Begin("lines", n)),
    st.integers(1, 3).map(lambda n: Begin("run", n)),
)
sizes = st.integers(1, MOST_DATA)
TEXT = Random(7).randbytes(1 << 16).replace(b"\x07", b"\n")
"""What producers write, by offset: a chunk at a wrong place is a wrong chunk."""
picks = st.integers(0, 1 << 16)


class ReaderUnderTest:
    """A reader as its connection would drive it: `take` only after it was woken."""

    def __init__(self, world: World, models: dict[str, StreamModel], window: int) -> None:
        self.listener = Listener(models, window)
        self.awake = False
        self.refused: list[Problem] = []
        self.reader = Reader(world.hub, ADMIN, self._wake, self.refused.append, window)

    def _wake(self) -> None:
        assert not self.awake, "woken twice"
        self.awake = True

    def take(self, budget: int) -> bool:
        told = self.reader.take(budget)
        for delivery, item in told:
            self.listener.heard(delivery, item)
        if not told:
            self.awake = False
        return bool(told)

    def acknowledge_all(self) -> None:
        for alias, followed in list(self.listener.followed.items()):
            self.reader.acknowledge(alias, followed.at)
            self.listener.acknowledged(alias, followed.at)


class FanOut(RuleBasedStateMachine):
    worlds = Bundle("worlds")

    @initialize(target=worlds, store_kept=st.sampled_from([1500, 4000, 1 << 20]))
    def begin(self, store_kept: int) -> World:
        self.world = World(
            slow_store=True,
            reader_queue_bytes=QUEUE_BYTES,
            reader_queues_bytes=1500,
            catch_up_slice_bytes=SLICE_BYTES,
            tail_stream_bytes=700,
            tail_bytes=1200,
            memory_store_bytes=2 * store_kept,
            memory_store_stream_bytes=store_kept,
            anonymous_bytes=2 * store_kept,
        )
        self.models: dict[str, StreamModel] = {}
        self.readers: list[ReaderUnderTest] = []
        self.left: list[tuple[Sequence[Subscription], dict[str, int]]] = []
        self.ids = 0
        return self.world

    @initialize(
        world=worlds, names=st.sets(st.sampled_from(NAMES)), skips=st.lists(st.booleans(), max_size=2), begin=begins
    )
    def begin_busy(self, world: World, names: set[str], skips: list[bool], begin: Begin) -> None:
        """Streams and readers to begin with: so that short runs are interesting, too."""
        for name in sorted(names):
            self.open(name)
            self.publish(name, 30)
        for index, skip in enumerate(skips):
            self.arrive(0)
            self.subscribe(index, "**", begin, skip)
        if self.readers:
            self.all_but_one_catch_up(4)

    # Producers.

    @rule(name=st.sampled_from(NAMES))
    def open(self, name: str) -> None:
        stream = self.world.hub.streams.get(name)
        if stream is not None and stream.writer is not None:
            return
        start = 0 if stream is None else stream.end
        if name not in self.models:
            # The model has to know the stream before its readers hear of it.
            self.models[name] = StreamModel(None)  # type: ignore[arg-type]
        self.models[name].runs.append((start, None))
        self.models[name].stream = self.world.writer(name).stream

    @rule(name=st.sampled_from(NAMES), size=sizes)
    def publish(self, name: str, size: int) -> None:
        if (model := self._open_one(name)) is not None:
            at = len(model.content)
            data = TEXT[at : at + size]
            model.content.extend(data)
            model.stream.append(data, self.world.clock.now_ms())

    @rule(name=st.sampled_from(NAMES), size=st.integers(60, MOST_DATA), times=st.integers(3, 9))
    def flood(self, name: str, size: int, times: int) -> None:
        for _ in range(times):
            self.publish(name, size)

    @rule(name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
    def end_and_flood(self, name: str, other: str) -> None:
        """News without bytes, and then the queue is emptied."""
        self.end(name)
        self.open(other)
        self.flood(other, MOST_DATA, 4)

    @rule(name=st.sampled_from(NAMES), size=st.integers(1, 50))
    def skip(self, name: str, size: int) -> None:
        if (model := self._open_one(name)) is not None:
            model.content.extend([None] * size)
            model.stream.append_gap(len(model.content), "producer_skip")

    @rule(name=st.sampled_from(NAMES))
    def end(self, name: str) -> None:
        if (model := self._open_one(name)) is not None:
            model.runs[-1] = (model.runs[-1][0], len(model.content))
            writer = model.stream.writer
            assert writer is not None
            writer.end("eof")

    def _open_one(self, name: str) -> StreamModel | None:
        model = self.models.get(name)
        return None if model is None or model.stream.writer is None else model

    # Readers.

    @precondition(lambda self: len(self.readers) < 4)
    @rule(window=st.sampled_from([0, 0, 50, 200]))
    def arrive(self, window: int) -> None:
        self.readers.append(ReaderUnderTest(self.world, self.models, window))

    @precondition(lambda self: self.readers)
    @rule(pick=picks, pattern=st.sampled_from(["**", "b/*", *NAMES]), begin=begins, skips=st.booleans())
    def subscribe(self, pick: int, pattern: str, begin: Begin, skips: bool) -> None:
        self.ids += 1
        ordinal = self.world.hub.streams.ordinal
        subscription = Subscription(f"s{self.ids}", Pattern(pattern), begin, skips, {}, ordinal)
        self._reader(pick).reader.subscribe(subscription)

    @precondition(lambda self: self.readers)
    @rule(pick=picks, which=picks)
    def unsubscribe(self, pick: int, which: int) -> None:
        each = self._reader(pick)
        if ids := list(each.reader.subscriptions):
            each.reader.unsubscribe(ids[which % len(ids)])
            each.listener.retire_all_but({delivery.alias for delivery in each.reader.deliveries})

    @precondition(lambda self: self.readers)
    @rule(pick=picks, budget=st.sampled_from([1, 40, 300, 100_000]))
    def take(self, pick: int, budget: int) -> None:
        each = self._reader(pick)
        if each.awake:
            each.take(budget)

    @precondition(lambda self: self.readers)
    @rule(but=picks)
    def all_but_one_catch_up(self, but: int) -> None:
        """Without this most readers would never be live in a short run."""
        self.world.store.finish()
        self.world.clock.advance(0.1)
        for index, each in enumerate(self.readers):
            while index != but % 5 and each.awake and each.take(100_000):
                self.world.store.finish()
                self.world.clock.advance(0.1)
            each.acknowledge_all()

    @precondition(lambda self: self.readers)
    @rule(pick=picks, which=picks, part=st.integers(0, 100))
    def acknowledge(self, pick: int, which: int, part: int) -> None:
        each = self._reader(pick)
        if aliases := list(each.listener.followed):
            alias = aliases[which % len(aliases)]
            followed = each.listener.followed[alias]
            offset = followed.acked + (followed.at - followed.acked) * part // 100
            each.reader.acknowledge(alias, offset)
            each.listener.acknowledged(alias, offset)

    @precondition(lambda self: self.readers)
    @rule(pick=picks)
    def leave(self, pick: int) -> None:
        each = self.readers.pop(pick % len(self.readers))
        told = {followed.name: followed.acked for followed in each.listener.followed.values()}
        queue = each.reader.queue
        self.left.append((each.reader.close(), told))
        assert queue.bytes == 0
        assert queue.in_flight == 0

    @precondition(lambda self: self.left and len(self.readers) < 4)
    @rule(pick=picks, window=st.sampled_from([0, 200]))
    def come_back(self, pick: int, window: int) -> None:
        subscriptions, told = self.left.pop(pick % len(self.left))
        each = ReaderUnderTest(self.world, self.models, window)
        self.readers.append(each)
        for subscription in subscriptions:
            each.reader.subscribe(subscription)
        self.world.store.finish()
        self.world.settle()
        each.take(1)
        for followed in each.listener.followed.values():
            if followed.name in told:
                assert followed.placed_at <= told[followed.name], "a session went on later than it had acknowledged"

    def _reader(self, pick: int) -> ReaderUnderTest:
        return self.readers[pick % len(self.readers)]

    # Time and the store.

    @rule(which=picks, times=st.integers(1, 4))
    def store_step(self, which: int, times: int) -> None:
        for _ in range(times):
            self.world.store.step(which)
        self.world.settle()

    @precondition(lambda self: self.world.store.failing < 2)
    @rule()
    def store_fails(self) -> None:
        self.world.store.fail_next(Problem("STORE", "full"))

    @rule(seconds=st.sampled_from([0.0, 0.1, 2.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    # What holds at every moment.

    @invariant()
    def queues_are_bounded(self) -> None:
        for each in getattr(self, "readers", []):
            queue = each.reader.queue
            slices = sum(SLICE_BYTES + 3 * (MOST_DATA + 64) for _ in each.reader.deliveries)
            assert 0 <= queue.bytes <= QUEUE_BYTES + MOST_DATA + 64 + slices
            assert queue.in_flight >= 0

    @invariant()
    def what_is_counted_adds_up(self) -> None:
        if hasattr(self, "world"):
            memory = self.world.hub.queue_memory
            assert memory.bytes == sum(each.reader.queue.bytes for each in self.readers)
            tails = sum(model.stream.tail.bytes for model in self.models.values())
            assert self.world.hub.log.tails.bytes == tails

    # In the end everybody has everything, and nothing is left over.

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self._come_to_rest()
        for each in self.readers:
            self._has_everything(each)
        for each in self.readers:
            each.reader.close()
        self._nothing_is_left()

    def _come_to_rest(self) -> None:
        for _ in range(500):
            self.world.store.finish()
            self.world.clock.advance(2.0)
            busy = self.world.store.waiting > 0
            for each in self.readers:
                while each.awake and each.take(100_000):
                    busy = True
                if any(followed.unacked for followed in each.listener.followed.values()):
                    each.acknowledge_all()
                    busy = True
            # A reader that took nothing may have asked for the past just now.
            if not busy and not self.world.hub.catch_up.waiting:
                return
        raise AssertionError("it never comes to rest")

    def _has_everything(self, each: ReaderUnderTest) -> None:
        followed_names = {followed.name for followed in each.listener.followed.values()}
        for subscription in each.reader.subscriptions.values():
            if subscription.begin.kind in ("start", "lines"):
                wanted = {name for name in self.models if subscription.pattern.matches(name)}
                assert wanted <= followed_names, "a stream was never delivered"
        for delivery in each.reader.deliveries:
            followed = each.listener.followed[delivery.alias]
            assert delivery.state is State.LIVE, f"a reader got stuck while it waits for {delivery.state.value}"
            assert followed.live, "LIVE was never told"
            assert followed.at == len(followed.model.content), "bytes were never told"
            assert followed.run == len(followed.model.runs), "a run was never told"
            assert followed.run_over == (followed.model.runs[-1][1] is not None), "an end was never told"

    def _nothing_is_left(self) -> None:
        hub = self.world.hub
        assert not hub.readers
        assert hub.queue_memory.bytes == 0
        assert hub.catch_up.waiting == 0
        assert hub.log.committer.idle
        assert hub.log.committer.waiting_bytes == 0
        for model in self.models.values():
            assert not model.stream.live
            assert model.stream.watchers == 0
            assert model.stream.durable == model.stream.end == len(model.content)
            assert not list(hub.subscriptions.matching(model.stream.name))
        expected = {"while reading the past", "while looking for a place in the past"}
        assert {what for what, _ in self.world.failures.take()} <= expected


FanOut.TestCase.settings = settings(
    max_examples=300, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFanOut = FanOut.TestCase
