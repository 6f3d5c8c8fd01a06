"""What readers have to be told: a plain model of streams, and a strict listener for each reader."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.core.delivery import Delivery, Item, Live, Place, RunBegan, RunEnded
from hub.core.stream import Stream
from hub.model.chunk import Chunk, Gap


@dataclass
class StreamModel:
    """What was published, byte by byte; None stands for a byte that the producer skipped."""

    stream: Stream
    content: list[int | None] = field(default_factory=list)
    runs: list[tuple[int, int | None]] = field(default_factory=list)
    """(start, end) of each run."""

    def check(self, chunk: Chunk) -> None:
        assert list(chunk.data) == self.content[chunk.offset : chunk.end], f"wrong bytes at {chunk.offset}"
        start, end = self.runs[chunk.run - 1]
        assert start <= chunk.offset, "a chunk before its run began"
        assert end is None or chunk.end <= end, "a chunk after its run ended"

    def check_gap(self, gap: Gap, *, skips: bool, kept_from: int) -> None:
        assert gap.offset < gap.end, "an empty gap"
        if gap.reason == "producer_skip":
            assert set(self.content[gap.offset : gap.end]) == {None}, "a gap over bytes that are there"
        elif gap.reason == "retention":
            assert gap.end <= kept_from, "a gap over bytes that are kept"
        else:
            assert (gap.reason, skips) == ("lag", True), f"a gap for the reason {gap.reason}"


@dataclass
class Followed:
    """One alias as its reader saw it."""

    name: str
    model: StreamModel
    skips: bool
    placed_at: int
    at: int
    run: int
    run_over: bool = False
    live: bool = False
    skipped_to: int | None = None
    """Where it was moved to for its lag, and live again, if that was the last it was told."""
    acked: int = 0
    """What was acknowledged last."""
    unacked: list[tuple[int, int]] = field(default_factory=list)
    """(end, size) of chunks that were not acknowledged."""


class Listener:
    """Takes what a reader is told and holds it against the model; anything out of order fails."""

    def __init__(self, models: dict[str, StreamModel], window: int) -> None:
        self.models = models
        self.window = window
        self.followed: dict[int, Followed] = {}
        self.retired: set[int] = set()

    def heard(self, delivery: Delivery, item: Item) -> None:
        alias = delivery.alias
        assert alias not in self.retired, "an alias is used again, or after UNSUB"
        if isinstance(item, Place):
            self._place(delivery, item)
            return
        followed = self.followed[alias]
        if isinstance(item, Chunk):
            self._chunk(followed, item)
        elif isinstance(item, Gap):
            assert item.offset == followed.at, "a hole or an overlap before a gap"
            followed.model.check_gap(item, skips=followed.skips, kept_from=followed.model.stream.start)
            followed.at = item.end
            followed.skipped_to = item.end if item.reason == "lag" else None
        elif isinstance(item, Live):
            assert item.offset == followed.at, "LIVE somewhere else than where it is"
            caught_up = followed.at in (len(followed.model.content), followed.skipped_to)
            assert caught_up, "LIVE before it has caught up"
            followed.live = True
        elif isinstance(item, RunEnded):
            self._ended(followed, item)
        elif isinstance(item, RunBegan):
            self._began(followed, item)

    def _place(self, delivery: Delivery, place: Place) -> None:
        name = delivery.stream.name
        known = self.followed.get(delivery.alias)
        if known is not None:
            assert place.cursor.offset == known.at, "a repeated STREAM passes bytes that were not told"
            assert place.run == known.run
            return
        assert not any(each.name == name for each in self.followed.values()), "one stream under two aliases"
        at = place.cursor.offset
        self.followed[delivery.alias] = Followed(name, self.models[name], delivery.skip, at, at, place.run, acked=at)

    def _chunk(self, followed: Followed, chunk: Chunk) -> None:
        assert chunk.offset == followed.at, "a hole or an overlap before a chunk"
        followed.model.check(chunk)
        assert chunk.run == followed.run, "bytes of a run that was not announced"
        assert not followed.run_over, "bytes after their run's end"
        followed.at = chunk.end
        followed.unacked.append((chunk.end, len(chunk.data)))
        if self.window:
            in_flight = sum(size for each in self.followed.values() for _, size in each.unacked)
            assert in_flight <= self.window or in_flight == len(chunk.data), "more in flight than the window"

    def _ended(self, followed: Followed, item: RunEnded) -> None:
        assert item.run.number == followed.run, "the end of a run that was not announced"
        assert not followed.run_over, "a run ends twice"
        assert item.offset == followed.model.runs[item.run.number - 1][1]
        assert item.offset <= followed.at, "an end before the last byte"
        followed.run_over = True

    def _began(self, followed: Followed, item: RunBegan) -> None:
        assert followed.run_over, "a run begins before the last one ended"
        assert item.run.number == followed.run + 1, "a run was passed over"
        assert item.run.start <= followed.at, "a run begins too early"
        followed.run, followed.run_over = item.run.number, False

    def acknowledged(self, alias: int, offset: int) -> None:
        followed = self.followed[alias]
        followed.acked = max(followed.acked, offset)
        left = [(end, min(size, end - offset)) for end, size in followed.unacked if end > offset]
        followed.unacked = left

    def retire_all_but(self, aliases: set[int]) -> None:
        """Take note that the other aliases are gone."""
        for alias in set(self.followed) - aliases:
            self.retired.add(alias)
            del self.followed[alias]
