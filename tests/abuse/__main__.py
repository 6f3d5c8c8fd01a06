"""Run all abuse against a plain hub and one over TLS, honest peers beside it; exit with 1 where a promise broke."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

from abuse.cases import PORT_CASES, Case
from abuse.command_cases import COMMAND_CASES
from abuse.honest import p99
from abuse.target import Target
from abuse.tls_cases import TLS_CASES
from abuse.web_cases import WEB_CASES

QUIET_SECONDS = 3.0
TRIES = 3


def cases(*, tls: bool) -> tuple[Case, ...]:
    """Return all cases of a hub that is plain, or speaks TLS."""
    return (*PORT_CASES, *COMMAND_CASES, *WEB_CASES, *(TLS_CASES if tls else ()))


def run(target: Target, chosen: tuple[Case, ...], until: float, bound: float) -> list[str]:
    """Run cases one after the other; return what went wrong. `bound` is in seconds."""
    kind = "tls" if target.tls else "plain"
    begin = time.monotonic()
    time.sleep(QUIET_SECONDS)
    quiet = p99(target.honest.since(begin))
    print(f"{kind}: nobody abuses it, p99 of honest lines {quiet * 1000:.1f} ms", flush=True)
    wrong: list[str] = []
    for case in chosen:
        name = f"{kind} {case.__module__.rpartition('.')[2]}.{case.__name__}"
        if time.monotonic() > until:
            wrong.append(f"{name}: not run, the time is over")
            continue
        said, seconds, took = try_out(target, case, max(quiet * 1.1, bound))
        if said:
            wrong.append(f"{name}: {said}")
        print(f"{'FAILED' if said else 'ok':<6} {name:<66} {seconds:5.1f} s, p99 {took * 1000:6.1f} ms", flush=True)
    return wrong


def try_out(target: Target, case: Case, bound: float) -> tuple[str, float, float]:
    """Run one case; return what went wrong, how long it took, and the p99 of honest lines meanwhile.

    Latency alone has three tries: other programs of the machine may be what was felt.
    """
    for _ in range(TRIES):
        begin = time.monotonic()
        try:
            case(target)
            target.check()
        except Exception as error:
            traceback.print_exc()
            return str(error) or repr(error), time.monotonic() - begin, p99(target.honest.since(begin))
        seconds, took = time.monotonic() - begin, p99(target.honest.since(begin))
        if took <= bound:
            return "", seconds, took
    return f"p99 of honest lines was {took * 1000:.0f} ms, {bound * 1000:.0f} ms is bearable", seconds, took


def main() -> int:
    """Parse the arguments, run, say how it went."""
    parser = argparse.ArgumentParser(prog="python -m abuse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="no case begins after so long")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument(
        "--honest-ms", type=float, default=250, help="p99 that honest lines may have where ten percent more is less"
    )
    parser.add_argument("--plain", action="store_true", help="leave TLS out")
    options = parser.parse_args()
    until = time.monotonic() + options.seconds
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hub-abuse-") as directory:
        for tls in (False,) if options.plain else (False, True):
            target = Target(Path(directory) / ("tls" if tls else "plain"), tls=tls)
            try:
                chosen = tuple(each for each in cases(tls=tls) if options.only in each.__name__)
                wrong += run(target, chosen, until, options.honest_ms / 1000)
            finally:
                try:
                    target.close()
                except AssertionError as error:
                    wrong.append(f"{'tls' if tls else 'plain'} at the end: {error}")
    for each in wrong:
        print(f"FAILED {each}")
    print("no promise broke" if not wrong else f"{len(wrong)} promises broke")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
