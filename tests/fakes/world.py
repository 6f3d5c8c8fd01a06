"""A whole hub without I/O, and how tests talk to it."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from fakes.accounts import FakeAccounts, FakePasswords
from fakes.clock import FakeClock
from fakes.scanning_store import ScanningStore
from fakes.sink import RecordingSink
from fakes.store import TrickyStore
from fakes.tasks import FakeFailures, FakeTasks
from hub.adapters.store.memory import MemoryStore
from hub.core.credentials import Policy
from hub.core.hub import Hub
from hub.core.writer import Writer
from hub.model.limits import Limits
from hub.model.peer import Peer
from hub.model.principal import ANONYMOUS, Principal

EPOCH = 1_793_880_000_123
LOOPBACK = Peer("127.0.0.1", 40000)
FAR = Peer("192.0.2.7", 40000)


class World:
    """Hub, clock, store and failures of one test."""

    def __init__(
        self, *, slow_store: bool = False, searching_store: bool = False, policy: Policy | None = None, **limits: int
    ) -> None:
        self.limits = Limits(**limits)
        self.clock = FakeClock()
        self.failures = FakeFailures()
        self.tasks = FakeTasks(self.failures)
        self.memory = MemoryStore(
            self.limits.memory_store_bytes, self.limits.memory_store_stream_bytes, self.limits.anonymous_bytes
        )
        self.store = (ScanningStore if searching_store else TrickyStore)(self.memory, slow=slow_store)
        self.accounts = FakeAccounts()
        self.passwords = FakePasswords()
        self.policy = policy or Policy(version="1.2.3", node="here")
        self.hub = self._start(EPOCH)

    def _start(self, now_ms: int) -> Hub:
        return Hub(
            clock=self.clock,
            tasks=self.tasks,
            failures=self.failures,
            store=self.store,
            accounts=self.accounts,
            passwords=self.passwords,
            limits=self.limits,
            policy=self.policy,
            opened=self.store.open(now_ms),
        )

    def restart(self, *, slow_store: bool = False, after_seconds: float = 0, wall_shift_ms: int = 0) -> None:
        """Kill the hub, with all that was not durable, and start another one over the same store.

        `wall_shift_ms` is by how much the clock on the wall is wrong from then on.
        """
        self.clock = FakeClock()
        self.clock.advance(after_seconds)
        self.clock.wall_shift_ms = wall_shift_ms
        self.tasks = FakeTasks(self.failures)
        self.store = TrickyStore(self.memory, slow=slow_store)
        self.hub = self._start(self.hub.epochs.current)
        self.tasks.spawn(self.hub.restore())
        self.settle()

    def settle(self) -> None:
        """Run what is due, without letting time pass; a quick store answers meanwhile."""
        self.clock.advance(0.01)

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass, with the tick once a second."""
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.hub.tick()
            self.clock.settle()

    def writer(self, name: str, principal: Principal = ANONYMOUS, meta: Mapping[str, Any] | None = None) -> Writer:
        """Open a stream for writing."""
        return self.hub.streams.open_exact(name, principal, meta or {})

    def write(self, writer: Writer, *pieces: bytes) -> None:
        """Append pieces, one after the other delivered and committed."""
        for data in pieces:
            writer.append(data, self.clock.now_ms())
            self.settle()

    def stream_of(self, name: str, *pieces: bytes, principal: Principal = ANONYMOUS) -> Writer:
        """Open a stream and append pieces."""
        writer = self.writer(name, principal)
        self.write(writer, *pieces)
        return writer

    def run_inner(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something of the memory store behind the tricky one."""
        self.tasks.spawn(work)

    def sink(self) -> RecordingSink:
        """Return a new way out."""
        return RecordingSink()

    def assert_no_failures(self) -> None:
        """Fail where the hub reported a mistake of its own."""
        assert self.failures.reported == []
