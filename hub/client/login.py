"""The stored login: one hub's URL and token, readable by its user alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

from hub.client import places


class Login(NamedTuple):
    """What `hub login` keeps."""

    urls: tuple[str, ...]
    token: str | None


def path(env: Mapping[str, str] | None = None) -> str:
    """Return the file that holds the login."""
    return os.path.join(places.user_config_dir(env), "login.json")


def read(env: Mapping[str, str] | None = None) -> Login | None:
    """Return the stored login, or None; raise ValueError where the file is damaged."""
    name = path(env)
    try:
        with open(name, encoding="utf-8") as file:
            content = json.load(file)
        return Login(tuple(content["urls"]), content.get("token"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{name} cannot be used ({error}); run `hub login URL` again, or delete it") from None


def write(login: Login, env: Mapping[str, str] | None = None) -> str:
    """Keep `login` in place of an older one, whole or not at all; return the file's path."""
    name = path(env)
    os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
    fresh = f"{name}.{os.getpid()}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump({"urls": list(login.urls), "token": login.token}, file)
    os.replace(fresh, name)
    return name


def forget(env: Mapping[str, str] | None = None) -> bool:
    """Delete the stored login; return whether there was one."""
    try:
        os.remove(path(env))
    except FileNotFoundError:
        return False
    return True
