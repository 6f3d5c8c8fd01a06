"""What is done, what is measured, and what was promised."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.checker import check
from faults.held import Finding
from storm.crew import Crew, Log, Orders, State
from storm.weather import Reading, StormHub, Watch

STREAMS_A_GROUP = 20
CALM_SECONDS = 8.0
"""Long enough for readers' sessions to be stored, which happens every five seconds."""
AFTER_SECONDS = 4.0
P99_SECONDS = 0.25


@dataclass(frozen=True)
class Size:
    """How many there are."""

    producers: int = 2000
    readers: int = 200
    idle: int = 5000
    period: float = 2.0
    tls: bool = False
    resumed_seconds: float = 10.0
    small_mb: int | None = None
    """The hub has one core and so much memory; the clients have the other cores, where there are some."""

    @property
    def label(self) -> str:
        kind = "TLS" if self.tls else "TCP"
        machine = "" if self.small_mb is None else f"; the hub on one core with {self.small_mb} MB"
        return f"{self.producers} producers, {self.readers} readers over {kind}, {self.idle} idle{machine}"


@dataclass
class Strike:
    """One strike, and what came of it."""

    name: str
    hub_away: float
    """Seconds until the hub listened again."""
    resumed: float
    """Seconds from then until everybody was in again."""
    caught_up: float
    """And until every reader had caught up with every stream."""
    busies: Counter[int]
    refused: Counter[str]
    before: Reading
    most: Reading
    idle_losses: int
    span: tuple[float, float]
    p99: float = 0.0
    lines: int = 0


