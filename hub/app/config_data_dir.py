"""The data directory: made when it is missing, private, and held by one hub at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from twisted.logger import Logger

from hub.app.config import Config, ConfigError

_log = Logger(namespace="hub")


def hold_data_dir(config: Config) -> int:
    """Take the data directory for this process and return the descriptor that holds it, to be closed at the end.

    Two hubs in one directory would write over each other's endpoints and tokens, and the first to stop would take the
    other's away. The kernel lets go of the lock with the process, however that ends. Raises ConfigError.
    """
    try:
        config.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = config.data_path / "hub.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ConfigError([f"data_dir: {error.filename or config.data_dir} cannot be used: {error.strerror}"]) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        who = f"another hub (process {holder})" if holder.isdigit() else "another hub"
        raise ConfigError(
            [f"data_dir: {who} already runs with {config.data_dir}; give this one a data directory of its own"]
        ) from None
    _warn_if_open(config)
    # For the message above alone: a full disk must not keep a hub from starting.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
    return descriptor


def open_to_others(path: Path) -> str | None:
    """Return how to close a data directory that others may look into; None where it is closed."""
    mode = path.stat().st_mode & 0o777
    return f"others may look into {path} (mode {mode:o}): chmod 700 {path}" if mode & 0o077 else None


def _warn_if_open(config: Config) -> None:
    said = open_to_others(config.data_path)
    if said is not None:
        # Not closed by us: it may be a directory of many things.
        _log.warn("data_dir: {said}", said=said)
