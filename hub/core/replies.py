"""Commands to producers that wait for their replies."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.writer import WriterHolder
from hub.model.problem import Problem

Answer = Callable[[bytes | Problem], None]


class Replies:
    """Who waits for which reply, by the id that the command was sent under."""

    def __init__(self, epoch: int) -> None:
        """`epoch` is the hub's: a reply to a command of a former hub is none to this one's."""
        self._epoch = epoch
        self._last = 0
        self._waiting: dict[str, tuple[WriterHolder, Answer]] = {}

    def send(self, holder: WriterHolder, name: str, arguments: bytes, answer: Answer, idem: str | None = None) -> str:
        """Send a command (`arguments` is JSON); `answer` is told the reply, or why none can come. Return its id.

        A producer does it once for an `idem`, and replies the same to each. Raise Problem NOTFOUND where the producer
        did not offer it, BUSY where it does not read what it is sent.
        """
        self._last += 1
        command_id = f"c{self._epoch}-{self._last}"
        holder.command(command_id, name, arguments, idem)
        self._waiting[command_id] = (holder, answer)
        return command_id

    def answer(self, command_id: str, holder: WriterHolder, reply: bytes) -> None:
        """Take a reply; one that nobody waits for any more, or from somebody else, is dropped."""
        waiting = self._waiting.get(command_id)
        if waiting is not None and waiting[0] is holder:
            del self._waiting[command_id]
            waiting[1](reply)

    def forget(self, command_id: str) -> None:
        """Wait no more."""
        self._waiting.pop(command_id, None)

    def gone(self, holder: WriterHolder) -> None:
        """Take note that a producer's connection is gone: what it was told may or may not have happened."""
        if not self._waiting:
            return
        for command_id, (waits_for, answer) in list(self._waiting.items()):
            if waits_for is holder:
                del self._waiting[command_id]
                text = "the producer went away before it replied; it may have done it all the same"
                answer(Problem("CONFLICT", text, retry_after=1000))
