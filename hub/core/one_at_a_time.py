"""Changes that wait for each other."""

from __future__ import annotations

from collections import deque
from types import TracebackType

from hub.core.ports import Promise, Tasks


class OneAtATime:
    """`async with` lets one coroutine through at a time, in the order in which they came."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._held = False
        self._waiting: deque[Promise[None]] = deque()

    async def __aenter__(self) -> None:
        """Wait for one's turn."""
        if not self._held:
            self._held = True
            return
        turn: Promise[None] = self._tasks.promise()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:  # cancelled while it waited, or just when its turn had come
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._next()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one through."""
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._waiting.popleft().keep(None)
        else:
            self._held = False
