"""The processes that a process has started, as the system tells them by threads."""

from __future__ import annotations

from pathlib import Path


def children(pid: int | str = "self") -> set[int]:
    """Return the processes that this one has started and that are not over."""
    while True:
        try:
            told = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
        except (FileNotFoundError, ProcessLookupError):
            # A thread ended meanwhile, and another one has its children. That the process itself is over is an error.
            if not Path(f"/proc/{pid}/task").exists():
                raise
            continue
        return {int(word) for words in told for word in words.split()}
