"""Control of a stream's producer: its lease, and what is typed, sent by a thread so that nobody waits for a reply."""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from typing import Any, NamedTuple

from hub.client.connection import HubLost, Unreachable
from hub.client.lease import HeldLease, LeaseLost
from hub.model.problem import Problem
from hub.model.session_key import new_key

LOOK_SECONDS = 0.2
CLOSE_SECONDS = 5.0
KEYS_AT_ONCE = 4096
MOST_KEYS = 64 * 1024
"""Past so much that nobody took, what is typed is not taken either."""


class Control:
    """Sends keys, sizes and signals, in the order in which they came, while the lease is held."""

    def __init__(self, lease: HeldLease) -> None:
        """`lease` is that of a stream, acquired. It is this object's from now on."""
        self.failure: str | None = None
        """Why no more is sent, once that is so."""
        self.lost = False
        """Whether it is because the lease is another's."""
        self._lease = lease
        self._keys = bytearray()
        self._size: tuple[int, int] | None = None
        self._signals: list[str] = []
        self._changed = threading.Condition()
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def ask(self, command: str, args: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return the reply; to be called before `start` only. Raise Problem or HubLost."""
        reply = self._lease.command(command, args)
        return reply if isinstance(reply, dict) else {"done": True, "reply": reply}

    def start(self) -> None:
        """Send from now on."""
        self._thread.start()

    def type(self, data: bytes) -> bool:
        """Send keys soon; return whether there was room for them."""
        with self._changed:
            if len(self._keys) + len(data) > MOST_KEYS:
                return False
            self._keys += data
            self._changed.notify()
            return True

    def resize(self, rows: int, columns: int) -> None:
        """Send the terminal's size soon; only the latest counts."""
        with self._changed:
            self._size = (rows, columns)
            self._changed.notify()

    def signal(self, name: str) -> None:
        """Send a signal soon."""
        with self._changed:
            self._signals.append(name)
            self._changed.notify()

    def close(self) -> str | None:
        """Send what is left, if it can be, and give the lease back; return what is to be said where that failed."""
        with self._changed:
            self._stop = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            return self._lease.not_given_back(f"the hub has not answered for {CLOSE_SECONDS:g} s")
        kept = self._lease.release()
        return None if self.lost else kept

    def _run(self) -> None:
        sending: deque[_Said] = deque()
        while self.failure is None:
            with self._changed:
                if not (self._waits() or sending or self._stop):
                    self._changed.wait(LOOK_SECONDS)
                if self._stop and not (self._waits() or sending):
                    return
                if not sending:
                    sending.extend(self._take())
            try:
                self._lease.tend()
                while sending:
                    said = sending[0]
                    self._lease.command(said.command, said.args, said.idem)
                    sending.popleft()
            except LeaseLost as lost:
                self.lost, self.failure = True, f"the lease is lost: {lost}"
            except (HubLost, Unreachable):
                # Said again when the hub is back, with the same `idem`. It is done once, also where another hub was
                # started meanwhile: the producer knows what it has done.
                time.sleep(LOOK_SECONDS)
            except Problem as problem:
                if problem.keys.get("sent") and problem.retry_after is not None:
                    # It may have been done, and is not sent again: what is said next goes to the producer's next line.
                    sending.popleft()
                if problem.retry_after is None:
                    self.lost = problem.word == "FENCED"
                    self.failure = problem.text
                else:
                    time.sleep(min(problem.retry_after / 1000, 1.0))

    def _waits(self) -> bool:
        return bool(self._keys or self._size or self._signals)

    def _take(self) -> list[_Said]:
        """Return what is to be said next, in a few commands."""
        said = []
        if self._size is not None:
            said.append(_Said("resize", {"rows": self._size[0], "columns": self._size[1]}, new_key()))
        if self._keys:
            keys = base64.b64encode(self._keys[:KEYS_AT_ONCE]).decode()
            said.append(_Said("stdin", {"data": keys}, new_key()))
        said.extend(_Said("signal", {"name": name}, new_key()) for name in self._signals)
        del self._keys[:KEYS_AT_ONCE]
        self._size, self._signals = None, []
        return said


class _Said(NamedTuple):
    """A command on its way."""

    command: str
    args: dict[str, Any]
    idem: str
