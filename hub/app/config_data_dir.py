"""The data directory: made when it is missing, private, and held by one hub at a time."""

from __future__ import annotations

from pathlib import Path

from twisted.logger import Logger

from hub.app.config import Config, ConfigError
from hub.app.lock_file import LockHeld, hold_lock

_log = Logger(namespace="hub")


def hold_data_dir(config: Config) -> int:
    """Take the data directory for this process and return the descriptor that holds it, to be closed at the end.

    Two hubs in one directory would write over each other's endpoints and tokens, and the first to stop would take the
    other's away. The kernel lets go of the lock with the process, however that ends. Raises ConfigError.
    """
    try:
        config.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = hold_lock(config.data_path / "hub.lock")
    except LockHeld as held:
        who = held.who("hub")
        raise ConfigError(
            [f"data_dir: {who} already runs with {config.data_dir}; give this one a data directory of its own"]
        ) from None
    except OSError as error:
        raise ConfigError([f"data_dir: {error.filename or config.data_dir} cannot be used: {error.strerror}"]) from None
    _warn_if_open(config)
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
