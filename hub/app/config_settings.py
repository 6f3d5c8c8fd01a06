"""The settings as a flat list, made from the types of `config`: path, type, default, unit and one line of text."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from hub.app.config import Config, Tls, Web
from hub.app.config_retention import Retention
from hub.app.config_values import parse_duration, parse_size, print_duration, print_size
from hub.model.limits import Limits


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `path` is how the file spells it, with dots: `limits.reader_queue_bytes`."""

    path: str
    type: Any
    default: object
    doc: str

    @property
    def env(self) -> str:
        """Its environment variable; the web endpoint is just `HUB_WEB`."""
        return "HUB_" + self.flag_path.upper().replace(".", "_")

    @property
    def flag_path(self) -> str:
        """Its name where `web` stands for `web.endpoint`, as on the command line."""
        return "web" if self.path == "web.endpoint" else self.path

    @property
    def unit(self) -> str | None:
        """`bytes`, `seconds`, or None for anything else."""
        if not self.path.startswith(("limits.", "retention.")):
            return None
        return next((unit for unit in ("bytes", "seconds") if self.path.endswith("_" + unit)), None)

    def convert(self, value: object, *, from_text: bool) -> object:
        """Return `value` as the setting's type; raise ValueError that says what it takes.

        `from_text` is for flags and the environment, where everything is text: numbers, yes and no, and lists with
        commas are then understood too.
        """
        if isinstance(value, str):
            if self.unit == "bytes":
                value = parse_size(value)
            elif self.unit == "seconds":
                value = parse_duration(value)
            elif from_text and isinstance(self.default, tuple):
                value = [part.strip() for part in value.split(",") if part.strip()]
            elif from_text and isinstance(self.default, bool):
                value = {"yes": "true", "no": "false", "on": "true", "off": "false"}.get(value.lower(), value)
        try:
            return msgspec.convert(value, self.type, strict=not from_text)
        except msgspec.ValidationError as error:
            raise ValueError(f"{error}") from None

    def print(self, value: object) -> str:
        """Return `value` as a person would write it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) and self.unit == "bytes":
            return print_size(value)
        if isinstance(value, int) and self.unit == "seconds":
            return print_duration(value)
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or "(none)"
        return str(value) or "(none)"


def _from_struct(kind: type[msgspec.Struct], prefix: str, default_data_dir: str) -> Iterable[Setting]:
    hints = get_type_hints(kind, include_extras=True)
    for each in msgspec.structs.fields(kind):
        if each.name in ("web", "tls", "limits", "retention"):
            continue
        metas = [meta for meta in get_args(hints[each.name])[1:] if isinstance(meta, Meta)]
        doc = next((meta.description for meta in metas if meta.description), "")
        default = default_data_dir if each.name == "data_dir" else each.default
        yield Setting(prefix + each.name, hints[each.name], default, doc)


def all_settings(default_data_dir: str = "") -> dict[str, Setting]:
    """Return every setting by path, in the order in which they are documented."""
    settings = list(_from_struct(Config, "", default_data_dir))
    after_data = 1 + next(index for index, each in enumerate(settings) if each.path == "data")
    settings[after_data:after_data] = _from_struct(Web, "web.", "")
    settings += _from_struct(Tls, "tls.", "")
    at_least_one = Annotated[int, Meta(ge=1)]
    settings += [
        Setting(f"limits.{each.name}", at_least_one, each.default, each.metadata["doc"])
        for each in dataclasses.fields(Limits)
    ]
    settings += _from_struct(Retention, "retention.", "")
    return {each.path: each for each in settings}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)`, or nothing where no known word comes near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""
