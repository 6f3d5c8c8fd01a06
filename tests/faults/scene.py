"""A hub on a disk in the test's hands, with a framed producer, raw output and a reader, all at work."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from faults import journal
from faults.checker import Session, Writing, check
from faults.disk import Disk
from faults.held import Finding, Gap, Held
from faults.hub_process import HubProcess
from faults.peer_process import Peer
from faults.script import Script

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.05
SEED = 7
NOT_DURABLE_BYTES = 1 << 20
FRAMED, RAW = "p0", "r0"


class Output:
    """Raw bytes by `nc`'s means: a script, line after line, as fast as the hub takes it."""

    def __init__(self, port: int) -> None:
        self.script = Script(SEED, RAW)
        self.sent = 0
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        self._socket.sendall(b"HUB/1 RAW stream=faults/%s\n" % RAW.encode())
        self._socket.setblocking(False)

    def write(self, size: int, seconds: float = 0) -> int:
        """Write up to `size` bytes, waiting for room up to `seconds`; return how many the hub's socket took."""
        deadline = time.monotonic() + seconds
        goal = self.sent + size
        while self.sent < goal:
            part = self.script.part(self.sent, min(goal, self.sent + (1 << 16)))
            if not select.select([], [self._socket], [], max(deadline - time.monotonic(), 0))[1]:
                break
            self.sent += self._socket.send(part)
        return size - (goal - self.sent)

    def end(self) -> None:
        self._socket.close()


class Scene:
    """Everything at work, from the first to `verdict`."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self.disk = Disk(directory / "hub", directory / "scratch")
        limits = {"HUB_LIMITS_NOT_DURABLE_BYTES": str(NOT_DURABLE_BYTES), "HUB_LIMITS_HOLD_SECONDS": "1"}
        self.hub = HubProcess(directory / "hub", **self.disk.env, **{**limits, **settings})
        self.framed = self._framed()
        self.readers = {"first": self._reader("first")}
        self.output = Output(self.hub.ports["producers"])

    def _framed(self) -> Peer:
        args = ["--port", str(self.hub.ports["producers"]), "--stream", f"faults/{FRAMED}", "--name", FRAMED]
        args += ["--seed", str(SEED), "--journal", str(self.directory / f"{FRAMED}.journal"), "--most", str(256 << 20)]
        return Peer("faults.producer", args, self.directory / f"{FRAMED}.log")

    def _reader(self, name: str) -> Peer:
        args = ["--port", str(self.hub.ports["data"]), "--token", self.hub.token, "--seed", str(SEED)]
        args += ["--journal", str(self.directory / f"{name}.journal")]
        return Peer("faults.reader", args, self.directory / f"{name}.log")

    def look_anew(self, name: str) -> None:
        """Begin another reader, from the start of all."""
        self.readers[name] = self._reader(name)

    def acknowledged(self) -> int:
        """Return up to where the framed producer was told that all is durable."""
        acked = [frame.number(0) for frame in self._journal(FRAMED) if frame.verb == "ACKED"]
        return max(acked, default=0)

    def held(self, reader: str = "first") -> Held:
        held = Held(reader, self._journal(reader))
        ours = {f"faults/{name}" for name in (FRAMED, RAW)}
        held.streams = {name: holding for name, holding in held.streams.items() if name in ours}
        return held

    def read_to(self, reader: str = "first", name: str = FRAMED) -> int:
        """Return up to where a reader has a stream."""
        holding = self.held(reader).streams.get(f"faults/{name}")
        return 0 if holding is None else holding.end

    def gaps(self, name: str, reader: str = "first") -> list[Gap]:
        return self.held(reader).streams[f"faults/{name}"].gaps

    def _journal(self, name: str) -> list[journal.Frame]:
        return journal.read(self.directory / f"{name}.journal")

    def until(self, what: str, true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> float:
        """Look until it is true; return how long that took."""
        began = time.monotonic()
        while not true():
            waited = time.monotonic() - began
            assert waited < seconds, f"{what}: not within {seconds} s; {self.hub.log()[-2000:]}"
            assert self.hub.process.poll() is None, f"the hub is gone: {self.hub.log()[-2000:]}"
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - began

    def until_acknowledged_more(self, size: int = 100_000) -> float:
        """Look until the framed producer got further."""
        before = self.acknowledged()
        return self.until("more is acknowledged", lambda: self.acknowledged() >= before + size)

    def acknowledged_in(self, seconds: float) -> int:
        """Return how much more is acknowledged after a while, and a moment that what was under way may take."""
        time.sleep(0.3)
        before = self.acknowledged()
        time.sleep(seconds)
        return self.acknowledged() - before

    def fill_disk(self) -> None:
        """Let somebody else take all room there is, and what a copied WAL gives back, until nothing more is taken."""
        self.disk.full()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.acknowledged_in(1.5):
            assert time.monotonic() < deadline, "the disk does not get full"
            self.disk.full()

    def command(self, *args: str, given: str = "", code: int | None = 0) -> str:
        """Run a command of the hub's, and check its exit code unless that is None; return its standard output."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "XDG_"))}
        env |= {"HUB_DATA_DIR": str(self.hub.directory), "XDG_CONFIG_HOME": "/nonexistent"}
        command = [sys.executable, "-m", "hub", *args]
        done = subprocess.run(
            command, env=env, input=given, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
        assert code is None or done.returncode == code, (args, done)
        return done.stdout

    def problem(self) -> str:
        """Return why the store takes nothing now, as `hub stats` tells."""
        return str(json.loads(self.command("stats", "--json"))["store"]["problem"])

    def echo_seconds(self) -> float:
        """Return how long a line of raw output takes to the first reader."""
        self.output.write(200, seconds=PATIENCE_SECONDS)
        sent = self.output.sent
        return self.until("the reader has a line", lambda: self.read_to(name=RAW) >= sent)

    def lose_power(self) -> None:
        """Let hub and disk lose their power, and come again; the raw output is gone with it."""
        self.hub.lose_power(self.disk)

    def verdict(self, *, reasons: Sequence[str] = (), raw: bool = True) -> list[Finding]:
        """Let all come to an end in peace, and judge. `raw`: the output's connection was never lost."""
        self.output.end()
        codes = {name: peer.finish() for name, peer in {FRAMED: self.framed, **self.readers}.items()}
        codes["hub"] = self.hub.stop()
        findings = [Finding("process", name, f"ended with {code}") for name, code in codes.items() if code]
        framed = Writing(f"faults/{FRAMED}", Script(SEED, FRAMED)).take(self._journal(FRAMED))
        # What `nc` sent is not acknowledged, so nothing of it need be there; what is there has to be right.
        output = Writing(f"faults/{RAW}", self.output.script, [Session(0, 0, 0, 0, self.output.sent, 0)])
        if raw:
            output.ended = self.output.sent
        readers = [self.held(name) for name in self.readers]
        return findings + check([framed, output], readers, whole=set(self.readers), reasons=reasons)

    def close(self) -> None:
        for peer in (self.framed, *self.readers.values()):
            peer.close()
        self.hub.process.kill()
        self.hub.process.wait()
