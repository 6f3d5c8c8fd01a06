"""A real hub and real commands as processes; everything that waits has a deadline, nothing sleeps."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from child_processes import children
from hub.client.commander import Commander
from hub.client.locator import Locator
from hub.model.problem import Problem

PATIENCE_SECONDS = 30.0
COMMAND = (sys.executable, "-m", "hub")
ANY_PORT = "tcp:0:interface=127.0.0.1"
LISTENERS = ("producers", "commands", "data", "web")


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which nothing of this machine's user configures a hub."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "XDG_"))}
    return {**kept, "XDG_CONFIG_HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent", **more}


class Process:
    """A started command whose output can be waited for."""

    def __init__(
        self,
        *args: str,
        env: dict[str, str],
        stdin: int | IO[bytes] = subprocess.PIPE,
        stdout: int | IO[bytes] = subprocess.PIPE,
    ) -> None:
        self.popen = subprocess.Popen(
            [*COMMAND, *args], env=env, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, bufsize=0
        )
        self._seen: dict[int, bytes] = {}

    def until(self, text: bytes, *, on_stderr: bool = False) -> bytes:
        """Read until `text` has appeared; return all that was read of that stream so far."""
        pipe = self.popen.stderr if on_stderr else self.popen.stdout
        assert pipe is not None
        return self.read_until(pipe.fileno(), text)

    def read_until(self, descriptor: int, text: bytes) -> bytes:
        """Read a descriptor until `text` has appeared in it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        seen = self._seen.get(descriptor, b"")
        while text not in seen:
            ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))
            data = os.read(descriptor, 65536) if ready else b""
            assert data, f"{text!r} did not come, only {seen!r}"
            seen = self._seen[descriptor] = seen + data
        return seen

    def forget(self) -> None:
        """Forget what was said so far: what is waited for has to be said anew, and a pipe that nobody reads is full."""
        for pipe in (self.popen.stdout, self.popen.stderr):
            while pipe is not None and not pipe.closed and select.select([pipe], [], [], 0)[0]:
                if not os.read(pipe.fileno(), 65536):
                    break
        self._seen.clear()

    def feed(self, data: bytes) -> None:
        """Write to the command's standard input."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)

    def end_input(self) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.close()

    def end(self, number: int | None = None) -> int:
        """Send a signal, if one is given, and return the exit code."""
        if number is not None:
            self.popen.send_signal(number)
        return self.popen.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait(PATIENCE_SECONDS)
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RunningHub:
    """`hub serve` on free ports and a data directory of its own."""

    def __init__(self, data_dir: Path, *, listen: Mapping[str, str] | None = None, **env: str) -> None:
        """`listen`: endpoints other than any free port on loopback; `env`: more variables, of the commands as well."""
        self.data_dir = data_dir
        self.env = environment(HUB_DATA_DIR=str(data_dir), **env)
        self._endpoints = {**dict.fromkeys(LISTENERS, ANY_PORT), **(listen or {})}
        self.process = self._start()

    @property
    def endpoints(self) -> dict[str, str]:
        """Where it listens, as clients on this machine are told."""
        content = json.loads((self.data_dir / "endpoints.json").read_text())
        assert isinstance(content, dict)
        return content

    def port(self, listener: str) -> int:
        return int(self.endpoints[listener].rpartition(":")[2])

    def run(self, *args: str, given: bytes = b"", code: int | None = 0) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end, and check its exit code unless `code` is None."""
        done = subprocess.run(
            [*COMMAND, *args], env=self.env, input=given, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
        assert code is None or done.returncode == code, (args, done)
        return done

    def start(self, *args: str, stdout: int | IO[bytes] = subprocess.PIPE) -> Process:
        """Start a command that goes on."""
        return Process(*args, env=self.env, stdout=stdout)

    def producer(self) -> socket.socket:
        """Connect to the producer port, as nc does."""
        return socket.create_connection(("127.0.0.1", self.port("producers")), PATIENCE_SECONDS)

    def rows(self, *args: str) -> list[dict[str, Any]]:
        """Return what `hub ls --json` lists."""
        return [json.loads(line) for line in self.run("ls", "--json", *args).stdout.splitlines()]

    def admin(self) -> Commander:
        """Connect as the hub's admin: for what is no test of a command, whose process takes a hundred times as long."""
        return Commander.connect(Locator(data_dir=str(self.data_dir)).locate())

    def ask(self, method: str, **params: Any) -> Any:
        """Return what the hub answers to its admin's call."""
        with self.admin() as admin:
            return admin.call(method, **params)

    def until_listed(self, pattern: str = "**", *, state: str | None = None) -> list[dict[str, Any]]:
        """Wait until a stream is listed, in this state if one is given; return the rows of those that are."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.admin() as admin:
            admin.call("hub.subscribe", topics=["stream.*", "streams"], pattern=pattern)
            while not (rows := [row for row in admin.each_stream(pattern=pattern) if state in (None, row["state"])]):
                news = admin.next_notification(deadline - time.monotonic())
                assert news is not None, f"nothing is listed for {pattern}"
        return rows

    def children(self) -> list[int]:
        """Return the processes that the hub has started."""
        return sorted(children(self.process.popen.pid))

    def until_durable(self, stream: str | None = None, end: int = 0) -> None:
        """Wait until all that was taken is in the store, of `stream` so many bytes, and all runs that are over."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.admin() as admin:
            while (
                stream is not None and not any(row["end"] >= end for row in admin.each_stream(pattern=stream))
            ) or admin.call("hub.stats")["store"]["waiting_bytes"]:
                assert time.monotonic() < deadline, "the store does not come to an end"

    def empty(self) -> None:
        """End all sessions and with them their leases, and delete all streams, for the next test."""
        with self.admin() as admin:
            for row in admin.call("session.list", limit=1000)["sessions"]:
                if row["session"] != admin.session["id"]:
                    try:
                        admin.call("session.kick", session=row["session"])
                    except Problem as problem:
                        # One that ends by itself meanwhile is as good.
                        if problem.word != "NOTFOUND":
                            raise
            while rows := admin.call("stream.list", limit=1000)["streams"]:
                for row in rows:
                    admin.call("stream.delete", stream=row["stream"], force=True)
        self.process.forget()

    def come_again(self) -> None:
        """Die at once, if it has not ended, and start anew at the same ports, as after a crash."""
        self.end(signal.SIGKILL)
        self.process.close()
        (self.data_dir / "endpoints.json").unlink(missing_ok=True)
        self.process = self._start()

    def end(self, number: signal.Signals) -> None:
        """End by a signal, to come again at the same ports: who ends in order takes the file with them along."""
        if (self.data_dir / "endpoints.json").exists():
            self._endpoints = {name: f"tcp:{self.port(name)}:interface=127.0.0.1" for name in LISTENERS}
        self.process.end(number)

    def close(self) -> None:
        self.process.close()

    def _start(self) -> Process:
        flags: Sequence[str] = [part for name in LISTENERS for part in (f"--{name}", self._endpoints[name])]
        process = Process("serve", *flags, env=self.env)
        process.until(b"stream something into it")
        return process
