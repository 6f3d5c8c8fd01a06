"""The file of `hub collect`: what is collected, checked before anything is opened."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from hub.client.connection import Address
from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name

Positive = Annotated[int, Meta(ge=1)]


class SettingsError(Exception):
    """The file makes no sense; the text says where."""


class _Source(Struct, forbid_unknown_fields=True, kw_only=True):
    stream: str
    meta: dict[str, Any] = msgspec.field(default_factory=dict)


class Serial(_Source, kw_only=True):
    """`[[serial]]`: a port, raw, with operators of the hub allowed to type where `control` is true."""

    port: str
    baud: Positive = 115_200
    mode: Annotated[str, Meta(pattern="^[5-8][NEO][12]$")] = "8N1"
    control: bool = False


class Tcp(_Source, kw_only=True):
    """`[[tcp]]`: a peer that is dialled; `send` is said to it first."""

    address: str
    send: str = ""


class File(_Source, kw_only=True):
    """`[[file]]`: a file, or all that match a pattern: then the stream's name holds `{name}`."""

    path: str
    begin: Literal["start", "end"] = msgspec.field(default="end", name="from")

    @property
    def many(self) -> bool:
        """Whether `path` is a pattern."""
        return any(letter in self.path for letter in "*?[")


class Settings(Struct, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    memory_bytes: Annotated[int, Meta(ge=65_536)] = 8 << 20
    """What waits of one stream while the hub is away; the oldest is given up first, and readers get a GAP."""
    meta: dict[str, Any] = msgspec.field(default_factory=dict)
    serial: list[Serial] = msgspec.field(default_factory=list)
    tcp: list[Tcp] = msgspec.field(default_factory=list)
    file: list[File] = msgspec.field(default_factory=list)

    @property
    def sources(self) -> list[Serial | Tcp | File]:
        """All of them."""
        return [*self.serial, *self.tcp, *self.file]


def read_settings(path: Path) -> Settings:
    """Return a file's settings; raise SettingsError that names the file and the key."""
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from None
    if not settings.sources:
        raise SettingsError(f"{path}: nothing is collected; give it [[serial]], [[tcp]] or [[file]]")
    names: set[str] = set()
    for source in settings.sources:
        try:
            _check(source)
        except (Problem, ValueError) as error:
            said = error.text if isinstance(error, Problem) else str(error)
            raise SettingsError(f"{path}: {source.stream}: {said}") from None
        if source.stream in names:
            raise SettingsError(f"{path}: {source.stream} stands there twice; a stream has one writer")
        names.add(source.stream)
    return settings


def _check(source: Serial | Tcp | File) -> None:
    if isinstance(source, File):
        if source.many and "{name}" not in source.stream:
            raise ValueError("path is a pattern, so stream needs {name}, the file's")
        check_stream_name(source.stream.replace("{name}", "x"))
        return
    check_stream_name(source.stream)
    if isinstance(source, Tcp):
        tcp_address(source.address)


def tcp_address(text: str) -> Address:
    """Return where to dial: `host:port`, `tcp:…`, `ssl:…` or `unix:…`; raise ValueError."""
    return Address.parse(text if text.startswith(("tcp:", "ssl:", "unix:")) else f"tcp:{text}")
