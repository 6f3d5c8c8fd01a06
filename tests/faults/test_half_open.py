"""A link that goes dead without a word: whoever comes back wins at once, and the rest is noticed in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.frames import Frame, FrameReader, printed
from faults.hub_process import HubProcess
from faults.proxy import Proxy

pytestmark = pytest.mark.long

DEAD_SECONDS = 3
HOLD_SECONDS = 1
LOOK_SECONDS = 5
"""The hub looks at each connection that often; what was taken since the last look was a sign of life."""
PATIENCE_SECONDS = 10.0


class Line:
    """A connection that says a frame and waits for one."""

    def __init__(self, port: int) -> None:
        self._reader = FrameReader()
        self._frames: list[Frame] = []
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)

    def ask(self, verb: str, *args: object, payload: bytes | None = None, **keys: object) -> Frame:
        """Say a frame; return the answer, which is no PING."""
        self._socket.sendall(printed(verb, *args, payload=payload, **keys))
        return self.hear()

    def hear(self) -> Frame:
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if frame.verb != "PING":
                    return frame
            self._frames += self._reader.feed(self._socket.recv(65536))

    def hello(self, session: str, **keys: object) -> Frame:
        return self.ask("HELLO", "HUB/1", stream="half/open", session=session * 22, **keys)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    limits = {"HEARTBEAT": "1", "DEAD": str(DEAD_SECONDS), "HOLD": str(HOLD_SECONDS)}
    hub = HubProcess(tmp_path / "hub", **{f"HUB_LIMITS_{name}_SECONDS": value for name, value in limits.items()})
    yield hub
    hub.process.kill()
    hub.process.wait()


@pytest.fixture
def proxy(hub: HubProcess) -> Iterator[Proxy]:
    proxy = Proxy(hub.ports["producers"])
    yield proxy
    proxy.close()


def half_open(proxy: Proxy) -> None:
    """Write as session `a`, and let the link die."""
    line = Line(proxy.port)
    assert line.hello("a").verb == "OK"
    assert line.ask("DATA", 0, payload=b"one\n").args == ("4",)
    proxy.links()[-1].die()


def test_its_own_session_takes_over_at_once(hub: HubProcess, proxy: Proxy) -> None:
    half_open(proxy)
    ok = Line(hub.ports["producers"]).hello("a", resume=1)
    assert (ok.verb, ok.key("offset"), ok.key("resumed"), ok.key("run")) == ("OK", 4, 1, 1)


def test_others_wait_until_it_is_noticed_and_no_longer_held(hub: HubProcess, proxy: Proxy) -> None:
    half_open(proxy)
    began = time.monotonic()
    at_most = 2 * LOOK_SECONDS + DEAD_SECONDS + HOLD_SECONDS
    while (answer := Line(hub.ports["producers"]).hello("b")).verb == "ERR":
        assert answer.args[0] == "CONFLICT"
        assert time.monotonic() - began < at_most, "the dead link keeps its stream"
        time.sleep(0.2)
    assert time.monotonic() - began > HOLD_SECONDS
    assert (answer.key("offset"), answer.key("run")) == (4, 2)
    expired = Line(hub.ports["producers"]).hello("a", resume=1)
    assert (expired.args[0], expired.keys["cause"], expired.key("offset")) == ("EXPIRED", "superseded", 4)
