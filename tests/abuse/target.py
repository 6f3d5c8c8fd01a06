"""A real hub with short deadlines, plain or over TLS, and what has to hold after each case."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from abuse.attacker import Attacker
from abuse.honest import Honest
from fakes.certificates import Authority
from running_hub import LISTENERS, RunningHub

FIRST_FRAME_SECONDS = 2
MOST_MORE_BYTES = 160 << 20
"""How much more memory a hub may have after a case than before all of them."""


class Target:
    """One hub under abuse."""

    def __init__(self, directory: Path, *, tls: bool) -> None:
        self.tls = tls
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(directory)
        files = self.authority.issue("localhost", "127.0.0.1")
        kind = "ssl" if tls else "tcp"
        more: dict[str, str] = {}
        if tls:
            more |= {"HUB_TLS_CERTIFICATE": files.certificate, "HUB_TLS_KEY": files.key}
            more |= {"HUB_TLS_CLIENT_CA": self.authority.root}
        self.hub = RunningHub(
            directory / "data",
            listen=dict.fromkeys(LISTENERS, f"{kind}:0:interface=127.0.0.1"),
            HUB_LIMITS_FIRST_FRAME_SECONDS=str(FIRST_FRAME_SECONDS),
            HUB_LIMITS_CLOSE_SECONDS="2",
            **more,
        )
        self.token = (directory / "data" / "admin.token").read_text().strip()
        self.ports = {name: self.hub.port(name) for name in LISTENERS}
        self.honest = Honest(self.ports["producers"], self.ports["data"], self.token, tls=tls)
        begin = time.monotonic()
        while not self.honest.since(0) and not self.honest.problem:
            assert time.monotonic() - begin < 30, "the honest ones do not come"
            time.sleep(0.05)
        self._rss = self.rss

    def attacker(self, port: str, *, tls: bool | None = None) -> Attacker:
        """Connect to `producers`, `commands`, `data` or `web`."""
        return Attacker(self.ports[port], tls=self.tls if tls is None else tls)

    def commander(self) -> Attacker:
        """Return a command connection whose hello was answered."""
        line = self.attacker("commands")
        assert "result" in line.call("hub.hello", protocol="HUB/1", token=self.token)
        return line

    def stats(self) -> dict[str, Any]:
        """Return hub.stats."""
        with self.commander() as line:
            result = line.call("hub.stats")["result"]
        assert isinstance(result, dict)
        return result

    def streams(self) -> set[str]:
        """Return the names of all streams but the honest one."""
        with self.commander() as line:
            rows = line.call("stream.list", limit=10_000)["result"]["streams"]
        return {row["stream"] for row in rows} - {"honest"}

    @property
    def rss(self) -> int:
        """The memory of the hub's process."""
        status = Path(f"/proc/{self.hub.process.popen.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def check(self) -> None:
        """Fail unless the hub lives, made no mistake of its own, kept its memory bounded and served the honest ones."""
        assert self.hub.process.popen.poll() is None, "the hub died"
        stats = self.stats()
        assert stats["failures"] == 0, "the hub made a mistake of its own; its log has it"
        assert self.honest.problem is None, self.honest.problem
        more = self.rss - self._rss
        assert more < MOST_MORE_BYTES, f"the hub took {more >> 20} MiB more"

    def close(self) -> None:
        """End the hub; it has to end well, and to have kept its secrets."""
        self.honest.stop()
        self.hub.process.popen.terminate()
        _, log = self.hub.process.popen.communicate(timeout=30)
        assert self.hub.process.popen.returncode == 0, log[-2000:]
        assert self.token.encode() not in log
        assert b"Traceback" not in log, log[-2000:]
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", log), "a control character is in the log"
        names = [str(path.relative_to(self.hub.data_dir)) for path in self.hub.data_dir.rglob("*")]
        assert all(re.fullmatch(r"[a-z.-]+", name) for name in names), f"a file is named after a stream: {names}"
        self.hub.close()


def problem_of(answer: Any) -> str:
    """Return the code of a JSON-RPC error."""
    assert "error" in answer, answer
    return str(answer["error"]["data"]["code"])


def lines_of(text: bytes) -> list[Any]:
    """Return lines of JSON."""
    return [json.loads(line) for line in text.splitlines()]
