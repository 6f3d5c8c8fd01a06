"""One attached reader: its subscriptions, and its deliveries by alias."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hub.core.catch_up import RETRY_SECONDS
from hub.core.delivery import Delivery, State
from hub.core.line_filter import LineFilter
from hub.core.matcher import Matcher
from hub.core.reader_queue import ReaderQueue, Told
from hub.core.subscription import Subscription
from hub.model.begin import START, Begin
from hub.model.chunk import Gap
from hub.model.peer import Via
from hub.model.principal import Principal
from hub.model.problem import Problem

if TYPE_CHECKING:
    from hub.core.hub import Hub
    from hub.core.sessions import Session
    from hub.core.stream import Stream


class Reader:
    """Follows streams for one connection. `refuse` is told a Problem that concerns one subscription (`id=`)."""

    __slots__ = (
        "_aliases",
        "_deliveries",
        "_filtering",
        "_gone",
        "_hub",
        "_last_alias",
        "_refuse",
        "principal",
        "queue",
        "session",
        "since",
        "subscriptions",
        "via",
    )

    def __init__(
        self,
        hub: Hub,
        principal: Principal,
        wake: Callable[[], None],
        refuse: Callable[[Problem], None],
        window: int = 0,
        *,
        session: Session | None = None,
        via: Via = "http",
    ) -> None:
        """`session` is whose data slot it is; a request that follows a stream has none."""
        limits = hub.limits
        self.principal = principal
        self.session = session
        self.via: Via = via
        self.since = hub.clock.monotonic()
        self.queue = ReaderQueue(
            wake, hub.catch_up, hub.queue_memory, hub.counters, bound=limits.reader_queue_bytes, window=window
        )
        self.subscriptions: dict[str, Subscription] = {}
        self._hub = hub
        self._refuse = refuse
        self._deliveries: dict[Stream, Delivery] = {}
        self._aliases: dict[int, Delivery] = {}
        self._last_alias = 0
        self._filtering = False
        """Whether any delivery has, or had, a filter."""
        self._gone: Sequence[Delivery] = ()
        """Deliveries of deleted streams that have something left to tell."""
        hub.readers.add(self)

    def subscribe(self, subscription: Subscription) -> None:
        """Take the streams that match, now and later; raise Problem with `id=` when that is not possible."""
        sub_id, limits = subscription.id, self._hub.limits
        if sub_id in self.subscriptions:
            raise Problem("PROTO", "this id is in use; UNSUB it first", id=sub_id)
        if len(self.subscriptions) >= limits.subscriptions:
            raise Problem("LIMIT", f"more than limits.subscriptions ({limits.subscriptions})", id=sub_id)
        names = self._names(subscription)
        with_past = subscription.begin.takes_ended and not subscription.resumed
        if len(names) > limits.subscription_streams and with_past:
            raise Problem(
                "LIMIT",
                f"{len(names)} streams match, more than limits.subscription_streams ({limits.subscription_streams})",
                id=sub_id,
            )
        chosen = self._choose(names, subscription)
        self.subscriptions[sub_id] = subscription
        self._hub.subscriptions.add(self, subscription)
        for stream, begin in chosen:
            self._deliver(stream, subscription, begin)

    def unsubscribe(self, sub_id: str) -> None:
        """Tell nothing more of a subscription; an unknown id is ignored."""
        subscription = self.subscriptions.pop(sub_id, None)
        if subscription is None:
            return
        self._hub.subscriptions.remove(self, subscription)
        for delivery in list(self._deliveries.values()):
            delivery.subscriptions.discard(sub_id)
            if not delivery.subscriptions:
                self._drop(delivery)

    def acknowledge(self, alias: int, offset: int) -> None:
        """Take an ACK; an unknown alias is ignored. Raise Problem PROTO for bytes that were never told."""
        delivery = self._aliases.get(alias)
        if delivery is None:
            return
        if offset > delivery.next or not delivery.placed:
            raise Problem("PROTO", f"ACK {alias} {offset} is past what was sent ({delivery.next})")
        if delivery.acked is None or offset > delivery.acked:
            delivery.acked = offset
        self.queue.acknowledge(delivery, offset)

    def appeared(self, stream: Stream, subscription: Subscription) -> None:
        """Take a stream that came to be: from its first byte, or from the cursor that waited for it."""
        self._deliver(stream, subscription, _cursor_begin(subscription, stream.name) or START)

    def run_opened(self, stream: Stream, subscription: Subscription) -> None:
        """Take a stream that had ended before the subscription, and lives again."""
        if stream not in self._deliveries:
            self._deliver(stream, subscription, Begin("run", stream.run.number))

    def take(self, budget: int) -> Told:
        """Return what is to be told next (see ReaderQueue.take), of some streams only the lines that match."""
        told = self.queue.take(budget)
        if self._gone:
            self._let_go()
        if not self._filtering:
            return told
        while told:
            if passed := self._through_filters(told):
                return passed
            told = self.queue.take(budget)
        # Nothing more comes for now: what was left out last is said.
        return self._settled()

    def gone(self, stream: Stream) -> None:
        """Take note that a stream is deleted: its end is told once what is left of it was."""
        delivery = self._deliveries.get(stream)
        if delivery is None:
            return
        if delivery.placed:
            self._gone = [*self._gone, delivery]
        else:
            self._drop(delivery)

    def _let_go(self) -> None:
        """Drop the deliveries that were told all of a deleted stream."""
        over = [delivery for delivery in self._gone if delivery.over]
        self._gone = tuple(delivery for delivery in self._gone if not delivery.over)
        for delivery in over:
            self._drop(delivery)

    @property
    def watches(self) -> bool:
        """Whether it is given a stream at least: not only here, or waiting for one to begin."""
        return bool(self._deliveries)

    @property
    def deliveries(self) -> list[Delivery]:
        """What is followed, oldest first."""
        return list(self._deliveries.values())

    def delivery_of(self, stream: Stream) -> Delivery | None:
        """Return how a stream is followed, if it is."""
        return self._deliveries.get(stream)

    def kept(self) -> list[Subscription]:
        """Return the subscriptions as a session may go on with them."""
        kept = []
        for sub_id, subscription in self.subscriptions.items():
            cursors = dict(subscription.cursors)
            unplaced = set()
            for stream, delivery in self._deliveries.items():
                # One that did not take the stream when it could not may take it first when the session comes back: it
                # must not begin later than what the others had got to.
                if sub_id not in delivery.subscriptions and not subscription.pattern.matches(stream.name):
                    continue
                if delivery.state is State.SEEKING:
                    unplaced.add(stream.name)
                else:
                    cursors[stream.name] = delivery.cursor
            kept.append(subscription.continued(cursors, frozenset(unplaced)))
        return kept

    def close(self) -> list[Subscription]:
        """Stop; return the subscriptions as a session may go on with them."""
        kept = self.kept()
        for subscription in self.subscriptions.values():
            self._hub.subscriptions.remove(self, subscription)
        for delivery in list(self._deliveries.values()):
            self._drop(delivery)
        self.queue.close()
        self.subscriptions.clear()
        self._hub.readers.discard(self)
        return kept

    def _through_filters(self, told: Told) -> Told:
        passed: Told = []
        for delivery, item in told:
            if delivery.filter is None:
                passed.append((delivery, item))
            else:
                passed.extend((delivery, each) for each in delivery.filter.through(item))
        self._refund(passed)
        return passed

    def _settled(self) -> Told:
        passed: Told = [
            (delivery, gap)
            for delivery in self._deliveries.values()
            if delivery.filter is not None
            for gap in delivery.filter.settle()
        ]
        self._refund(passed)
        return passed

    def _refund(self, passed: Told) -> None:
        for delivery, item in passed:
            if isinstance(item, Gap) and item.reason == "filter":
                self.queue.refund(delivery, item.offset, item.end)

    def _names(self, subscription: Subscription) -> list[str]:
        """Return the streams that a subscription may take, newest first: of those that sleep only what it asks for."""
        streams, pattern, principal = self._hub.streams, subscription.pattern, self.principal
        names = list(streams.matching(pattern, principal, after=subscription.ordinal if subscription.resumed else 0))
        if not subscription.resumed and not subscription.begin.takes_ended:
            names = [name for name in names if streams.is_awake(name)]
        for name in (*subscription.cursors, *subscription.unplaced):
            if name in streams and pattern.matches(name) and principal.may_see(name):
                names.append(name)
        return list(dict.fromkeys(names))

    def _choose(self, names: list[str], subscription: Subscription) -> list[tuple[Stream, Begin]]:
        chosen = []
        for name in names:
            stream = self._hub.streams.get(name)
            begin = None if stream is None else _begin_in(stream, subscription)
            if stream is not None and begin is not None:
                chosen.append((stream, begin))
        return chosen

    def _deliver(self, stream: Stream, subscription: Subscription, begin: Begin) -> None:
        if not self.principal.may_see(stream.name):
            return
        delivery = self._deliveries.get(stream)
        if delivery is not None:
            delivery.subscriptions.add(subscription.id)
            if subscription.match is None and delivery.filter is not None:
                delivery.filter.widen()
            if delivery.placed:
                self.queue.announce(delivery)
            return
        self._last_alias += 1
        delivery = Delivery(self.queue, stream, self._last_alias, subscription.skip)
        delivery.subscriptions.add(subscription.id)
        if subscription.match is not None:
            delivery.filter = LineFilter(Matcher(subscription.match))
            self._filtering = True
        self._deliveries[stream] = self._aliases[delivery.alias] = delivery
        stream.watchers += 1
        self._hub.watched(stream)
        self._hub.tasks.spawn(self._seek(delivery, subscription, begin))

    async def _seek(self, delivery: Delivery, subscription: Subscription, begin: Begin) -> None:
        try:
            offset, truncate = await self._hub.history.seek(delivery.stream, begin)
        except Exception as error:  # reported and asked again: a failing store takes no stream out of a subscription
            if isinstance(error, Problem) and error.word == "NOTFOUND":
                self._drop(delivery)
                if subscription.pattern.is_literal:
                    self._refuse(error.about(id=subscription.id))
                return
            self._hub.failures.report("while looking for a place in the past")
            self._hub.clock.call_later(RETRY_SECONDS, lambda: self._seek_again(delivery, subscription, begin))
            return
        if delivery.state is not State.SEEKING:
            return
        if truncate is not None:
            self._hub.counters.truncations += 1
        delivery.place(offset, truncate, begin.number if begin.kind == "run" else None, begin.cursor)
        self.queue.announce(delivery)

    def _seek_again(self, delivery: Delivery, subscription: Subscription, begin: Begin) -> None:
        if delivery.state is State.SEEKING:
            self._hub.tasks.spawn(self._seek(delivery, subscription, begin))

    def _drop(self, delivery: Delivery) -> None:
        stream = delivery.stream
        if self._deliveries.get(stream) is delivery:
            del self._deliveries[stream], self._aliases[delivery.alias]
            stream.watchers -= 1
            self._hub.watched(stream)
        self.queue.drop(delivery)


def _cursor_begin(subscription: Subscription, name: str) -> Begin | None:
    cursor = subscription.cursors.get(name)
    if cursor is not None:
        return Begin("cursor", cursor=cursor)
    return subscription.begin if subscription.begin.kind == "cursor" else None


def _begin_in(stream: Stream, subscription: Subscription) -> Begin | None:
    """Return where a subscription begins in a stream that is there; None if it does not take it."""
    listed = _cursor_begin(subscription, stream.name)
    if listed is not None:
        return listed
    if not subscription.resumed or stream.name in subscription.unplaced:
        return subscription.begin if subscription.begin.takes_ended or stream.state != "ended" else None
    # A session that comes back: streams which it had are listed, so this one came later, or had ended before.
    if stream.ordinal > subscription.ordinal:
        return START
    later = next((run for run in stream.runs if run.ordinal > subscription.ordinal), None)
    return None if later is None else Begin("run", later.number)
