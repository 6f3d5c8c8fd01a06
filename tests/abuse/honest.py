"""A producer and a reader who do nothing wrong: how long each line takes is what abuse of others may not change.

They run in a process of their own (`python -m abuse.honest`): what the attackers compute does not count as the hub's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from abuse.attacker import Attacker
from hub.wire.frame_reader import FrameReader

EVERY_SECONDS = 0.01
TESTS = Path(__file__).parent.parent


class Honest:
    """Streams a line each ten milliseconds and reads it back, until `stop`."""

    def __init__(self, producers: int, data: int, token: str, *, tls: bool) -> None:
        self.problem: str | None = None
        self._took: list[tuple[float, float]] = []
        args = {"producers": producers, "data": data, "token": token, "tls": tls}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps([str(TESTS.parent), str(TESTS)]), json.dumps(args)],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def since(self, begin: float) -> list[float]:
        """Return how long each line took that was sent from `begin` (monotonic) on."""
        return [took for sent, took in list(self._took) if sent >= begin]

    def stop(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)
        self._thread.join(10)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if isinstance(told, str):
                self.problem = self.problem or told
            else:
                self._took.append((told[0], told[1]))


_START = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from abuse.honest import work
work(**json.loads(sys.argv[2]))
"""


def work(producers: int, data: int, token: str, *, tls: bool) -> None:
    """Stream and read back until standard input ends; print `[sent, took]` of each line, and what went wrong."""
    over = threading.Event()
    reader = Attacker(data, tls=tls)
    reader.send(f"HELLO HUB/1 token={token}\nSUB 1 honest from=end\n".encode())
    producer = Attacker(producers, tls=tls)
    producer.send(b"HUB/1 RAW stream=honest\n")
    works = ((_read, reader), (_write, producer))
    threads = [threading.Thread(target=work, args=(line, over)) for work, line in works]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join(10)


def _write(producer: Attacker, over: threading.Event) -> None:
    while not over.wait(EVERY_SECONDS):
        if not producer.send(b"%d\n" % time.monotonic_ns()):
            _tell("the honest producer was cut off")
            return


def _read(reader: Attacker, over: threading.Event) -> None:
    frames = FrameReader(4096, 1 << 20)
    rest = b""
    while not over.is_set():
        data = reader.take(0.5)
        now = time.monotonic()
        if data == b"":
            _tell(f"the honest reader was cut off: {reader.came[-200:]!r}")
            return
        reader.came = b""
        for frame in frames.feed(data or b""):
            if frame.verb == "PING":
                reader.send(b"PONG %s\n" % frame.args[0].encode())
            if frame.verb in ("ERR", "GAP"):
                _tell(f"the honest reader was told {frame}")
            if frame.verb == "DATA" and frame.payload:
                *lines, rest = (rest + frame.payload).split(b"\n")
                for line in lines:
                    _tell([int(line) / 1e9, now - int(line) / 1e9])


def _tell(told: object) -> None:
    # In one piece: two threads tell, and what one prints may come between the other's text and its end of line.
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def p99(times: list[float]) -> float:
    """Return the 99th percentile; 0 of nothing."""
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.99)] if ordered else 0.0
