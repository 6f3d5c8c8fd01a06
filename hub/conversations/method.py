"""What a JSON-RPC method is: its role, its parameters, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hub.model.principal import Role
from hub.wire.commands import Params


class Method(NamedTuple):
    """One row of the table of methods. `run` returns the result, or a coroutine of it where something waits.

    One that `waits` for long is also given a function to tell its progress with, as fields of `$/progress`.
    """

    role: Role
    params: type[Params]
    run: Callable[..., object]
    """`run(commander, params)`, or `run(commander, params, progress)`."""
    waits: bool = False
    unbound: bool = False
    """Whether it reaches beyond streams, so that somebody bound to patterns may not call it."""
    audited: bool = True
    """Whether a call that changes something is in the audit log; False for what clients repeat all the time."""
    lasting: bool = True
    """Whether one that changes something goes on to its end, though it is cancelled or its caller goes away."""
    made: str = ""
    """The field of the result with the id of what it made or ended, where no parameter names that; never a secret."""
