"""Any store, made slow, failing and asynchronous on purpose: what passes over it will run on a network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from fakes.tasks import Wait
from hub.core.ports import Append, Buckets, Counted, Opened, Piece, Store
from hub.core.scan import Part, Scanned, Wanted
from hub.model.chunk import Gap
from hub.model.problem import Problem


class TrickyStore:
    """`Store` around another one. While `slow`, each call waits until `step` lets it do its work, then until the next
    `step` lets it answer. `fail_next` makes the next calls fail before they do anything.
    """

    def __init__(self, inner: Store, *, slow: bool = False) -> None:
        self.inner = inner
        self.slow = slow
        self.refuses = False
        """While set, nothing is appended."""
        self.calls: list[str] = []
        self.unreadable: set[str] = set()
        """Streams whose bytes the disk does not give for now."""
        self._waits: deque[Wait] = deque()
        self._failures: deque[Exception] = deque()

    @property
    def durability(self) -> str:
        return self.inner.durability

    @property
    def pace_seconds(self) -> float:
        return self.inner.pace_seconds

    @property
    def trimmed(self) -> Callable[[str, int], None]:
        return self.inner.trimmed

    @trimmed.setter
    def trimmed(self, call: Callable[[str, int], None]) -> None:
        self.inner.trimmed = call

    # What tests do.

    @property
    def waiting(self) -> int:
        """Calls that wait for a step."""
        return len(self._waits)

    @property
    def failing(self) -> int:
        """Calls that are still to fail."""
        return len(self._failures)

    def step(self, which: int = 0) -> bool:
        """Let one waiting call go on; return whether there was one."""
        if not self._waits:
            return False
        self._waits.rotate(-(which % len(self._waits)))
        self._waits.popleft().release()
        return True

    def finish(self) -> None:
        """Let all calls go on, and those that they lead to."""
        while self.step():
            pass

    def fail_next(self, *errors: Exception) -> None:
        """Let the next calls fail, one with each error."""
        self._failures.extend(errors)

    # What the core does.

    async def _call(self, name: str) -> None:
        self.calls.append(name)
        await self._wait()
        if self._failures:
            raise self._failures.popleft()

    async def _wait(self) -> None:
        if self.slow:
            wait = Wait()
            self._waits.append(wait)
            await wait

    async def append(self, batch: Sequence[Append]) -> None:
        await self._call("append")
        if self.refuses:
            raise Problem("STORE", "the disk is broken")
        await self.inner.append(batch)
        await self._wait()

    def open(self, now_ms: int) -> Opened:
        return self.inner.open(now_ms)

    async def reserve_epochs(self, end: int) -> None:
        await self._call("reserve_epochs")
        await self.inner.reserve_epochs(end)
        await self._wait()

    async def read(self, stream: str, offset: int, max_bytes: int, *, sure: bool = True) -> Sequence[Piece]:
        await self._call("read")
        # What is lost is no byte that was asked for: it is told as far as it goes.
        found = await self.inner.read(stream, offset, 1 << 40 if stream in self.unreadable else max_bytes, sure=sure)
        if stream in self.unreadable and found:
            if not sure:
                raise Problem("STORE", "the disk gives an error")
            return [Gap(offset, found[-1].end, "store_loss")]
        await self._wait()
        return found

    async def first_gap(self, stream: str, start: int, end: int) -> Gap | None:
        await self._call("first_gap")
        found = await self.inner.first_gap(stream, start, end)
        await self._wait()
        return found

    async def seek_line(self, stream: str, line: int) -> int | None:
        await self._call("seek_line")
        found = await self.inner.seek_line(stream, line)
        await self._wait()
        return found

    async def seek_time(self, stream: str, at: int) -> int | None:
        await self._call("seek_time")
        found = await self.inner.seek_time(stream, at)
        await self._wait()
        return found

    async def count(self, stream: str, buckets: Buckets) -> Counted:
        await self._call("count")
        found = await self.inner.count(stream, buckets)
        await self._wait()
        return found

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        await self._call("scan")
        scanned = await self.inner.scan(parts, wanted)
        await self._wait()
        return scanned

    async def delete(self, stream: str) -> None:
        await self._call("delete")
        await self.inner.delete(stream)
        await self._wait()

    async def put(self, kind: str, values: Mapping[str, bytes | None]) -> None:
        await self._call("put")
        await self.inner.put(kind, values)
        await self._wait()

    async def records(self, kind: str) -> Mapping[str, bytes]:
        await self._call("records")
        found = await self.inner.records(kind)
        await self._wait()
        return found

    async def close(self) -> None:
        await self.inner.close()
