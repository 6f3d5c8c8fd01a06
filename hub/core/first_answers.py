"""What changes something is done once: its first answer is kept for whoever repeats the call with the same key."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.ports import Clock
from hub.core.sessions import Session
from hub.model.problem import Problem

KEEP_SECONDS = 600.0
MOST = 10_000
"""Past so many the oldest is forgotten."""
BUSY_MS = 500

Key = tuple[str, str]


@dataclass(slots=True)
class First:
    """A call, and its answer once it is there."""

    call: bytes
    """Method and parameters."""
    at: float
    result: object = None
    done: bool = False
    problem: Problem | None = None
    """Why there is no result, where it may have been done all the same."""


class FirstAnswers:
    """First answers of calls with `idem`, by session and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first: dict[Key, First] = {}

    def begin(self, session: Session, idem: str, call: bytes) -> First | None:
        """Return what the same call was answered, or None: then it is to be done, and told to `done` or `failed`.

        Raise Problem CONFLICT where the key was used for another call, BUSY while the first one is under way, and
        what `unsure` was told.
        """
        self._forget()
        key = (session.key_hash, idem)
        first = self._first.get(key)
        if first is None:
            self._first[key] = First(call, self._clock.monotonic())
            return None
        if first.call != call:
            raise Problem("CONFLICT", "this idem was used for another call; take a new one")
        if first.problem is not None:
            raise first.problem.about()
        if not first.done:
            raise Problem("BUSY", "the first call with this idem is under way", retry_after=BUSY_MS)
        return first

    def done(self, session: Session, idem: str, result: object) -> None:
        """Take the answer."""
        first = self._first.get((session.key_hash, idem))
        if first is not None:
            first.result, first.done = result, True

    def unsure(self, session: Session, idem: str, problem: Problem) -> None:
        """Take note that it failed after it may have been done: it is never tried again, only told so again."""
        first = self._first.get((session.key_hash, idem))
        if first is not None:
            first.problem = problem

    def failed(self, session: Session, idem: str) -> None:
        """Take note that nothing was done, or that nobody knows: the call may be tried again."""
        self._first.pop((session.key_hash, idem), None)

    def _forget(self) -> None:
        before = self._clock.monotonic() - KEEP_SECONDS
        while self._first:
            key, first = next(iter(self._first.items()))
            if first.at > before and len(self._first) < MOST:
                return
            del self._first[key]
