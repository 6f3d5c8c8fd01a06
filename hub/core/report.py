"""Plain rows for those who ask: what a stream, a run or the hub is right now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.meter import WINDOWS
from hub.core.rows import HubStats, Rates, RunRow, RunsAnswer, RunStats, StreamCounts, StreamRow
from hub.model.problem import Problem
from hub.model.record import StreamRecord
from hub.model.run import Run

if TYPE_CHECKING:
    from hub.core.hub import Hub
    from hub.core.stream import Stream


def stream_row(stream: Stream, now: float) -> StreamRow:
    """Return a stream as `stream.list` and the `streams` topic show it; `now` is monotonic."""
    run = stream.run
    return {
        "stream": stream.name,
        "state": stream.state,
        "epoch": stream.epoch,
        "start": stream.start,
        "end": stream.end,
        "run": run.number,
        "lines": stream.lines,
        "bytes": stream.received,
        "errors": stream.errors,
        "lines_per_s": round(stream.meter.rate(1, now, stream.lines, stream.received)[0], 1),
        "first_at": stream.first_at,
        "last_at": stream.last_at,
        "status": run.status if run.status is not None else run.cause,
        "meta": dict(run.meta),
        "watchers": stream.watchers,
    }


def record_row(record: StreamRecord, epoch: int, errors: int | None) -> StreamRow:
    """Return the same row of a stream that sleeps."""
    run = record.run
    return {
        "stream": record.name,
        "state": "ended",
        "epoch": epoch,
        "start": record.start,
        "end": record.end,
        "run": run.number,
        "lines": record.lines,
        "bytes": record.received,
        "errors": errors,
        "lines_per_s": 0.0,
        "first_at": record.first_at,
        "last_at": record.last_at,
        "status": run.status if run.status is not None else run.cause,
        "meta": dict(run.meta),
        "watchers": 0,
    }


def run_row(run: Run) -> RunRow:
    """Return a run as `stream.runs` shows it."""
    return {
        "run": run.number,
        "start": run.start,
        "end": run.end,
        "began_at": run.began_at,
        "ended_at": run.ended_at,
        "status": run.status,
        "cause": run.cause,
        "lines": run.lines,
        "bytes": run.bytes,
        "meta": dict(run.meta),
    }


def list_runs(stream: Stream) -> RunsAnswer:
    """Return the runs that are known, the answer of `stream.runs`."""
    rows = [run_row(run) for run in stream.runs]
    return {"stream": stream.name, "epoch": stream.epoch, "runs": rows, "dropped": stream.runs_dropped}


def rates(stream: Stream, now: float) -> Rates:
    """Return lines and bytes a second over 1, 10, 60 and 300 s."""
    both = {seconds: stream.meter.rate(seconds, now, stream.lines, stream.received) for seconds in WINDOWS}
    return {
        "lines_per_s": {str(seconds): round(lines, 3) for seconds, (lines, _) in both.items()},
        "bytes_per_s": {str(seconds): round(size, 3) for seconds, (_, size) in both.items()},
    }


def run_stats(stream: Stream, number: int) -> RunStats:
    """Return the counts of one run of a stream; raise Problem NOTFOUND where it is not remembered."""
    run = stream.run_numbered(number)
    if run is None:
        raise Problem("NOTFOUND", f"there is no run {number} of this stream")
    return {"stream": stream.name, **run_row(run)}


def stream_stats(stream: Stream, now: float, now_ms: int) -> StreamCounts:
    """Return counts, rates and silence of a stream."""
    holder = None if stream.writer is None else stream.writer.holder
    return {
        "stream": stream.name,
        "state": stream.state,
        "runs": stream.run.number,
        "lines": stream.lines,
        "bytes": stream.received,
        "gap_bytes": stream.gap_bytes,
        "kept_bytes": stream.end - stream.start,
        "first_at": stream.first_at,
        "last_at": stream.last_at,
        "silent_ms": None if stream.last_at is None else max(now_ms - stream.last_at, 0),
        "watchers": stream.watchers,
        "commands": [] if holder is None else list(holder.commands),
        **rates(stream, now),
    }


def hub_stats(hub: Hub) -> HubStats:
    """Return the hub's counts, the fields of `hub.stats`."""
    now = hub.clock.monotonic()
    counters = hub.counters
    lines_per_s, bytes_per_s = hub.meter.rate(1, now, counters.lines, counters.bytes)
    problem = hub.log.committer.problem
    waiting_at = {name: gate.waiting for name, gate in hub.gates.items()}
    return {
        "uptime_s": round(now - hub.started_at, 1),
        "streams": len(hub.streams),
        "live": hub.streams.live,
        "producers": hub.streams.live,
        "readers": len(hub.readers),
        "watching": sum(1 for reader in hub.readers if reader.watches),
        "sessions": len(hub.sessions),
        "connections": hub.admission.connections,
        "lines": counters.lines,
        "bytes": counters.bytes,
        "lines_per_s": round(lines_per_s, 1),
        "bytes_per_s": round(bytes_per_s, 1),
        "delivered_bytes": counters.delivered_bytes,
        "gap_bytes": counters.gap_bytes,
        "queued_bytes": hub.queue_memory.bytes,
        "tail_bytes": hub.log.tails.bytes,
        "busy": counters.busy,
        "slots_honoured": counters.slots_honoured,
        "slots_missed": counters.slots_missed,
        "refused": counters.refused,
        "unknown_verbs": counters.unknown_verbs,
        "http_on_plain": counters.http_on_plain,
        "tls_on_plain": counters.tls_on_plain,
        "truncations": counters.truncations,
        "takeovers": counters.takeovers,
        "slow": counters.slow,
        "idle": counters.idle,
        "failures": counters.failures,
        "queues_emptied": counters.queues_emptied,
        "analyzer_ends": counters.analyzer_ends,
        "problems": dict(counters.problems),
        "admission": {
            "admitted": counters.admitted,
            "waiting": sum(waiting_at.values()),
            "handshakes": hub.admission.handshakes,
            "connections_refused": counters.connections_refused,
            "handshakes_refused": counters.handshakes_refused,
            "waiting_at": waiting_at,
        },
        "catchup": {"waiting": hub.catch_up.waiting, "slices": hub.catch_up.slices, "bytes": hub.catch_up.bytes},
        "store": {
            "durability": hub.store.durability,
            "waiting_bytes": hub.log.committer.waiting_bytes,
            "problem": None if problem is None else problem.text,
        },
    }


def row_of(hub: Hub, name: str) -> StreamRow | None:
    """Return the row of the stream of that name, without waking it."""
    record = hub.streams.asleep(name)
    if record is not None:
        return record_row(record, hub.epochs.current, hub.log.errors(record.life))
    stream = hub.streams.get(name)
    return None if stream is None else stream_row(stream, hub.clock.monotonic())
