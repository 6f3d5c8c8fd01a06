"""All reader queues together: past their bound the longest are emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.core.reader_queue import ReaderQueue


class QueueMemory:
    """What all reader queues refer to, in bytes. A chunk that ten readers wait for counts ten times."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._queues: set[ReaderQueue] = set()
        self.bytes = 0

    def add(self, queue: ReaderQueue) -> None:
        """Watch a queue."""
        self._queues.add(queue)

    def remove(self, queue: ReaderQueue) -> None:
        """Watch a queue no longer, and forget its bytes."""
        if queue in self._queues:
            self._queues.remove(queue)
            self.bytes -= queue.bytes
            queue.bytes = 0

    def grow(self, size: int) -> bool:
        """Count bytes that a queue took; return whether all together are over the bound now."""
        self.bytes += size
        return self.bytes > self._bound

    def shrink(self, size: int) -> None:
        """Count bytes that a queue gave or let go."""
        self.bytes -= size

    def relieve(self) -> None:
        """Empty the longest queues until a tenth of the bound is free again."""
        if self.bytes <= self._bound:
            return
        for queue in sorted(self._queues, key=lambda each: each.bytes, reverse=True):
            if self.bytes <= self._bound * 9 // 10:
                return
            queue.let_go()
