"""`python -m faults`: kill rounds against a real hub, seeded and repeatable."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from faults.rounds import run_batch
from faults.strikes import is_kill


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--batches", type=int, default=21, help="hubs with their peers, one after the other")
    parser.add_argument("--strikes", type=int, default=10, help="strikes in a batch")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--freeze", type=float, default=0.0, help="how long the first batch's hub stands still (s)")
    parser.add_argument("--seconds", type=float, default=840.0, help="begin no batch after so much time")
    given = parser.parse_args()
    began, kills, others = time.monotonic(), 0, 0
    for number in range(given.batches):
        if time.monotonic() - began > given.seconds:
            print(f"time is over after {number} batches", flush=True)
            break
        directory = Path(tempfile.mkdtemp(prefix="hub-faults-"))
        seed = given.seed + number
        done, findings = run_batch(directory / "batch", seed, given.strikes, 0.0 if number else given.freeze)
        kills += sum(map(is_kill, done))
        others += len(done) - sum(map(is_kill, done))
        print(f"batch {number + 1}, seed {seed}: {', '.join(done)}: {len(findings)} findings", flush=True)
        if findings:
            for finding in findings[:50]:
                print(f"  {finding}", flush=True)
            print(f"kept: {directory}; again: python -m faults --batches 1 --seed {seed} --strikes {given.strikes}")
            return 1
        shutil.rmtree(directory)
    print(f"{kills} kills and {others} faults of other kinds, nothing broken", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
