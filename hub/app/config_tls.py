"""Which listener speaks TLS, and with what: endpoint strings and the table `[tls]` put together."""

from __future__ import annotations

from collections.abc import Iterator

from hub.adapters.tls import ServerTls, TlsError, TlsFiles
from hub.app.config import LISTENERS, Config
from hub.app.config_endpoint import ServerEndpoint, parse_endpoint

_OURS = {"port", "interface", "backlog", "privateKey", "certKey"}
"""Keys of `ssl:` that are understood here; with others the endpoint is Twisted's own, whose files are read once."""


def tls_files(config: Config, listener: str) -> TlsFiles | None:
    """Return what a listener speaks TLS with; None where it speaks none, or Twisted's own `ssl:`.

    `ssl:` without files of its own takes those of `[tls]`. So does any other endpoint that can be reached from beyond
    this machine, where there are any.
    """
    endpoint = parse_endpoint(config.endpoint(listener))
    settings = config.tls
    if endpoint.kind == "ssl":
        key = endpoint.keys.get("privateKey")
        if key is not None and endpoint.keys.keys() <= _OURS:
            return TlsFiles(endpoint.keys.get("certKey", key), key, settings.client_ca or None)
        if key is not None:
            return None
    elif endpoint.is_local:
        return None
    if not settings.certificate:
        return None
    return TlsFiles(settings.certificate, settings.key, settings.client_ca or None)


def speaks_tls(config: Config, listener: str) -> bool:
    """Tell whether a listener speaks TLS, whoever does it."""
    return tls_files(config, listener) is not None or parse_endpoint(config.endpoint(listener)).is_tls


def below_tls(text: str) -> str:
    """Return the endpoint that carries the TLS of `text`: `tcp:` in place of `ssl:`."""
    proxy = "haproxy:" if text.startswith("haproxy:") else ""
    endpoint = parse_endpoint(text)
    if endpoint.kind != "ssl":
        return text
    words = [f"{proxy}tcp", str(endpoint.port)]
    for key in ("interface", "backlog"):
        if key in endpoint.keys:
            words.append(f"{key}={_escaped(endpoint.keys[key])}")
    return ":".join(words)


def tls_problems(config: Config) -> Iterator[str]:
    """Yield what is wrong with the files, and with endpoints that have none."""
    settings = config.tls
    if bool(settings.certificate) != bool(settings.key):
        yield "tls.certificate and tls.key go together: `hub cert self-signed` makes both for a first try"
        return
    if settings.client_ca and not (settings.certificate or any(_has_key(config, each) for each in LISTENERS)):
        yield "tls.client_ca asks clients for certificates, and no listener speaks TLS: set tls.certificate and tls.key"
    tried: set[TlsFiles] = set()
    for listener in LISTENERS:
        try:
            endpoint = parse_endpoint(config.endpoint(listener))
            files = tls_files(config, listener)
        except ValueError:
            continue  # said already
        if endpoint.kind == "ssl" and files is None and "privateKey" not in endpoint.keys:
            yield (f"{listener}: an ssl: endpoint needs tls.certificate and tls.key, or privateKey=FILE:certKey=FILE")
        if files is not None and files not in tried:
            tried.add(files)
            try:
                ServerTls(files)
            except TlsError as error:
                yield str(error)


def _has_key(config: Config, listener: str) -> bool:
    try:
        endpoint: ServerEndpoint = parse_endpoint(config.endpoint(listener))
    except ValueError:
        return False
    return "privateKey" in endpoint.keys


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")
