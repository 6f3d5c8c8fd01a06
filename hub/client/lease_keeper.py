"""Keeps a lease beside something that must not go on without it."""

from __future__ import annotations

import threading
from typing import NamedTuple

from hub.client.lease import HeldLease, LeaseLost

TEND_SECONDS = 0.2
CLOSE_SECONDS = 5.0
"""So long the thread may take to come to its end: it may be waiting for an answer of the hub."""


class Over(NamedTuple):
    """Why a lease is not counted on any more, and for how many seconds nobody else can hold it yet.

    `left_s` is None where the hub said that it is lost.
    """

    why: str
    left_s: float | None


class LeaseKeeper:
    """Tends a lease in a thread of its own, so that no wait for the hub makes anybody miss its end."""

    def __init__(self, lease: HeldLease, reserve_s: float = 0.0) -> None:
        """`lease` is acquired, and this object's from now on. It counts as over `reserve_s` before it may be."""
        self._lease = lease
        self._reserve_s = reserve_s
        self._lost: str | None = None
        self._failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._thread.start()

    @property
    def sure_s(self) -> float:
        """For how many seconds it is not over, if the hub says nothing."""
        return self._lease.until - self._reserve_s - self._lease.now()

    def over(self) -> Over | None:
        """Return why it is over, once it is; raise what tending it failed with otherwise."""
        if self._failure is not None:
            raise self._failure
        if self._lost is not None:
            return Over(self._lost, None)
        if self.sure_s > 0:
            return None
        return Over(self._lease.silence, max(self._lease.until - self._lease.now(), 0))

    def close(self) -> str | None:
        """Give it back; return what is to be said where that failed, and it is not lost anyway."""
        lost = self._lost is not None or self.sure_s <= 0
        self._stop.set()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            kept: str | None = self._lease.not_given_back(f"the hub has not answered for {CLOSE_SECONDS:g} s")
        else:
            kept = self._lease.release()
        return None if lost or self._lost is not None else kept

    def _run(self) -> None:
        try:
            while not self._stop.wait(min(TEND_SECONDS, self._lease.window_s / 10)):
                self._lease.tend()
        except LeaseLost as lost:
            self._lost = str(lost)
        except BaseException as failure:
            self._failure = failure  # raised where somebody looks
