"""A lease held by a program: it is renewed, comes back after a lost connection, and is known to be lost in time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

from hub.client.commander import ANSWER_SECONDS, Commander, NoAnswer
from hub.client.connection import CONNECT_SECONDS, HubLost, Unreachable
from hub.client.locator import Hub
from hub.model.problem import Problem

RENEW_SECONDS = 15.0
"""It is renewed at least so often."""
GRACE_SECONDS = 10.0
"""How long a hub keeps it for somebody whose connection is gone, if the hub does not say."""
START_GRACE_SECONDS = 60.0
"""The same after a start of the hub."""
PROOFS = 8
"""So many times within what a hub waits it is asked whether it has us still."""
AGAIN_SECONDS = 0.5
MOST_AGAIN_SECONDS = 5.0
LEAST_SECONDS = 1.0
"""So long the hub is waited for in any case; who is not to go on meanwhile looks at `until`."""
RELEASE_SECONDS = 5.0
BYE_SECONDS = 1.0
HEAR_SECONDS = 0.001
_COME_BACK = frozenset({"BUSY", "DRAIN", "STORE", "INTERNAL", "IDLE", "SLOW"})
_ASK_AGAIN = _COME_BACK | {"EXPIRED", "FENCED"}


class LeaseLost(Exception):
    """It is held no more; the text says why."""


def since_boot() -> float:
    """Return seconds that never jump, and pass while the machine sleeps as well."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class HeldLease:
    """One lease. `tend` it at least every second or two; not for several threads, save for `until` and `now`."""

    def __init__(
        self,
        locate: Callable[[float | None], Hub],
        *,
        ttl_s: int,
        clock: Callable[[], float] = since_boot,
        sleep: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda text: None,
        **want: Any,
    ) -> None:
        """`want` is `name=` or `any_of=`. `locate` finds a hub within a time, or raises Unreachable or Problem.

        `say` is told, while it is waited for, of a lost hub and of a lost place.
        """
        self._locate = locate
        self._ttl_s = ttl_s
        self._want = want
        self._clock = clock
        self._sleep = sleep
        self._say = say
        self._commander: Commander | None = None
        self._key: str | None = None
        self._grace_s = GRACE_SECONDS
        self._start_grace_s = START_GRACE_SECONDS
        self._renewed_at = 0.0
        """When the hub was asked for what it answered last: its ttl did not begin before."""
        self._seen_at = 0.0
        """Likewise of any answer: the hub did not see the connection end before."""
        self._try_at = 0.0
        self.row: dict[str, Any] = {}
        """What `lease.acquire` answered."""

    def now(self) -> float:
        """Return the time, as `until` counts it."""
        return self._clock()

    @property
    def until(self) -> float:
        """Before this moment nobody else can hold it, whatever becomes of the connection; tending puts it off."""
        return min(self._renewed_at + self._ttl_s, self._seen_at + self._grace_s)

    @property
    def window_s(self) -> float:
        """How far off `until` is at most."""
        return min(self._ttl_s, self._grace_s)

    def acquire(self, wait_s: float = 0) -> dict[str, Any]:
        """Get it, within `wait_s` seconds, over lost connections and starts of the hub.

        Raise Problem CONFLICT where others hold it, Unreachable or HubLost where there is no hub in all that time.
        """
        deadline = self._clock() + wait_s
        pause = AGAIN_SECONDS
        while True:
            try:
                self._ask(deadline)
                return self.row
            except (HubLost, Unreachable, Problem) as failure:
                left = deadline - self._clock()
                if left <= 0 or (isinstance(failure, Problem) and failure.word not in _ASK_AGAIN):
                    self._drop()
                    raise
                wanted = self._failed(failure, pause)
                self._sleep(min(wanted, left))
                pause = min(2 * pause, MOST_AGAIN_SECONDS)

    def steal(self, reason: str) -> dict[str, Any]:
        """Take it from whoever holds it; raise Unreachable, HubLost or Problem."""
        commander = self._connected(None)
        asked = self._clock()
        self.row = commander.call("lease.steal", reason=reason, ttl_s=self._ttl_s, **self._want)
        self._renewed_at = self._seen_at = asked
        return self.row

    def command(self, command: str, args: dict[str, Any], idem: str | None = None) -> Any:
        """Send a command to the producer of the stream whose lease this is, and return its reply.

        Raise Problem, Unreachable or HubLost; said again with the same `idem` it is done once.
        """
        told = {"stream": self.row["stream"], "fence": self.row["fence"]}
        try:
            answer = self._connected(self._left()).call("stream.command", command=command, args=args, idem=idem, **told)
        except HubLost:
            self._drop()
            raise
        return answer["reply"]

    @property
    def session(self) -> str:
        """The key of the session that holds it: a secret, as it speaks for the holder."""
        return self._key or ""

    def tend(self) -> None:
        """Renew it when it is time, and come back after a lost connection; raise LeaseLost once it is not held.

        It may wait for the hub until the lease is over, and a little longer.
        """
        now = self._clock()
        try:
            if self._commander is not None:
                self._hear(self._commander)
            if now >= self._try_at:
                self._keep_up()
        except (HubLost, Unreachable):
            self._drop()
            self._try_at = now + AGAIN_SECONDS
        except Problem as problem:
            if problem.word not in _COME_BACK:
                raise LeaseLost(problem.text) from None
            if problem.word != "STORE":
                self._drop()
            self._try_at = now + max((problem.retry_after or 0) / 1000, AGAIN_SECONDS)
        if self._clock() >= self.until:
            raise LeaseLost(self.silence)

    @property
    def silence(self) -> str:
        """Why it is over once `until` is past."""
        if self._renewed_at + self._ttl_s <= self._seen_at + self._grace_s:
            return f"the hub could not be asked to renew it for {self._ttl_s} s"
        return f"the hub was not reached for the {self._grace_s:g} s that it waits for a holder"

    def release(self) -> str | None:
        """Give it back; return what is to be said where the hub could not be told so: then it ends by itself."""
        failure = None
        try:
            commander = self._connected(RELEASE_SECONDS)
            told = {"name": self.row["name"], "fence": self.row["fence"]}
            commander.call_within(RELEASE_SECONDS, "lease.release", **told)
        except (HubLost, Unreachable, Problem) as failed:
            if not isinstance(failed, Problem) or failed.word in _COME_BACK:
                failure = str(failed)
        else:
            with contextlib.suppress(HubLost, Unreachable, Problem):
                commander.call_within(RELEASE_SECONDS, "hub.bye")
        self._drop()
        return None if failure is None else self.not_given_back(failure)

    def not_given_back(self, why: str) -> str:
        """Return what is to be said of it when the hub was not told that it is free: when it will be."""
        end = f"when its ttl of {self._ttl_s} s is over"
        if self._ttl_s > self._grace_s:
            after_start = min(max(self._start_grace_s, self._grace_s), self._ttl_s)
            end = (
                f"{self._grace_s:g} s after the hub has noticed that its holder is gone, or, where the hub is started "
                f"again, at most {after_start:g} s after that, and at the latest {end}"
            )
        return f"the lease could not be given back: {why}; it ends by itself {end}"

    def give_up(self) -> None:
        """Wait no more: the hub is told so, if it can be, and the place in the queue is the next one's at once."""
        if self._commander is not None:
            with contextlib.suppress(HubLost, Unreachable, Problem):
                self._commander.call_within(BYE_SECONDS, "hub.bye")
        self._drop()

    def leave(self) -> None:
        """Let go of the connection alone: the hub keeps the lease for its session for some seconds."""
        self._drop()

    def _ask(self, deadline: float) -> None:
        commander = self._connected(max(deadline - self._clock(), CONNECT_SECONDS))
        asked = self._clock()
        left = max(deadline - asked, 0)
        self.row = commander.call_within(
            left + ANSWER_SECONDS, "lease.acquire", ttl_s=self._ttl_s, wait_s=left, **self._want
        )
        if left:
            # How long ago the wait came to its end is not known, so it is asked to begin anew.
            asked = self._clock()
            commander.call("lease.renew", name=self.row["name"], fence=self.row["fence"])
        self._renewed_at = self._seen_at = asked

    def _failed(self, failure: HubLost | Unreachable | Problem, pause: float) -> float:
        """Take note that asking failed for now; return after how many seconds to ask again."""
        problem = failure if isinstance(failure, Problem) else None
        if problem is None or problem.word != "STORE":
            self._drop()
        if problem is not None and problem.word == "EXPIRED":
            self._key = None
            self._say("the hub knows of no former place in the queue: asked anew, at its end")
            return 0
        self._say(f"{failure}; asked again")
        retry_after = problem.retry_after if problem is not None else None
        return max(pause, (retry_after or 0) / 1000)

    def _keep_up(self) -> None:
        fresh = self._commander is None
        if not fresh and self._clock() < self._seen_at + self.window_s / PROOFS:
            return
        commander = self._connected(self._left())
        if fresh or self._clock() >= self._renewed_at + min(self._ttl_s / 3, RENEW_SECONDS):
            told = {"name": self.row["name"], "fence": self.row["fence"]}
            try:
                self._renewed_at = self._prove(commander, "lease.renew", **told)
            except NoAnswer:
                # It is answered once stored. A hub that only stores slowly has us still.
                self._prove(commander, "hub.info")
        else:
            self._prove(commander, "hub.info")
        self._hear(commander)

    def _prove(self, commander: Commander, method: str, **params: Any) -> float:
        """Call, and take note that the hub has the connection; return when it was asked."""
        asked = self._clock()
        try:
            commander.call_within(self._left() / 2, method, **params)
        except Problem as problem:
            if problem.word == "STORE":
                self._seen_at = asked
            raise
        self._seen_at = asked
        return asked

    def _left(self) -> float:
        return max(self.until - self._clock(), LEAST_SECONDS)

    def _hear(self, commander: Commander) -> None:
        while (note := commander.next_notification(HEAR_SECONDS)) is not None:
            if note.method == "lease.lost" and note.params.get("fence") == self.row["fence"]:
                by, reason = note.params.get("by"), note.params.get("reason")
                raise LeaseLost(
                    f"{note.params.get('cause')}" + (f" by {by}" if by else "") + (f": {reason}" if reason else "")
                )

    def _connected(self, within: float | None) -> Commander:
        if self._commander is None:
            begun = self._clock()
            hub = self._locate(within)
            left = None if within is None else max(within - (self._clock() - begun), 0.001)
            self._commander = Commander.connect(hub, session=self._key, within=left)
            self._key = self._commander.session["session"]
            limits = self._commander.session.get("limits") or {}
            self._grace_s = float(limits.get("lease_grace_seconds", GRACE_SECONDS))
            self._start_grace_s = float(limits.get("lease_start_grace_seconds", START_GRACE_SECONDS))
        return self._commander

    def _drop(self) -> None:
        if self._commander is not None:
            self._commander.close()
            self._commander = None
