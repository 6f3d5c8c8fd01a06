"""Run all abuse against a plain hub and one over TLS, honest peers beside it; exit with 1 where a promise broke."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from abuse.cases import PORT_CASES, Case
from abuse.command_cases import COMMAND_CASES
from abuse.flood_cases import FLOOD_CASES, PLAIN_CASES
from abuse.honest import p99
from abuse.target import Target
from abuse.tls_cases import TLS_CASES
from abuse.web_cases import WEB_CASES

NOISE_SECONDS = 0.010
"""What the p99 of a window moves by on a machine of two cores that others use as well, without any abuse."""
QUIET_SECONDS = 1.0
QUIET_WINDOWS = 5
TRIES = 3
NICE = 19
"""Attackers are other machines: what they compute takes no processor from the hub, or from those who are honest."""


def cases(*, tls: bool) -> tuple[Case, ...]:
    """Return all cases of a hub that is plain, or speaks TLS."""
    return (*PORT_CASES, *COMMAND_CASES, *FLOOD_CASES, *WEB_CASES, *(TLS_CASES if tls else PLAIN_CASES))


class Quiet:
    """The p99 of honest lines while nobody abuses the hub: the median of the latest windows, as the machine changes."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._windows: deque[float] = deque(maxlen=QUIET_WINDOWS)
        for _ in range(QUIET_WINDOWS):
            self.look()

    def look(self) -> None:
        """Wait for another window."""
        begin = time.monotonic()
        time.sleep(QUIET_SECONDS)
        self._windows.append(p99(self._target.honest.since(begin)))

    @property
    def median(self) -> float:
        """In seconds."""
        return statistics.median(self._windows)


def bearable(quiet: float, noise: float) -> float:
    """Return the p99 that honest lines may have under abuse: a tenth more than without, and the noise."""
    return quiet * 1.1 + noise


def run(target: Target, chosen: tuple[Case, ...], until: float, noise: float, neighbour: Neighbour) -> list[str]:
    """Run cases one after the other; return what went wrong. `noise` is in seconds."""
    kind = "tls" if target.tls else "plain"
    quiet = Quiet(target)
    print(f"{kind}: nobody abuses it, p99 of honest lines {quiet.median * 1000:.1f} ms", flush=True)
    wrong: list[str] = []
    for case in chosen:
        name = f"{kind} {case.__module__.rpartition('.')[2]}.{case.__name__}"
        if time.monotonic() > until:
            wrong.append(f"{name}: not run, the time is over")
            continue
        quiet.look()
        bound = bearable(quiet.median, noise)
        said, seconds, took = "", 0.0, 0.0
        try:
            seconds, took = try_out(target, case, bound)
            if took > bound:
                beside = try_out(target, case, bound, abused=neighbour.target)[1]
                print(f"{'':<6} {name}: {beside * 1000:.1f} ms while it is done to a neighbour", flush=True)
                bound = max(bound, bearable(beside, noise))
            if took > bound:
                said = f"p99 of honest lines was {took * 1000:.0f} ms, {bound * 1000:.0f} ms is bearable"
        except Exception as error:
            traceback.print_exc()
            said = str(error) or repr(error)
        if said:
            wrong.append(f"{name}: {said}")
        p99s = f"p99 {took * 1000:6.1f} of {bound * 1000:.1f} ms"
        print(f"{'FAILED' if said else 'ok':<6} {name:<66} {seconds:5.1f} s, {p99s}", flush=True)
    return wrong


def try_out(target: Target, case: Case, bound: float, abused: Target | None = None) -> tuple[float, float]:
    """Run one case; return how long it took, and the p99 of honest lines of `target` meanwhile, in seconds.

    Latency is the median of three tries, of which the last is left out where two agree: other programs of the machine
    may be what was felt in one. `abused`: the case is run against that one instead.
    """
    windows: list[float] = []
    seconds = 0.0
    while len(windows) < TRIES and not agreed(windows, bound):
        begin = time.monotonic()
        case(abused or target)
        (abused or target).check()
        seconds = time.monotonic() - begin
        # A case that is over at once is felt afterwards, if at all; a window has some hundred lines.
        time.sleep(max(QUIET_SECONDS - seconds, 0))
        windows.append(p99(target.honest.since(begin)))
    return seconds, statistics.median_low(windows) if len(windows) == TRIES else max(windows)


class Neighbour:
    """Another hub on this machine, started when it is needed first.

    Abuse costs processors what it costs: the attackers' own work and the kernel's, on a machine that all of them share.
    What honest lines of one hub wait for while the same is done to another is not that hub's doing.
    """

    def __init__(self, directory: Path, *, tls: bool) -> None:
        self._directory = directory
        self._tls = tls
        self._target: Target | None = None

    @property
    def target(self) -> Target:
        """The hub, running."""
        if self._target is None:
            self._target = Target(self._directory, tls=self._tls)
        return self._target

    def close(self) -> None:
        """End it, if it was needed."""
        if self._target is not None:
            self._target.close()


def give_way() -> None:
    """Let this thread, and all that it starts, come after the hub and those who are honest."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def agreed(windows: list[float], bound: float) -> bool:
    """Tell whether two windows are on the same side of the bound: the median of three is there too."""
    above = sum(1 for window in windows if window > bound)
    return max(above, len(windows) - above) >= 2


def main() -> int:
    """Parse the arguments, run, say how it went."""
    parser = argparse.ArgumentParser(prog="python -m abuse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="no case begins after so long")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument(
        "--noise-ms", type=float, default=NOISE_SECONDS * 1000, help="what the p99 of honest lines may vary by itself"
    )
    parser.add_argument("--plain", action="store_true", help="leave TLS out")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hub-abuse-") as directory:
        for tls in (False,) if options.plain else (False, True):
            kind = "tls" if tls else "plain"
            target = Target(Path(directory) / kind, tls=tls)
            neighbour = Neighbour(Path(directory) / f"{kind}-neighbour", tls=tls)
            try:
                chosen = tuple(each for each in cases(tls=tls) if options.only in each.__name__)
                with ThreadPoolExecutor(1, initializer=give_way) as attackers:
                    wrong += attackers.submit(run, target, chosen, until, options.noise_ms / 1000, neighbour).result()
            finally:
                for each in (target, neighbour):
                    try:
                        each.close()
                    except AssertionError as error:
                        wrong.append(f"{kind} at the end: {error}")
    for each in wrong:
        print(f"FAILED {each}")
    print("no promise broke" if not wrong else f"{len(wrong)} promises broke")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
