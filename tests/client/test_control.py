"""What is typed into a command from afar: each key at most once, whatever the answer was."""

from __future__ import annotations

import base64
import threading
from typing import Any

from hub.client.control import Control
from hub.model.problem import Problem


class Lease:
    """A lease whose commands answer as told."""

    def __init__(self, *answers: Problem | None) -> None:
        self.said: list[tuple[bytes, str]] = []
        self._answers = list(answers)
        self.asked = threading.Event()
        self.done = threading.Event()

    def command(self, command: str, args: dict[str, Any], idem: str) -> dict[str, Any]:
        self.said.append((base64.b64decode(args["data"]), idem))
        self.asked.set()
        answer = self._answers.pop(0)
        if not self._answers:
            self.done.set()
        if answer is not None:
            raise answer
        return {"done": True}

    def tend(self) -> None: ...

    def release(self) -> None: ...


def test_what_may_have_been_typed_is_not_typed_again() -> None:
    lease = Lease(Problem("CONFLICT", "went away", retry_after=1, sent=True), None)
    control = Control(lease)  # type: ignore[arg-type]
    control.type(b"rm x\r")
    control.start()
    assert lease.asked.wait(10)
    control.type(b"ls\r")
    assert lease.done.wait(10)
    control.close()
    assert [said for said, _ in lease.said] == [b"rm x\r", b"ls\r"]
    assert control.failure is None


def test_what_was_not_sent_is_said_again_under_its_idem() -> None:
    lease = Lease(Problem("BUSY", "does not read", retry_after=1), None)
    control = Control(lease)  # type: ignore[arg-type]
    control.type(b"ls\r")
    control.start()
    assert lease.done.wait(10)
    control.close()
    first, again = lease.said
    assert first == again
