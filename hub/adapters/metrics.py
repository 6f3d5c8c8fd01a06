"""Counters in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

_GAUGES = {
    "uptime_s": ("uptime_seconds", "Seconds since the hub started."),
    "streams": ("streams", "Streams that are known."),
    "live": ("streams_live", "Streams with an attached writer."),
    "readers": ("readers", "Attached readers."),
    "watching": ("watching", "Attached readers that have a stream."),
    "sessions": ("sessions", "Sessions, attached or detached."),
    "connections": ("connections", "Connections of all listeners."),
    "queued_bytes": ("queued_bytes", "What reader queues refer to."),
    "tail_bytes": ("tail_bytes", "Recent bytes kept in memory."),
}
_COUNTERS = {
    "lines": ("lines", "Lines taken from producers."),
    "bytes": ("bytes", "Bytes taken from producers."),
    "delivered_bytes": ("delivered_bytes", "Bytes handed to readers."),
    "gap_bytes": ("gap_bytes", "Bytes told as gaps."),
    "busy": ("busy", "Hellos and calls that were told to come later."),
    "slots_honoured": ("slots_honoured", "Hellos that came at the time they were told."),
    "slots_missed": ("slots_missed", "Times to come that passed unused; the next who come have their places."),
    "refused": ("refused", "Peers refused for who they are or for a limit."),
    "unknown_verbs": ("unknown_verbs", "Frames with a verb that this hub does not know."),
    "http_on_plain": ("http_on_plain", "HTTP requests to ports that speak no HTTP."),
    "tls_on_plain": ("tls_on_plain", "TLS hellos to plain ports."),
    "truncations": ("truncations", "Readers that were told to drop what they held."),
    "takeovers": ("takeovers", "Slots of sessions taken by another connection."),
    "queues_emptied": ("queues_emptied", "Reader queues emptied at their bound."),
    "analyzer_ends": ("analyzer_ends", "Times that the analyzer ended by itself or could not be started."),
    "failures": ("failures", "Mistakes of the hub's own."),
}

_ADMISSION = {
    "admitted": ("admitted", "Hellos let in."),
    "connections_refused": ("connections_refused", "Connections turned away at a limit."),
    "handshakes_refused": ("handshakes_refused", "TLS handshakes cut because too many were under way."),
}


class Metrics:
    """Renders what `stats` returns (the fields of `hub.stats`); nothing is counted here."""

    def __init__(self, stats: Callable[[], Mapping[str, Any]]) -> None:
        self._stats = stats
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def render(self) -> tuple[str, bytes]:
        """Return the content type and the text."""
        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; called by the registry."""
        stats = self._stats()
        for field, (name, text) in _GAUGES.items():
            yield GaugeMetricFamily(f"hub_{name}", text, stats[field])
        for field, (name, text) in _COUNTERS.items():
            yield CounterMetricFamily(f"hub_{name}", text, stats[field])
        problems = CounterMetricFamily("hub_problems", "Errors told to peers, by code.", labels=["code"])
        for word, count in stats["problems"].items():
            problems.add_metric([word], count)
        yield problems
        yield GaugeMetricFamily(
            "hub_store_waiting_bytes", "Bytes taken and not yet durable.", stats["store"]["waiting_bytes"]
        )
        admission = stats["admission"]
        for field, (name, text) in _ADMISSION.items():
            yield CounterMetricFamily(f"hub_{name}", text, admission[field])
        waiting = GaugeMetricFamily("hub_admission_waiting", "Hellos that were told when to come.", labels=["listener"])
        for listener, count in admission["waiting_at"].items():
            waiting.add_metric([listener], count)
        yield waiting
        yield GaugeMetricFamily("hub_handshakes", "TLS handshakes under way.", admission["handshakes"])
        past = stats["catchup"]
        yield GaugeMetricFamily("hub_catchup_waiting", "Readers that wait for a slice of the past.", past["waiting"])
        yield CounterMetricFamily("hub_catchup_bytes", "Bytes read from the past.", past["bytes"])
