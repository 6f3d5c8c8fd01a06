"""Lists that come in several answers."""

from __future__ import annotations

from typing import Any

from hub.client.commander import Commander


def every_page(
    commander: Commander, method: str, key: str, *, by: str = "session", **params: object
) -> list[dict[str, Any]]:
    """Return the rows of all answers of a list; one that moved between two of them is there once, told by its `by`."""
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    after: str | None = None
    while True:
        answer = commander.call(method, **params, after=after)
        for row in answer[key]:
            name = row[by]
            if name is None or name not in seen:
                rows.append(row)
                seen.add(name or "")
        after = answer.get("next")
        if after is None:
            return rows
