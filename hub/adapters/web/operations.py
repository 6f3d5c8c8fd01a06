"""For those who run the hub: is it alive, is it ready, how does it do, where is everything."""

from __future__ import annotations

from hub.adapters.metrics import Metrics
from hub.adapters.web.answer import answer_bytes, answer_json, answer_text
from hub.adapters.web.guard import Guard, header, host_name
from hub.adapters.web.request import HubRequest
from hub.core.hub import Hub

WILDCARD_HOSTS = ("127.0.0.1", "[::1]")


class Operations:
    """Four small routes."""

    def __init__(self, hub: Hub, guard: Guard, render_metrics: Metrics) -> None:
        self._hub = hub
        self._guard = guard
        self._metrics = render_metrics

    def live(self, request: HubRequest) -> bytes:
        """The process answers."""
        return answer_text(request, "ok")

    def ready(self, request: HubRequest) -> bytes:
        """The hub takes output and shows it."""
        problem = self._hub.log.committer.problem
        if self._hub.draining:
            return answer_text(request, "draining", 503)
        if problem is not None:
            return answer_text(request, f"store: {problem.text}", 503)
        return answer_text(request, "ready")

    def metrics(self, request: HubRequest) -> bytes:
        """Prometheus' text format; beyond loopback it needs a token."""
        if not request.peer.is_local:
            self._guard.reader(request)
        kind, body = self._metrics.render()
        return answer_bytes(request, body, kind.encode())

    def well_known(self, request: HubRequest) -> bytes:
        """Where everything is, so that clients need one URL."""
        asked = host_name(header(request, b"host"))
        endpoints = {name: _seen_from(asked, where) for name, where in self._hub.endpoints.items()}
        info: dict[str, object] = {"protocol": "HUB/1", "name": "hub", "version": self._hub.policy.version}
        info |= {"endpoints": endpoints, "passwords": self._hub.accounts.has_passwords}
        return answer_json(request, info)


def _seen_from(asked: str, where: str) -> str:
    """Return an endpoint as the client reaches it: a loopback address means the host that it asked."""
    if asked in ("localhost", "127.0.0.1", "::1", ""):
        return where
    host = f"[{asked}]" if ":" in asked else asked
    for loopback in WILDCARD_HOSTS:
        where = where.replace(loopback, host, 1)
    return where
