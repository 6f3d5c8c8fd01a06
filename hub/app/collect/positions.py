"""How far files were collected, kept over restarts."""

from __future__ import annotations

import json
import os
from collections import deque
from pathlib import Path

from hub.app.collect.tailed_file import Position
from hub.app.lock_file import LockHeld, hold_lock


class PositionsHeld(Exception):
    """Another process keeps its positions there; the text says which, and what to do."""


def hold_positions(path: Path) -> int:
    """Take a file of positions for this process, and return the descriptor that holds it, to be kept until the end.

    Two processes would write over each other's positions, and either would go on at the other's. The kernel lets go of
    the lock with the process. Raise PositionsHeld; OSError where there can be no lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # Beside it, since the file itself is replaced.
        return hold_lock(path.with_name(f"{path.name}.lock"))
    except LockHeld as held:
        who = held.who("hub collect")
        raise PositionsHeld(
            f"{who} already keeps in {path} how far files are; end it, or give this one its own --state"
        ) from None


class Positions:
    """Positions by path, in a small file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        """Read what a former process left; a file that makes no sense is as one that is not there, and `problem`."""
        self._path = path
        self._known: dict[str, Position] = {}
        self._changed = False
        self.problem: str | None = None
        """Why what was kept could not be read."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            self._known = {name: Position(*map(int, place)) for name, place in kept.items()}
        except FileNotFoundError:
            pass
        except OSError as error:
            self.problem = f"{path}: {error.strerror or error}"
        except (ValueError, TypeError, AttributeError):
            self.problem = f"{path} makes no sense"

    def get(self, path: str) -> Position | None:
        """Return how far a file was collected."""
        return self._known.get(path)

    def put(self, path: str, position: Position) -> None:
        """Take note how far a file is held by the hub."""
        if self._known.get(path) != position:
            self._known[path] = position
            self._changed = True

    def save(self) -> None:
        """Write them, if any changed; raise OSError."""
        if not self._changed:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._path.with_name(f"{self._path.name}.new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w") as opened:
            json.dump(self._known, opened)
        new.replace(self._path)
        self._changed = False


class Acknowledged:
    """Which position in a file belongs to what the hub has acknowledged of a stream."""

    def __init__(self) -> None:
        self._read: deque[tuple[int, Position]] = deque()

    def note(self, end: int, position: Position) -> None:
        """Take note that the producer's bytes up to `end` reach to a position of the file."""
        self._read.append((end, position))

    def upto(self, acknowledged: int) -> Position | None:
        """Return the position that is held by the hub now, if it is another than at the last look."""
        position = None
        while self._read and self._read[0][0] <= acknowledged:
            position = self._read.popleft()[1]
        return position
