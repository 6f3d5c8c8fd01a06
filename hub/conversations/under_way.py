"""Calls that wait for something, and batches that wait for their calls."""

from __future__ import annotations

from hub.core.ports import Cancellable
from hub.wire.json_rpc import Call

Answer = dict[str, object]


class UnderWay:
    """A call that waits for something, so that it can be cancelled and its batch be completed."""

    __slots__ = ("batch", "call", "lasting", "task", "waits")

    def __init__(self, call: Call, batch: Batch | None, *, waits: bool, lasting: bool = False) -> None:
        self.lasting = lasting
        """What it changes: that goes on to its end, whoever waits for the answer."""
        self.waits = waits
        """Whether it counts among those that may wait for long."""
        self.call = call
        self.batch = batch
        self.task: Cancellable | None = None

    def cancel(self) -> None:
        """Stop it, unless it changes something: half of a change is worse than an answer that nobody hears."""
        if self.task is not None and not self.lasting:
            self.task.cancel()


class Batch:
    """Answers of a batch, sent together when the last one is there."""

    def __init__(self, calls: int) -> None:
        self._open = calls
        self._answers: list[Answer] = []

    def add(self, answer: Answer | None) -> list[Answer]:
        """Take an answer, None for a notification's; return all of them once complete."""
        self._open -= 1
        if answer is not None:
            self._answers.append(answer)
        return self._answers if self._open == 0 else []
