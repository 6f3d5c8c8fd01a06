"""Seen from outside, by strace: a finished sync of the store's file lies before each ACK."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from faults.frames import FrameReader, printed
from faults.hub_process import HubProcess

LINES = 20
CALL = re.compile(r"^\d+ +[\d.]+ (?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)$")


class TracedHub(HubProcess):
    """`hub serve` under strace."""

    def __init__(self, directory: Path, trace: Path) -> None:
        calls = "trace=recvfrom,read,fsync,fdatasync,sendto,sendmsg,write"
        self.prefix = ["strace", "-f", "-ttt", "-s", "64", "-e", calls, "-o", str(trace)]
        super().__init__(directory)

    def stop(self) -> int:
        """End the hub, and strace with it: that passes no signal on."""
        strace = self.process.pid
        (child,) = Path(f"/proc/{strace}/task/{strace}/children").read_text().split()
        os.kill(int(child), signal.SIGTERM)
        return self.process.wait(60)


def acknowledged_lines(hub: HubProcess) -> None:
    """Send line by line as a framed producer, each after the ACK of the one before."""
    reader = FrameReader()
    with socket.create_connection(("127.0.0.1", hub.ports["producers"]), 10) as sock:

        def until(verb: str) -> list[str]:
            while True:
                for frame in reader.feed(sock.recv(65536)):
                    if frame.verb == verb:
                        return list(frame.args)

        sock.sendall(printed("HELLO", "HUB/1", stream="traced/a", session="k" * 22))
        until("OK")
        for number in range(LINES):
            sock.sendall(printed("DATA", number * 8, payload=b"line %02d\n" % number))
            while int(until("ACK")[0]) < (number + 1) * 8:
                pass


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not there: install it to see the syncs")
def test_a_finished_sync_lies_before_each_ack(tmp_path: Path) -> None:
    if subprocess.run(["strace", "-o", "/dev/null", sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("strace may not trace here")
    trace = tmp_path / "trace"
    hub = TracedHub(tmp_path / "hub", trace)
    try:
        acknowledged_lines(hub)
    finally:
        hub.stop()
    acked = synced = 0
    received: list[int] = []
    for line in trace.read_text(errors="replace").splitlines():
        matched = CALL.match(line)
        if matched is None:
            continue
        call, rest = matched.groups()
        if call in ("recvfrom", "read") and (data := re.search(r"line (\d\d)", rest)):
            received.append(int(data[1]))
            synced = 0
        elif call in ("fsync", "fdatasync") and rest.endswith("= 0"):
            synced += 1
        elif call in ("sendto", "sendmsg", "write") and (ack := re.search(r"ACK (\d+)", rest)) and int(ack[1]):
            assert received, "an ACK before any data"
            if int(ack[1]) == (received[-1] + 1) * 8:
                assert synced, f"ACK {ack[1]} without a finished sync after its bytes came"
                acked += 1
    assert acked >= LINES - 1
