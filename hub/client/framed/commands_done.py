"""Commands of the hub that are done once, however often they come: a hub that was started again may repeat one."""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED = 1000
"""So many commands are known again at most."""
REPLIES_BYTES = 1 << 20
"""And no more than fit with this much of replies, though the last one always."""


class CommandsDone:
    """What came with an `idem`, and what was replied. The oldest are forgotten past the two bounds above."""

    def __init__(self) -> None:
        self._replies: OrderedDict[str, bytes | None] = OrderedDict()
        """By `idem`; None while it is being done."""
        self._asked: dict[str, str] = {}
        """The `idem` of what is being done, by each id that it came under."""
        self._bytes = 0

    def begin(self, command_id: str, idem: str) -> bool:
        """Take note of a command; return whether it is to be done, as it did not come before."""
        new = idem not in self._replies
        if new:
            self._replies[idem] = None
        if self._replies[idem] is None:
            self._asked[command_id] = idem
        self._forget()
        return new

    def reply_to(self, idem: str) -> bytes | None:
        """Return what was replied to a command; None where it is not known, or not yet."""
        return self._replies.get(idem)

    def replied(self, command_id: str, reply: bytes) -> list[str]:
        """Take a reply; return the ids under which somebody may wait for it."""
        idem = self._asked.get(command_id)
        if idem is None:
            return [command_id]
        ids = [each for each, other in self._asked.items() if other == idem]
        for each in ids:
            del self._asked[each]
        self._replies[idem] = reply
        self._bytes += len(reply)
        self._forget()
        return ids

    def _forget(self) -> None:
        while len(self._replies) > REMEMBERED or (self._bytes > REPLIES_BYTES and len(self._replies) > 1):
            idem, reply = self._replies.popitem(last=False)
            self._bytes -= len(reply or b"")
            if reply is None:
                self._asked = {each: other for each, other in self._asked.items() if other != idem}
