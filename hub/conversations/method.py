"""What a JSON-RPC method is: its role, its parameters, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from hub.model.principal import Role
from hub.wire.commands import Params

if TYPE_CHECKING:
    from hub.conversations.commander import Commander


class Method(NamedTuple):
    """One row of the table of methods. `run` returns the result, or a coroutine of it where something waits."""

    role: Role
    params: type[Params]
    run: Callable[[Commander, Any], object]
