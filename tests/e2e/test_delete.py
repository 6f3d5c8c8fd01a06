"""`hub delete` against a real hub with its store on the disk."""

from __future__ import annotations

import json

import pytest

from running_hub import RunningHub


@pytest.fixture(autouse=True)
def three(hub: RunningHub) -> None:
    for name in ("ci/a", "ci/b", "kept"):
        hub.run("send", name, given=b"one\n")


def names(hub: RunningHub) -> list[str]:
    rows = hub.run("ls", "--json").stdout.splitlines()
    return sorted(json.loads(row)["stream"] for row in rows)


def test_what_matches_is_deleted_for_good(hub: RunningHub) -> None:
    said = hub.run("delete", "--yes", "ci/*").stdout.decode().splitlines()
    assert sorted(said) == ["deleted ci/a", "deleted ci/b"]
    assert names(hub) == ["kept"]
    hub.run("send", "ci/a", given=b"anew\n")
    assert hub.run("cat", "ci/a").stdout == b"anew\n"


def test_it_asks_first_and_says_what_it_does_not_find(hub: RunningHub) -> None:
    assert b"--yes" in hub.run("delete", "ci/*", code=2).stderr
    assert b"did you mean kept?" in hub.run("delete", "-y", "kep", code=1).stderr
    assert names(hub) == ["ci/a", "ci/b", "kept"]
