"""`python -m storm`: storms against a real hub on loopback, measured and judged."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from storm.backlog import MIB, Backlog, Day, Morning
from storm.storms import Report, Size, Storm

SIZES = {
    "tcp": Size(),
    "tls": Size(producers=450, readers=50, idle=0, tls=True, resumed_seconds=30.0),
    "small": Size(small_mb=256),
    "short": Size(producers=200, readers=20, idle=200, period=0.5),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m storm", description=__doc__)
    parser.add_argument("which", nargs="*", default=[*[*SIZES][:3], "backlog"], help=f"of {', '.join(SIZES)}, backlog")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"{os.cpu_count()} processors; hub, producers, readers and idle connections share them")
    code = 0
    for which in given.which:
        directory = Path(tempfile.mkdtemp(prefix="hub-storm-"))
        if broken := suffer(which, directory, given.seed):
            code = 1
            print(f"kept: {directory}; again: python -m storm {which} --seed {given.seed}")
        else:
            shutil.rmtree(directory)
        for each in broken or ["nothing lost, every promise kept"]:
            print(f"  {each}", flush=True)
    return code


def suffer(which: str, directory: Path, seed: int) -> list[str]:
    """Run one storm and show it; return which promises it broke."""
    if which == "backlog":
        backlog = Backlog(directory, Day(), seed)
        try:
            morning = backlog.run()
        finally:
            backlog.close()
        show_morning(morning)
        return morning.broken
    storm = Storm(directory, SIZES[which], seed)
    try:
        report = storm.run()
    finally:
        storm.close()
    show(report)
    return report.broken


def show(report: Report) -> None:
    print(f"\n{report.size.label}; in calm weather p99 of live delivery {report.calm_p99 * 1000:.0f} ms")
    for strike in report.strikes:
        times = ", ".join(f"{count} with {number} BUSY" for number, count in sorted(strike.busies.items()))
        print(
            f"  {strike.name}: the hub was away {strike.hub_away:.1f} s, all in again {strike.resumed:.1f} s later"
            f" ({times}), all caught up after {strike.caught_up:.1f} s;"
            f" p99 {strike.p99 * 1000:.0f} ms over {strike.lines} lines;"
            f" files {strike.before.files} -> at most {strike.most.files},"
            f" memory {strike.before.rss_mb:.0f} -> at most {strike.most.rss_mb:.0f} MB"
            f" ({strike.most.all_mb:.0f} MB with all its processes);"
            f" idle connections lost: {strike.idle_losses}"
        )


def show_morning(morning: Morning) -> None:
    print(f"\n{morning.day.label}; in calm weather p99 of live delivery {morning.calm_p99 * 1000:.1f} ms")
    for each in morning.rounds:
        times = ", ".join(f"{count} with {number} BUSY" for number, count in sorted(each.busies.items()))
        least, most = min(each.shares) / each.mean, max(each.shares) / each.mean
        print(
            f"  all in again after {each.resumed:.1f} s ({times}); in {each.seconds:.1f} s"
            f" {each.mean / MIB:.2f} MiB each, from {least:.2f} to {most:.2f} of that;"
            f" p99 {each.p99 * 1000:.1f} ms over {each.lines} live lines"
        )


if __name__ == "__main__":
    sys.exit(main())
