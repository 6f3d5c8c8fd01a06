"""`python -m bench`: measure the hub beside its peers in one run."""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console

from bench.peers import hub, jetstream, nats, redis, relay
from bench.peers.peer import Peer, PeerError, Unavailable
from bench.process import ServerFailed, StartFailed
from bench.report import BEGIN, END, Report, with_figures
from bench.results import Failure, Row, medians
from bench.rig import LoadFailed
from bench.workloads import WORKLOADS, Scale, Workload

_ALL: list[Peer] = [*hub.WAYS, *nats.WAYS, *jetstream.WAYS, *redis.WAYS, *relay.WAYS]
_KEYS = list(dict.fromkeys(peer.key for peer in _ALL))
_QUICK = Scale(seconds=0.5, warm_up=0.2, rounds=1, idle=500)
_FAILURES = (LoadFailed, ServerFailed, PeerError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return 0, or 1 where a measurement failed."""
    options = _parser().parse_args(arguments)
    scale = _scale(options)
    console = Console(stderr=True)
    _raise_descriptor_limit(console)
    wanted, left_out = _available(options.peers, quick=options.quick)
    peers = list(wanted)
    rows: list[Row] = []
    failures: list[Failure] = []
    try:
        with _stoppable():
            for workload in WORKLOADS:
                if not options.only or workload.key in options.only:
                    _measure(workload, peers, scale, rows, failures, console)
    except KeyboardInterrupt:
        console.print("stopped; this is what was measured until then", style="red")
        failures.append(Failure("all", "all", "stopped before the end"))
    report = Report(scale, wanted, medians(rows), failures, left_out, _versions(wanted))
    report.print(Console() if sys.stdout.isatty() else Console(width=180))
    if options.json is not None:
        options.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    if options.markdown is not None:
        page = options.markdown.read_text() if options.markdown.exists() else ""
        options.markdown.write_text(with_figures(page, report.markdown()))
    return 1 if failures else 0


def _measure(
    workload: Workload, peers: list[Peer], scale: Scale, rows: list[Row], failures: list[Failure], console: Console
) -> None:
    """Add rows and failures; take a peer that does not start out of `peers`."""
    for turn in range(scale.rounds if workload.repeated else 1):
        for peer in [peer for peer in peers if workload.key in peer.workloads]:
            try:
                for row in workload.measure(peer, scale):
                    rows.append(row)
                    console.print(_progress(row, turn), style="dim", highlight=False)
            except _FAILURES as error:
                failures.append(Failure(workload.key, peer.label, str(error)))
                console.print(f"{workload.key} {peer.label}: {error}", style="red", highlight=False, markup=False)
                if isinstance(error, StartFailed):
                    peers.remove(peer)


def _progress(row: Row, turn: int) -> str:
    name = " ".join(filter(None, (f"{row.workload} #{turn + 1}", row.variant, f"{row.peer}, {row.way}")))
    if row.workload == "idle":
        return f"{name}: {row.values['kib_each']:.2f} KiB each"
    return f"{name}: {row.values['lines_per_cpu_s']:,.0f} lines/CPU s, p99 {row.values['p99_us'] / 1e3:.2f} ms"


def _available(wanted: Sequence[str], *, quick: bool) -> tuple[list[Peer], list[str]]:
    peers, left_out = [], []
    for peer in _ALL:
        if peer.key not in wanted or (quick and peer.way == "32 KiB"):
            continue
        try:
            peer.check()
        except Unavailable as missing:
            left_out.append(f"left out: {missing}")
        else:
            peers.append(peer)
    return peers, list(dict.fromkeys(left_out))


def _versions(peers: Sequence[Peer]) -> dict[str, str]:
    found = {"Python": sys.version.split()[0], "Twisted": version("twisted")}
    try:
        found["hub"] = version("outputhub")
    except PackageNotFoundError:
        found["hub"] = "not installed"
    for peer in peers:
        found |= peer.version()
    return found


def _scale(options: argparse.Namespace) -> Scale:
    base = _QUICK if options.quick else Scale()
    return Scale(
        seconds=base.seconds if options.seconds is None else options.seconds,
        warm_up=base.warm_up,
        rounds=base.rounds if options.rounds is None else options.rounds,
        idle=base.idle if options.idle is None else options.idle,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a cut of less than a minute: one short round, no batches")
    keys = [workload.key for workload in WORKLOADS]
    parser.add_argument("--only", nargs="+", choices=keys, metavar="WORKLOAD", help=f"of: {', '.join(keys)}")
    parser.add_argument(
        "--peers", nargs="+", choices=_KEYS, default=_KEYS, metavar="PEER", help=f"of: {', '.join(_KEYS)}"
    )
    parser.add_argument("--seconds", type=float, help=f"measured time of one load (default {Scale.seconds:g})")
    parser.add_argument("--rounds", type=int, help=f"rounds whose median counts (default {Scale.rounds})")
    parser.add_argument("--idle", type=int, help=f"idle connections of a kind (default {Scale.idle:,})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there as well")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help=f"write the tables there as well, in place of what stands between {BEGIN} and {END}",
    )
    return parser


def _raise_descriptor_limit(console: Console) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 2 * Scale.idle:
        console.print(f"only {hard:,} file descriptors (ulimit -Hn): idle connections may fail", style="yellow")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Have SIGTERM, and SIGINT even where a shell had it ignored, raise KeyboardInterrupt in here."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
