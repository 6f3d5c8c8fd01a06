"""What one read brought, a portion a turn: nothing more is read from that peer until all of it is taken."""

from __future__ import annotations

from collections.abc import Callable

from hub.core.turn_share import TurnShare


class Portions:
    """Hands what comes to `take`, again and again while that leaves something, out of what of a turn is for that."""

    __slots__ = ("_meanwhile", "_read_more", "_share", "_take", "_then", "waiting")

    def __init__(self, share: TurnShare, read_more: Callable[[bool], None], take: Callable[[bytes], bool]) -> None:
        """`read_more` is told whether more may be read.

        `take` returns whether it left something. It has to catch its own faults: raised in a later turn, one would
        leave the peer unread for ever.
        """
        self._share = share
        self._read_more = read_more
        self._take = take
        self._then: Callable[[], None] | None = None
        self._meanwhile: list[bytes] = []
        """What TLS hands on after it was told to pause: no more than one read brought it."""
        self.waiting = False
        """Whether something is left for another turn."""

    def feed(self, data: bytes) -> None:
        """Take what came, as far as this turn's share goes."""
        if self.waiting:
            self._meanwhile.append(data)
        elif self._take(data):
            self.waiting = True
            self._read_more(False)
            self._share.wait(self._go_on, again=True)

    def then(self, call: Callable[[], None]) -> None:
        """Call once nothing is left, which may be now: for the end, which comes after all that was said."""
        if self.waiting:
            self._then = call
        else:
            call()

    def _go_on(self) -> None:
        data = b"".join(self._meanwhile)
        self._meanwhile.clear()
        if self._take(data):
            self._share.wait(self._go_on, again=True)
            return
        self.waiting = False
        self._read_more(True)
        if self._then is not None:
            self._then()
