"""What stays in the audit log."""

from __future__ import annotations

from fakes.world import World
from hub.core.audit import LOGIN


def test_neither_logins_nor_refusals_wash_deeds_away() -> None:
    world = World(audit_entries=8)
    audit = world.hub.audit
    audit.note("ann", "local", "user.remove", "eve")
    for number in range(100):
        audit.note(f"guest-{number}", "local", LOGIN, "http")
        audit.note("", "local", LOGIN, "http", "AUTH")
        audit.note("eve", "local", "user.list", "", "DENIED")
    kept = list(audit.newest_first())
    assert kept[-1].target == "eve"
    assert [entry.principal for entry in kept if entry.outcome == "ok"] == ["guest-99", "guest-98", "ann"]
    assert len(kept) == 5
    assert kept == sorted(kept, key=lambda entry: -entry.seq)
    world.pass_seconds(2)
    world.restart()
    assert list(world.hub.audit.newest_first()) == kept


def test_what_is_kept_of_an_entry_is_bounded() -> None:
    world = World()
    world.hub.audit.note("x" * 100_000, "local", LOGIN, "http", "AUTH")
    (entry,) = world.hub.audit.newest_first()
    assert len(entry.principal) == 64
