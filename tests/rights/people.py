"""Everybody there is: each role and kind, with and without a bound to `ci/**`, and nobody."""

from __future__ import annotations

from typing import NamedTuple

from hub.model.principal import Role


class Somebody(NamedTuple):
    """A kind of caller, and the token that they come with."""

    token: str | None
    role: Role
    bound: bool = False
    produces: bool = False


NOBODY = Somebody(None, Role.NONE)
WRONG = Somebody("hub_admin_" + "x" * 32, Role.NONE)
PRODUCER = Somebody("maker-token", Role.NONE, produces=True)
BOUND_PRODUCER = Somebody("ci-maker-token", Role.NONE, bound=True, produces=True)
VIEWER = Somebody("viewer-token", Role.VIEWER)
BOUND_VIEWER = Somebody("ci-token", Role.VIEWER, bound=True, produces=True)
OPERATOR = Somebody("operator-token", Role.OPERATOR, produces=True)
BOUND_OPERATOR = Somebody("ci-operator-token", Role.OPERATOR, bound=True, produces=True)
ADMIN = Somebody("admin-token", Role.ADMIN, produces=True)
BOUND_ADMIN = Somebody("ci-admin-token", Role.ADMIN, bound=True, produces=True)

WITHOUT_ROLE = (NOBODY, WRONG, PRODUCER, BOUND_PRODUCER)
WITH_ROLE = (VIEWER, BOUND_VIEWER, OPERATOR, BOUND_OPERATOR, ADMIN, BOUND_ADMIN)
EVERYBODY = (*WITHOUT_ROLE, *WITH_ROLE)


def named(somebody: Somebody) -> str:
    """Return how a test calls them."""
    return somebody.token or "nobody"
