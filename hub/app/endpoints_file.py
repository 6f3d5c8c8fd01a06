"""Where clients on this machine find the listeners: `endpoints.json`, written on a full disk, too."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Write = Callable[[Path, bytes], None]


def write_endpoints(
    path: Path, endpoints: Mapping[str, str], room: Sequence[Callable[[], object]] = (), write: Write | None = None
) -> None:
    """Tell where each listener listens, all at once or not at all; raise OSError where that cannot be.

    Where the disk has no room the file of a former hub is removed, since it is wrong now, and then each of `room` is
    called to make some.
    """
    data = json.dumps(dict(endpoints)).encode() + b"\n"
    ways: list[Callable[[], object]] = [lambda: path.unlink(missing_ok=True), *room]
    for make_room in ways:
        try:
            (write or _write)(path, data)
        except OSError:
            make_room()
        else:
            return
    (write or _write)(path, data)


def _write(path: Path, data: bytes) -> None:
    new = path.with_name(path.name + ".new")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
