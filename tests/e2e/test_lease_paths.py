"""`hub lease run` on a path that fails: never do two commands run under one name."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from running_hub import Process, RunningHub

GRACE_SECONDS = 3
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: print('asked to end', flush=True))
mark = pathlib.Path(sys.argv[1])
print('on', flush=True)
while True:
    mark.write_text(str(time.monotonic()))
    time.sleep(0.01)
"""
"""Says all the time that it runs, and does not end when it is told to."""
AFTER = "import time; print('began', time.monotonic(), flush=True)"


class FailingPath:
    """Passes bytes to a port, until it fails: the hub sees the end of the connections at once."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._near: list[socket.socket] = []
        self._far: list[socket.socket] = []
        self._failed = False
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, *, silently: bool) -> None:
        """Pass nothing any more; `silently`: clients are not told, and connect as before, to nobody."""
        with self._lock:
            self._failed = True
            for sock in self._far:
                _end(sock)
            if not silently:
                self.close()

    def close(self) -> None:
        for sock in (self._listener, *self._near, *self._far):
            _end(sock)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._lock:
                    self._near.append(near)
                    if self._failed:
                        continue
                    far = socket.create_connection(("127.0.0.1", self._target))
                    self._far.append(far)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self._failed:
                    target.sendall(data)


def _end(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    hub = RunningHub(tmp_path / "data", HUB_LIMITS_LEASE_GRACE_SECONDS=str(GRACE_SECONDS))
    yield hub
    hub.close()


@pytest.fixture
def path(hub: RunningHub) -> Iterator[FailingPath]:
    path = FailingPath(hub.port("commands"))
    yield path
    path.close()


def through(path: FailingPath, hub: RunningHub, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a client whose way to the hub is that path."""
    data_dir = tmp_path / "far"
    data_dir.mkdir()
    shutil.copy(hub.data_dir / "admin.token", data_dir)
    endpoints = {**hub.endpoints, "commands": f"tcp:127.0.0.1:{path.port}"}
    (data_dir / "endpoints.json").write_text(json.dumps(endpoints))
    return {**hub.env, "HUB_DATA_DIR": str(data_dir)}


@pytest.mark.parametrize("silently", [False, True], ids=["cut", "silent"])
def test_a_command_is_gone_before_its_lease_is_another_ones(
    hub: RunningHub, path: FailingPath, tmp_path: Path, silently: bool
) -> None:
    mark = tmp_path / "mark"
    stubborn = ("lease", "run", "--ttl", "3600", "--grace", "60", "a", "--", sys.executable, "-c", STUBBORN, str(mark))
    waiting = ("lease", "run", "--wait", "60", "a", "--", sys.executable, "-c", AFTER)
    with Process(*stubborn, env=through(path, hub, tmp_path)) as holder:
        holder.until(b"on\n")
        with hub.start(*waiting) as heir:
            while json.loads(hub.run("lease", "list", "--json").stdout)["waiters"] == 0:
                pass
            path.fail(silently=silently)
            began = float(heir.until(b"\n").split()[1])
            assert heir.end() == 0
        assert float(mark.read_text()) < began, "two commands under one lease"
        assert b"asked to end" in holder.until(b"asked to end"), "it had the time to end by itself"
        assert holder.end() == 76
