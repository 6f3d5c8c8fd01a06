"""A lease held by a program: it is renewed, comes back after a lost connection, and is known to be lost in time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from hub.client.commander import Commander
from hub.client.connection import HubLost, Unreachable
from hub.client.locator import Hub
from hub.model.problem import Problem

ALIVE_SECONDS = 15.0
"""At least so often something is said: the hub takes who is silent for dead."""
AGAIN_SECONDS = 0.5
HEAR_SECONDS = 0.001
_COME_BACK = frozenset({"BUSY", "DRAIN", "STORE", "INTERNAL", "IDLE", "SLOW"})


class LeaseLost(Exception):
    """It is held no more; the text says why."""


class HeldLease:
    """One lease. `tend` it at least every second or two; not for several threads."""

    def __init__(
        self, locate: Callable[[], Hub], *, ttl_s: int, clock: Callable[[], float] = time.monotonic, **want: Any
    ) -> None:
        """`want` is `name=` or `any_of=`. `locate` finds a hub, or raises Unreachable or Problem."""
        self._locate = locate
        self._ttl_s = ttl_s
        self._want = want
        self._clock = clock
        self._commander: Commander | None = None
        self._key: str | None = None
        self._until = 0.0
        self._renew_at = 0.0
        self._try_at = 0.0
        self.row: dict[str, Any] = {}
        """What `lease.acquire` answered."""

    def acquire(self, wait_s: float = 0) -> dict[str, Any]:
        """Get it, within `wait_s` seconds; raise Problem CONFLICT where others hold it, Unreachable, HubLost."""
        deadline = self._clock() + wait_s
        while True:
            asked = self._clock()
            left = max(deadline - asked, 0)
            try:
                commander = self._connected()
                self.row = commander.call_within(
                    left + 30, "lease.acquire", ttl_s=self._ttl_s, wait_s=left, **self._want
                )
            except HubLost:
                self._drop()
                if left <= 0:
                    raise
                time.sleep(AGAIN_SECONDS)
                continue
            # Counted from the question: the hub's own count has not begun before. How long ago a wait came to its end
            # is not known, so it is asked to begin anew.
            self._holds(asked if not left else self._clock())
            self._renew_at = self._renew_at if not left else 0.0
            return self.row

    def steal(self, reason: str) -> dict[str, Any]:
        """Take it from whoever holds it; raise Unreachable, HubLost or Problem."""
        asked = self._clock()
        commander = self._connected()
        self.row = commander.call("lease.steal", reason=reason, ttl_s=self._ttl_s, **self._want)
        self._holds(asked)
        return self.row

    def command(self, command: str, args: dict[str, Any], idem: str | None = None) -> Any:
        """Send a command to the producer of the stream whose lease this is, and return its reply.

        Raise Problem, Unreachable or HubLost; said again with the same `idem` it is done once.
        """
        told = {"stream": self.row["stream"], "fence": self.row["fence"]}
        try:
            answer = self._connected().call("stream.command", command=command, args=args, idem=idem, **told)
        except HubLost:
            self._drop()
            raise
        return answer["reply"]

    @property
    def session(self) -> str:
        """The key of the session that holds it: a secret, as it speaks for the holder."""
        return self._key or ""

    def tend(self) -> None:
        """Renew it when it is time, and come back after a lost connection; raise LeaseLost once it is not held."""
        now = self._clock()
        try:
            if self._commander is not None:
                self._hear(self._commander)
            if now >= self._renew_at and now >= self._try_at:
                commander = self._connected()
                commander.call_within(
                    max(self._until - now, 0.1), "lease.renew", name=self.row["name"], fence=self.row["fence"]
                )
                self._holds(now)
                self._hear(commander)
        except (HubLost, Unreachable):
            self._drop()
            self._try_at = now + AGAIN_SECONDS
        except Problem as problem:
            if problem.word not in _COME_BACK:
                raise LeaseLost(problem.text) from None
            self._drop()
            self._try_at = now + max((problem.retry_after or 0) / 1000, AGAIN_SECONDS)
        if self._clock() >= self._until:
            raise LeaseLost(f"the hub could not be asked to renew it for {self._ttl_s} s")

    def release(self) -> None:
        """Give it back, if the hub can be told so; it ends by itself otherwise."""
        with contextlib.suppress(HubLost, Unreachable, Problem):
            commander = self._connected()
            commander.call("lease.release", name=self.row["name"], fence=self.row["fence"])
            commander.call("hub.bye")
        self._drop()

    def leave(self) -> None:
        """Let go of the connection alone: the hub keeps the lease for its session for some seconds."""
        self._drop()

    def _holds(self, since: float) -> None:
        self._until = since + self._ttl_s
        self._renew_at = since + min(self._ttl_s / 3, ALIVE_SECONDS)

    def _hear(self, commander: Commander) -> None:
        while (note := commander.next_notification(HEAR_SECONDS)) is not None:
            if note.method == "lease.lost" and note.params.get("fence") == self.row["fence"]:
                by, reason = note.params.get("by"), note.params.get("reason")
                raise LeaseLost(
                    f"{note.params.get('cause')}" + (f" by {by}" if by else "") + (f": {reason}" if reason else "")
                )

    def _connected(self) -> Commander:
        if self._commander is None:
            self._commander = Commander.connect(self._locate(), session=self._key)
            self._key = self._commander.session["session"]
        return self._commander

    def _drop(self) -> None:
        if self._commander is not None:
            self._commander.close()
            self._commander = None
