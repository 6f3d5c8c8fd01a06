"""Lists that come in several answers."""

from __future__ import annotations

from typing import Any

from hub.client.commander import Commander


def every_page(commander: Commander, method: str, key: str, **params: object) -> list[dict[str, Any]]:
    """Return the rows of all answers of a list; a session that moved between two of them is there once."""
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    after: str | None = None
    while True:
        answer = commander.call(method, **params, after=after)
        for row in answer[key]:
            session = row["session"]
            if session is None or session not in seen:
                rows.append(row)
                seen.add(session or "")
        after = answer.get("next")
        if after is None:
            return rows
