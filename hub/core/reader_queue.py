"""The reader queue: what one reader is to be told next.

The hardest spot of the hub, so the reasons stand here. One reader must never cost another one, or a producer,
anything but the reference to a chunk; a reader that stops must cost a bounded amount, and for ever; and whatever
happens, the reader is told every byte once, in order, or is told which bytes it is not told.

A live delivery is pushed to: each appended chunk is put into the queue as a reference (`offer`), the connection is
woken once a turn and takes what it can write (`take`). The queue is bounded in bytes. Over the bound it lets go
(`let_go_if_crowded`): all references are dropped, the cursors (`Delivery.next`) stay where the reader was last
told something, and its deliveries leave the streams' fan-out, so that a stalled reader costs nothing per chunk.
From then on such a delivery is served by pulling: from the stream's tail while that reaches back far enough, else
in slices from the store, handed out in turn among all readers (`catch_up`). When it has everything up to the
stream's end it joins the fan-out again, in the same call that found so: there is no seam to lose or repeat a byte.

Rejected designs:

- only pulling, with the tail as everybody's queue: a reader of ten thousand quiet streams would have to look at
  ten thousand cursors a turn, and one reader's bound could not be told from another's;
- pausing the producer when a reader is behind: one stalled browser tab would stop a build;
- cutting off the slow reader (as NATS, Redis and Centrifugo do): it comes back, asks for the same bytes, and is
  still slow;
- dropping the oldest chunk instead of all: the queue stays full for ever, and every further chunk pays for a drop.
  Emptying at once and reading back in large slices is cheaper exactly when the hub is busiest.

Ends and begins of runs are not queued: they are told from the stream's record when the cursor passes them, so they
cannot be lost when the queue is emptied, and history tells them as live did. A `None` in the queue is only a nudge
to look.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hub.core.catch_up import CatchUp
from hub.core.counters import Counters
from hub.core.delivery import Delivery, Item, Live, State
from hub.core.queue_memory import QueueMemory
from hub.model.chunk import Chunk, Gap, Piece, weight

Told = list[tuple[Delivery, Item]]

ITEM_OVERHEAD = 64
"""What an item costs beside its bytes: a queue of one-byte chunks is bounded too."""


def item_cost(piece: Piece | None) -> int:
    """Return what holding a reference to a piece is counted as, in bytes."""
    return ITEM_OVERHEAD + (len(piece.data) if isinstance(piece, Chunk) else 0)


class ReaderQueue:
    """References to chunks in the order in which they came, of all streams that one reader is live on."""

    __slots__ = (
        "_announcing",
        "_awake",
        "_bound",
        "_catch_up",
        "_catching",
        "_counters",
        "_items",
        "_memory",
        "_wake",
        "bytes",
        "in_flight",
        "window",
    )

    def __init__(
        self,
        wake: Callable[[], None],
        catch_up: CatchUp,
        memory: QueueMemory,
        counters: Counters,
        *,
        bound: int,
        window: int,
    ) -> None:
        """`wake` is called once when there is something to take after `take` had returned nothing."""
        self.window = window
        """Bytes that may be told and not acknowledged; 0 is no such bound."""
        self.in_flight = 0
        self.bytes = 0
        """What the queue refers to."""
        self._bound = bound
        self._wake = wake
        self._awake = False
        self._catch_up = catch_up
        self._memory = memory
        self._counters = counters
        self._items: deque[tuple[Delivery, Piece | None]] = deque()
        # Lists, since an empty deque weighs 600 bytes and most readers are quiet and live.
        self._catching: list[Delivery] = []
        self._announcing: list[Delivery] = []
        memory.add(self)

    # Filling: called by streams, by the catch-up and by the reader.

    def offer(self, delivery: Delivery, piece: Piece | None) -> bool:
        """Put a piece, or the nudge that a run began or ended, at the end; return whether a bound was passed."""
        self._items.append((delivery, piece))
        if not self._awake:
            self._awake = True
            self._wake()
        cost = item_cost(piece)
        self.bytes += cost
        return self._memory.grow(cost) or self.bytes > self._bound

    def let_go_if_crowded(self) -> None:
        """Empty the queue if it is over its bound, and the longest ones if all queues together are over theirs."""
        if self.bytes > self._bound:
            self.let_go()
        self._memory.relieve()

    def let_go(self) -> None:
        """Drop all references and keep the cursors; the deliveries go on from the past, or skip to the end."""
        items, self._items = self._items, deque()
        self._forget(self.bytes)
        self._counters.queues_emptied += 1
        for delivery in self._catching:
            delivery.slice.clear()
        for delivery in dict.fromkeys(delivery for delivery, _ in items):
            if delivery.state is not State.LIVE:
                continue
            if not delivery.skip:
                self.catch(delivery)
                continue
            if delivery.next < delivery.stream.end:
                self.offer(delivery, Gap(delivery.next, delivery.stream.end, "lag"))
            # The news of a run's begin or end may have been among what was dropped, even where no byte was.
            self.offer(delivery, None)

    def announce(self, delivery: Delivery) -> None:
        """Tell a delivery's place soon, and serve it from there on if it is not live yet."""
        self._announcing.append(delivery)
        self.nudge()

    def catch(self, delivery: Delivery) -> None:
        """Serve a delivery from the past from now on."""
        delivery.stream.live.pop(delivery, None)
        delivery.state = State.CATCHING
        self._catching.append(delivery)

    def slice_arrived(self, delivery: Delivery, pieces: list[Piece]) -> None:
        """Take a slice of the past that was asked for."""
        if delivery.state is not State.READING:
            return
        delivery.slice = pieces[::-1]
        cost = sum(item_cost(piece) for piece in pieces)
        self.bytes += cost
        self._memory.grow(cost)
        delivery.state = State.CATCHING
        self._catching.insert(0, delivery)
        self.nudge()

    def nudge(self) -> None:
        """See to it that `take` is called."""
        if not self._awake:
            self._awake = True
            self._wake()

    def acknowledge(self, delivery: Delivery, offset: int) -> None:
        """Free the window of what was acknowledged."""
        freed = delivery.release(offset)
        if freed:
            self.in_flight -= freed
            # The connection may be asleep because the window was full.
            self.nudge()

    def refund(self, delivery: Delivery, start: int, end: int) -> None:
        """Free the window of bytes that were taken and are not sent: a filter left them out."""
        self.in_flight -= delivery.refund(start, end)

    def drop(self, delivery: Delivery) -> None:
        """Tell nothing more of a delivery, and free its part of the window."""
        delivery.stream.live.pop(delivery, None)
        delivery.state = State.CLOSED
        self._forget(sum(item_cost(piece) for piece in delivery.slice))
        delivery.slice.clear()
        self.in_flight -= delivery.release(delivery.next)
        self.nudge()

    def close(self) -> None:
        """Let go of everything, for ever."""
        self._memory.remove(self)
        self._items.clear()
        self._catching.clear()
        self._announcing.clear()
        self._awake = True

    # Emptying: called by the connection.

    def take(self, budget: int) -> Told:
        """Return what is to be told next, about `budget` bytes of it; nothing when there is nothing, or no window."""
        told: Told = []
        if self._announcing:
            announcing, self._announcing = self._announcing, []
            for delivery in announcing:
                self._announce(delivery, told)
        left = self._take_items(told, budget)
        if self._catching:
            # At least one step for the past, else a busy live stream would starve it within this reader.
            self._take_past(told, max(left, 1))
        if not told:
            self._awake = False
        return told

    def _announce(self, delivery: Delivery, told: Told) -> None:
        if delivery.state is State.CLOSED:
            return
        first = not delivery.placed
        delivery.tell_place(told)
        if first:
            self._catching.append(delivery)

    def _take_items(self, told: Told, budget: int) -> int:
        items = self._items
        while items and budget > 0:
            delivery, piece = items[0]
            size = len(piece.data) if isinstance(piece, Chunk) else 0
            if delivery.state is State.LIVE:
                if size and not self._window_allows(delivery, piece, size):
                    return budget
                self._tell(delivery, piece, told)
                budget -= 0 if piece is None else weight(piece)
            items.popleft()
            self._forget(item_cost(piece))
        return budget

    def _tell(self, delivery: Delivery, piece: Piece | None, told: Told) -> None:
        if piece is None:
            delivery.tell_runs(told)
            return
        delivery.tell(piece, told)
        self._count(piece)
        if isinstance(piece, Gap) and piece.reason == "lag" and not delivery.over:
            # It was moved to what was the end then: what follows is what came since, as for all who are live.
            told.append((delivery, Live(piece.end)))

    def _count(self, piece: Piece) -> None:
        if isinstance(piece, Chunk):
            self._counters.delivered_bytes += len(piece.data)
        else:
            self._counters.gap_bytes += piece.end - piece.offset

    def _forget(self, cost: int) -> None:
        self.bytes -= cost
        self._memory.shrink(cost)

    def _window_allows(self, delivery: Delivery, piece: Piece | None, size: int) -> bool:
        if not self.window or piece is None:
            return True
        if self.in_flight and self.in_flight + size > self.window:
            return False
        self.in_flight += size
        delivery.sent(piece.end, size)
        return True

    def _take_past(self, told: Told, budget: int) -> None:
        for _ in range(len(self._catching)):
            delivery = self._catching.pop(0)
            if delivery.state is not State.CATCHING:
                continue
            budget, blocked = self._pull(delivery, told, budget)
            if blocked:
                self._catching.insert(0, delivery)
                return
            if delivery.state is State.CATCHING:
                self._catching.append(delivery)
            if budget <= 0:
                return

    def _pull(self, delivery: Delivery, told: Told, budget: int) -> tuple[int, bool]:
        """Tell what can be told of a catching delivery; return the budget left and whether the window stopped it."""
        stream = delivery.stream
        while budget > 0 and delivery.slice:
            piece = delivery.slice[-1]
            size = len(piece.data) if isinstance(piece, Chunk) else 0
            if size and not self._window_allows(delivery, piece, size):
                return budget, True
            delivery.slice.pop()
            self._forget(item_cost(piece))
            self._tell(delivery, piece, told)
            budget -= weight(piece)
        if delivery.slice or budget <= 0:
            return budget, False
        if delivery.next < stream.tail.start:
            delivery.state = State.READING
            self._catch_up.ask(delivery)
            return budget, False
        for piece in stream.tail.since(delivery.next):
            size = len(piece.data) if isinstance(piece, Chunk) else 0
            if size and not self._window_allows(delivery, piece, size):
                return budget, True
            self._tell(delivery, piece, told)
            budget -= weight(piece)
            if budget <= 0:
                break
        if delivery.next >= stream.end:
            delivery.state = State.LIVE
            stream.live[delivery] = None
            delivery.tell_runs(told)
            if not delivery.over:
                told.append((delivery, Live(delivery.next)))
        return budget, False
