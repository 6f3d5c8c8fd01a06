"""The hub under test, as a process that is killed and comes again on the same ports."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from faults.disk import Disk

LISTENERS = ("producers", "commands", "data", "web")
START_SECONDS = 60.0


class HubProcess:
    """`hub serve` over one data directory. A subclass may put a `prefix` before the command, such as a tracer."""

    prefix: Sequence[str] = ()

    def __init__(self, directory: Path, **env: str) -> None:
        self.directory = directory
        self.ports = dict(zip(LISTENERS, _free_ports(len(LISTENERS)), strict=True))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self._env = {**kept, "HUB_STORE": "sqlite", **env}
        self._log = directory.with_suffix(".log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        flags = [part for name, port in self.ports.items() for part in (f"--{name}", self.endpoint(name, port))]
        command = [*self.prefix, sys.executable, "-m", "hub", "serve", "--data-dir", str(self.directory), *flags]
        process = subprocess.Popen(
            command, env=self._env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log
        )
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.ports["web"]):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the hub did not start: {process.poll()}; see {self._log.name}")
            time.sleep(0.02)
        return process

    def endpoint(self, name: str, port: int) -> str:
        """Return where a listener listens."""
        return f"tcp:{port}:interface=127.0.0.1"

    @property
    def token(self) -> str:
        return (self.directory / "admin.token").read_text().strip()

    def log(self) -> str:
        """Return what it has said on standard error."""
        return Path(self._log.name).read_text(errors="replace")

    def start(self) -> None:
        """Start it anew, at the same ports; raise RuntimeError where it does not."""
        self.process = self._start()

    def kill(self, between: Callable[[], object] = lambda: None) -> None:
        """End it as the system does when memory is short, and start it anew; `between` is done while it is dead."""
        self.process.kill()
        self.process.wait()
        between()
        self.start()

    def lose_power(self, disk: Disk) -> None:
        """End it with all that its disk has not synced, and start it anew with a disk that is well."""
        self.kill(lambda: (disk.heal(), disk.lose_power()))

    def drain(self) -> None:
        """End it as an operator does, and start it anew; it has to exit with 0."""
        if (code := self.stop()) != 0:
            raise RuntimeError(f"the hub ended with {code}; see {self._log.name}")
        self.process = self._start()

    def freeze(self, seconds: float) -> None:
        """Let it stand still for a while."""
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End it however long that takes; its own processes are then done with its directory."""
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """End it with SIGTERM; return its exit code."""
        self.process.terminate()
        return self.process.wait(60)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
