"""Rounds of violence: real hub, producers and readers, killed at random moments, and judged when all is quiet."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from random import Random

from faults import journal
from faults.checker import Writing, check
from faults.disk import Disk, NoDisk
from faults.held import Finding, Held
from faults.hub_process import HubProcess
from faults.peer_process import Peer
from faults.proxy import Proxy
from faults.script import Script
from faults.strikes import Strikes

PRODUCERS = 3
SKIP_EVERY = 40
HUB_SETTINGS = {
    "HUB_LIMITS_HOLD_SECONDS": "1",
    "HUB_LIMITS_DRAIN_SECONDS": "2",
    "HUB_LIMITS_HEARTBEAT_SECONDS": "2",
    "HUB_LIMITS_DEAD_SECONDS": "5",
}
"""A hub that is quick to see that a peer is gone."""
DEAD_SECONDS = "4"
"""And peers that are quick to see that the hub is."""


class Batch:
    """One hub's life with its peers: some kills, then peace, then the verdict."""

    def __init__(self, directory: Path, seed: int) -> None:
        directory.mkdir(parents=True)
        self.directory, self.seed = directory, seed
        self.luck = Random(seed)
        self.disk = _disk(directory)
        self.hub = HubProcess(directory / "hub", **HUB_SETTINGS, **(self.disk.env if self.disk else {}))
        self.proxies = {name: Proxy(self.hub.ports[name]) for name in ("producers", "data")}
        self.scripts = {f"p{number}": SKIP_EVERY * (number % 2) for number in range(PRODUCERS)}
        self.producers = {name: self._producer(name, skip) for name, skip in self.scripts.items()}
        self.readers = {name: self._reader(name, by) for name, by in (("cursor", False), ("session", True))}
        self.done: list[str] = []
        peers = list(self.producers.values()), list(self.readers.values())
        self._strikes = Strikes(self.hub, *peers, list(self.proxies.values()), self.luck, self.disk)

    def _producer(self, name: str, skip: int) -> Peer:
        args = ["--port", str(self.proxies["producers"].port), "--stream", f"faults/{name}", "--name", name]
        args += ["--seed", str(self.seed), "--journal", str(self.directory / f"{name}.journal")]
        args += ["--skip-every", str(skip), "--most", str(8 << 20), "--dead-seconds", DEAD_SECONDS]
        return Peer("faults.producer", args, self.directory / f"{name}.log")

    def _reader(self, name: str, by_session: bool) -> Peer:
        args = ["--port", str(self.proxies["data"].port), "--token", self.hub.token, "--seed", str(self.seed)]
        args += ["--journal", str(self.directory / f"{name}.journal"), *(["--by-session"] if by_session else [])]
        args += ["--dead-seconds", DEAD_SECONDS]
        return Peer("faults.reader", args, self.directory / f"{name}.log")

    def strike(self) -> None:
        """Wait a random moment, then do one random violence."""
        time.sleep(self.luck.uniform(0.05, 0.6))
        self.done.append(self._strikes.strike())

    def freeze(self, seconds: float) -> None:
        """Let the hub stand still, as a laptop does that sleeps."""
        self.hub.freeze(seconds)
        self.done.append(f"freeze hub {seconds:g} s")

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
            peer.close()
        self.hub.process.kill()
        self.hub.process.wait()
        for proxy in self.proxies.values():
            proxy.close()


def _disk(directory: Path) -> Disk | None:
    try:
        return Disk(directory / "hub", directory / "scratch")
    except NoDisk as error:
        print(f"disks do not fail: {error}", flush=True)
        return None


def run_batch(directory: Path, seed: int, strikes: int, freeze: float = 0.0) -> tuple[list[str], list[Finding]]:
    """Return what was done, and what was broken by it. `freeze`: after the strikes, the hub stands still so long."""
    batch = Batch(directory, seed)
    try:
        for _ in range(strikes):
            batch.strike()
        if freeze:
            batch.freeze(freeze)
        return batch.done, batch.verdict()
    finally:
        batch.close()
