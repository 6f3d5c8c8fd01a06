"""`hub.*`: what the hub says of itself."""

from __future__ import annotations

from hub.conversations.commander import Commander
from hub.conversations.method import Method
from hub.core.report import hub_stats
from hub.core.rows import HubStats
from hub.model.pattern import Pattern
from hub.model.principal import Role
from hub.model.problem import Problem
from hub.wire.commands import Hello, Nothing, Subscribe


def _again(commander: Commander, params: Hello) -> object:
    raise Problem("PROTO", "hub.hello was said already")


def _info(commander: Commander, params: Nothing) -> dict[str, object]:
    hub = commander.hub
    return {
        "protocol": "HUB/1",
        "version": hub.policy.version,
        "node": hub.policy.node,
        "endpoints": dict(hub.endpoints),
        "durability": hub.store.durability,
        "epoch": hub.epochs.current,
        "limits": hub.public_limits(),
    }


def _stats(commander: Commander, params: Nothing) -> HubStats:
    return hub_stats(commander.hub)


def _subscribe(commander: Commander, params: Subscribe) -> dict[str, object]:
    commander.listen(params.topics, Pattern(params.pattern))
    return {"topics": params.topics, "pattern": params.pattern}


def _bye(commander: Commander, params: Nothing) -> dict[str, object]:
    commander.bye()
    return {}


HUB_METHODS = {
    "hub.hello": Method(Role.VIEWER, Hello, _again),
    "hub.info": Method(Role.VIEWER, Nothing, _info),
    "hub.stats": Method(Role.VIEWER, Nothing, _stats),
    "hub.subscribe": Method(Role.VIEWER, Subscribe, _subscribe),
    "hub.bye": Method(Role.VIEWER, Nothing, _bye),
}
