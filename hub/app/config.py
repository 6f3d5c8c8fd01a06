"""The hub's configuration: one frozen value, and how it is put together.

`load_config(flags, env)` is what the composition asks. It takes each setting from the first of these that has it:
a flag, the environment (`HUB_*`), the configuration file, the default. An unknown key anywhere is refused with its
path and the nearest known one, and every error of a load is reported at once.

Beside this page: `config_settings` (the settings as a flat list), `config_sources` (flags, environment, file),
`config_values` (sizes and durations as text), `config_endpoint` (endpoint strings), `config_tls` (who speaks TLS),
`config_check` (what types cannot say), `config_retention` (what the store keeps), `config_schema` (JSON Schema),
`config_data_dir` (one hub at a time holds the directory).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from hub.app.config_retention import Retention
from hub.model.limits import Limits


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds one sentence for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Web(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The web listener: `web = "<endpoint>"` in short, or a table `[web]`."""

    endpoint: Annotated[str, Meta(description="endpoint for HTTP and WebSocket")] = "tcp:7480:interface=127.0.0.1"
    hosts: Annotated[
        tuple[str, ...], Meta(description="Host names to answer to, beside the bound address, localhost and loopback")
    ] = ()
    base_path: Annotated[
        str,
        Meta(description="path under which a proxy has the page, such as /hub", pattern="^(/[A-Za-z0-9._~-]+)*$"),
    ] = ""
    user_header: Annotated[
        str,
        Meta(description="header in which a proxy names the user that it let in", pattern="^([A-Za-z][A-Za-z0-9-]*)?$"),
    ] = ""


class Tls(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[tls]`: for listeners beyond loopback, and for `ssl:` endpoints without a key of their own.

    All are PEM files; SIGHUP reads them anew.
    """

    certificate: Annotated[str, Meta(description="certificate of the hub, and the ones that lead to its authority")] = (
        ""
    )
    key: Annotated[str, Meta(description="its private key")] = ""
    client_ca: Annotated[
        str, Meta(description="authority of client certificates, whose common name says who a producer is")
    ] = ""


class Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings of a hub. A plain value: no file, environment or reactor is behind it."""

    data_dir: Annotated[str, Meta(description="directory of the hub's files: admin.token, endpoints.json, the store")]
    producers: Annotated[str, Meta(description="endpoint for producers")] = "tcp:7411:interface=127.0.0.1"
    commands: Annotated[str, Meta(description="endpoint for JSON-RPC commands")] = "tcp:7412:interface=127.0.0.1"
    data: Annotated[str, Meta(description="endpoint for readers")] = "tcp:7413:interface=127.0.0.1"
    web: Web = field(default_factory=Web)
    store: Annotated[str, Meta(description="where streams are kept: sqlite, memory or nats://...")] = "sqlite"
    producer_auth: Annotated[
        Literal["loopback", "always"],
        Meta(description="loopback: local producers need no token; always: everybody needs one"),
    ] = "loopback"
    raw_allow: Annotated[
        tuple[str, ...], Meta(description="addresses and networks beyond loopback that may send raw without a token")
    ] = ()
    allow_plain_beyond_loopback: Annotated[
        bool,
        Meta(description="let listeners beyond loopback speak without TLS: tokens and output can be read on the way"),
    ] = False
    analyzer: Annotated[
        bool, Meta(description="look inside lines, in a process of its own: levels, numbers, lengths")
    ] = True
    proxies: Annotated[
        tuple[str, ...],
        Meta(description="addresses and networks of proxies, or unix, that are believed whom they speak for"),
    ] = ()
    tls: Tls = field(default_factory=Tls)
    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)

    @property
    def data_path(self) -> Path:
        """The data directory as a path; it need not exist."""
        return Path(self.data_dir)

    @property
    def admin_token_path(self) -> Path:
        """The file with the admin token (0600) that the first start makes."""
        return self.data_path / "admin.token"

    @property
    def endpoints_path(self) -> Path:
        """The file in which a running hub says where it listens, for clients on the same machine."""
        return self.data_path / "endpoints.json"

    def endpoint(self, listener: str) -> str:
        """Return the endpoint string of `producers`, `commands`, `data` or `web`."""
        if listener == "web":
            return self.web.endpoint
        text: str = {"producers": self.producers, "commands": self.commands, "data": self.data}[listener]
        return text


LISTENERS = ("producers", "commands", "data", "web")


def load_config(flags: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None) -> Config:
    """Return the effective configuration, checked: a hub may start with it.

    `flags` maps setting paths (`data_dir`, `web`, `limits.streams`; `config` is the file) to values, where None is a
    flag not given. `env` is `os.environ` when left out. Raises ConfigError with everything that is wrong.
    """
    from hub.app.config_check import config_problems
    from hub.app.config_sources import load_settings

    config = load_settings(flags, env).config
    if problems := config_problems(config):
        raise ConfigError(problems)
    return config
