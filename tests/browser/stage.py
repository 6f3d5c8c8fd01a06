"""What scenes are played on: a hub with streams in every state, and what a scene is."""

from __future__ import annotations

import json
import socket
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from playwright.sync_api import Page

from running_hub import RunningHub

LONG_NAME = ("ci/" + "a-name-that-goes-on-" * 10)[:192] + "-the-end"
SHELL = "ops/shell"
API = "svc/api"
HOLED = "edge/sensor-4"
THREE = f"train/llama/run-7,ci/web/build-0,{LONG_NAME}"
MEASURED = "lab/measured"
BUSY, BARE, MANY, FORGETFUL = "busy", "bare", "many", "forgetful"
# What the hub of a stage is told beyond what all are.
SETTINGS = {FORGETFUL: {"HUB_STORE": "memory"}}
LOG = "\n".join(
    [
        "$ make test",
        "\x1b[1m\x1b[36m== unit tests\x1b[0m",
        *(f"\x1b[32mPASS\x1b[0m test_{n:03} {n * 7 % 100} ms" for n in range(60)),
        "\x1b[33mWARN\x1b[0m 日本語のテスト, اختبار سريع, a long line " + "and more " * 40,
        "\x1b[1;31mERROR\x1b[0m assertion failed: expected 3, got 4",
        "Downloading 57%",
    ]
).encode()


def api_line(number: int) -> bytes:
    """Return a line as services write them."""
    level = "error" if number % 40 == 7 else "warn" if number % 11 == 3 else "info"
    line = {
        "level": level,
        "path": f"/orders/{number % 7}",
        "ms": 3 + number * 37 % 90,
        "status": 500 if level == "error" else 200,
    }
    return json.dumps(line).encode() + b"\n"


class Stage:
    """A hub with what a scene needs in it; producers stay connected until it is taken down."""

    def __init__(self, hub: RunningHub, opened: ExitStack, kind: str) -> None:
        self.hub = hub
        self._opened = opened
        self.producers: list[socket.socket] = []
        {BARE: lambda: None, BUSY: self._busy, MANY: self._many, FORGETFUL: self._measured}[kind]()

    def stream(self, name: str, text: bytes, *, live: bool = True, **meta: object) -> None:
        """Stream something, and go on if `live`."""
        producer = self.hub.producer()
        told = f" meta={urllib.parse.quote(json.dumps(meta))}" if meta else ""
        producer.sendall(f"HUB/1 RAW stream={name}{told}\n".encode() + text)
        if live:
            self.producers.append(self._opened.enter_context(producer))
        else:
            producer.close()

    def more(self) -> None:
        """Let each live producer say something."""
        for number, producer in enumerate(self.producers):
            producer.sendall(b"and on it goes\n" * (1 + number * 7 % 40))

    def forget(self) -> None:
        """Let the hub die and come again without what it had, and its producer with it."""
        self.hub.come_again()
        self.producers.clear()
        self.stream(MEASURED, b"measured 23.0 after the restart\n" * 3)

    def _measured(self) -> None:
        self.stream(MEASURED, LOG)

    def _busy(self) -> None:
        self.stream(LONG_NAME, LOG)
        for number in range(12):
            self.stream(
                f"ci/web/build-{number}", LOG * (number % 4 + 1), live=number % 3 == 0, branch="main", pr=number
            )
        self.stream("train/llama/run-7", LOG, gpu="h100", 説明="学習の実行", ملاحظة="تجربة جديدة")
        self.stream("train/llama/run-8", LOG, live=False)
        for code in (0, 3):
            run = ("run", "--name", f"nightly/exit-{code}", "--", "sh", "-c", f"echo no; exit {code}")
            self.hub.run(*run, code=code)
        for number in (1, 2):
            text = "; ".join(f"echo step {step} took {step * number} ms" for step in range(40 - number * number))
            twice = f"{text}; echo attempt {number}; echo 最後のステップ; exit {number - 1}"
            self.hub.run("run", "--name", "nightly/twice", "--", "sh", "-c", twice, code=number - 1)

        self.stream(API, b"".join(map(api_line, range(400))))
        self._holed()
        shell = ("run", "--name", SHELL, "--control", "--pty", "--", "sh", "-c", 'PS1="ready> " exec sh')
        self._opened.enter_context(self.hub.start(*shell)).until(b"ready> ")
        for name in ("printer/hall-2", "stream:train/llama/run-7"):
            lease = self._opened.enter_context(self.hub.start("lease", "acquire", name))
            lease.until(name.encode())
        self._opened.enter_context(self.hub.start("lease", "acquire", "printer/hall-2", "--wait", "600"))
        self.hub.run("mark", SHELL, "deployed", "to", "staging, 本番はまだ")

    def _holed(self) -> None:
        """A producer that says it has lost some of its output."""
        producer = self._opened.enter_context(self.hub.producer())
        before, after = b"measured 21.4\nmeasured 21.5\n", b"measured 22.0\nmeasured 22.1\n"
        said = (
            f"HELLO HUB/1 stream={HOLED} session=sensor-4-of-this-scene\nDATA 0 {{{len(before)}}}\n".encode()
            + before
            + b"\n"
        )
        skipped = f"SKIP {len(before)} 4096 reason=overflow\nDATA 4096 {{{len(after)}}}\n".encode() + after + b"\n"
        producer.sendall(said + skipped)

    def _many(self) -> None:
        for number in range(5000):
            name = f"team-{number % 23}/service-{number % 150}/job-{number}"
            self.stream(name, b"a line\n" * (number % 7 + 1), live=number % 100 == 0)


@dataclass(frozen=True)
class Scene:
    """A view in a state: what the hub holds, where the page is, and what happens before one looks."""

    name: str
    kind: str
    place: str
    enter: Callable[[Page], None]
    before: Callable[[Page], None] = lambda page: None
    """Called before the page is opened."""
    happens: Callable[[Page, Stage], None] = lambda page, stage: None
    """What happens to the hub while one looks."""
    alone: bool = False
    """Whether what one does in it, such as taking a lease, is seen in other windows of it."""