@dataclass
class Report:
    """All of a storm."""

    size: Size
    strikes: list[Strike] = field(default_factory=list)
    calm_p99: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Promises that were not kept, in words."""


class Storm:
    """One hub with its crews."""

    def __init__(self, directory: Path, size: Size, seed: int) -> None:
        self.size = size
        env = {"HUB_LIMITS_DEAD_SECONDS": "45"}
        self.hub = StormHub(directory / "hub", tls=size.tls, small_mb=size.small_mb, **env)
        self._cores = cores = os.sched_getaffinity(0)
        if size.small_mb is not None and len(cores) > 1:
            os.sched_setaffinity(0, cores - {min(cores)})  # the crews are other machines
        groups = max(size.readers // 2, 1)
        streams = tuple((f"storm/{n % groups}/p{n}", f"p{n}") for n in range(size.producers))
        patterns = tuple((f"storm/{n % groups}/*", f"r{n}") for n in range(groups * 2))
        self._groups = groups
        ports, token = self.hub.ports, self.hub.token
        self._producers = Crew(Orders(ports, token, seed, size.tls, streams, size.period))
        self._readers = Crew(Orders(ports, token, seed + 1, size.tls, patterns=patterns))
        self._idle = Crew(Orders(ports, token, seed + 2, idle=size.idle)) if size.idle and not size.tls else None
        self._crews = [each for each in (self._producers, self._readers, self._idle) if each is not None]
        self._watch = Watch(self.hub)

    def run(self) -> Report:
        """Let everybody arrive, strike twice, and judge."""
        report = Report(self.size)
        self._until(lambda: all(state.inside == state.of for state in self._states()) and self._idle_up(), 60)
        calm = time.monotonic()
        time.sleep(CALM_SECONDS)
        struck = time.monotonic()
        for name, action in (("hub killed", self.hub.kill), ("links cut", self._cut)):
            report.strikes.append(self._strike(name, action))
        self._settle()
        logs = [crew.finish() for crew in self._crews]
        self._judge(report, logs, calm, struck)
        return report

    def close(self) -> None:
        os.sched_setaffinity(0, self._cores)
        self._watch.close()
        for crew in self._crews:
            crew.close()
        self.hub.end()

    def _cut(self) -> None:
        for crew in (self._producers, self._readers):
            crew.cut()

    def _strike(self, name: str, action: Callable[[], None]) -> Strike:
        for crew in self._crews:
            crew.brace()
        losses = sum(state.idle_losses for state in self._states())
        self._watch.most()
        time.sleep(1.0)
        before = self._watch.most()
        at = time.monotonic()
        action()
        back = time.monotonic()
        # Who has not noticed yet that its link is gone is not in again.
        self._until(lambda: self._all_in_since(at) and self._idle_up(), 60)
        states = self._states()
        last_in = max(state.last_in for state in states)
        time.sleep(AFTER_SECONDS)
        return Strike(
            name,
            hub_away=back - at,
            resumed=max(last_in - back, 0.0),
            caught_up=max(*(state.last_live - back for state in self._states()), 0.0),
            busies=sum((state.busies for state in states), Counter()),
            refused=sum((state.refused for state in states), Counter()),
            before=before,
            most=self._watch.most(),
            idle_losses=sum(state.idle_losses for state in states) - losses,
            span=(at, time.monotonic()),
        )

    def _all_in_since(self, at: float) -> bool:
        clients = [state for state in self._states() if state.of]
        return all(state.inside == state.of and state.first_in >= at for state in clients)

    def _idle_up(self) -> bool:
        return self._idle is None or self._idle.state().idle_up == self.size.idle

    def _settle(self) -> None:
        """Let all be acknowledged, and read."""
        self._producers.hush()
        self._until(lambda: self._producers.state().unfinished == 0, 60)
        heard = -1
        while (now := self._readers.state().heard) != heard:
            heard = now
            time.sleep(1.5)

    def _states(self) -> list[State]:
        return [crew.state() for crew in self._crews]

    def _until(self, so: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:.0f} s: {self._states()}")
            time.sleep(0.1)

    def _judge(self, report: Report, logs: Sequence[Log], calm: float, struck: float) -> None:
        writings = [writing for log in logs for writing in log.writings]
        held = [each for log in logs for each in log.held]
        latencies = [latency for log in logs for latency in log.latencies]
        for group in range(self._groups):
            theirs = [each for each in writings if each.stream.startswith(f"storm/{group}/")]
            readers = [each for number, each in enumerate(held) if number % self._groups == group]
            report.findings += check(theirs, readers, whole={each.who for each in readers})
        report.calm_p99, _ = p99(latencies, calm, struck)
        for strike in report.strikes:
            strike.p99, strike.lines = p99(latencies, *strike.span)
            report.broken += broken(self.size, strike)
        if report.findings:
            report.broken.append(f"{len(report.findings)} findings, such as {report.findings[0]}")


def p99(latencies: Sequence[tuple[float, float]], since: float, until: float) -> tuple[float, int]:
    """Return the 99th percentile in seconds of lines said within a time, and how many they were."""
    within = sorted(took for at, took in latencies if since <= at < until)
    return (within[min(len(within) * 99 // 100, len(within) - 1)], len(within)) if within else (0.0, 0)


def broken(size: Size, strike: Strike) -> list[str]:
    """Return which promises a strike broke."""
    said = []
    if strike.resumed > size.resumed_seconds:
        said.append(f"{strike.name}: resumed only after {strike.resumed:.1f} s")
    if max(strike.busies, default=0) > 1:
        said.append(f"{strike.name}: more than one BUSY: {dict(strike.busies)}")
    if strike.refused:
        said.append(f"{strike.name}: refused: {dict(strike.refused)}")
    if strike.lines == 0 or strike.p99 > P99_SECONDS:
        said.append(f"{strike.name}: p99 of live delivery {strike.p99 * 1000:.0f} ms over {strike.lines} lines")
    if strike.most.files > strike.before.files * 1.1 + 100:
        said.append(f"{strike.name}: {strike.most.files} open files, {strike.before.files} before")
    if strike.most.rss_mb > strike.before.rss_mb * 1.25 + 32:
        said.append(f"{strike.name}: {strike.most.rss_mb:.0f} MB, {strike.before.rss_mb:.0f} before")
    if size.small_mb is not None and strike.most.all_mb > size.small_mb:
        said.append(f"{strike.name}: {strike.most.all_mb:.0f} MB in all its processes, {size.small_mb} MB are there")
    if strike.name == "links cut" and strike.idle_losses:
        said.append(f"{strike.name}: {strike.idle_losses} idle connections were lost")
    return said
