"""What the types of a configuration cannot say: listeners that strangers reach, bounds that contradict each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from hub.app.config import LISTENERS, Config
from hub.app.config_endpoint import NOT_INHERITED, parse_endpoint
from hub.app.config_retention import retention_policy
from hub.app.config_tls import speaks_tls, tls_problems

STORES = ("memory", "sqlite")
FUTURE_STORES = ("nats",)


def config_problems(config: Config) -> list[str]:
    """Return one sentence for each reason not to start with `config`; each names the setting to change."""
    return [
        *_listener_problems(config),
        *store_problems(config.store),
        *tls_problems(config),
        *_proxy_problems(config),
        *_raw_allow_problems(config),
        *_limit_problems(config),
        *_retention_problems(config),
    ]


def config_warnings(config: Config) -> list[str]:
    """Return one sentence for each thing that a hub starts with, and that is seldom meant."""
    everybody = {
        "raw_allow": (config.raw_allow, "whoever reaches the producer port may send without a token"),
        "proxies": (config.proxies, "whoever reaches the hub may say for whom they ask"),
    }
    return [
        f"{setting}: {text} is everybody: {what}. Name the networks that are meant"
        for setting, (texts, what) in everybody.items()
        for text in texts
        if text.endswith("/0")
    ]


def store_problems(store: str) -> list[str]:
    """Return what is wrong with the `store` setting."""
    kind = store.partition(":")[0]
    if store in STORES:
        return []
    if kind in FUTURE_STORES:
        return [f"store: {store} is not built yet; use --store sqlite"]
    return [f"store: {store!r} is none of sqlite, memory, nats://..."]


def _listener_problems(config: Config) -> Iterator[str]:
    taken: dict[tuple[str, int | str], str] = {}
    for listener in LISTENERS:
        text = config.endpoint(listener)
        try:
            endpoint = parse_endpoint(text)
        except ValueError as error:
            yield f"{listener}: {error}"
            continue
        is_safe = endpoint.is_local or speaks_tls(config, listener) or config.allow_plain_beyond_loopback
        if not is_safe and endpoint.kind == "systemd" and endpoint.inherited is None:
            yield f"{listener}: {text}: {NOT_INHERITED}"
        elif not is_safe:
            yield (
                f"{listener}: {text} can be reached from beyond this machine and does not speak TLS, so tokens and "
                "output could be read on the way. Set tls.certificate and tls.key, or use interface=127.0.0.1, "
                "or set allow_plain_beyond_loopback = true if something in front of it (a VPN, a proxy) does that"
            )
        place = (endpoint.keys.get("interface", ""), endpoint.port) if endpoint.port else ("unix", text)
        if endpoint.port != 0 and endpoint.kind != "systemd":
            if place in taken:
                yield f"{listener}: {text} is already taken by {taken[place]}; give each listener its own endpoint"
            taken.setdefault(place, listener)


def _raw_allow_problems(config: Config) -> Iterator[str]:
    return _network_problems("raw_allow", config.raw_allow)


def _proxy_problems(config: Config) -> Iterator[str]:
    yield from _network_problems("proxies", [each for each in config.proxies if each != "unix"])
    if config.proxies:
        return
    if config.web.user_header:
        yield "web.user_header: anybody could send this header; set proxies to the addresses of the proxies that may"
    for listener in LISTENERS:
        if config.endpoint(listener).startswith("haproxy:"):
            yield f"{listener}: anybody could say whom they speak for; set proxies to the addresses of the proxies"


def _network_problems(setting: str, texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            yield f"{setting}: {text!r} is neither an address nor a network such as 192.0.2.0/24"


def _retention_problems(config: Config) -> list[str]:
    try:
        retention_policy(config.retention)
    except ValueError as error:
        return str(error).splitlines()
    return []


def _limit_problems(config: Config) -> Iterator[str]:
    limits = config.limits
    smaller_than = (
        ("heartbeat_seconds", "dead_seconds"),
        ("header_bytes", "payload_bytes"),
        ("payload_bytes", "reader_queue_bytes"),
        ("reader_queue_bytes", "reader_queues_bytes"),
        ("tail_stream_bytes", "tail_bytes"),
        ("memory_store_stream_bytes", "memory_store_bytes"),
    )
    for small, large in smaller_than:
        less, more = getattr(limits, small), getattr(limits, large)
        if less > more:
            yield f"limits.{small} ({less}) must not be above limits.{large} ({more})"
