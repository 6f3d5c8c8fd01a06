"""What a framed producer is told of its run: how much is held, and how much more it may send (PROTOCOL 4)."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.stream import Stream
from hub.model.run import Run
from hub.wire import producer_port


class Acknowledgement:
    """Says ACK on one connection, of what is durable and of nothing else, however the connection came to its run.

    Twice a window that is not durable yet, or a store that is behind in all, and the peer is not read until there is
    room again.
    """

    __slots__ = (
        "_heard",
        "_held_up",
        "_hub",
        "_over",
        "_paused",
        "_repeat",
        "_run",
        "_sink",
        "_unsaid",
        "_waits_for_room",
        "stream",
        "window",
    )

    def __init__(self, hub: Hub, sink: Sink, stream: Stream, run: Run, heard: Callable[[], None]) -> None:
        """`heard` is called for each ACK that stands for the life of a peer that is not read."""
        self.stream = stream
        self._hub = hub
        self._sink = sink
        self._run = run
        self._heard = heard
        self.window = self._window()
        """How many bytes it was told that it may have in flight."""
        self._unsaid = False
        """Whether an ACK waits until the peer takes bytes again: it is cumulative, so one stands for all."""
        self._waits_for_room = False
        self._paused = False
        self._held_up = False
        self._over = False
        self._repeat: Cancellable | None = None

    @property
    def expected(self) -> int:
        """The offset of the run's next byte; its end where it is over."""
        end = self._run.end
        return self.stream.end if end is None else end

    @property
    def held(self) -> int:
        """The offset below which every byte of the run is held as the durability says."""
        return min(self.stream.durable, self.expected)

    def begin(self) -> None:
        """Say what is held of a run that an earlier connection wrote: the ACK of it may never have arrived."""
        if self.held > self._run.start:
            self.say()

    def say(self) -> None:
        """Acknowledge what is held."""
        if not self._sink.open:
            self._unsaid = True
            return
        self._unsaid = False
        self.window = self._window()
        if self.window == 0 and not self._waits_for_room:
            self._wait_for_room()
        self._sink.send([producer_port.ack_frame(self.held, self.window)])

    def committed(self) -> None:
        """Acknowledge what is durable now, and read on if that was waited for."""
        self.say()
        self._go_on()

    def pause_if_behind(self) -> None:
        """Read the peer no more while too much of what came is not durable."""
        full = self._hub.log.committer.full
        if self._paused or not (full or self._behind > 2 * self._hub.limits.producer_window_bytes):
            return
        self._paused = True
        self._sink.pause_reading()
        if full and not self._waits_for_room:
            self._wait_for_room()
        self._repeat_later()

    def writable(self) -> None:
        """Say what waited until the peer takes bytes, and read on unless that waits for something else."""
        if not (self._paused or self._held_up):
            self._sink.resume_reading()
        if self._unsaid:
            self.say()

    def hold(self) -> None:
        """Read no more."""
        self._held_up = True
        self._sink.pause_reading()

    def end(self) -> None:
        """Say nothing more."""
        self._over = True
        self._stop_repeating()

    def _window(self) -> int:
        return self._hub.log.committer.window(self._hub.limits.producer_window_bytes)

    @property
    def _behind(self) -> int:
        return self.stream.end - self.stream.durable

    def _wait_for_room(self) -> None:
        self._waits_for_room = True
        self._hub.log.committer.when_free(self._room)

    def _room(self) -> None:
        self._waits_for_room = False
        self._go_on()

    def _go_on(self) -> None:
        if self._over or self._run.ended:
            return
        full = self._hub.log.committer.full
        if self.window == 0 and not full:
            self.say()
        if self._held_up:
            return
        if self._paused and not full and self._behind <= self._hub.limits.producer_window_bytes:
            self._paused = False
            self._stop_repeating()
            self._sink.resume_reading()

    def _repeat_later(self) -> None:
        """While the peer is not read it cannot be heard; the last ACK, again and again, is its sign of life."""
        self._repeat = self._hub.clock.call_later(self._hub.limits.heartbeat_seconds, self._repeat_now)

    def _repeat_now(self) -> None:
        self._repeat = None
        if self._over or not self._paused:
            return
        self._heard()
        self.say()
        self._go_on()
        if self._paused:
            self._repeat_later()

    def _stop_repeating(self) -> None:
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None
