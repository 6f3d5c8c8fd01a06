"""Where settings come from: flags, the environment, one file, the defaults; and how they are joined."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.app.config import Config, ConfigError, Tls, Web
from hub.app.config_retention import Retention
from hub.app.config_settings import Setting, all_settings, nearest
from hub.client import places
from hub.model.limits import Limits

CLIENT_VARIABLES = frozenset(
    {"HUB_CONFIG", "HUB_URL", "HUB_TOKEN", "HUB_SPOOL_DIR", "HUB_CA", "HUB_CERTIFICATE", "HUB_KEY"}
)
"""Variables that are no settings of a hub: where its file is, and what clients go by."""

# Kubernetes sets these by itself for a service that is called `hub`.
_NOT_OURS = re.compile(r"HUB_SERVICE_(HOST|PORT.*)|HUB_PORT(_[0-9]+_.*)?|_HUB_COMPLETE")


@dataclasses.dataclass(frozen=True, slots=True)
class Given:
    """A value as one source gives it. `origin` is how to find it: `flag --web`, `HUB_WEB`, a file's path, `default`."""

    value: object
    origin: str
    is_text: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The effective configuration, with where each setting's value comes from."""

    config: Config
    values: dict[str, object]
    origins: dict[str, str]
    file: Path | None


def load_settings(flags: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """Join all sources; raise ConfigError with everything that is wrong in any of them."""
    flags = dict(flags or {})
    env = os.environ if env is None else env
    settings = all_settings(places.user_data_dir(env))
    problems: list[str] = []
    file = config_file(flags.pop("config", None), env)
    layers = [
        {path: Given(each.default, "default", False) for path, each in settings.items()},
        _from_file(file, settings, problems),
        _from_env(env, settings, problems),
        _from_flags(flags, settings, problems),
    ]
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for path, setting in settings.items():
        given = next(layer[path] for layer in reversed(layers) if path in layer)
        origins[path] = given.origin
        try:
            values[path] = setting.convert(given.value, from_text=given.is_text)
        except ValueError as error:
            problems.append(f"{path} ({given.origin}): {error}")
    if problems:
        raise ConfigError(problems)
    values["data_dir"] = os.path.abspath(os.path.expanduser(str(values["data_dir"])))
    return Settings(_build(values), values, origins, file)


def config_file(given: object, env: Mapping[str, str]) -> Path | None:
    """Return the one file that is read: the given one, HUB_CONFIG, the user's, the machine's; None where none is."""
    for explicit, origin in ((given, "flag --config"), (env.get("HUB_CONFIG"), "HUB_CONFIG")):
        if explicit:
            path = Path(str(explicit)).expanduser()
            if not path.is_file():
                raise ConfigError([f"{path} ({origin}) is not a file"])
            return path
    return next((Path(name) for name in places.config_files(env) if os.path.isfile(name)), None)


def _from_file(file: Path | None, settings: dict[str, Setting], problems: list[str]) -> dict[str, Given]:
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{file} cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{file} is not TOML: {error}"]) from None
    given: dict[str, Given] = {}
    for path, value in _flat(content, settings):
        if path in settings:
            given[path] = Given(value, str(file), False)
        else:
            problems.append(f"{file}: there is no setting {path}{nearest(path, settings)}")
    return given


def _flat(content: Mapping[str, Any], settings: dict[str, Setting], prefix: str = "") -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for key, value in content.items():
        path = prefix + key
        if isinstance(value, dict) and any(known.startswith(path + ".") for known in settings):
            pairs += _flat(value, settings, path + ".")
        else:
            pairs.append(("web.endpoint" if path == "web" else path, value))
    return pairs


def _from_env(env: Mapping[str, str], settings: dict[str, Setting], problems: list[str]) -> dict[str, Given]:
    by_name = {each.env: each.path for each in settings.values()}
    given: dict[str, Given] = {}
    for name, value in env.items():
        if not name.startswith("HUB_") or name in CLIENT_VARIABLES or _NOT_OURS.fullmatch(name):
            continue
        if name in by_name:
            given[by_name[name]] = Given(value, name, True)
        else:
            problems.append(f"environment: there is no setting {name}{nearest(name, by_name)}")
    return given


def _from_flags(flags: Mapping[str, object], settings: dict[str, Setting], problems: list[str]) -> dict[str, Given]:
    by_flag = {each.flag_path: each.path for each in settings.values()}
    given: dict[str, Given] = {}
    for name, value in flags.items():
        if value is None or value == ():
            continue
        if name in by_flag:
            given[by_flag[name]] = Given(value, f"flag --{name.replace('_', '-')}", True)
        else:
            problems.append(f"flags: there is no setting {name}{nearest(name, by_flag)}")
    return given


def _build(values: Mapping[str, Any]) -> Config:
    tables: dict[str, dict[str, Any]] = {"": {}, "web": {}, "tls": {}, "limits": {}, "retention": {}}
    for path, value in values.items():
        table, _, name = path.rpartition(".")
        tables[table][name] = value
    return Config(
        **tables[""],
        web=Web(**tables["web"]),
        tls=Tls(**tables["tls"]),
        limits=Limits(**tables["limits"]),
        retention=Retention(**tables["retention"]),
    )
