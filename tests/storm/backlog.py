"""A thousand readers come back to a day's output while ten watch what is live: who gets how much, and who waits."""

from __future__ import annotations

import http.client
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from storm.crew import Crew, Orders
from storm.storms import p99
from storm.weather import StormHub

LIVE_STREAMS = 20
PERIOD = 0.05
CALM_SECONDS = 8.0
SLICES = 12
"""Shares are measured until each has got so many turns: they differ by one turn always."""
SLICE_BYTES = 256 * 1024
LONGEST_SECONDS = 45.0
RESUMED_SECONDS = 10.0
TRIES = 3
"""For latency alone: other programs of the machine may be what was felt."""
BEARABLE_SECONDS = 0.025
"""Where ten percent more is less than this, this is what a live line may take."""
MIB = 1 << 20


@dataclass(frozen=True)
class Day:
    """How much there is to come back to, and for how many."""

    readers: int = 1000
    watchers: int = 10
    streams: int = 20
    stream_mib: int = 16

    @property
    def label(self) -> str:
        stored = self.streams * self.stream_mib
        return f"{self.readers} readers come back to {self.stream_mib} MiB each, of {stored} MiB; {self.watchers} watch"


@dataclass
class Round:
    """One return of all of them."""

    resumed: float
    seconds: float
    """How long it was measured after that."""
    busies: Counter[int]
    p99: float
    lines: int
    shares: list[int]
    """What each one got within the window, bytes."""
    again: int
    """How many went on with their session."""

    @property
    def mean(self) -> float:
        return sum(self.shares) / len(self.shares)


@dataclass
class Morning:
    """What was measured."""

    day: Day
    calm_p99: float = 0.0
    rounds: list[Round] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Backlog:
    """One hub with its store, and who comes back to it."""

    def __init__(self, directory: Path, day: Day, seed: int) -> None:
        self.day = day
        self.hub = StormHub(directory / "hub", HUB_LIMITS_DETACHED_PER_PRINCIPAL=str(day.readers))
        self._luck = random.Random(seed)
        ports, token = self.hub.ports, self.hub.token
        self._streams = [f"day/{number}" for number in range(day.streams)]
        hungry = tuple(self._streams[number % day.streams] for number in range(day.readers))
        live = tuple((f"live/{number}", f"p{number}") for number in range(LIVE_STREAMS))
        self._put(b"a day begins\n")
        # They are other machines, and may not take the hub's processor from it.
        self._hungry = Crew(Orders(ports, token, seed, hungry=hungry, nice=19))
        self._producers = Crew(Orders(ports, token, seed + 1, streams=live, period=PERIOD))
        watchers = tuple(("live/*", f"w{number}") for number in range(day.watchers))
        self._watchers = Crew(Orders(ports, token, seed + 2, patterns=watchers))
        self._crews = [self._hungry, self._producers, self._watchers]

    def run(self) -> Morning:
        """Let everybody be in once, let a day go by, and let them come back."""
        morning = Morning(self.day)
        self._until(lambda: all(crew.state().inside == crew.state().of for crew in self._crews), 30)
        self._hungry.leave()
        pool = random_lines(self._luck)
        for _ in range(self.day.stream_mib):
            self._put(pool)
        began = time.monotonic()
        time.sleep(CALM_SECONDS)
        morning.calm_p99, _ = p99(self._watchers.latencies(), began, time.monotonic())
        for _ in range(TRIES):
            morning.rounds.append(self._round())
            morning.broken = broken(morning)
            if not any("p99" in each for each in morning.broken):
                break
        return morning

    def close(self) -> None:
        for crew in self._crews:
            crew.close()
        self.hub.end()

    def _round(self) -> Round:
        began = time.monotonic()
        self._hungry.come_back()
        self._until(lambda: self._hungry.state().inside == self.day.readers, 60)
        state = self._hungry.state()
        before, since = self._hungry.shares(), time.monotonic()
        enough = sum(before) + self.day.readers * SLICES * SLICE_BYTES
        while sum(after := self._hungry.shares()) < enough and time.monotonic() < since + LONGEST_SECONDS:
            time.sleep(0.5)
        until = time.monotonic()
        shares = [end - start for start, end in zip(before, after, strict=True)]
        again = self._hungry.resumed()
        self._hungry.leave()
        time.sleep(1.0)
        took, lines = p99(self._watchers.latencies(), since, until)
        return Round(state.last_in - began, until - since, state.busies, took, lines, shares, again)

    def _put(self, data: bytes) -> None:
        for name in self._streams:
            connection = http.client.HTTPConnection("127.0.0.1", self.hub.ports["web"], timeout=60)
            connection.request("PUT", f"/streams/{name}", data, {"Authorization": f"Bearer {self.hub.token}"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise RuntimeError(f"{name} was not stored: {answer.status} {answer.read()!r}")
            connection.close()

    def _until(self, so: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:.0f} s: {[crew.state() for crew in self._crews]}")
            time.sleep(0.1)


def random_lines(luck: random.Random) -> bytes:
    """Return a mebibyte of lines that compress as a log does, by half and more."""
    lines = bytearray()
    while len(lines) < MIB:
        lines += b"step %d loss=0.%s\n" % (len(lines), luck.randbytes(48).hex().encode())
    return bytes(lines[: MIB - 1]) + b"\n"


def broken(morning: Morning) -> list[str]:
    """Return which promises the last round broke."""
    said, last, day = [], morning.rounds[-1], morning.day
    if last.again != day.readers:
        said.append(f"only {last.again} of {day.readers} went on with their session")
    if last.resumed > RESUMED_SECONDS:
        said.append(f"resumed only after {last.resumed:.1f} s")
    if max(last.busies, default=0) > 1:
        said.append(f"more than one BUSY: {dict(last.busies)}")
    bound = max(morning.calm_p99 * 1.1, BEARABLE_SECONDS)
    if last.lines == 0 or last.p99 > bound:
        said.append(f"p99 of live lines {last.p99 * 1000:.1f} ms of {last.lines}, {bound * 1000:.1f} ms is bearable")
    least, most = min(last.shares) / last.mean, max(last.shares) / last.mean
    if least < 0.8 or most > 1.2:
        said.append(f"shares of the backlog from {least:.2f} to {most:.2f} of their mean")
    if max(last.shares) > day.stream_mib * MIB * 0.9:
        said.append("somebody got all of it before the measurement was over: it says nothing")
    return said
