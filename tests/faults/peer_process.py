"""A producer or a reader as a process that is killed and started again over its journal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

END_SECONDS = 90.0


@dataclass
class Peer:
    """`python -m module args…`; what it says on standard error goes into `log`."""

    module: str
    args: list[str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", self.module, *self.args, *more]
        env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stderr=log)

    def kill(self, *more: str) -> None:
        self.process.kill()
        self.process.wait()
        self.start(*more)

    def finish(self) -> int:
        """Let it come to its end; return its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(END_SECONDS)

    def close(self) -> None:
        """End it now."""
        self.process.kill()
        self.process.wait()
