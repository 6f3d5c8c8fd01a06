"""Rounds of violence: real hub, producers and readers, killed at random moments, and judged when all is quiet."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from faults import journal
from faults.checker import Writing, check
from faults.held import Finding, Held
from faults.hub_process import HubProcess
from faults.script import Script

PRODUCERS = 3
END_SECONDS = 90.0
SKIP_EVERY = 40


@dataclass
class Peer:
    """A producer or reader process that may be killed and started again over its journal."""

    module: str
    args: list[str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", self.module, *self.args, *more]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)

    def kill(self, *more: str) -> None:
        self.process.kill()
        self.process.wait()
        self.start(*more)

    def finish(self) -> int:
        """Let it come to its end; return its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(END_SECONDS)


class Batch:
    """One hub's life with its peers: some kills, then peace, then the verdict."""

    def __init__(self, directory: Path, seed: int) -> None:
        directory.mkdir(parents=True)
        self.directory, self.seed = directory, seed
        self.luck = Random(seed)
        self.hub = HubProcess(directory / "hub", HUB_LIMITS_HOLD_SECONDS="1", HUB_LIMITS_DRAIN_SECONDS="2")
        self.scripts = {f"p{number}": SKIP_EVERY * (number % 2) for number in range(PRODUCERS)}
        self.producers = {name: self._producer(name, skip) for name, skip in self.scripts.items()}
        self.readers = {name: self._reader(name, by) for name, by in (("cursor", False), ("session", True))}
        self.done: list[str] = []

    def _producer(self, name: str, skip: int) -> Peer:
        args = ["--port", str(self.hub.ports["producers"]), "--stream", f"faults/{name}", "--name", name]
        args += ["--seed", str(self.seed), "--journal", str(self.directory / f"{name}.journal")]
        args += ["--skip-every", str(skip), "--most", str(8 << 20)]
        return Peer("faults.producer", args, self.directory / f"{name}.log")

    def _reader(self, name: str, by_session: bool) -> Peer:
        args = ["--port", str(self.hub.ports["data"]), "--token", self.hub.token, "--seed", str(self.seed)]
        args += ["--journal", str(self.directory / f"{name}.journal"), *(["--by-session"] if by_session else [])]
        return Peer("faults.reader", args, self.directory / f"{name}.log")

    def strike(self) -> str:
        """Wait a random moment, then do one random violence; return what it was."""
        time.sleep(self.luck.uniform(0.05, 0.6))
        what = self.luck.choices(
            ("kill hub", "kill producer", "forget producer", "kill reader", "drain hub", "freeze hub"),
            (10, 4, 2, 4, 2, 1),
        )[0]
        if what == "kill hub":
            self.hub.kill()
        elif what == "drain hub":
            self.hub.drain()
        elif what == "freeze hub":
            self.hub.freeze(1.0)
        elif what == "kill reader":
            self.luck.choice(list(self.readers.values())).kill()
        else:
            more = ("--forget",) if what == "forget producer" else ()
            self.luck.choice(list(self.producers.values())).kill(*more)
        self.done.append(what)
        return what

    def verdict(self) -> list[Finding]:
        """Let all come to an end in peace, and judge."""
        findings = []
        for name, peer in [*self.producers.items(), *self.readers.items()]:
            try:
                code = peer.finish()
            except subprocess.TimeoutExpired:
                code = -1
            if code != 0:
                findings.append(Finding("process", name, f"ended with {code}; see {peer.log}"))
        if (code := self.hub.stop()) != 0:
            findings.append(Finding("process", "hub", f"ended with {code}"))
        writings = [
            Writing(f"faults/{name}", Script(self.seed, name, skip_every=skip)).take(
                journal.read(self.directory / f"{name}.journal")
            )
            for name, skip in self.scripts.items()
        ]
        readers = [Held(name, journal.read(self.directory / f"{name}.journal")) for name in self.readers]
        return findings + check(writings, readers, whole=set(self.readers))

    def close(self) -> None:
        """End what still runs."""
        for peer in (*self.producers.values(), *self.readers.values()):
            peer.process.kill()
            peer.process.wait()
        self.hub.process.kill()
        self.hub.process.wait()


def run_batch(directory: Path, seed: int, strikes: int) -> tuple[list[str], list[Finding]]:
    """Return what was done, and what was broken by it."""
    batch = Batch(directory, seed)
    try:
        for _ in range(strikes):
            batch.strike()
        return batch.done, batch.verdict()
    finally:
        batch.close()
