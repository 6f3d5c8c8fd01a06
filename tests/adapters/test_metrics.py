"""Counters in Prometheus' text format."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from fakes.world import World
from hub.adapters.metrics import Metrics
from hub.core.report import hub_stats


def samples(world: World) -> dict[str, float]:
    """Return all samples as Prometheus would read them."""
    kind, text = Metrics(lambda: hub_stats(world.hub)).render()
    assert kind.startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        assert family.documentation, family.name
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}[{labels}]" if labels else sample.name] = sample.value
    return found


def test_what_was_counted_is_told() -> None:
    world = World()
    world.stream_of("s", b"one\ntwo\nthr")
    world.stream_of("t", b"x\n").end("eof")
    world.hub.counters.problem("AUTH")
    world.hub.counters.problem("AUTH")
    world.hub.counters.problem("SLOW")
    now = samples(world)
    assert (
        now
        | {
            "hub_streams": 2,
            "hub_streams_live": 1,
            "hub_readers": 0,
            "hub_lines_total": 3,
            "hub_bytes_total": 13,
            "hub_problems_total[AUTH]": 2,
            "hub_problems_total[SLOW]": 1,
            "hub_refused_total": 2,
            "hub_failures_total": 0,
            "hub_store_waiting_bytes": 0,
        }
        == now
    )


def test_streams_are_not_labels() -> None:
    world = World()
    few = len(samples(world))
    for number in range(50):
        world.stream_of(f"s/{number}", b"x")
    assert len(samples(world)) == few


def test_counters_only_grow() -> None:
    world = World()
    writer = world.stream_of("s", b"one\n")
    before = samples(world)
    world.write(writer, b"two\n")
    after = samples(world)
    assert all(after[name] >= before[name] for name in before if name.endswith("_total"))
    assert after["hub_lines_total"] == before["hub_lines_total"] + 1


def test_two_hubs_in_a_process_do_not_meet() -> None:
    one, two = World(), World()
    one.stream_of("s", b"x\n")
    assert samples(one)["hub_lines_total"] == 1
    assert samples(two)["hub_lines_total"] == 0
