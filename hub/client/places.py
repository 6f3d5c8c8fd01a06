"""Where a user's files are. On Linux by the XDG rules without an import, elsewhere as platformdirs says."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def user_data_dir(env: Mapping[str, str] | None = None) -> str:
    """Return the default data directory of a hub that this user runs."""
    return _place("data", "XDG_DATA_HOME", os.path.join(".local", "share"), env)


def user_config_dir(env: Mapping[str, str] | None = None) -> str:
    """Return the directory of this user's hub.toml and stored login."""
    return _place("config", "XDG_CONFIG_HOME", ".config", env)


def config_files(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the configuration files that are looked for when none is named, best first."""
    return (os.path.join(user_config_dir(env), "hub.toml"), "/etc/hub/hub.toml")


def local_data_dir(env: Mapping[str, str] | None = None) -> str:
    """Return the data directory of this machine's hub: HUB_DATA_DIR, the configuration file's, the default.

    Raises ValueError where the configuration file cannot be understood.
    """
    variables = os.environ if env is None else env
    if given := variables.get("HUB_DATA_DIR"):
        return os.path.abspath(os.path.expanduser(given))
    named = variables.get("HUB_CONFIG")
    for path in (os.path.expanduser(named),) if named else config_files(env):
        if os.path.isfile(path):
            if configured := _data_dir_in(path):
                return configured
            break
    return user_data_dir(env)


def _data_dir_in(path: str) -> str | None:
    import tomllib  # only where there is a file at all: `hub send` starts once for each build step

    with open(path, "rb") as file:
        try:
            value = tomllib.load(file).get("data_dir")
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not TOML: {error}") from None
    return os.path.abspath(os.path.expanduser(value)) if isinstance(value, str) else None


def _place(kind: str, variable: str, under_home: str, env: Mapping[str, str] | None) -> str:
    variables = os.environ if env is None else env
    if given := variables.get(variable):
        return os.path.join(given, "hub")
    if sys.platform.startswith(("linux", "freebsd")):
        return os.path.join(os.path.expanduser("~"), under_home, "hub")
    import platformdirs

    return str(platformdirs.user_data_dir("hub") if kind == "data" else platformdirs.user_config_dir("hub"))


def spool_dir(env: Mapping[str, str] | None = None) -> str:
    """Return where output waits on disk until a hub holds it: HUB_SPOOL_DIR, or a directory of this user's state."""
    variables = os.environ if env is None else env
    if given := variables.get("HUB_SPOOL_DIR"):
        return os.path.abspath(os.path.expanduser(given))
    return os.path.join(_place("state", "XDG_STATE_HOME", os.path.join(".local", "state"), env), "spool")
