"""One server under one load: the generator's processes, the phases, and what the server used meanwhile."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from bench.board import Board, Phase
from bench.latencies import quantile
from bench.lines import LINE
from bench.peers.peer import Peer
from bench.plan import Plan
from bench.process import Server, die_with_parent, tree_usage
from bench.receivers import Receiver
from bench.senders import Sender

_FORK = multiprocessing.get_context("fork")
_SAMPLE_SECONDS = 0.05
_READY_SECONDS = 60.0
_FINISH_SECONDS = 60.0


class LoadFailed(Exception):
    """A measurement is worth nothing: bytes were wrong or missing, or a process failed."""


@dataclass(frozen=True)
class Reading:
    """What one load measured."""

    seconds: float
    lines: int
    """Lines delivered while measuring, to all readers together."""
    cpu: float
    """CPU seconds of the server and its children while measuring."""
    generator_cpu: float
    p50: float
    """Latency in ns; NaN where no stamped line came."""
    p99: float
    rss_before: int
    """Bytes, with all connections open and nothing sent."""
    rss_peak: int
    rss_after: int
    """Bytes, with the last byte delivered and all connections still open."""
    stalled_cut: bool


@dataclass(frozen=True)
class _Outcome:
    """What a process reports: that it is connected, or what became of its run."""

    error: str | None = None
    latencies: bytes = b""
    stalled_cut: bool = False


class _Worker(AbstractContextManager["_Worker"]):
    """A process of the generator: it reports readiness, then its outcome, and keeps its connections until ended."""

    def __init__(self, body: Callable[[Connection], None]) -> None:
        self.pipe, theirs = _FORK.Pipe()
        self._process: BaseProcess = _FORK.Process(target=_guarded, args=(body, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()

    def cpu(self) -> float:
        """Return the CPU seconds used so far."""
        return tree_usage(self._process.pid or 0).cpu

    def outcome(self) -> _Outcome:
        """Return the report that has come; raise LoadFailed where it is an error, or the process ended."""
        try:
            outcome: _Outcome = self.pipe.recv()
        except EOFError:
            raise LoadFailed("a process of the generator ended") from None
        if outcome.error is not None:
            raise LoadFailed(outcome.error)
        return outcome


def _guarded(body: Callable[[Connection], None], pipe: Connection) -> None:
    die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    gc.disable()  # a short life without cycles, and no pauses in it
    try:
        body(pipe)
    except Exception as error:  # whatever it is, the run has failed, and the parent says so
        pipe.send(_Outcome(f"{type(error).__name__}: {error}"))
        pipe.poll(None)


def load(peer: Peer, server: Server, plan: Plan) -> Reading:
    """Put a load on a running server and measure; raise LoadFailed or ServerFailed where it is worth nothing."""
    board = Board(plan.producers, plan.senders, plan.receivers)

    def receive(slot: int, pipe: Connection) -> None:
        receiver = Receiver(peer, plan, board, slot)
        pipe.send(_Outcome())
        receiver.run()
        pipe.send(_Outcome(latencies=receiver.latencies.taken.tobytes(), stalled_cut=receiver.stalled_cut()))
        pipe.poll(None)

    def send(slot: int, pipe: Connection) -> None:
        sender = Sender(peer, plan, board, slot)
        pipe.send(_Outcome())
        sender.run()
        pipe.send(_Outcome())
        pipe.poll(None)

    with ExitStack() as stack:
        receivers = [stack.enter_context(_Worker(partial(receive, slot))) for slot in range(plan.receivers)]
        _gather(receivers, _READY_SECONDS)
        senders = [stack.enter_context(_Worker(partial(send, slot))) for slot in range(plan.senders)]
        _gather(senders, _READY_SECONDS)
        return _measure(server, plan, board, receivers + senders)


def _measure(server: Server, plan: Plan, board: Board, workers: Sequence[_Worker]) -> Reading:
    before = server.usage().rss
    board.phase = Phase.WARM_UP
    peak = _sample(server, plan.warm_up, workers)
    generator, used, lines, begin = _generator_cpu(workers), server.usage().cpu, board.delivered(), time.monotonic()
    board.phase = Phase.MEASURE
    peak = max(peak, _sample(server, plan.seconds, workers))
    seconds, lines, used = time.monotonic() - begin, board.delivered() - lines, server.usage().cpu - used
    generator = _generator_cpu(workers) - generator
    board.phase = Phase.FINISH
    outcomes = _gather(workers, _FINISH_SECONDS)
    latencies = array("q")
    for outcome in outcomes:
        latencies.frombytes(outcome.latencies)
    ordered = sorted(latencies)
    after = server.usage().rss
    return Reading(
        seconds=seconds,
        lines=lines // LINE,
        cpu=used,
        generator_cpu=generator,
        p50=quantile(ordered, 0.5),
        p99=quantile(ordered, 0.99),
        rss_before=before,
        rss_peak=max(peak, after),
        rss_after=after,
        stalled_cut=any(outcome.stalled_cut for outcome in outcomes),
    )


def _sample(server: Server, seconds: float, workers: Sequence[_Worker]) -> int:
    """Let the load run for so long and return the server's highest resident memory; a report now is an error."""
    peak, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for pipe in wait([worker.pipe for worker in workers], min(left, _SAMPLE_SECONDS)):
            next(worker for worker in workers if worker.pipe is pipe).outcome()
            raise LoadFailed("a process of the generator ended its run early")
        peak = max(peak, server.usage().rss)
    return peak


def _gather(workers: Sequence[_Worker], seconds: float) -> list[_Outcome]:
    """Return a report of each worker, as soon as all are there; the first error raises LoadFailed."""
    waiting = {worker.pipe: worker for worker in workers}
    outcomes = []
    deadline = time.monotonic() + seconds
    while waiting:
        ready = wait(list(waiting), max(deadline - time.monotonic(), 0))
        if not ready:
            raise LoadFailed(f"{len(waiting)} processes of the generator said nothing for {seconds:.0f} s")
        for pipe in ready:
            assert isinstance(pipe, Connection)
            outcomes.append(waiting.pop(pipe).outcome())
    return outcomes


def _generator_cpu(workers: Sequence[_Worker]) -> float:
    return sum(worker.cpu() for worker in workers)
