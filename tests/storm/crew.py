"""A process full of clients: told what to do over a pipe, and asked how they are."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from random import Random
from time import monotonic
from typing import Any

from faults.checker import Writing
from faults.held import Held
from storm.clients import Client, Idle, Producer, Reader
from storm.hungry import Hungry
from storm.loop import Loop

ARRIVE_SECONDS = 6.0
"""How long they take to arrive at first: that is no storm yet."""


@dataclass(frozen=True)
class Orders:
    """Who is in the crew."""

    ports: dict[str, int]
    token: str
    seed: int
    tls: bool = False
    streams: tuple[tuple[str, str], ...] = ()
    """Producers: stream and name of each."""
    period: float = 2.0
    patterns: tuple[tuple[str, str], ...] = ()
    """Readers: pattern and name of each."""
    idle: int = 0
    hungry: tuple[str, ...] = ()
    """Readers that count: the stream of each."""
    nice: int = 0
    """How much others go before it."""


@dataclass
class State:
    """How the crew is."""

    inside: int
    of: int
    last_in: float
    """When the last one was let in (monotonic)."""
    first_in: float
    """When the one was let in who has been in longest."""
    busies: Counter[int]
    """How many were told BUSY how often since the strike."""
    refused: Counter[str]
    idle_up: int
    idle_losses: int
    last_live: float
    """When a reader caught up with a stream last."""
    unfinished: int
    heard: int


@dataclass
class Log:
    """What they did and saw, at the end."""

    writings: list[Writing] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    latencies: list[tuple[float, float]] = field(default_factory=list)


class Crew:
    """The process, from outside."""

    def __init__(self, orders: Orders) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_work, args=(orders, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def state(self) -> State:
        return self._ask("state")  # type: ignore[no-any-return]

    def cut(self) -> None:
        """Break all links of clients off; the idle ones stay."""
        self._ask("cut")

    def brace(self) -> None:
        """Count anew what is counted for each strike."""
        self._ask("brace")

    def hush(self) -> None:
        """Let producers say nothing more."""
        self._ask("hush")

    def leave(self) -> None:
        """Let the hungry ones go, and stay away."""
        self._ask("leave")

    def come_back(self) -> None:
        self._ask("come back")

    def shares(self) -> list[int]:
        """Return what each of the hungry ones has got since it was in."""
        return self._ask("shares")  # type: ignore[no-any-return]

    def resumed(self) -> int:
        """Return how many of them went on with their session when they came last."""
        return self._ask("resumed")  # type: ignore[no-any-return]

    def latencies(self) -> list[tuple[float, float]]:
        """Return of each live line when it was said, and how long it took."""
        return self._ask("latencies")  # type: ignore[no-any-return]

    def finish(self) -> Log:
        log: Log = self._ask("finish")
        self._process.join(30)
        return log

    def close(self) -> None:
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()

    def _ask(self, word: str) -> Any:
        self._pipe.send(word)
        if not self._pipe.poll(60):
            raise TimeoutError(f"a crew does not answer {word}")
        return self._pipe.recv()


class _Company:
    """The clients of one process."""

    def __init__(self, orders: Orders) -> None:
        self.loop = Loop(orders.tls)
        luck = Random(orders.seed)
        ports = orders.ports
        self.producers = [
            Producer(self.loop, ports["producers"], luck, stream, name, orders.period)
            for stream, name in orders.streams
        ]
        self.readers = [
            Reader(self.loop, ports["data"], luck, orders.token, pattern, name) for pattern, name in orders.patterns
        ]
        self.hungry = [Hungry(self.loop, ports["data"], luck, orders.token, stream) for stream in orders.hungry]
        self.idle = [Idle(self.loop, ports["producers"], luck) for _ in range(orders.idle)]
        for each in (*self.clients, *self.idle):
            self.loop.later(luck.random() * ARRIVE_SECONDS, each.come)

    @property
    def clients(self) -> list[Client]:
        return [*self.producers, *self.readers, *self.hungry]

    def state(self) -> State:
        clients = self.clients
        refused: Counter[str] = Counter()
        for each in clients:
            refused.update(each.refused)
        return State(
            inside=sum(1 for each in clients if each.in_since is not None),
            of=len(clients),
            last_in=max((each.in_since or 0.0 for each in clients), default=0.0),
            first_in=min((each.in_since or 0.0 for each in clients), default=0.0),
            busies=Counter(each.most_busies for each in clients),
            refused=refused,
            idle_up=sum(1 for each in self.idle if each.up),
            idle_losses=sum(each.losses for each in self.idle),
            last_live=max((each.last_live for each in self.readers), default=0.0),
            unfinished=sum(1 for each in self.producers if not each.done),
            heard=sum(each.heard for each in self.readers),
        )

    def brace(self) -> None:
        for each in self.clients:
            each.busies = each.most_busies = 0
            each.refused.clear()

    def latencies(self) -> list[tuple[float, float]]:
        return [latency for each in self.readers for latency in each.latencies]

    def log(self) -> Log:
        return Log([each.writing for each in self.producers], [each.held for each in self.readers], self.latencies())


def _work(orders: Orders, pipe: Connection) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.nice(orders.nice)
    gc.disable()  # a crew lives for a minute, and its pauses would be taken for the hub's
    company = _Company(orders)
    asked_at = 0.0
    while True:
        company.loop.turn(0.02)
        if monotonic() - asked_at < 0.02 or not pipe.poll(0):
            continue
        asked_at = monotonic()
        word = pipe.recv()
        if word == "finish":
            pipe.send(company.log())
            return
        pipe.send(_obey(company, word))


def _obey(company: _Company, word: str) -> object:
    if word == "state":
        return company.state()
    if word == "shares":
        return [each.heard for each in company.hungry]
    if word == "resumed":
        return sum(each.resumed for each in company.hungry)
    if word == "latencies":
        return company.latencies()
    if word == "brace":
        company.brace()
    for client in company.clients if word == "cut" else ():
        client.cut()
    for producer in company.producers if word == "hush" else ():
        producer.quiet = True
    for hungry in company.hungry:
        if word == "leave":
            hungry.leave()
        elif word == "come back":
            hungry.come_back(ARRIVE_SECONDS / 6)
    return None
